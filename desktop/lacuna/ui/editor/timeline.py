"""A run over its steps: bars are tokens accepted, the line is the mean entropy of free tokens."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lacuna.ui.theme import Look, Role
from lacuna_models.api import StepEvent

HEIGHT = 64
_FIGURES = 18  # the row of step numbers below the base line
_TOP = 6  # above the highest point of the line
_LABEL_ROOM = 28  # pixels that a step number needs
_BAR = 12.0
_RING = 4.0


class Timeline(QWidget):
    """Each scale is its own run's: the highest bar and the first entropies fill the height."""

    scrubbed = Signal(int)  # the place of a recorded step, from 0

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._steps: list[StepEvent] = []
        self._highest = 1.0  # mean entropy, nats
        self._place = -1
        self._scrubbing = False
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Steps of the run")

    def show_steps(self, steps: Sequence[StepEvent], place: int, *, scrubbing: bool) -> None:
        """Show recorded steps with the playhead at ``place``; ``scrubbing`` lets it be dragged."""
        self._steps, self._place, self._scrubbing = list(steps), place, scrubbing
        self._highest = max((step.mean_entropy for step in steps), default=0.0) or 1.0
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if scrubbing else Qt.CursorShape.ArrowCursor
        )
        self.update()

    def budget(self) -> int:
        """Return how many steps the axis has."""
        last = self._steps[-1] if self._steps else None
        # Parts without a gap take no step, so no more is foreseen than the part under way.
        return len(self._steps) + max(last.steps - last.step, 0) if last else 1

    def x_of(self, place: int) -> float:
        """Return where a step's column has its middle."""
        return (place + 0.5) * self.width() / self.budget()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        base = HEIGHT - _FIGURES
        painter.fillRect(QRectF(0, base, self.width(), 1), QColor(self._look.theme.line.edge))
        self._paint_bars(painter, base)
        self._paint_line(painter, base)
        self._paint_figures(painter, base)
        if 0 <= self._place < len(self._steps):
            self._paint_playhead(painter, base)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._scrub_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._scrub_to(event.position().x())

    def _scrub_to(self, x: float) -> None:
        if self._scrubbing and self._steps:
            place = int(x * self.budget() / max(self.width(), 1))
            self.scrubbed.emit(min(max(place, 0), len(self._steps) - 1))

    def _paint_bars(self, painter: QPainter, base: float) -> None:
        most = max((step.accepted for step in self._steps), default=0)
        width = min(_BAR, 0.7 * self.width() / self.budget())
        theme = self._look.theme
        for place, step in enumerate(self._steps):
            height = (base - _TOP) * 0.6 * step.accepted / most if most else 0.0
            now = place == self._place
            colour = QColor(theme.model.line)
            colour.setAlphaF(1.0 if now else 0.45)
            box = QRectF(self.x_of(place) - width / 2, base - height, width, height)
            painter.fillRect(box, colour)

    def _paint_line(self, painter: QPainter, base: float) -> None:
        points = [self._point(place, base) for place in range(len(self._steps))]
        if not points:
            return
        path = QPainterPath(points[0])
        for one, other in pairwise(points):
            middle = (one.x() + other.x()) / 2
            path.cubicTo(QPointF(middle, one.y()), QPointF(middle, other.y()), other)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._look.theme.text.normal), 1.5))
        painter.drawPath(path)

    def _point(self, place: int, base: float) -> QPointF:
        height = (base - _TOP) * 0.85 * self._steps[place].mean_entropy / self._highest
        return QPointF(self.x_of(place), base - height)

    def _paint_figures(self, painter: QPainter, base: float) -> None:
        theme, count = self._look.theme, self.budget()
        stride = max(1, -(-_LABEL_ROOM * count // max(self.width(), 1)))
        font = self._look.font(Role.CAPTION)
        half = QFontMetricsF(font).horizontalAdvance(str(count)) / 2
        painter.setFont(font)
        for place in range(count):
            now = place == self._place
            crowded = abs(place - self._place) < stride and self._place >= 0
            if not now and (place % stride or (crowded and stride > 1)):
                continue
            painter.setPen(QColor(theme.text.strong if now else theme.text.third))
            middle = min(self.x_of(place), self.width() - half)  # the last one is not cut off
            box = QRectF(middle - 20, base + 4, 40, _FIGURES - 4)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(place + 1))

    def _paint_playhead(self, painter: QPainter, base: float) -> None:
        theme, point = self._look.theme, self._point(self._place, base)
        painter.setPen(QPen(QColor(theme.text.strong), 1.25))
        painter.drawLine(QLineF(point.x(), 0, point.x(), base))
        painter.setPen(QPen(QColor(theme.text.strong), 2.0))
        painter.setBrush(QColor(theme.surface.panel))
        painter.drawEllipse(point, _RING, _RING)
