"""How an image is looked at: frozen states, pure functions between them. Free of Qt.

Coordinates: image pixels have their origin at the image's upper left corner; view pixels are the
widget's. ``scale`` is view pixels per image column. Angles are quarter turns, clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from lacuna.study.model import Window

MIN_ZOOM, MAX_ZOOM = 0.2, 32.0
_DRAG_SPAN = 1024.0  # view pixels that sweep the whole range of values
_ZOOM_PER_PIXEL = 1.005
_ZOOM_PER_NOTCH = 1.15


class Tool(StrEnum):
    """What the left mouse button does."""

    SELECT = "select"
    WINDOW = "window"
    PAN = "pan"
    ZOOM = "zoom"
    MAGNIFY = "magnify"
    LENGTH = "length"
    BIDIRECTIONAL = "bidirectional"
    ANGLE = "angle"
    COBB = "cobb"
    ELLIPSE = "ellipse"
    FREEHAND = "freehand"
    PROBE = "probe"
    ARROW = "arrow"
    NOTE = "note"


class Act(StrEnum):
    """What happens at once."""

    ROTATE_RIGHT = "rotate-right"
    ROTATE_LEFT = "rotate-left"
    FLIP_HORIZONTAL = "flip-horizontal"
    FLIP_VERTICAL = "flip-vertical"
    INVERT = "invert"
    RESET = "reset"


# Windows of CT, in Hounsfield units, by the digit that sets them.
CT_PRESETS: dict[int, Window] = {
    2: Window(40, 400, name="soft tissue"),
    3: Window(-600, 1500, name="lung"),
    4: Window(480, 2500, name="bone"),
    5: Window(40, 80, name="brain"),
    6: Window(90, 150, name="liver"),
}


@dataclass(frozen=True, slots=True)
class ViewState:
    """One way to look at an image.

    ``zoom`` 1.0 fits the image into the view. ``pan`` is the offset of the image's centre from the
    view's, in view pixels. The image is flipped first (left to right), then turned.
    """

    window: Window
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    turns: int = 0
    flipped: bool = False
    invert: bool = False


def drag_window(state: ViewState, dx: float, dy: float, span: float) -> ViewState:
    """Drag the window: right widens it, down raises its centre, which darkens the image.

    ``span`` is the range of the image's values, so that a drag feels alike at 8 and at 16 bits.
    """
    step = max(span, 1.0) / _DRAG_SPAN
    old = state.window
    function = "LINEAR" if old.table is not None else old.function  # a table cannot be widened
    width = max(old.width + dx * step, min(1.0, max(span, 1.0) / 256))
    return replace(state, window=Window(old.center + dy * step, width, function))


def drag_pan(state: ViewState, dx: float, dy: float) -> ViewState:
    """Move the image with the pointer."""
    return replace(state, pan=(state.pan[0] + dx, state.pan[1] + dy))


def drag_zoom(state: ViewState, dy: float) -> ViewState:
    """Zoom about the view's centre: up enlarges."""
    return zoom_about(state, _ZOOM_PER_PIXEL**-dy, (0.0, 0.0))


def wheel_zoom(state: ViewState, notches: float, point: tuple[float, float]) -> ViewState:
    """Zoom about ``point``, given as an offset from the view's centre in view pixels."""
    return zoom_about(state, _ZOOM_PER_NOTCH**notches, point)


def zoom_about(state: ViewState, factor: float, point: tuple[float, float]) -> ViewState:
    """Zoom so that what lies under ``point`` stays there."""
    zoom = min(max(state.zoom * factor, MIN_ZOOM), MAX_ZOOM)
    real = zoom / state.zoom
    x, y = (at - (at - pan) * real for at, pan in zip(point, state.pan, strict=True))
    return replace(state, zoom=zoom, pan=(x, y))


def apply_act(state: ViewState, act: Act, initial: Window) -> ViewState:
    """Return the state after an act. RESET goes back to the ``initial`` window and fits."""
    if act is Act.RESET:
        return ViewState(initial)
    if act is Act.INVERT:
        return replace(state, invert=not state.invert)
    if act is Act.ROTATE_RIGHT:
        return replace(state, turns=(state.turns + 1) % 4)
    if act is Act.ROTATE_LEFT:
        return replace(state, turns=(state.turns - 1) % 4)
    # A flip of the view: of a turned image it is a flip before, and the turn runs the other way.
    turns = -state.turns if act is Act.FLIP_HORIZONTAL else 2 - state.turns
    return replace(state, flipped=not state.flipped, turns=turns % 4)


def step_index(index: int, count: int, by: int) -> int:
    """Return the image ``by`` further on, held at both ends of the series."""
    return min(max(index + by, 0), max(count - 1, 0))


def fit_scale(columns: float, rows: float, width: float, height: float, turns: int) -> float:
    """Return the scale at which the turned image just fits the view."""
    if turns % 2:
        columns, rows = rows, columns
    return min(width / columns, height / rows)


def lean(state: ViewState, leaning: int, room: float) -> ViewState:
    """Return the fitted view with its image at an edge: ``room`` view pixels are free beside it.

    A view that was turned, flipped or zoomed is left alone.
    """
    if not leaning or state.zoom != 1.0 or state.turns or state.flipped:
        return state
    return replace(state, pan=(leaning * max(room, 0.0) / 2, state.pan[1]))


def edge_letters(
    orientation: tuple[str, str] | None, turns: int, flipped: bool
) -> tuple[str, str, str, str]:
    """Return the letters for left, top, right and bottom of the view; empty where unknown.

    ``orientation`` is Patient Orientation (0020,0020), PS3.3 C.7.6.1.1.1: where the rows run to
    (the right edge), and where the columns run to (the lower edge).
    """
    if orientation is None or not all(orientation):
        return ("", "", "", "")
    right, bottom = orientation
    left, top = _opposite(right), _opposite(bottom)
    if flipped:
        left, right = right, left
    letters = [left, top, right, bottom]
    for _ in range(turns % 4):
        letters = [letters[3], letters[0], letters[1], letters[2]]
    return (letters[0], letters[1], letters[2], letters[3])


def _opposite(letters: str) -> str:
    pairs = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
    return "".join(pairs.get(letter, letter) for letter in letters)
