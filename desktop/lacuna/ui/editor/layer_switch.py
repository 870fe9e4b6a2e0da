"""The switch above the report: which layer colours and lines tell."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from lacuna.ui.editor.layers import Layer
from lacuna.ui.paint import paint_box, paint_ring
from lacuna.ui.theme import CONTROL_RADIUS, Look, Role

_HEIGHT = 28
_PAD = 12


class LayerSwitch(QWidget):
    """One choice of all layers, in one box."""

    chosen = Signal(object)  # Layer

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        for number, layer in enumerate(Layer):
            choice = _Choice(look, layer.value)
            choice.setChecked(layer is Layer.CERTAINTY)
            self._group.addButton(choice, number)
            row.addWidget(choice)
        self._group.idToggled.connect(self._toggled)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def choose(self, layer: Layer) -> None:
        """Choose a layer as a click does."""
        self._group.button(list(Layer).index(layer)).setChecked(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = self._look.theme.line.edge
        paint_box(QPainter(self), QRectF(self.rect()), CONTROL_RADIUS, line=edge)

    def _toggled(self, number: int, on: bool) -> None:
        if on:
            self.chosen.emit(list(Layer)[number])


class _Choice(QAbstractButton):
    """One layer's name; underlined when chosen, so that it is seen without colour."""

    def __init__(self, look: Look, text: str) -> None:
        super().__init__()
        self._look = look
        self.setText(text)
        self.setAccessibleName(f"Show {text.lower()}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(self._look.font(Role.LABEL))
        return QSize(round(metrics.horizontalAdvance(self.text())) + 2 * _PAD, _HEIGHT - 2)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        box = QRectF(self.rect())
        if self.hasFocus():
            paint_ring(painter, box, CONTROL_RADIUS - 1, self._look)
        if self.isChecked():
            inner = box.adjusted(1, 1, -1, -1)
            if not self.hasFocus():
                paint_box(painter, inner, CONTROL_RADIUS - 2, fill=theme.surface.hover)
            line = QRectF(_PAD - 2, box.bottom() - 4, box.width() - 2 * _PAD + 4, 2)
            painter.fillRect(line, QColor(theme.text.strong))
        lit = self.isChecked() or self.underMouse()
        painter.setFont(self._look.font(Role.LABEL))
        painter.setPen(QColor(theme.text.strong if lit else theme.text.second))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())
