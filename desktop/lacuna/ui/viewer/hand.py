"""What the mouse does on a viewport: drags, clicks, the wheel, the pen. GUI thread only."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.bindings import Bindings
from lacuna.ui.viewer.keyboard import button_text
from lacuna.ui.viewer.lens import Lens
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.viewer.pen import KINDS, Pen
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.sheet import Sheet
from lacuna.ui.viewer.viewer_state import Tool, ViewState

_TOOLS = {MouseAct.WINDOW: Tool.WINDOW, MouseAct.PAN: Tool.PAN, MouseAct.ZOOM: Tool.ZOOM}
_FRAME = 8.0  # view pixels of a drag that scroll by one frame
STILL = 4.0  # view pixels that a hand may slip between press and release of a click
NOTCH = 120  # what a wheel's notch counts, in eighths of a degree


class Ground(Protocol):
    """What a hand works on: a viewport."""

    @property
    def bindings(self) -> Bindings:
        """Which button does what."""

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

    def scroll(self, by: int) -> None:
        """Go ``by`` frames further on."""

    def move_page(self, dx: float, dy: float) -> bool:
        """Move the document that is shown; False if there is none."""


class Hand:
    """One mouse over one viewport. ``tool`` is what the tool's button does, usually the left one.

    Which button does what else, the viewport's bindings say.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.pen = Pen()
        self.lens = Lens()
        self.tool = Tool.WINDOW
        self._drag: Tool | None = None
        self._scrolling: float | None = None  # view pixels that have not made a frame yet
        self._last = QPointF()
        self._pens = Qt.MouseButton.NoButton  # the tool's button, while it is down
        self._asks = Qt.MouseButton.NoButton  # the menu's
        self._click: QPointF | None = None  # where that went down and still is
        self._wheel = 0.0

    @property
    def windowing(self) -> bool:
        """Whether the window is being dragged."""
        return self._drag is Tool.WINDOW

    def take(self, tool: Tool) -> None:
        """Choose what the tool's button does; what is under way ends."""
        self.tool = tool
        self.pen.stop()

    def press(self, event: QMouseEvent) -> None:
        """A button goes down."""
        place, button = event.position(), event.button()
        written, mouse = button_text(button, event.modifiers()), self._ground.bindings.mouse
        act = mouse.dragged(written)
        if act is MouseAct.TOOL:
            self._pens = button
            if self._draws(place):
                return
        asks = mouse.clicked(written) is MouseAct.MENU
        self._drag = self.tool if act is MouseAct.TOOL else _TOOLS.get(act) if act else None
        self._scrolling = 0.0 if act is MouseAct.SCROLL else None
        self._asks, self._click = (button, place) if asks else (self._asks, None)
        self._last = place
        self.lens.place = place if self._drag is Tool.MAGNIFY else None

    def move(self, event: QMouseEvent) -> bool:
        """The pointer moves; return whether anything but the view's state has changed."""
        place, sheet = event.position(), self._ground.sheet()
        idle = self._drag is None and self._scrolling is None
        if idle and sheet and self.pen.move(sheet, place):
            return True
        if idle or self._slips(place):
            return False
        if self._drag is Tool.MAGNIFY:
            self.lens.place = place
            return True
        moved, self._last = place - self._last, place
        if self._ground.move_page(moved.x(), moved.y()):
            return True
        self._act_on(moved)
        return False

    def release(self, event: QMouseEvent) -> bool:
        """A button comes up; return whether that was a click that asks for the menu."""
        sheet, button = self._ground.sheet(), event.button()
        if sheet and button is self._pens:
            self.pen.release(sheet, event.position())
        clicked = self._click is not None and button is self._asks
        self._drag = self._scrolling = self.lens.place = self._click = None
        if clicked and sheet is not None:
            self.pen.select_at(sheet, event.position())
        return clicked

    def notches(self, event: QWheelEvent) -> int:
        """Return how many whole notches the wheel has come on; the rest is kept for later."""
        self._wheel += turned(event)
        whole = int(self._wheel)
        self._wheel -= whole
        return whole

    def _draws(self, place: QPointF) -> bool:
        """Whether a press of the tool's button is the pen's; if so, it has it."""
        sheet = self._ground.sheet()
        return sheet is not None and self.pen.press(sheet, self.tool, place)

    def _slips(self, place: QPointF) -> bool:
        """Whether the menu's button is held as still as a click's."""
        if self._click is not None and (place - self._click).manhattanLength() >= STILL:
            self._click = None
        return self._click is not None

    def _act_on(self, moved: QPointF) -> None:
        """Do what the button that is held does, for a move of the pointer."""
        state, picture = self._ground.state, self._ground.picture
        if self._scrolling is not None:
            self._scrolling += moved.y()
            frames = int(self._scrolling / _FRAME)
            self._scrolling -= frames * _FRAME
            if frames:
                self._ground.scroll(frames)
        elif picture and state:
            self._ground.change(self._dragged(state, picture, moved))

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
    # With Alt held, Qt on some systems reports the turn as a sideways one.
    return (event.angleDelta().y() or event.angleDelta().x()) / NOTCH


def draws(tool: Tool) -> bool:
    """Whether a tool sets points on the image."""
    return tool in KINDS
