"""What a command says: UTF-8 to streams that may be closed, full, or read by nobody any more."""

from __future__ import annotations

import contextlib
import os
import sys

from lacuna.errors import UserFacingError


def write(text: str) -> None:
    """Write to standard output as UTF-8, line ends as they are: the report, byte for byte."""
    if sys.stdout is None:
        raise UserFacingError("Standard output is closed.")
    try:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        give_up_output()
        reason = (error.strerror or "no reason").lower()
        raise UserFacingError(f"The output could not be written: {reason}.") from error


def say(text: str) -> None:
    """Write a line to standard error; where there is none, or it is full, nobody can be told."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):
        sys.stderr.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))
        sys.stderr.buffer.flush()


def give_up_output() -> None:
    """Let the interpreter not flush into the void at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fill_closed_descriptors() -> None:
    """Put nothing where a standard stream was closed, or the next file opened would be it."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def one_line(text: str) -> str:
    """Return the text without line ends and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
