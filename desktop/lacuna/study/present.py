"""An image as a presentation state wants it seen: the grey pipeline of PS3.4 N.2, to its end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.study.model import Image, Window
from lacuna.study.pixels import is_inverted, read_pixels
from lacuna.study.shutters import covered
from lacuna.study.softcopy import PresentationState, Table
from lacuna.study.tables import look_up
from lacuna.study.voi import default_window, render

WHITE = 255


def presented(
    image: Image, state: PresentationState, frame: int = 0
) -> tuple[NDArray[Any], Window, bool]:
    """Return what the viewer needs to show a frame as a state says; spatial changes are its own.

    A VOI LUT of the state is applied here; the window then spans what comes out of it.

    Returns:
        Values as ``read_pixels`` returns them, the window to lay over them, whether low is bright.

    Raises:
        UserFacingError: the file is gone, changed, damaged or cannot be decoded.
    """
    values = read_pixels(image, frame, state)
    inverted = is_inverted(image) if state.inverse is None else state.inverse
    found = state.window_of(image.sop_instance_uid, frame)
    if isinstance(found, Table) and values.ndim == 2:
        span = float(1 << found.bits)
        return look_up(values, found), Window(span / 2, span, "LINEAR", found.name), inverted
    window = found if isinstance(found, Window) else default_window(image, values, frame)
    return values, window, inverted


def picture(image: Image, state: PresentationState, frame: int = 0) -> NDArray[np.uint8]:
    """Return what is seen, 0 = black, before it is turned: window, inversion and shutter.

    Raises:
        UserFacingError: the file is gone, changed, damaged or cannot be decoded.
    """
    seen = render(*presented(image, state, frame))
    if state.shutter is not None:
        hidden = covered(state.shutter, image.rows, image.columns, aspect=image.aspect)
        seen = seen.copy()
        seen[hidden] = round(WHITE * state.shutter.grey)
    return seen
