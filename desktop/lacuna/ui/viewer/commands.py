"""What the image side can be told to do: in words, and by which key. Free of Qt.

A tool to take, an act on the view, or a command: each is its own name in the settings file. Keys
are written as Qt's portable text: ``R``, ``Shift+Up``.
"""

from __future__ import annotations

from enum import StrEnum

from lacuna.ui.viewer.viewer_state import Act, Tool


class Command(StrEnum):
    """One thing to do that is neither a tool to take nor an act on the view."""

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
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"
    TRUE_SIZE = "true-size"
    ONE_TO_ONE = "one-to-one"
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


Order = Command | Tool | Act

# In the order in which the reader is shown them: what it is called, and its usual key.
TABLE: dict[Order, tuple[str, str]] = {
    Command.UP: ("Previous image", "Up"),
    Command.DOWN: ("Next image", "Down"),
    Command.UP_FAR: ("Ten images back", "Shift+Up"),
    Command.DOWN_FAR: ("Ten images on", "Shift+Down"),
    Command.FIRST: ("First image", "Home"),
    Command.LAST: ("Last image", "End"),
    Command.SERIES_BACK: ("Previous series", "PgUp"),
    Command.SERIES_ON: ("Next series", "PgDown"),
    Command.VIEW_LEFT: ("Viewport to the left", "Left"),
    Command.VIEW_RIGHT: ("Viewport to the right", "Right"),
    Command.WINDOW_AUTO: ("Automatic window", "0"),
    Command.WINDOW_FILE: ("Window of the file", "1"),
    Command.WINDOW_2: ("Window 2, CT: soft tissue", "2"),
    Command.WINDOW_3: ("Window 3, CT: lung", "3"),
    Command.WINDOW_4: ("Window 4, CT: bone", "4"),
    Command.WINDOW_5: ("Window 5, CT: brain", "5"),
    Command.WINDOW_6: ("Window 6, CT: liver", "6"),
    Act.INVERT: ("Invert", "I"),
    Act.ROTATE_RIGHT: ("Rotate right", "R"),
    Act.ROTATE_LEFT: ("Rotate left", "L"),
    Act.FLIP_HORIZONTAL: ("Flip left to right", "H"),
    Act.FLIP_VERTICAL: ("Flip top to bottom", "V"),
    Act.RESET: ("Reset the view", "Space"),
    Command.ZOOM_IN: ("Zoom in", "+"),
    Command.ZOOM_OUT: ("Zoom out", "-"),
    Command.TRUE_SIZE: ("True size", "U"),
    Command.ONE_TO_ONE: ("One pixel to one of the screen", "Shift+U"),
    Tool.SELECT: ("Select", "Shift+S"),
    Tool.WINDOW: ("Window", "W"),
    Tool.PAN: ("Pan", "P"),
    Tool.ZOOM: ("Zoom", "Z"),
    Tool.MAGNIFY: ("Magnifier", "Shift+Z"),
    Tool.LENGTH: ("Length", "D"),
    Tool.BIDIRECTIONAL: ("Two diameters", "B"),
    Tool.ANGLE: ("Angle", "A"),
    Tool.COBB: ("Cobb angle", "Shift+A"),
    Tool.ELLIPSE: ("Ellipse", "E"),
    Tool.FREEHAND: ("Freehand region", "F"),
    Tool.PROBE: ("Value of a pixel", "Shift+P"),
    Tool.ARROW: ("Arrow", "Shift+D"),
    Tool.NOTE: ("Text", "T"),
    Command.CINE: ("Cine", "C"),
    Command.KEY_IMAGE: ("Send this image to the model, or not", "K"),
    Command.PREVIEW: ("What the model sees", "Shift+K"),
    Command.DELETE: ("Delete what is selected", "Del"),
    Command.LAYOUT_NEXT: ("More viewports", "G"),
    Command.LAYOUT_BACK: ("Fewer viewports", "Shift+G"),
    Command.LINK: ("Scroll together", "S"),
    Command.LINES: ("Reference lines", "X"),
    Command.TEXTS: ("Corner texts", "Shift+T"),
    Command.REFORMAT: ("Axial, coronal, sagittal", "M"),
    Command.SLAB: ("Slab: thin, mean, MIP", "Shift+M"),
    Command.COMPARE: ("Compare with the prior", "O"),
}
WORDS: dict[Order, str] = {order: words for order, (words, _key) in TABLE.items()}
DEFAULT_KEYS: dict[Order, str] = {order: key for order, (_words, key) in TABLE.items()}
TWINS = {"Backspace": "Del", "=": "+"}  # keys that mean what another one means, unless bound

WINDOWS: dict[Command, int] = {
    Command.WINDOW_AUTO: 0,
    Command.WINDOW_FILE: 1,
    Command.WINDOW_2: 2,
    Command.WINDOW_3: 3,
    Command.WINDOW_4: 4,
    Command.WINDOW_5: 5,
    Command.WINDOW_6: 6,
}
