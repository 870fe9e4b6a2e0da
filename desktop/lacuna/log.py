"""The log: allow-listed events and numbers. No text of a report, no patient, no file name."""

from __future__ import annotations

import logging
import traceback
from enum import StrEnum
from logging.handlers import RotatingFileHandler
from pathlib import Path

NAME = "lacuna.log"
MAX_BYTES = 1 << 20
KEPT = 3


class Event(StrEnum):
    """Everything that may be written, besides numbers."""

    STARTED = "started"
    STUDY_OPENED = "study-opened"
    STUDY_REFUSED = "study-refused"
    MODEL_LOADED = "model-loaded"
    MODEL_REFUSED = "model-refused"
    RUN_STARTED = "run-started"
    RUN_ENDED = "run-ended"
    RUN_REFUSED = "run-refused"
    BUG = "bug"
    CLOSED = "closed"


class Log:
    """One log file, rotated at 1 MiB, three kept. Callable from any thread. Close it.

    Where the folder cannot be written to, ``Log`` stays silent: the log is no reason to stop.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._handler = _handler(folder)

    def write(self, event: Event, **numbers: int | float | bool) -> None:
        """Write one event with numbers (counts, seconds): never with words."""
        self._line(event, " ".join(f"{name}={value}" for name, value in numbers.items()))

    def bug(self, error: BaseException) -> None:
        """Write where an unexpected error came from: types and places, not what it said.

        An error's own words may quote a file name or a patient.
        """
        for cause in _chain(error):
            frames = traceback.extract_tb(cause.__traceback__)
            places = (f"{Path(f.filename).name}:{f.lineno}:{f.name}" for f in frames)
            self._line(Event.BUG, f"{type(cause).__name__} at {' > '.join(places)}")

    def close(self) -> None:
        """Close the file. What is written after that goes nowhere."""
        if self._handler is not None:
            self._handler.close()
            self._handler = None

    def _line(self, event: Event, rest: str) -> None:
        if self._handler is None:
            return
        text = f"{event} {rest}".strip()
        self._handler.handle(logging.LogRecord("lacuna", logging.INFO, "", 0, text, None, None))


def _handler(folder: Path) -> RotatingFileHandler | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / NAME, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8"
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
    return handler


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in chain:
        chain.append(step)
        step = step.__cause__ or step.__context__
    return chain
