"""Windows: values -> what is seen (PS3.3 C.11.2). numpy only; fast enough for every mouse move."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.errors import UserFacingError
from lacuna.study.model import Image, Window
from lacuna.study.softcopy import Table
from lacuna.study.tables import look_up

Values = NDArray[Any]
SAMPLE = 1 << 18  # values looked at for an automatic window: a steady percentile, a millisecond
WHITE = 255.0


def default_window(image: Image, values: Values, frame: int = 0) -> Window:
    """Return the window to show first: the file's own, else one over the picture's own range."""
    own = image.windows_of(frame)
    return own[0] if own else auto_window(values, image.padding)


def auto_window(values: Values, padding: tuple[float, float] | None = None) -> Window:
    """Return a window from the 1st to the 99th percentile of ``values``, padding left out."""
    flat = values.reshape(-1)
    some = flat[:: max(1, flat.size // SAMPLE)]
    if padding is not None:
        tissue = some[(some < padding[0]) | (some > padding[1])]
        some = tissue if tissue.size else some
    if some.dtype.kind == "f":  # parametric maps are no number where nothing was measured
        some = some[np.isfinite(some)]
    if not some.size:
        return Window(0.5, 2.0, "LINEAR", "Auto")
    low, high = (float(end) for end in np.percentile(some, (1, 99)))
    width = max(high - low, 1.0)
    return Window((low + high) / 2 + 0.5, width + 1.0, "LINEAR", "Auto")


def window_through(table: Table) -> Window:
    """Return a VOI LUT as a window, so that it can be looked through and dragged away from."""
    count = len(table.data)
    return Window(table.first + count / 2, float(count), "TABLE", table.name, table)


def render(values: Values, window: Window, invert: bool = False) -> NDArray[np.uint8]:
    """Return what is seen, 0 = black.

    Args:
        values: (rows, columns) of any real dtype; or (rows, columns, 3) uint8, which has no window.
        window: applied to grey values.
        invert: True for MONOCHROME1, and for the reader's own inversion; both together is False.

    Returns:
        uint8 of the same shape.
    """
    if values.ndim == 3:
        colour = values.astype(np.uint8, copy=False)
        return 255 - colour if invert else colour
    if values.dtype in (np.uint8, np.int8, np.uint16, np.int16):
        table = _table(window, values.dtype.str, invert)
        return table.take(values.view(f"u{values.dtype.itemsize}"))
    return _curve(values.astype(np.float32), window, invert)


@lru_cache(maxsize=64)
def _table(window: Window, dtype: str, invert: bool) -> NDArray[np.uint8]:
    """Return the curve at every value of an 8 or 16 bit dtype, indexed by its unsigned bits."""
    kind = np.dtype(dtype)
    bits = np.arange(2 ** (8 * kind.itemsize), dtype=f"u{kind.itemsize}")
    table = _curve(bits.view(kind.newbyteorder("=")).astype(np.float32), window, invert)
    table.flags.writeable = False
    return table


def _curve(x: NDArray[np.float32], window: Window, invert: bool) -> NDArray[np.uint8]:
    y = _shape(x, window)
    y[np.isnan(y)] = 0.0  # what is no number is as dark as can be
    np.clip(y, 0.0, 1.0, out=y)
    if invert:
        np.subtract(1.0, y, out=y)
    y *= WHITE
    y += 0.5  # to the nearest: the cast below cuts off
    return y.astype(np.uint8)


def _shape(x: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """Return the curve of PS3.3 C.11.2.1.2 and C.11.2.1.3 before clipping, 0 = black, 1 = white."""
    if window.table is not None:
        top = np.float32((1 << window.table.bits) - 1)
        return np.asarray(look_up(x, window.table) / top, dtype=np.float32)
    center, width = np.float32(window.center), np.float32(window.width)
    if window.function == "SIGMOID":
        exponent = np.clip(-4.0 * (x - center) / width, -80.0, 80.0)
        return np.asarray(1.0 / (1.0 + np.exp(exponent)), dtype=np.float32)
    if window.function == "LINEAR_EXACT":
        return np.asarray((x - center) / width + 0.5, dtype=np.float32)
    if window.function != "LINEAR":
        raise UserFacingError(f"A window of the kind {window.function} is not shown.")
    if width <= 1:
        return (x > center - 0.5).astype(np.float32)
    return np.asarray((x - (center - 0.5)) / (width - 1.0) + 0.5, dtype=np.float32)
