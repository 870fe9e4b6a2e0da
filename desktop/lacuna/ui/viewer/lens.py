"""The magnifier: a round piece of the image at twice its size, under the pointer. GUI thread.

It grows with the view, so that it shows as much of a screen for a meeting as of a small viewport.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from lacuna.ui.viewer.board import Mark
from lacuna.ui.viewer.image_painter import ImagePainter
from lacuna.ui.viewer.mark_painter import paint_lines
from lacuna.ui.viewer.sheet import Sheet, lay
from lacuna.ui.viewer.viewer_state import ViewState, zoom_about
from lacuna_resources.themes import ThemeName, load

POWER = 2.0
_SHARE = 0.18  # of the view's smaller side
_LEAST, _MOST = 70.0, 240.0  # view pixels
_ON_BLACK = load(ThemeName.DARK)


class Lens:
    """``place`` is where it is held, in view pixels; None while it is not."""

    def __init__(self) -> None:
        self.place: QPointF | None = None
        self._painter = ImagePainter()  # of its own: the image's keeps what it has painted

    def paint(
        self,
        painter: QPainter,
        box: QRectF,
        sheet: Sheet,
        state: ViewState,
        marks: tuple[Mark, ...],
    ) -> None:
        """Paint the lens over a picture that was painted into ``box``."""
        if self.place is None:
            return
        way = self.place - box.center()
        near = zoom_about(state, POWER, (way.x(), way.y()))
        glass = QPainterPath()
        glass.addEllipse(self.place, radius(box), radius(box))
        painter.save()
        painter.setClipPath(glass)
        painter.fillRect(box, QColor("#000000"))
        self._painter.paint(painter, box, sheet.picture, near, quick=False)
        paint_lines(painter, lay(box, sheet.picture, near), marks)
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("#000000", 4.0), (_ON_BLACK.text.second, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPath(glass)


def radius(box: QRectF) -> float:
    """Return how large the glass is in a view."""
    return min(max(_SHARE * min(box.width(), box.height()), _LEAST), _MOST)
