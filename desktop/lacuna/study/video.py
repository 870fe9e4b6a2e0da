"""Frames of MPEG-2, H.264 and H.265 video -> pixels, by FFmpeg in a process that may die over them.

A process of its own, not the one that decodes single frames: a long film must not hold up an image.
A frame hangs on those before it, so films are decoded forward from their start; a film that is open
goes on where it was, and keeps what it showed last. See ``decoder_child``.
"""

from __future__ import annotations

import atexit
import io
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study.checks import fragments
from lacuna.study.decoder_child import Contradiction, Missing, Over
from lacuna.study.decoder_process import DecodeError, DecoderProcess
from lacuna.study.model import Image
from lacuna.study.part10 import Header

_LOOK = 1.0  # seconds of waiting for the turn after which is asked whether it is still wanted

_process = DecoderProcess()
_turn = threading.Lock()  # two who want far places of one film would for ever send it back
atexit.register(_process.close)


def never() -> bool:
    """Give nothing up."""
    return False


def read_frame(
    header: Header, image: Image, frame: int, name: str, given_up: Callable[[], bool] = never
) -> NDArray[np.uint8]:
    """Decode one frame of a film. Callable from any thread, and slow far from where it was read.

    ``given_up`` is asked every second or so, on this thread, whether nobody wants it any more.

    Returns:
        (rows, columns, 3) RGB, whatever the stream's own colours and depth are.

    Raises:
        UserFacingError: the film ends before the frame, or contradicts its header.
        DecodeError: it cannot be decoded.
        Cancelled: it was given up. The film stays open where it was.
    """
    inside = isinstance(header.stream, io.BytesIO)  # a member of an archive
    request: dict[str, Any] = {
        "work": "film",
        "film": [str(image.source.path), image.source.member, image.written],
        "path": None if inside else str(image.source.path),
        "spans": fragments(header)[0][1:],  # the first is the offset table
        "rows": image.rows,
        "columns": image.columns,
        "frame": frame,
    }
    try:
        pixels = _in_turn(request, header, given_up)
    except DecodeError as error:
        if error.reason == Over.__name__:
            where = f"before frame {frame + 1:,} of {image.frames:,}"
            raise UserFacingError(
                f"{name} is cut off: its video ends {where}.", "Copy it again."
            ) from error
        if error.reason == Contradiction.__name__:
            raise UserFacingError(
                f"{name} is damaged: its pixels do not match its header."
            ) from error
        raise
    return np.frombuffer(pixels, np.uint8).reshape(image.rows, image.columns, 3)


def _in_turn(request: dict[str, Any], header: Header, given_up: Callable[[], bool]) -> bytes:
    while not _turn.acquire(timeout=_LOOK):
        if given_up():
            raise Cancelled
    try:
        return _decoded(request, header, given_up)
    finally:
        _turn.release()


def _decoded(request: dict[str, Any], header: Header, given_up: Callable[[], bool]) -> bytes:
    """Ask until the film has come to the frame: each answer takes a moment, none takes long."""
    pixels = b""
    while not pixels:
        if given_up():
            raise Cancelled
        try:
            pixels = _process.decode(request, b"")
        except DecodeError as error:
            if error.reason != Missing.__name__:
                raise
            header.stream.seek(0)
            pixels = _process.decode(request, header.stream.read())
    return pixels


def close() -> None:
    """End the process that decodes films, if there is one. A later frame starts another."""
    _process.close()
