"""The engine's thread: it loads the model, pumps the engine's generator, and is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from PySide6.QtCore import QObject, QThread, Signal

from lacuna_models.api import Done, Engine, EngineError, FillRequest

_log = logging.getLogger(__name__)

LoadProgress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which checkpoint to load. ``path`` None is the bundled demonstrator."""

    path: Path | None = None
    adapter: Path | None = None
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Failure:
    """The engine could not: a sentence and a way out. ``request_id`` None: while loading."""

    request_id: str | None
    message: str
    remedy: str


EngineFactory = Callable[[ModelChoice, LoadProgress], Engine]


@dataclass(frozen=True, slots=True)
class _Load:
    choice: ModelChoice


@dataclass(frozen=True, slots=True)
class _Fill:
    request: FillRequest
    cancel: threading.Event


class EngineWorker(QThread):
    """Owns the engine. Methods are for the GUI thread; signals arrive there.

    A newer request cancels the older one, which still ends with its own ``Done``, keeping what it
    had accepted. The factory is called on this thread, so torch is imported here and nowhere else.
    """

    progressed = Signal(str, float)
    loaded = Signal(object)  # ModelInfo
    stepped = Signal(object)  # StepEvent
    finished_run = Signal(object)  # Done
    failed = Signal(object)  # Failure

    def __init__(self, factory: EngineFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lacuna-engine")
        self._factory = factory
        self._commands: SimpleQueue[_Load | _Fill | None] = SimpleQueue()
        self._cancel = threading.Event()

    def load(self, choice: ModelChoice) -> None:
        """Replace the engine by another checkpoint's."""
        self._cancel.set()
        self._commands.put(_Load(choice))

    def submit(self, request: FillRequest) -> None:
        """Run a request; a run under way is stopped first."""
        self._cancel.set()
        self._cancel = threading.Event()
        self._commands.put(_Fill(request, self._cancel))

    def stop_run(self) -> None:
        """Stop the run under way between two steps; it ends with what was accepted."""
        self._cancel.set()

    def close(self) -> None:
        """Stop, free the model, end the thread, and wait for it."""
        self._cancel.set()
        self._commands.put(None)
        self.wait()

    def run(self) -> None:
        """Serve commands until closed. Runs on the engine's own thread."""
        engine: Engine | None = None
        while (command := self._commands.get()) is not None:
            if isinstance(command, _Load):
                if engine is not None:
                    engine.close()
                engine = self._load(command.choice)
            elif engine is not None:
                self._fill(engine, command)
            else:
                self._fail(command.request.id, EngineError("No model is loaded.", "Choose one."))
        if engine is not None:
            engine.close()

    def _load(self, choice: ModelChoice) -> Engine | None:
        try:
            engine = self._factory(choice, self.progressed.emit)
        except Exception as error:  # noqa: BLE001  sorted in _fail: ours, or a bug
            self._fail(None, error)
            return None
        self.loaded.emit(engine.info)
        return engine

    def _fill(self, engine: Engine, command: _Fill) -> None:
        try:
            for event in engine.fill(command.request, command.cancel):
                signal = self.finished_run if isinstance(event, Done) else self.stepped
                signal.emit(event)
        except Exception as error:  # noqa: BLE001  sorted in _fail: ours, or a bug
            self._fail(command.request.id, error)

    def _fail(self, request_id: str | None, error: Exception) -> None:
        if isinstance(error, EngineError):
            self.failed.emit(Failure(request_id, error.message, error.remedy))
            return
        # The text of an unexpected error may hold what the reader wrote; its type does not.
        _log.error("engine-failed %s", type(error).__name__)
        self.failed.emit(
            Failure(request_id, "The model stopped answering.", "Your text is kept. Fill again.")
        )
