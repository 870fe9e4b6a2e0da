"""Painting that several widgets share: boxes, the focus ring, key caps, the mark. GUI thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from lacuna.ui.theme import KEY_RADIUS, Look, Role

RING = 2.0  # the focus ring
RING_GAP = 1.0  # what keeps it apart from a filled button
KEY_HEIGHT = 20
_KEY_PAD = 6


@contextmanager
def painting(widget: QWidget) -> Iterator[QPainter]:
    """Give a painter for a widget, and end it even after an error.

    The error keeps its frames and they the painter; Qt ends a process whose widget is still being
    painted on when its event is over.
    """
    painter = QPainter(widget)
    try:
        yield painter
    finally:
        painter.end()


def paint_box(
    painter: QPainter,
    box: QRectF,
    radius: float,
    *,
    fill: str | None = None,
    line: str | None = None,
    width: float = 1.0,
) -> None:
    """Paint a rounded box whose outline lies inside ``box``, on whole pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(line), width) if line else Qt.PenStyle.NoPen)
    inset = width / 2 if line else 0.0
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), radius, radius)


def paint_ring(painter: QPainter, box: QRectF, radius: float, look: Look) -> QRectF:
    """Paint the focus ring along the inside of ``box``; return the room that is left within."""
    paint_box(painter, box, radius + 1, line=look.theme.line.focus, width=RING)
    inset = RING + RING_GAP
    return box.adjusted(inset, inset, -inset, -inset)


def paint_mark(painter: QPainter, origin: QPointF, height: float, look: Look) -> None:
    """Paint the mark, brackets around an amber base line; it is 1.25 times as wide as high."""
    unit = height / 16
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(origin)
    painter.scale(unit, unit)
    painter.setPen(Qt.PenStyle.NoPen)
    for x, arm in ((0.5, 0.5), (17.5, 14.5)):
        painter.fillRect(QRectF(x, 0.0, 2, 16), QColor(look.theme.text.normal))
        for y in (0.0, 14.0):
            painter.fillRect(QRectF(arm, y, 5, 2), QColor(look.theme.text.normal))
    painter.fillRect(QRectF(6, 10, 8, 2), QColor(look.theme.reader.line))
    painter.restore()


def key_width(look: Look, key: str) -> int:
    """Return the width of a key cap, in pixels."""
    advance = QFontMetricsF(look.font(Role.KEY)).horizontalAdvance(key)
    return round(advance) + 2 * _KEY_PAD


def paint_key(painter: QPainter, look: Look, box: QRectF, key: str, line: str, text: str) -> None:
    """Paint a key cap with its words."""
    paint_box(painter, box, KEY_RADIUS, line=line)
    painter.setFont(look.font(Role.KEY))
    painter.setPen(QColor(text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
