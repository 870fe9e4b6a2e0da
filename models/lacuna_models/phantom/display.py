"""How a run tells where it is: a bar on a terminal, else a line in the log now and then."""

from __future__ import annotations

import logging
import shutil
import sys
from dataclasses import dataclass
from typing import Protocol, TextIO

log = logging.getLogger(__name__)

_EVERY = 60  # steps a line of the log
_BAR = 24


@dataclass(frozen=True, slots=True)
class Status:
    """Where a phase is. ``right`` is the share of right answers or mended tokens.

    ``share`` is of the phase; ``pace`` and ``left`` are seconds, a step and until it is over.
    """

    title: str
    step: int
    share: float
    loss: float
    right: float
    pace: float
    left: float

    @property
    def line(self) -> str:
        """The line of the log."""
        return f"{self.title} step {self.step} {self.share:.0%} {self._means}"

    @property
    def bar(self) -> str:
        """The same as a bar, with the time left."""
        full = round(min(self.share, 1.0) * _BAR)
        bar = f"[{'#' * full}{'-' * (_BAR - full)}]"
        return f"{self.title} {bar} {self.share:4.0%} {self._means}, {_span(self.left)} left"

    @property
    def _means(self) -> str:
        return f"loss {self.loss:.3f} right {self.right:.3f} {self.pace:.2f} s/step"


def _span(seconds: float) -> str:
    minutes = max(round(seconds / 60), 0)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes else f"{max(round(seconds), 0)} s"


class Display(Protocol):
    """Whom a run tells where it is, on the run's own thread."""

    def show(self, status: Status) -> None:
        """Tell where a phase is, after each round."""

    def making(self, what: str, done: int, count: int) -> None:
        """Tell how many of the pictures are drawn or encoded."""

    def say(self, text: str) -> None:
        """Tell something once."""

    def end(self) -> None:
        """Leave the terminal as it was."""


class Lines:
    """Lines in the log, for runs that nobody watches."""

    def __init__(self) -> None:
        self._told = 0

    def show(self, status: Status) -> None:
        """Log every sixty steps."""
        if status.step % _EVERY == 0:
            log.info("%s", status.line)

    def making(self, what: str, done: int, count: int) -> None:
        """Log every tenth part."""
        tenth = 10 * done // count
        if done == count or tenth != self._told:
            log.info("%s: %d of %d", what, done, count)
        self._told = tenth

    def say(self, text: str) -> None:
        """Log it."""
        log.info("%s", text)

    def end(self) -> None:
        """There is nothing to tidy."""


class Bar:
    """One line of a terminal that is written over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = 0

    def show(self, status: Status) -> None:
        """Draw the bar."""
        self._draw(status.bar)

    def making(self, what: str, done: int, count: int) -> None:
        """Draw how many are made."""
        full = _BAR * done // count
        self._draw(f"{what} [{'#' * full}{'-' * (_BAR - full)}] {done} of {count}")

    def say(self, text: str) -> None:
        """Write a line that stays, above the bar."""
        self.end()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            self._stream.write(f"\r{' ' * self._shown}\r")
            self._stream.flush()
            self._shown = 0

    def _draw(self, text: str) -> None:
        width = max(shutil.get_terminal_size().columns - 1, 10)  # the last column would wrap
        text = text[:width]
        self._stream.write(f"\r{text:<{min(self._shown, width)}}")
        self._stream.flush()
        self._shown = len(text)


def pick_display(stream: TextIO | None = None) -> Display:
    """Return a bar where the stream, standard error by default, is a terminal, else lines."""
    stream = stream or sys.stderr
    return Bar(stream) if stream.isatty() else Lines()
