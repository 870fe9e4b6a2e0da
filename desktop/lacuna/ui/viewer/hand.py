"""What the mouse does on a viewport: drags, clicks, the wheel, the pen. GUI thread only."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.lens import Lens
from lacuna.ui.viewer.pen import KINDS, Pen
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.sheet import Sheet
from lacuna.ui.viewer.viewer_state import Tool, ViewState

STILL = 4.0  # view pixels that a hand may slip between press and release of a click
NOTCH = 120  # what a wheel's notch counts, in eighths of a degree


class Ground(Protocol):
    """What a hand works on: a viewport."""

    @property
    def picture(self) -> Picture | None:
        """What is shown."""

    @property
    def state(self) -> ViewState | None:
        """How it is looked at."""

    def sheet(self) -> Sheet | None:
        """Return the picture as it lies in the view."""

    def change(self, state: ViewState) -> None:
        """Look at it in another way."""


class Hand:
    """One mouse over one viewport. ``tool`` is what the left button does."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.pen = Pen()
        self.lens = Lens()
        self.tool = Tool.WINDOW
        self._drag: Tool | None = None
        self._last = QPointF()
        self._click: QPointF | None = None  # where the right button went down and still is
        self._wheel = 0.0

    @property
    def windowing(self) -> bool:
        """Whether the window is being dragged."""
        return self._drag is Tool.WINDOW

    def take(self, tool: Tool) -> None:
        """Choose what the left button does; what is under way ends."""
        self.tool = tool
        self.pen.stop()

    def press(self, event: QMouseEvent) -> None:
        """A button goes down."""
        place, button = event.position(), event.button()
        if button is Qt.MouseButton.LeftButton and self._draws(place):
            return
        tools = {
            Qt.MouseButton.LeftButton: self.tool,
            Qt.MouseButton.MiddleButton: Tool.PAN,
            Qt.MouseButton.RightButton: Tool.ZOOM,
        }
        self._drag, self._last = tools.get(button), place
        self._click = place if button is Qt.MouseButton.RightButton else None
        self.lens.place = place if self._drag is Tool.MAGNIFY else None

    def move(self, event: QMouseEvent) -> bool:
        """The pointer moves; return whether anything but the view's state has changed."""
        place, sheet = event.position(), self._ground.sheet()
        if self._drag is None and sheet and self.pen.move(sheet, place):
            return True
        if self._slips(place):
            return False
        if self._drag is Tool.MAGNIFY:
            self.lens.place = place
            return True
        state, picture = self._ground.state, self._ground.picture
        if self._drag and picture and state:
            moved, self._last = place - self._last, place
            self._ground.change(self._dragged(state, picture, moved))
        return False

    def release(self, event: QMouseEvent) -> bool:
        """A button comes up; return whether that was a click that asks for the menu."""
        sheet = self._ground.sheet()
        if sheet and event.button() is Qt.MouseButton.LeftButton:
            self.pen.release(sheet, event.position())
        self._drag, self.lens.place = None, None
        clicked = self._click is not None and event.button() is Qt.MouseButton.RightButton
        self._click = None
        if not clicked or sheet is None:
            return False
        self.pen.select_at(sheet, event.position())
        return True

    def notches(self, event: QWheelEvent) -> int:
        """Return how many whole notches the wheel has come on; the rest is kept for later."""
        # With Alt held, Qt on some systems reports the turn as a sideways one.
        self._wheel += turned(event)
        whole = int(self._wheel)
        self._wheel -= whole
        return whole

    def _draws(self, place: QPointF) -> bool:
        """Whether a press of the left button is the pen's; if so, it has it."""
        sheet = self._ground.sheet()
        return sheet is not None and self.pen.press(sheet, self.tool, place)

    def _slips(self, place: QPointF) -> bool:
        """Whether the right button is held as still as a click's."""
        if self._click is not None and (place - self._click).manhattanLength() >= STILL:
            self._click = None
        return self._click is not None

    def _dragged(self, state: ViewState, picture: Picture, moved: QPointF) -> ViewState:
        if self._drag is Tool.PAN:
            return views.drag_pan(state, moved.x(), moved.y())
        if self._drag is Tool.ZOOM:
            return views.drag_zoom(state, moved.y())
        if not picture.grey:
            return state
        return views.drag_window(state, moved.x(), moved.y(), picture.span)


def turned(event: QWheelEvent) -> float:
    """Return how far the wheel was turned, in notches."""
    return (event.angleDelta().y() or event.angleDelta().x()) / NOTCH


def draws(tool: Tool) -> bool:
    """Whether a tool sets points on the image."""
    return tool in KINDS
