"""What a reader may say to a run while it thinks, and the queue that carries it. Torch-free.

A command names what the reader *saw*: canvas positions and the tokens that stood there in a step's
event, not whatever stands there when the command is read. So a late command does what was meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from lacuna_models.api import Segment, TokenDraft


@dataclass(frozen=True, slots=True)
class Seen:
    """Tokens as a reader saw them: ``positions`` on the canvas of ``block``, and their ``ids``."""

    positions: tuple[int, ...]
    ids: tuple[int, ...]
    block: int = 0

    @staticmethod
    def of(tokens: Iterable[TokenDraft], block: int = 0) -> Seen:
        """Return the tokens of an event's span that a click or a selection covers.

        A token without a place on the canvas (padding that was left out, whitespace that stands)
        says nothing, and is passed over.
        """
        placed = [token for token in tokens if token.position >= 0]
        return Seen(tuple(t.position for t in placed), tuple(t.id for t in placed), block)


@dataclass(frozen=True, slots=True)
class Lock:
    """Hold these tokens from the next step on: they are an anchor of this run."""

    seen: Seen


@dataclass(frozen=True, slots=True)
class Release:
    """Let go of locked tokens: they are the model's again from the next step on."""

    seen: Seen


@dataclass(frozen=True, slots=True)
class Strike:
    """Throw these words out: in the gap or soft span that holds them they may not come back."""

    seen: Seen


@dataclass(frozen=True, slots=True)
class Edit:
    """The report as it stands now: all its segments, in reading order.

    What was changed, and the gaps beside it, start again warm; other gaps keep what they have.
    Spans are recognised by their ids. Locks on spans that are gone go with them.
    """

    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Take no further step until ``Resume`` or ``Advance``; other commands are still obeyed."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on by oneself again."""


@dataclass(frozen=True, slots=True)
class Advance:
    """Take one step, then pause."""


Command = Lock | Release | Strike | Edit | Pause | Resume | Advance


@runtime_checkable
class Commands(Protocol):
    """Where a run's commands come from: polled between steps on the engine's thread."""

    def take(self, wait: float = 0.0) -> Command | None:
        """Return the next command; None if none has come within ``wait`` seconds."""
        ...


class CommandQueue:
    """Commands from any thread to the run's. Nothing is lost, and their order is kept."""

    def __init__(self, commands: Iterable[Command] = ()) -> None:
        """Begin with some commands in the queue."""
        self._queue: SimpleQueue[Command] = SimpleQueue()
        for command in commands:
            self._queue.put(command)

    def send(self, command: Command) -> None:
        """Put a command into the queue. Any thread."""
        self._queue.put(command)

    def take(self, wait: float = 0.0) -> Command | None:
        """Return the next command; None if none has come within ``wait`` seconds."""
        try:
            return self._queue.get(block=wait > 0, timeout=wait or None)
        except Empty:
            return None
