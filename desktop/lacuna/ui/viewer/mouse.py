"""What the mouse does on the image side, and by which button. Free of Qt.

Inputs are written like keys: ``Left``, ``Ctrl+Right``, ``Wheel``. A press with keys held that mean
nothing here is a press without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lacuna.errors import UserFacingError

BUTTONS = ("Left", "Middle", "Right", "Back", "Forward")
WHEEL = "Wheel"
HELD = ("Ctrl", "Shift", "Alt", "Meta")  # in the order in which they are written


class MouseAct(StrEnum):
    """One thing that the mouse does. The value is its name in the settings file."""

    TOOL = "mouse-tool"
    WINDOW = "mouse-window"
    PAN = "mouse-pan"
    ZOOM = "mouse-zoom"
    SCROLL = "mouse-scroll"
    MENU = "mouse-menu"
    WHEEL_SCROLL = "wheel-scroll"
    WHEEL_FAR = "wheel-scroll-far"
    WHEEL_ZOOM = "wheel-zoom"


WORDS: dict[MouseAct, str] = {
    MouseAct.TOOL: "The chosen tool, by dragging or a click",
    MouseAct.WINDOW: "Window by dragging",
    MouseAct.PAN: "Pan by dragging",
    MouseAct.ZOOM: "Zoom by dragging",
    MouseAct.SCROLL: "Scroll by dragging",
    MouseAct.MENU: "Menu by a click",
    MouseAct.WHEEL_SCROLL: "Scroll by turning",
    MouseAct.WHEEL_FAR: "Ten images by turning",
    MouseAct.WHEEL_ZOOM: "Zoom by turning",
}
USUAL: dict[MouseAct, str] = {
    MouseAct.TOOL: "Left",
    MouseAct.WINDOW: "",
    MouseAct.PAN: "Middle",
    MouseAct.ZOOM: "Right",
    MouseAct.SCROLL: "",
    MouseAct.MENU: "Right",
    MouseAct.WHEEL_SCROLL: WHEEL,
    MouseAct.WHEEL_FAR: "",
    MouseAct.WHEEL_ZOOM: f"Ctrl+{WHEEL}",
}
_TURNS = (MouseAct.WHEEL_SCROLL, MouseAct.WHEEL_FAR, MouseAct.WHEEL_ZOOM)
# A button held and moved means one thing, and so does one that clicks: the tool does both.
_DRAGS = (MouseAct.TOOL, MouseAct.WINDOW, MouseAct.PAN, MouseAct.ZOOM, MouseAct.SCROLL)
_CLICKS = (MouseAct.TOOL, MouseAct.MENU)


@dataclass(frozen=True, slots=True)
class MouseBindings:
    """Which button does what. ``own`` are the reader's choices.

    Raises:
        UserFacingError: two acts ask for one input, an input is none, or the tool has none.
    """

    own: Mapping[MouseAct, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for act in MouseAct:
            _check(act, self.input(act))
        for group in (_DRAGS, _CLICKS, _TURNS):
            taken: dict[str, MouseAct] = {}
            for act in group:
                place = self.input(act)
                if place and place in taken:
                    words = f"{WORDS[taken[place]]}, and {WORDS[act]}"
                    raise UserFacingError(f"{place} would mean two things: {words}.")
                taken[place] = act

    def input(self, act: MouseAct) -> str:
        """Return what does an act; empty where nothing does."""
        return self.own.get(act, USUAL[act])

    def dragged(self, place: str) -> MouseAct | None:
        """Return what a button does that is pressed and moved."""
        return self._found(place, _DRAGS)

    def clicked(self, place: str) -> MouseAct | None:
        """Return what a button does that is pressed and let go."""
        return self._found(place, _CLICKS)

    def turned(self, place: str) -> MouseAct | None:
        """Return what the wheel does."""
        return self._found(place, _TURNS)

    def with_input(self, act: MouseAct, place: str) -> MouseBindings:
        """Return these bindings with another input for an act."""
        own = {**self.own, act: place}
        if place == USUAL[act]:
            del own[act]
        return MouseBindings(own)

    def _found(self, place: str, group: tuple[MouseAct, ...]) -> MouseAct | None:
        for one in (place, place.rpartition("+")[2]):  # with the keys that are held, then without
            for act in group:
                if one and self.input(act) == one:
                    return act
        return None


def written(held: frozenset[str], name: str) -> str:
    """Return an input as it is written: the keys that are held, in order, then its name."""
    return "+".join([*(key for key in HELD if key in held), name])


def _check(act: MouseAct, place: str) -> None:
    """Refuse an input that is none, or that cannot do the act."""
    if not place:
        if act is MouseAct.TOOL:
            raise UserFacingError("The chosen tool needs a button.", "Give it one.")
        return
    *held, name = place.split("+")
    if name not in (*BUTTONS, WHEEL) or written(frozenset(held), name) != place:
        raise UserFacingError(f"{place} is no button of a mouse.", "Left or Ctrl+Wheel are.")
    if (name == WHEEL) != (act in _TURNS):
        wanted = "the wheel" if act in _TURNS else "a button"
        raise UserFacingError(f"{place} cannot do this: {WORDS[act]}.", f"It needs {wanted}.")
