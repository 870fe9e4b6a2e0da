"""Marks on stretches of text: what speaks against them, or where they come from. GUI thread only.

Shape carries the meaning: a wave for what is contradicted, dashes for what an edit left behind, and
for evidence a line that is the more broken the less the picture has to do with the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from lacuna.ui.editor.geometry import Piece
from lacuna.ui.theme import Look
from lacuna_resources.themes import Theme

_WAVE = (1.75, 2.0, 6.0)  # pen, height, length of a wave, in pixels
_LINE = 1.5
_HATCH = 5.0
_FAINT = 0.35


class MarkKind(Enum):
    """What a mark says of its words."""

    CONTRADICTION = "contradiction"  # the model expects something else
    RULE = "rule"  # a rule of the report is broken
    STALE = "stale"  # an edit elsewhere left them behind
    PICTURE = "picture"
    NEITHER = "neither"
    HABIT = "habit"


EVIDENCE = (MarkKind.PICTURE, MarkKind.NEITHER, MarkKind.HABIT)
_DASHES: dict[MarkKind, tuple[float, float] | None] = {
    MarkKind.PICTURE: None,
    MarkKind.NEITHER: (5.0, 3.0),
    MarkKind.STALE: (5.0, 3.0),
    MarkKind.HABIT: (1.5, 2.5),
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark where it stands: positions of the document."""

    kind: MarkKind
    start: int
    end: int
    own: bool = False  # whether the words are the reader's: evidence then tints nothing


def mark_glyph(kind: MarkKind, theme: Theme) -> tuple[int, str, str] | None:
    """Return (rank, icon, colour) for the gutter; the lowest rank is shown."""
    glyphs = {
        MarkKind.CONTRADICTION: (0, "triangle-alert", theme.alert.line),
        MarkKind.RULE: (0, "triangle-alert", theme.alert.line),
        MarkKind.STALE: (1, "rotate-cw", theme.model.line),
        MarkKind.PICTURE: (1, "scan-eye", theme.model.line),
        MarkKind.HABIT: (1, "circle-dashed", theme.text.second),
    }
    return glyphs.get(kind)


def paint_marks_under(
    painter: QPainter,
    look: Look,
    marks: Sequence[tuple[Marked, list[Piece]]],
    *,
    above: float,
    below: float,
) -> None:
    """Paint what lies behind the marked words."""
    theme = look.theme
    for mark, found in marks:
        for piece in found:
            box = piece.box(above, below)
            if mark.kind in (MarkKind.CONTRADICTION, MarkKind.RULE):
                painter.fillRect(box, QColor(theme.alert.background))
            elif mark.kind is MarkKind.HABIT:
                hatch(painter, box, theme.text.third if mark.own else theme.model.line)


def paint_marks_over(
    painter: QPainter, look: Look, marks: Sequence[tuple[Marked, list[Piece]]], below: float
) -> None:
    """Paint the lines below the marked words."""
    theme = look.theme
    for mark, found in marks:
        for piece in found:
            y = piece.baseline + below
            if mark.kind in (MarkKind.CONTRADICTION, MarkKind.RULE):
                _wave(painter, piece.left, piece.right, y, theme.alert.line)
            else:
                colour = theme.text.third if mark.own else theme.model.line
                _stroke(painter, piece.left, piece.right, y, colour, _DASHES[mark.kind])


def paint_evidence(painter: QPainter, box: QRectF, kind: MarkKind, theme: Theme) -> None:
    """Paint a kind of evidence into a swatch of the legend."""
    if kind is MarkKind.HABIT:
        hatch(painter, box, theme.model.line)
    _stroke(painter, box.left(), box.right(), box.bottom(), theme.model.line, _DASHES[kind])


def hatch(painter: QPainter, box: QRectF, colour: str) -> None:
    """Paint faint diagonal strokes into a box."""
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    painter.setOpacity(painter.opacity() * _FAINT)
    painter.setPen(QPen(QColor(colour), 1.0))
    x = box.left() - box.height()
    while x < box.right():
        painter.drawLine(QLineF(x, box.bottom(), x + box.height(), box.top()))
        x += _HATCH
    painter.restore()


def _wave(painter: QPainter, left: float, right: float, y: float, colour: str) -> None:
    width, height, length = _WAVE
    path = QPainterPath(QPointF(left, y - height))
    x, up = left, True
    while x < right:
        end = min(x + length / 2, right)
        peak = y - 2 * height if up else y
        path.quadTo(QPointF((x + end) / 2, peak), QPointF(end, y - height))
        x, up = end, not up
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colour), width))
    painter.drawPath(path)


def _stroke(
    painter: QPainter,
    left: float,
    right: float,
    y: float,
    colour: str,
    dashes: tuple[float, float] | None,
) -> None:
    pen = QPen(QColor(colour), _LINE, c=Qt.PenCapStyle.FlatCap)
    if dashes is not None:
        pen.setDashPattern([length / _LINE for length in dashes])
    painter.setPen(pen)
    painter.drawLine(QLineF(left, y - _LINE / 2, right, y - _LINE / 2))
