"""Frames that may kill their decoder -> pixels, by one process that is restarted when it dies.

Callable from any thread, one frame at a time. No thread and no process outlives ``close``; a
process that lost its parent ends by itself.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from lacuna.study import decoder_child
from lacuna.study.decoder_child import GOOD, LENGTH

PATIENCE = 30.0  # seconds for one frame; a mammogram takes one
FAREWELL = 2.0  # seconds in which the process may end by itself
FROZEN_VERB = "decode-frames"  # by which a frozen program becomes the decoder; see __main__


class DecodeError(RuntimeError):
    """A frame could not be decoded; the next one may be. ``reason`` is the child's, if it lives."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class DecoderProcess:
    """One process, started by the first frame."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        child = self._child
        return None if child is None else child.pid

    def decode(self, request: dict[str, Any], frame: bytes) -> bytes:
        """Return a frame's pixels.

        Args:
            request: the header's words, as ``decoder_child`` wants them.
            frame: compressed.

        Raises:
            DecodeError: it is damaged; or it took too long, or killed the process.
        """
        with self._lock:
            child = self._running()
            watchdog = threading.Timer(self._patience, child.kill)
            watchdog.start()
            try:
                status, answer = _ask(child, json.dumps(request).encode(), frame)
            except (OSError, EOFError) as error:
                self._end()
                raise DecodeError("the decoder ended over a damaged frame") from error
            finally:
                watchdog.cancel()
                watchdog.join()
        if status != GOOD:
            reason = answer.decode(errors="replace")
            raise DecodeError(f"the decoder refused: {reason}", reason)
        return answer

    def close(self) -> None:
        """End the process. A later frame starts another."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._child is None:
            self._child = subprocess.Popen(  # noqa: S603  our own program, no words of a file
                _command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(OSError):  # it has died already, and its pipe is broken
            _pipe(child.stdin).close()
        try:
            child.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        _pipe(child.stdout).close()


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_VERB]
    return [sys.executable, "-P", str(Path(decoder_child.__file__))]


def _ask(child: subprocess.Popen[bytes], request: bytes, frame: bytes) -> tuple[bytes, bytes]:
    there, back = _pipe(child.stdin), _pipe(child.stdout)
    for part in (request, frame):
        there.write(LENGTH.pack(len(part)))
        there.write(part)
    there.flush()
    status = _exactly(back, 1)
    (size,) = LENGTH.unpack(_exactly(back, LENGTH.size))
    return status, _exactly(back, size)


def _exactly(stream: Any, size: int) -> bytes:
    found: bytes = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found


def _pipe(stream: Any) -> Any:
    return stream


_process = DecoderProcess()
atexit.register(_process.close)


def decode(request: dict[str, Any], frame: bytes) -> bytes:
    """Decode a frame in the program's one decoder process; see ``DecoderProcess.decode``."""
    return _process.decode(request, frame)


def close() -> None:
    """End the program's decoder process, if there is one."""
    _process.close()
