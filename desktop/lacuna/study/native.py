"""Uncompressed pixels -> arrays of stored values (PS3.5 8.1, PS3.3 C.7.6.3.1). numpy only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.study.checks import FLOAT_BITS, HALVED, pixel_bytes
from lacuna.study.part10 import Header
from lacuna.study.values import integer, text

Values = NDArray[Any]
WORD = 2  # bytes; big endian OW data of 8 bits travel in words


def read_words(header: Header, frame: int) -> Values:
    """Return a frame as it is stored, bit for bit: unused bits are still in it.

    Returns:
        (rows, columns) or (rows, columns, 3), native byte order, signed where the header says so.

    Raises:
        ValueError: the file ends before the frame does.
    """
    ds = header.dataset
    rows, columns, samples = (
        integer(ds, name, 1) for name in ("Rows", "Columns", "SamplesPerPixel")
    )
    count = rows * columns * samples
    if integer(ds, "BitsAllocated") == 1:
        return _bits(header, frame, count).reshape(rows, columns)
    dtype = pixel_dtype(header)
    halved = text(ds, "PhotometricInterpretation") in HALVED
    stored = count * 2 // 3 if halved else count
    flat = np.frombuffer(_bytes(header, frame * stored * dtype.itemsize, stored, dtype), dtype)
    flat = flat.astype(dtype.newbyteorder("="), copy=False)
    if halved:
        return _whole(flat).reshape(rows, columns, samples)
    return shaped(flat, ds)


def shaped(flat: Values, ds: Any) -> Values:
    """Return a frame's samples as (rows, columns) or (rows, columns, samples).

    Raises:
        ValueError: they are too few or too many.
    """
    rows, columns, samples = (
        integer(ds, name, 1) for name in ("Rows", "Columns", "SamplesPerPixel")
    )
    if samples == 1:
        return flat.reshape(rows, columns)
    if integer(ds, "PlanarConfiguration") == 1:
        return np.moveaxis(flat.reshape(samples, rows, columns), 0, -1)
    return flat.reshape(rows, columns, samples)


def pixel_dtype(header: Header) -> np.dtype[Any]:
    """Return the dtype of one stored sample, in the file's own byte order."""
    ds = header.dataset
    size = integer(ds, "BitsAllocated") // 8
    kind = "f" if header.keyword in FLOAT_BITS else "ui"[integer(ds, "PixelRepresentation") == 1]
    return np.dtype(f"{'<' if header.syntax.is_little_endian else '>'}{kind}{size}")


def _bytes(header: Header, at: int, count: int, dtype: np.dtype[Any]) -> bytes:
    size = count * dtype.itemsize
    swapped = not header.syntax.is_little_endian and dtype.itemsize == 1
    if not swapped or header.pixels_vr != "OW":
        return _read(header, at, size)
    # Frames of an odd length begin or end in the middle of a word.
    before = at % WORD
    words = _read(header, at - before, size + before + (size + before) % WORD)
    return np.frombuffer(words, "u2").byteswap().tobytes()[before : before + size]


def _read(header: Header, at: int, size: int) -> bytes:
    header.stream.seek(header.pixels_at + at)
    found = header.stream.read(size)
    if len(found) < size:
        raise ValueError("the file ends before its pixels do")
    return found


def _bits(header: Header, frame: int, count: int) -> Values:
    """Unpack single bits, the first in the lowest; frames follow each other without padding."""
    first, skipped = divmod(frame * count, 8)
    size = (skipped + count + 7) // 8
    whole = (pixel_bytes(header.dataset) + 1) // 2 * 2
    if first + size > whole:
        raise ValueError("the file ends before its pixels do")
    packed = np.frombuffer(_bytes(header, first, size, np.dtype("u1")), np.uint8)
    return np.unpackbits(packed, bitorder="little")[skipped : skipped + count]


def _whole(halved: Values) -> Values:
    """Give both pixels of a pair their chroma: Y1 Y2 B R -> Y1 B R, Y2 B R."""
    pairs = halved.reshape(-1, 4)
    return pairs[:, [0, 2, 3, 1, 2, 3]].reshape(-1, 3)


def in_use(words: Values, ds: Any) -> Values:
    """Return stored values without the bits that are not theirs, the sign carried on.

    Overlays and what else hides in unused bits is gone after this.
    """
    allocated, stored = integer(ds, "BitsAllocated"), integer(ds, "BitsStored")
    if words.dtype.kind == "f" or allocated == 1 or stored >= allocated:
        return words
    high = integer(ds, "HighBit", stored - 1)
    high = high if stored - 1 <= high < allocated else stored - 1
    left = allocated - 1 - high
    # Shifted to the top and back, a signed value keeps its sign, an unsigned one gets zeros.
    return (words << left) >> (allocated - stored)
