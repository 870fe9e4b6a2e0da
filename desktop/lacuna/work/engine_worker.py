"""The engine's thread: it loads the model, pumps the engine's generator, and is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from PySide6.QtCore import QObject, QThread, Signal

from lacuna.errors import Cancelled
from lacuna_models.api import (
    AskRequest,
    Command,
    CommandQueue,
    Done,
    Engine,
    EngineError,
    FillRequest,
    ModelInfo,
)

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
    cancel: threading.Event


@dataclass(frozen=True, slots=True)
class _Run:
    request: FillRequest | AskRequest
    cancel: threading.Event
    commands: CommandQueue


class EngineWorker(QThread):
    """Owns the engine. Methods are for the GUI thread; signals arrive there.

    A newer request cancels the older one, which still ends with its own ``Done``, keeping what it
    had accepted. A newer load abandons the older one, of which nothing more is heard: neither
    ``loaded`` nor ``failed`` ever speaks of a model that is no longer wanted. The old engine is
    closed before the next is loaded, because one device seldom holds two models.
    The factory is called on this thread, so torch is imported here and nowhere else.
    """

    progressed = Signal(str, float)
    loaded = Signal(object)  # ModelInfo
    stepped = Signal(object)  # StepEvent
    finished_run = Signal(object)  # Done
    failed = Signal(object)  # Failure
    broke = Signal(object)  # an exception that nobody expected, for the log
    _came = Signal(object, object)  # _Load, and its ModelInfo or Failure

    def __init__(self, factory: EngineFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lacuna-engine")
        self._factory = factory
        self._commands: SimpleQueue[_Load | _Run | None] = SimpleQueue()
        self._cancel = threading.Event()
        self._live: _Run | None = None
        self._abandon = threading.Event()
        self._came.connect(self._on_came)

    def load(self, choice: ModelChoice) -> None:
        """Replace the engine by another checkpoint's; a load under way is given up."""
        self._cancel.set()
        self._abandon.set()
        self._abandon = threading.Event()
        self._commands.put(_Load(choice, self._abandon))

    def submit(self, request: FillRequest | AskRequest) -> None:
        """Run a request, or answer a question; a run under way is stopped first."""
        self._cancel.set()
        self._cancel = threading.Event()
        self._live = _Run(request, self._cancel, CommandQueue())
        self._commands.put(self._live)

    def steer(self, request_id: str, command: Command) -> None:
        """Say something to a run: it is obeyed before its next step.

        A run that is no longer the latest hears nothing; for one that has ended it is too late.
        """
        if self._live is not None and self._live.request.id == request_id:
            self._live.commands.send(command)

    def stop_run(self) -> None:
        """Stop the run under way between two steps; it ends with what was accepted."""
        self._cancel.set()

    def close(self) -> None:
        """Stop, free the model, end the thread, and wait for it."""
        self._cancel.set()
        self._abandon.set()
        self._commands.put(None)
        self.wait()

    def run(self) -> None:
        """Serve commands until closed. Runs on the engine's own thread."""
        engine: Engine | None = None
        while (command := self._commands.get()) is not None:
            if isinstance(command, _Load):
                if engine is not None:
                    engine.close()
                engine = self._load(command)
            elif engine is not None:
                self._answer(engine, command)
            else:
                missing = EngineError("No model is loaded.", "Choose one.")
                self.failed.emit(self._failure(command.request.id, missing))
        if engine is not None:
            engine.close()

    def _load(self, command: _Load) -> Engine | None:
        def progress(stage: str, fraction: float) -> None:
            if command.cancel.is_set():
                raise Cancelled
            self.progressed.emit(stage, fraction)

        try:
            engine = self._factory(command.choice, progress)
        except Cancelled:
            return None
        except Exception as error:  # noqa: BLE001  sorted in _failure: ours, or a bug
            self._came.emit(command, self._failure(None, error))
            return None
        self._came.emit(command, engine.info)
        return engine

    def _on_came(self, command: _Load, result: ModelInfo | Failure) -> None:
        """Pass a load's end on, unless another was asked for since. On the GUI thread."""
        if command.cancel.is_set():
            return
        if isinstance(result, Failure):
            self.failed.emit(result)
        else:
            self.loaded.emit(result)

    def _answer(self, engine: Engine, command: _Run) -> None:
        request = command.request
        try:
            events = (
                engine.ask(request, command.cancel, command.commands)
                if isinstance(request, AskRequest)
                else engine.fill(request, command.cancel, command.commands)
            )
            for event in events:
                signal = self.finished_run if isinstance(event, Done) else self.stepped
                signal.emit(event)
        except Exception as error:  # noqa: BLE001  sorted in _failure: ours, or a bug
            self.failed.emit(self._failure(request.id, error))

    def _failure(self, request_id: str | None, error: Exception) -> Failure:
        if isinstance(error, EngineError):
            return Failure(request_id, error.message, error.remedy)
        # The text of an unexpected error may hold what the reader wrote; it is never shown.
        self.broke.emit(error)
        remedy = "Choose a model again." if request_id is None else "Your text is kept. Fill again."
        return Failure(request_id, "The model stopped answering.", remedy)
