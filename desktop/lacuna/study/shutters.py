"""A display shutter -> which pixels are not meant to be seen (PS3.3 C.7.6.11, C.7.6.15)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lacuna.study.softcopy import OverlayBits, Shutter

Bits = NDArray[np.bool_]


def covered(
    shutter: Shutter,
    rows: int,
    columns: int,
    overlays: Iterable[OverlayBits] = (),
    aspect: float = 1.0,
) -> Bits:
    """Return a bool mask (rows, columns), True where the shutter covers.

    Args:
        shutter: its shapes all apply; a pixel is seen if it is inside each.
        rows: of the image.
        columns: of the image.
        overlays: of the frame, for a bitmap.
        aspect: a pixel's height over its width: the circle is one on the screen.
    """
    row, column = np.arange(1, rows + 1)[:, None], np.arange(1, columns + 1)
    hidden = np.zeros((rows, columns), dtype=bool)
    if shutter.rectangle is not None:
        left, top, right, bottom = shutter.rectangle
        hidden |= ~((row >= top) & (row <= bottom) & (column >= left) & (column <= right))
    if shutter.circle is not None:
        middle_row, middle_column, radius = shutter.circle
        away = ((row - middle_row) * aspect) ** 2 + (column - middle_column) ** 2
        hidden |= away > radius**2
    if shutter.polygon:
        hidden |= ~_inside(shutter.polygon, row, column)
    for one in overlays:
        if one.overlay.group == shutter.bitmap:
            hidden |= one.bits
    return hidden


def _inside(
    corners: tuple[tuple[int, int], ...], row: NDArray[np.int_], column: NDArray[np.int_]
) -> Bits:
    """Return what lies inside a polygon of (row, column) corners, or on its edge."""
    inside = np.zeros((row.size, column.size), dtype=bool)
    edge = np.zeros_like(inside)
    for (row0, column0), (row1, column1) in zip(corners, (*corners[1:], *corners[:1]), strict=True):
        across = (column - column0) * (row1 - row0) - (row - row0) * (column1 - column0)
        between = (
            (row >= min(row0, row1))
            & (row <= max(row0, row1))
            & (column >= min(column0, column1))
            & (column <= max(column0, column1))
        )
        edge |= (across == 0) & between
        if row0 != row1:
            meets = (row0 > row) != (row1 > row)
            inside ^= meets & (
                column < column0 + (row - row0) * (column1 - column0) / (row1 - row0)
            )
    return inside | edge
