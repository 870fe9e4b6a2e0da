"""The head of the report column: its name, what can be done, and which layer is shown."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from lacuna.ui.editor.layer_switch import LayerSwitch
from lacuna.ui.editor.layers import Layer
from lacuna.ui.theme import Look, Role
from lacuna.ui.widgets import Button, IconButton, Panel, Words

HEIGHT = 44
_LEFT, _RIGHT = 40, 32  # as the text below
_NARROW = 560  # below it the switch is a menu


class ReportHeader(Panel):
    """44 px. Where there is no room for the switch of layers, a button opens them as a menu."""

    layer_chosen = Signal(object)  # Layer
    acts_wanted = Signal(QPoint)  # the list of acts, at a point of the screen

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look.theme.surface.panel, parent)
        self.setFixedHeight(HEIGHT)
        self._title = Words(look, Role.TITLE, look.theme.text.strong, "Report", keeps=60)
        self._more = IconButton(look, "chevron-down", "What can be done", size=28)
        self._show = Words(look, Role.STATUS, look.theme.text.third, "Show")
        self._switch = LayerSwitch(look)
        self._menu = Button(look, _shown(Layer.CERTAINTY), icon="layers", height=28)
        row = QHBoxLayout(self)
        row.setContentsMargins(_LEFT, 0, _RIGHT, 0)
        row.setSpacing(8)
        row.addWidget(_Icon(look, "layout-template"))
        row.addWidget(self._title)
        row.addWidget(self._more)
        row.addStretch(1)
        for part in (self._show, self._switch, self._menu):
            row.addWidget(part)
        self._menu.hide()
        self._switch.chosen.connect(self._on_layer)
        self._menu.clicked.connect(self._open_layers)
        self._more.clicked.connect(self._open_acts)

    def set_title(self, name: str) -> None:
        """Name the template."""
        self._title.set_text(name)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, HEIGHT)  # the column is as wide as the reader makes it, and the parts yield

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = event.size().width() < _NARROW
        self._menu.setVisible(narrow)
        self._show.setVisible(not narrow)
        self._switch.setVisible(not narrow)
        super().resizeEvent(event)

    def _on_layer(self, layer: Layer) -> None:
        self._menu.set_text(_shown(layer))
        self.layer_chosen.emit(layer)

    def _open_layers(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for layer in Layer:
            menu.addAction(layer.value, partial(self._switch.choose, layer))
        menu.popup(self._menu.mapToGlobal(self._menu.rect().bottomLeft()))

    def _open_acts(self) -> None:
        self.acts_wanted.emit(self._more.mapToGlobal(self._more.rect().bottomLeft()))


class _Icon(QWidget):
    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look, self._name = look, name
        self.setFixedSize(16, 16)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        colour = self._look.theme.text.second
        self._look.paint_icon(QPainter(self), self._name, QRectF(self.rect()), colour)


def _shown(layer: Layer) -> str:
    return f"Show: {layer.value.lower()}"
