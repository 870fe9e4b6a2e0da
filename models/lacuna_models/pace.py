"""When a run may take its next step: cancel, pause, resume, single step. Torch-free."""

from __future__ import annotations

from enum import Enum

from lacuna_models.api import (
    Advance,
    CancelToken,
    Commands,
    Edit,
    Lock,
    Pause,
    Release,
    Resume,
    Strike,
)

_WAIT = 0.02  # seconds between looks at the cancel token while a run is paused

Touch = Lock | Release | Strike  # a command about tokens
Deed = Touch | Edit  # a command that changes the canvas


class Turn(Enum):
    """What a run is to do now."""

    STEP = 0
    STOP = 1


class Pace:
    """Reads a run's commands on the engine's thread; those on pace it obeys itself."""

    def __init__(self, cancel: CancelToken | None, commands: Commands | None) -> None:
        """Begin unpaused; both may be missing."""
        self._cancel = cancel
        self._commands = commands
        self._once = False
        self.paused = False

    @property
    def stopped(self) -> bool:
        """Whether the run is to stop, keeping what has been accepted."""
        return self._cancel is not None and self._cancel.is_set()

    def next(self, *, over: bool) -> Turn | Deed:
        """Return a deed to do first, or whether to take a step; while paused, wait.

        ``over`` says that no step is left to take: then what has been said meanwhile still counts.
        """
        while not self.stopped:
            waits = self.paused and not self._once and not over
            command = self._commands.take(_WAIT if waits else 0.0) if self._commands else None
            if isinstance(command, Pause | Resume | Advance):
                self.paused = not isinstance(command, Resume)
                self._once = isinstance(command, Advance)
            elif command is not None:
                return command
            elif over:
                return Turn.STOP
            elif not waits:
                self._once = False
                return Turn.STEP
        return Turn.STOP
