"""PDF bytes -> pages as pixels, drawn by PDFium in a process that may die over them.

A process of its own, not the one that decodes frames: a slow page must not hold up an image.
"""

from __future__ import annotations

import atexit
import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.errors import UserFacingError
from lacuna.study.decoder_child import LENGTH, Locked
from lacuna.study.decoder_process import DecodeError, DecoderProcess

Size = tuple[float, float]  # width and height, points (1/72 inch)
DAMAGED = "This PDF is damaged, and cannot be drawn."
LOCKED = "This PDF is locked by a password, and cannot be drawn."
BLANK = "This PDF has no page."
TORN = "This page is damaged, and cannot be drawn."

_process = DecoderProcess()
atexit.register(_process.close)


def page_sizes(pdf: bytes) -> tuple[Size, ...]:
    """Return the size of each page, the first 2,000 at most. Callable from any thread.

    Raises:
        UserFacingError: the document is damaged, locked, or has no page.
    """
    try:
        sizes = json.loads(_process.decode({"work": "sizes"}, pdf))
    except DecodeError as error:
        raise UserFacingError(LOCKED if error.reason == Locked.__name__ else DAMAGED) from error
    if not sizes:
        raise UserFacingError(BLANK)
    if not all(math.isfinite(side) and side > 0 for size in sizes for side in size):
        raise UserFacingError(DAMAGED)
    return tuple((float(width), float(height)) for width, height in sizes)


def draw_page(pdf: bytes, number: int, columns: int) -> NDArray[np.uint8]:
    """Draw a page on white. Callable from any thread.

    Args:
        pdf: the document.
        number: of the page, from 0.
        columns: how wide; a page that would take more than 32 million pixels comes smaller.

    Returns:
        (rows, columns, 3) RGB.

    Raises:
        UserFacingError: the page is damaged.
    """
    request: dict[str, Any] = {"work": "sheet", "number": number, "columns": columns}
    try:
        answer = _process.decode(request, pdf)
    except DecodeError as error:
        raise UserFacingError(TORN) from error
    size = LENGTH.size
    (rows,), (found,) = LENGTH.unpack(answer[:size]), LENGTH.unpack(answer[size : 2 * size])
    return np.frombuffer(answer, np.uint8, offset=2 * size).reshape(rows, found, 3)


def close() -> None:
    """End the process that draws, if there is one. A later page starts another."""
    _process.close()
