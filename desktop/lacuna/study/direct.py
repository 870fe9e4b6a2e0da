"""Plain images, without their header: where the pixels lie, and the one sum that makes values.

A stack of a thousand slices is opened once and read often. For those whose pixels lie in a file
as they are, and need no more than a slope of one and an intercept, what matters is noted when the
header is read; the values then cost one reading and two passes.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lacuna.study.checks import GREY, frames
from lacuna.study.model import Direct
from lacuna.study.part10 import Header
from lacuna.study.values import has, integer, text

Values = NDArray[Any]


def direct(header: Header, slope: float, intercept: float) -> Direct | None:
    """Return how to read an image directly; None where it takes more than that."""
    ds = header.dataset
    stored = integer(ds, "BitsStored")
    plain = (
        not header.syntax.is_encapsulated
        and not header.syntax.is_deflated
        and header.syntax.is_little_endian
        and header.keyword == "PixelData"
        and text(ds, "PhotometricInterpretation") in GREY
        and integer(ds, "BitsAllocated") == 16
        and integer(ds, "HighBit", stored - 1) == stored - 1
        and frames(ds) == 1
        and slope == 1
        and float(intercept).is_integer()
        and not has(ds, "ModalityLUTSequence")
        and not has(ds, "VOILUTSequence")
    )
    kind = _kind(stored, integer(ds, "PixelRepresentation") == 1, int(intercept)) if plain else None
    state = _state(header.stream) if kind else None
    if kind is None or state is None:
        return None
    signed = integer(ds, "PixelRepresentation") == 1
    return Direct(header.pixels_at, stored, signed, int(intercept), kind, *state)


def _kind(stored: int, signed: bool, intercept: int) -> str | None:
    """Return int16 or uint16 where all that so many bits can say fits into it."""
    low, high = (
        (-(1 << (stored - 1)), (1 << (stored - 1)) - 1) if signed else (0, (1 << stored) - 1)
    )
    if intercept == 0:
        return "i2" if signed else "u2"
    fits = low + intercept >= -(1 << 15) and high + intercept < 1 << 15
    return "i2" if fits else None


def _state(stream: BinaryIO) -> tuple[int, int] | None:
    """Return a file's size and time of change; None for what is no file."""
    try:
        found = os.fstat(stream.fileno())
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def read_direct(how: Direct, stream: BinaryIO, rows: int, columns: int) -> Values | None:
    """Return values, (rows, columns); None if the file is not what it was.

    ``stream`` is the file, opened and not yet read.
    """
    if _state(stream) != (how.size, how.changed):
        return None
    words = np.fromfile(stream, "<u2", rows * columns, offset=how.at)
    if words.size < rows * columns:
        return None
    words = words.astype(np.uint16, copy=False)
    if how.signed and how.bits < 16:
        words <<= 16 - how.bits
        signed = words.view(np.int16)
        signed >>= 16 - how.bits
    elif how.bits < 16:
        words &= (1 << how.bits) - 1
    if how.intercept:
        # It wraps around on the way where values are signed, and is right in the end.
        words += np.uint16(how.intercept & 0xFFFF)
    return words.view(how.kind).reshape(rows, columns)
