"""Colours of a file -> RGB of 8 bits. numpy only.

Every value is rounded once, to the nearest, from the standard's own formulae: PS3.3 C.7.6.3.1.2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
BYTE = 256
MIDDLE = 128


def to_rgb(stored: Values, photometric: str, bits: int) -> NDArray[np.uint8]:
    """Return (rows, columns, 3) uint8.

    Args:
        stored: (rows, columns, 3) unsigned, as ``photometric`` says.
        photometric: RGB, or a kind of YBR; JPEG 2000's own are RGB once decoded.
        bits: in use of each sample; of more than eight, the upper eight are kept.
    """
    eight = to_8_bit(stored, bits)
    if photometric.startswith("YBR_PARTIAL"):
        return _partial_to_rgb(eight)
    return _full_to_rgb(eight) if photometric.startswith("YBR_FULL") else eight


def to_8_bit(colour: Values, bits: int) -> NDArray[np.uint8]:
    """Return the upper eight bits of each sample."""
    if colour.dtype == np.uint8:
        return colour
    return (colour >> max(bits - 8, 0)).astype(np.uint8)


def _full_to_rgb(ybr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    red, green, blue = _full_tables()
    y, b, r = (np.ascontiguousarray(ybr[..., sample]) for sample in range(3))
    whole, rgb = y.astype(np.int16), np.empty(ybr.shape, np.uint8)
    pair = b.astype(np.uint16) << 8 | r
    for sample, part in enumerate((red.take(r), green.take(pair), blue.take(b))):
        part += whole
        rgb[..., sample] = np.clip(part, 0, BYTE - 1, out=part)
    return rgb


@lru_cache(maxsize=1)
def _full_tables() -> tuple[Values, Values, Values]:
    """Return what chroma adds to Y, which is whole: so the sum is rounded where the part is.

    The second table is indexed by both: 256 times blue's, and red's.
    """
    chroma = np.arange(BYTE) - MIDDLE
    red = np.floor(1.402 * chroma + 0.5).astype(np.int16)
    blue = np.floor(1.772 * chroma + 0.5).astype(np.int16)
    from_blue, from_red = -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587
    mixed = from_blue * chroma[:, None] + from_red * chroma
    return red, np.floor(mixed + 0.5).astype(np.int16).reshape(-1), blue


def _partial_to_rgb(ybr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo the studio range: black is 16, white 235, chroma spans 16 to 240 (ITU-R BT.601)."""
    y = (ybr[..., 0].astype(np.float64) - 16) * (255 / 219)
    b, r = ((ybr[..., sample].astype(np.float64) - MIDDLE) * (255 / 224) for sample in (1, 2))
    parts = (
        y + 1.402 * r,
        y - 0.114 * 1.772 / 0.587 * b - 0.299 * 1.402 / 0.587 * r,
        y + 1.772 * b,
    )
    whole = np.floor(np.stack(parts, axis=-1) + 0.5)
    return np.clip(whole, 0, BYTE - 1).astype(np.uint8)
