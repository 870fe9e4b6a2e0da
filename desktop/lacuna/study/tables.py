"""Lookup tables of the grey pipeline: a sequence item -> a ``Table``, values -> through it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.errors import UserFacingError
from lacuna.study.softcopy import Table
from lacuna.study.values import numbers, text

Values = NDArray[Any]
MOST = 1 << 16  # entries; a descriptor says 0 for as many


def table(item: Any) -> Table:
    """Return a modality or VOI LUT as it lies in a sequence item.

    Raises:
        UserFacingError: its descriptor or its data make no sense.
    """
    descriptor = numbers(item, "LUTDescriptor")
    if len(descriptor) != 3:
        raise UserFacingError("A lookup table in this file does not say how large it is.")
    entries, first, bits = (int(part) for part in descriptor)
    data = _data(item.get("LUTData"), bits)[: entries or MOST]
    if not data.size:
        raise UserFacingError("A lookup table in this file is empty.")
    name = text(item, "LUTExplanation")
    return Table(first, min(max(bits, 8), 16), tuple(data.tolist()), name)


def _data(data: Any, bits: int) -> NDArray[np.uint16]:
    """Return the entries; data of 8 bits may come one or two to a word."""
    if isinstance(data, bytes):
        narrow = bits <= 8 and len(data) <= 256
        kind = np.dtype(np.uint8) if narrow else np.dtype("<u2")
        whole = len(data) // kind.itemsize * kind.itemsize
        return np.frombuffer(data[:whole], dtype=kind).astype(np.uint16)
    found = [] if data is None else data if hasattr(data, "__len__") else [data]
    return np.asarray(found, dtype=np.int64).astype(np.uint16)


def look_up(values: Values, found: Table) -> NDArray[np.uint16]:
    """Map values through a table, PS3.3 C.11.1.1, C.11.2.1.1; both ends reach on for ever."""
    first = found.first
    if first >= 1 << 15 and values.min() < 0:
        first -= 1 << 16  # the descriptor is as signed as the values, whatever its VR says
    index = np.clip(np.rint(values).astype(np.int64) - first, 0, len(found.data) - 1)
    return np.asarray(found.data, dtype=np.uint16)[index]
