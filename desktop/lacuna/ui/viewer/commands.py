"""What the image side can be told to do, and by which keys. Free of Qt.

Keys are written as Qt's portable text: ``R``, ``Shift+Up``. Every command has a default key; the
reader's own take its place, and a key means one thing only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lacuna.errors import UserFacingError
from lacuna.ui.viewer.viewer_state import Act, Tool


class Command(StrEnum):
    """One thing to do. The value is its name in the settings file."""

    UP = "up"
    DOWN = "down"
    UP_FAR = "up-far"
    DOWN_FAR = "down-far"
    FIRST = "first"
    LAST = "last"
    SERIES_BACK = "series-back"
    SERIES_ON = "series-on"
    VIEW_LEFT = "view-left"
    VIEW_RIGHT = "view-right"
    WINDOW_AUTO = "window-auto"
    WINDOW_FILE = "window-file"
    WINDOW_2 = "window-2"
    WINDOW_3 = "window-3"
    WINDOW_4 = "window-4"
    WINDOW_5 = "window-5"
    WINDOW_6 = "window-6"
    INVERT = "invert"
    ROTATE_RIGHT = "rotate-right"
    ROTATE_LEFT = "rotate-left"
    FLIP_HORIZONTAL = "flip-horizontal"
    FLIP_VERTICAL = "flip-vertical"
    RESET = "reset"
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
    CINE = "cine"
    KEY_IMAGE = "key-image"
    PREVIEW = "preview"
    DELETE = "delete"
    LAYOUT_NEXT = "layout-next"
    LAYOUT_BACK = "layout-back"
    LINK = "link"
    LINES = "lines"
    TEXTS = "texts"
    REFORMAT = "reformat"
    SLAB = "slab"
    COMPARE = "compare"


WORDS: dict[Command, str] = {
    Command.UP: "Previous image",
    Command.DOWN: "Next image",
    Command.UP_FAR: "Ten images back",
    Command.DOWN_FAR: "Ten images on",
    Command.FIRST: "First image",
    Command.LAST: "Last image",
    Command.SERIES_BACK: "Previous series",
    Command.SERIES_ON: "Next series",
    Command.VIEW_LEFT: "Viewport to the left",
    Command.VIEW_RIGHT: "Viewport to the right",
    Command.WINDOW_AUTO: "Automatic window",
    Command.WINDOW_FILE: "Window of the file",
    Command.WINDOW_2: "Window 2, CT: soft tissue",
    Command.WINDOW_3: "Window 3, CT: lung",
    Command.WINDOW_4: "Window 4, CT: bone",
    Command.WINDOW_5: "Window 5, CT: brain",
    Command.WINDOW_6: "Window 6, CT: liver",
    Command.INVERT: "Invert",
    Command.ROTATE_RIGHT: "Rotate right",
    Command.ROTATE_LEFT: "Rotate left",
    Command.FLIP_HORIZONTAL: "Flip left to right",
    Command.FLIP_VERTICAL: "Flip top to bottom",
    Command.RESET: "Reset the view",
    Command.SELECT: "Select",
    Command.WINDOW: "Window",
    Command.PAN: "Pan",
    Command.ZOOM: "Zoom",
    Command.MAGNIFY: "Magnifier",
    Command.LENGTH: "Length",
    Command.BIDIRECTIONAL: "Two diameters",
    Command.ANGLE: "Angle",
    Command.COBB: "Cobb angle",
    Command.ELLIPSE: "Ellipse",
    Command.FREEHAND: "Freehand region",
    Command.PROBE: "Value of a pixel",
    Command.ARROW: "Arrow",
    Command.NOTE: "Text",
    Command.CINE: "Cine",
    Command.KEY_IMAGE: "Send this image to the model, or not",
    Command.PREVIEW: "What the model sees",
    Command.DELETE: "Delete what is selected",
    Command.LAYOUT_NEXT: "More viewports",
    Command.LAYOUT_BACK: "Fewer viewports",
    Command.LINK: "Scroll together",
    Command.LINES: "Reference lines",
    Command.TEXTS: "Corner texts",
    Command.REFORMAT: "Axial, coronal, sagittal",
    Command.SLAB: "Slab: thin, mean, MIP",
    Command.COMPARE: "Compare with the prior",
}

DEFAULT_KEYS: dict[Command, str] = {
    Command.UP: "Up",
    Command.DOWN: "Down",
    Command.UP_FAR: "Shift+Up",
    Command.DOWN_FAR: "Shift+Down",
    Command.FIRST: "Home",
    Command.LAST: "End",
    Command.SERIES_BACK: "PgUp",
    Command.SERIES_ON: "PgDown",
    Command.VIEW_LEFT: "Left",
    Command.VIEW_RIGHT: "Right",
    Command.WINDOW_AUTO: "0",
    Command.WINDOW_FILE: "1",
    Command.WINDOW_2: "2",
    Command.WINDOW_3: "3",
    Command.WINDOW_4: "4",
    Command.WINDOW_5: "5",
    Command.WINDOW_6: "6",
    Command.INVERT: "I",
    Command.ROTATE_RIGHT: "R",
    Command.ROTATE_LEFT: "L",
    Command.FLIP_HORIZONTAL: "H",
    Command.FLIP_VERTICAL: "V",
    Command.RESET: "Space",
    Command.SELECT: "Shift+S",
    Command.WINDOW: "W",
    Command.PAN: "P",
    Command.ZOOM: "Z",
    Command.MAGNIFY: "Shift+Z",
    Command.LENGTH: "D",
    Command.BIDIRECTIONAL: "B",
    Command.ANGLE: "A",
    Command.COBB: "Shift+A",
    Command.ELLIPSE: "E",
    Command.FREEHAND: "F",
    Command.PROBE: "Shift+P",
    Command.ARROW: "Shift+D",
    Command.NOTE: "T",
    Command.CINE: "C",
    Command.KEY_IMAGE: "K",
    Command.PREVIEW: "Shift+K",
    Command.DELETE: "Del",
    Command.LAYOUT_NEXT: "G",
    Command.LAYOUT_BACK: "Shift+G",
    Command.LINK: "S",
    Command.LINES: "X",
    Command.TEXTS: "Shift+T",
    Command.REFORMAT: "M",
    Command.SLAB: "Shift+M",
    Command.COMPARE: "O",
}

TOOLS: dict[Command, Tool] = {
    Command(tool.value): tool for tool in Tool if tool.value in set(Command)
}
ACTS: dict[Command, Act] = {Command(act.value): act for act in Act}
WINDOWS: dict[Command, int] = {
    Command.WINDOW_AUTO: 0,
    Command.WINDOW_FILE: 1,
    Command.WINDOW_2: 2,
    Command.WINDOW_3: 3,
    Command.WINDOW_4: 4,
    Command.WINDOW_5: 5,
    Command.WINDOW_6: 6,
}
RESERVED = frozenset({"Esc", "Tab", "Ctrl+G", "Ctrl+M", "Ctrl+Z", "Ctrl+Y", "F6", "F7", "F8", "F9"})


@dataclass(frozen=True, slots=True)
class Bindings:
    """Which key does what. ``own`` are the reader's choices, by command.

    Raises:
        UserFacingError: two commands ask for one key, or a key belongs to the window.
    """

    own: Mapping[Command, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken: dict[str, Command] = {}
        for command, key in self._pairs():
            if key in RESERVED:
                raise UserFacingError(f"{key} belongs to the window.", "Choose another key.")
            if key and key in taken:
                first, second = WORDS[taken[key]], WORDS[command]
                raise UserFacingError(f"{key} would mean two things: {first}, and {second}.")
            taken[key] = command

    def key(self, command: Command) -> str:
        """Return the key of a command; empty if the reader left it without one."""
        return self.own.get(command, DEFAULT_KEYS[command])

    def command(self, key: str) -> Command | None:
        """Return what a key does."""
        return (
            next((command for command, own in self._pairs() if own == key), None) if key else None
        )

    def with_key(self, command: Command, key: str) -> Bindings:
        """Return these bindings with another key for a command."""
        own = {**self.own, command: key}
        if key == DEFAULT_KEYS[command]:
            del own[command]
        return Bindings(own)

    def _pairs(self) -> list[tuple[Command, str]]:
        return [(command, self.key(command)) for command in Command]


def bindings_from(stored: Mapping[str, str]) -> Bindings:
    """Return the bindings that a settings file holds, by the names of commands.

    Raises:
        UserFacingError: a name that is no command, or a key given twice.
    """
    known = {command.value for command in Command}
    for name in stored:
        if name not in known:
            raise UserFacingError(f"There is no command {name} for a key.", "Remove it.")
    return Bindings({Command(name): key for name, key in stored.items()})
