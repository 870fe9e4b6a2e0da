"""The rail at the left: what the left mouse button does on the image, and what turns it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from lacuna.ui.theme import Look
from lacuna.ui.viewer.viewer_state import Act, Tool
from lacuna.ui.widgets import Hairline, IconButton, Panel

WIDTH = 48
_LOW = 660  # below this height the buttons do not fit at their full size
_TOOLS = (
    (Tool.SELECT, "mouse-pointer-2", "Select and move what is drawn"),
    (Tool.WINDOW, "contrast", "Window (W): drag sideways for width, up and down for level"),
    (Tool.PAN, "move", "Pan"),
    (Tool.ZOOM, "zoom-in", "Zoom (Z)"),
    (Tool.MAGNIFY, "search", "Magnifier"),
)
_MARKS = (
    (Tool.LENGTH, "ruler", "Length (D)"),
    (Tool.ANGLE, "triangle-right", "Angle (A)"),
    (Tool.ELLIPSE, "circle-dashed", "Ellipse with statistics (E)"),
    (Tool.PROBE, "crosshair", "Value of a pixel"),
    (Tool.ARROW, "move-up-right", "Arrow"),
)
_TURNS = (
    (Act.ROTATE_RIGHT, "rotate-cw", "Rotate right (R)"),
    (Act.FLIP_HORIZONTAL, "flip-vertical-2", "Flip left to right (H)"),
    (Act.INVERT, "eclipse", "Invert (I)"),
)
_VIEW = ((Act.RESET, "fullscreen", "Reset the view (Space)"),)


class ToolRail(Panel):
    """48 px, its right pixel a hairline."""

    tool_chosen = Signal(Tool)
    act_chosen = Signal(Act)
    cine_clicked = Signal()
    key_clicked = Signal()  # this image goes to the model, or no longer
    layout_clicked = Signal(QPoint)  # a layout is wanted; where on the screen to offer them

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look.theme.surface.panel, parent)
        self.setFixedWidth(WIDTH)
        self._look = look
        self._tools: dict[Tool, IconButton] = {}
        self._acts: dict[Act, IconButton] = {}
        self._group = QButtonGroup(self)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(8, 8, 7, 8)
        self._column.setSpacing(4)
        self.cine_button = IconButton(look, "play", "Cine (C)")
        self.key_button = IconButton(look, "image", "Send this image to the model (K)")
        self.layout_button = IconButton(look, "layout-grid", "Viewports (G)")
        self._fill()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(self._column)
        row.addWidget(Hairline(look, Qt.Orientation.Vertical))
        self.set_tool(Tool.WINDOW)

    def set_tool(self, tool: Tool) -> None:
        """Light the tool in use."""
        button = self._tools.get(tool)
        if button is None:  # a tool that has a key and a place in the menu only
            self._group.setExclusive(False)
            for other in self._tools.values():
                other.setChecked(False)
            self._group.setExclusive(True)
            return
        button.setChecked(True)

    def set_cine(self, running: bool) -> None:
        """Light the cine button while it runs."""
        self.cine_button.setChecked(running)

    def tool_button(self, tool: Tool) -> IconButton:
        """Return the button of a tool."""
        return self._tools[tool]

    def act_button(self, act: Act) -> IconButton:
        """Return the button of an act."""
        return self._acts[act]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window buttons stand closer and smaller: every tool stays in reach."""
        super().resizeEvent(event)
        low = event.size().height() < _LOW
        self._column.setSpacing(2 if low else 4)
        for button in self.findChildren(IconButton):
            button.setFixedSize(*((28, 28) if low else (32, 32)))

    def _on_layout(self) -> None:
        button = self.layout_button
        self.layout_clicked.emit(button.mapToGlobal(QPoint(button.width(), 0)))

    def _fill(self) -> None:
        self._add_tools(_TOOLS)
        self._column.addSpacing(5)
        self._add_tools(_MARKS)
        self.cine_button.setCheckable(True)
        self.cine_button.clicked.connect(self.cine_clicked)
        for acts in (_TURNS, _VIEW):
            self._column.addSpacing(5)
            for act, icon, tip in acts:
                button = IconButton(self._look, icon, tip)
                self._acts[act] = button
                self._column.addWidget(button)
        self._column.addWidget(self.cine_button)
        self._column.addSpacing(5)
        self._column.addWidget(self.key_button)
        self._column.addWidget(self.layout_button)
        self._column.addStretch(1)
        self.key_button.clicked.connect(self.key_clicked)
        self.layout_button.clicked.connect(self._on_layout)
        self._group.buttonClicked.connect(self._on_tool)
        for button in self._acts.values():
            button.clicked.connect(self._on_act)

    def _add_tools(self, tools: tuple[tuple[Tool, str, str], ...]) -> None:
        for tool, icon, tip in tools:
            button = IconButton(self._look, icon, tip)
            button.setCheckable(True)
            self._group.addButton(button)
            self._tools[tool] = button
            self._column.addWidget(button)

    def _on_tool(self, button: QWidget) -> None:
        self.tool_chosen.emit(next(tool for tool, own in self._tools.items() if own is button))

    def _on_act(self) -> None:
        self.act_chosen.emit(next(act for act, own in self._acts.items() if own is self.sender()))
