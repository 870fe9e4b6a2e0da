"""What a viewport paints, from back to front. GUI thread only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QRegion

from lacuna.study.measure import Point
from lacuna.ui.paint import painting
from lacuna.ui.theme import Look
from lacuna.ui.viewer.annotations import write_centred
from lacuna.ui.viewer.graphics_painter import paint_graphics
from lacuna.ui.viewer.hand import Hand
from lacuna.ui.viewer.image_painter import ImagePainter
from lacuna.ui.viewer.margins import margins_of
from lacuna.ui.viewer.mark_painter import paint_marks
from lacuna.ui.viewer.sheet import Sheet
from lacuna_resources.themes import ThemeName, load

if TYPE_CHECKING:
    from lacuna.ui.viewer.image_view import ImageView

_ON_BLACK = load(ThemeName.DARK)  # the image stays black in every theme


@dataclass(frozen=True, slots=True)
class Extras:
    """What a viewport shows beside its image.

    ``lines`` are where other viewports' planes cross, in image pixels. ``active``: the keys of the
    image side come here; ``alone``: there is no other viewport. ``linked``: it scrolls with the
    others. ``kept``: the frame goes to the model.
    """

    lines: tuple[tuple[Point, Point], ...] = ()
    active: bool = True
    alone: bool = True
    texts: bool = True
    linked: bool = False
    kept: bool = False


class ViewPainter:
    """Paints one viewport; keeps what it has windowed."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._painter = ImagePainter()

    def paint(self, view: ImageView, box: QRectF, hand: Hand, message: str) -> None:
        """Paint a viewport whose image lies in ``box``."""
        sheet = view.sheet()
        with painting(view) as painter:
            painter.fillRect(view.rect(), QColor(_ON_BLACK.surface.image))
            if view.page is not None:
                view.page.paint(painter, box)
            elif sheet is not None:
                self._paint_picture(painter, view, box, sheet, hand)
            elif message:
                write_centred(painter, self.look, box, message)
            self._paint_frame(painter, view)

    def _paint_picture(
        self, painter: QPainter, view: ImageView, box: QRectF, sheet: Sheet, hand: Hand
    ) -> None:
        state, extras = view.state, view.extras
        if state is None:
            return
        self._painter.paint(painter, box, sheet.picture, state, quick=hand.windowing)
        whole = QRectF(view.rect())
        rate, size = view.cine.rate, view.held_size or ""
        margins = margins_of(self.look, whole, sheet, state, extras, rate, size)
        _paint_lines(painter, sheet, QRegion(box.toRect()) - margins.clear(whole), extras.lines)
        paint_graphics(painter, self.look, box, sheet, view.layers(), view.area())
        marks = hand.pen.marks(sheet)
        paint_marks(painter, self.look, box, sheet, marks, hand.pen.selected, margins.boxes())
        if hand.lens.place is not None:
            hand.lens.paint(painter, box, sheet, state, marks)
        margins.paint(painter, self.look)

    def _paint_frame(self, painter: QPainter, view: ImageView) -> None:
        """Frame the active viewport, heavier at its head; all around while it has the keys."""
        whole, focused = view.rect(), view.hasFocus()
        if not view.extras.active:
            painter.setPen(QColor(_ON_BLACK.line.hairline))
            painter.drawRect(whole.adjusted(0, 0, -1, -1))
            return
        width = 2 if focused else 1
        colour = QColor(_ON_BLACK.line.focus if focused else _ON_BLACK.text.third)
        line = whole.adjusted(1, 1, -1, -1)  # black around it: light surroundings would hide it
        inner = line.adjusted(width, 2, -width, -width)
        painter.setClipRegion(QRegion(whole) - QRegion(inner))
        painter.fillRect(whole, QColor("#000000"))
        painter.fillRect(line, colour)
        painter.fillRect(line.left(), line.top(), line.width(), 2, QColor(_ON_BLACK.text.normal))


def _paint_lines(
    painter: QPainter, sheet: Sheet, room: QRegion, lines: tuple[tuple[Point, Point], ...]
) -> None:
    """Paint where other planes cross: grey and dashed, outlined, so that nothing is tinted.

    They stop short of texts and letters, which are not in ``room``.
    """
    if not lines:
        return
    painter.save()
    painter.setClipRegion(room, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for start, end in lines:
        ends: tuple[QPointF, QPointF] = (sheet.view_point(start), sheet.view_point(end))
        painter.setPen(QPen(QColor("#000000"), 3.0))
        painter.drawLine(*ends)
        dashes = QPen(QColor(_ON_BLACK.text.second), 1.0)
        dashes.setDashPattern([6.0, 4.0])
        painter.setPen(dashes)
        painter.drawLine(*ends)
    painter.restore()
