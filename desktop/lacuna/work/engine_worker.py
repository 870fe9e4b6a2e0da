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
    CancelToken,
    Command,
    CommandQueue,
    Done,
    Engine,
    EngineError,
    FillRequest,
    ModelInfo,
)

LoadProgress = Callable[[str, float], None]
Act = Callable[[Engine, CancelToken], object]  # anything else that a model is asked for


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


@dataclass(frozen=True, slots=True)
class _Call:
    id: str
    act: Act
    cancel: threading.Event


class EngineWorker(QThread):
    """Owns the engine. Methods are for the GUI thread; signals arrive there.

    A newer request cancels the older one, which still ends with its own ``Done``, keeping what it
    had accepted. A run goes before calls: those that wait or are under way are given up, and
    nothing more is heard of them. A newer load abandons the older one, of which nothing more is
    heard: neither ``loaded`` nor ``failed`` ever speaks of a model that is no longer wanted. The
    old engine is closed before the next is loaded, because one device seldom holds two models.
    The factory is called on this thread, so torch is imported here and nowhere else.
    """

    progressed = Signal(str, float)
    loaded = Signal(object)  # ModelInfo
    stepped = Signal(object)  # StepEvent
    finished_run = Signal(object)  # Done
    failed = Signal(object)  # Failure
    answered = Signal(str, object)  # a call's id, and what its act returned
    broke = Signal(object)  # an exception that nobody expected, for the log
    _came = Signal(object, object)  # _Load, and its ModelInfo or Failure
    _acted = Signal(object, object)  # _Call, and its answer or Failure

    def __init__(self, factory: EngineFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lacuna-engine")
        self._factory = factory
        self._commands: SimpleQueue[_Load | _Run | _Call | None] = SimpleQueue()
        self._calls: dict[str, threading.Event] = {}
        self._cancel = threading.Event()
        self._live: _Run | None = None
        self._abandon = threading.Event()
        self._came.connect(self._on_came)
        self._acted.connect(self._on_acted)

    def load(self, choice: ModelChoice) -> None:
        """Replace the engine by another checkpoint's; a load under way is given up."""
        self._cancel.set()
        self.drop_calls()
        self._abandon.set()
        self._abandon = threading.Event()
        self._commands.put(_Load(choice, self._abandon))

    def submit(self, request: FillRequest | AskRequest) -> None:
        """Run a request, or answer a question; a run under way is stopped first."""
        self._cancel.set()
        self.drop_calls()
        self._cancel = threading.Event()
        self._live = _Run(request, self._cancel, CommandQueue())
        self._commands.put(self._live)

    def steer(self, request_id: str, command: Command) -> None:
        """Say something to a run: it is obeyed before its next step.

        A run that is no longer the latest hears nothing; for one that has ended it is too late.
        """
        if self._live is not None and self._live.request.id == request_id:
            self._live.commands.send(command)

    def call(self, call_id: str, act: Act) -> None:
        """Have ``act`` done on the engine's thread, once no run is under way.

        Its answer comes as ``answered``, a refusal as ``failed``, both under ``call_id``. A newer
        call of the same id takes the place of the older one.
        """
        self.drop_call(call_id)
        cancel = self._calls[call_id] = threading.Event()
        self._commands.put(_Call(call_id, act, cancel))

    def drop_call(self, call_id: str) -> None:
        """Give a call up: nothing more is heard of it."""
        if call_id in self._calls:
            self._calls.pop(call_id).set()

    def drop_calls(self) -> None:
        """Give all calls up."""
        for call_id in list(self._calls):
            self.drop_call(call_id)

    def stop_run(self) -> None:
        """Stop the run under way between two steps; it ends with what was accepted."""
        self._cancel.set()

    def close(self) -> None:
        """Stop, free the model, end the thread, and wait for it."""
        self._cancel.set()
        self.drop_calls()
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
            elif isinstance(command, _Call):
                self._act(engine, command)
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

    def _act(self, engine: Engine | None, command: _Call) -> None:
        if engine is None or command.cancel.is_set():
            return
        try:
            self._acted.emit(command, command.act(engine, command.cancel))
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001  sorted in _failure: ours, or a bug
            self._acted.emit(command, self._failure(command.id, error))

    def _on_acted(self, command: _Call, answer: object) -> None:
        """Pass an answer on, unless the call was given up since. On the GUI thread."""
        if command.cancel.is_set():
            return
        self._calls.pop(command.id, None)
        if isinstance(answer, Failure):
            self.failed.emit(answer)
        else:
            self.answered.emit(command.id, answer)

    def _failure(self, request_id: str | None, error: Exception) -> Failure:
        if isinstance(error, EngineError):
            return Failure(request_id, error.message, error.remedy)
        # The text of an unexpected error may hold what the reader wrote; it is never shown.
        self.broke.emit(error)
        remedy = "Choose a model again." if request_id is None else "Your text is kept. Fill again."
        return Failure(request_id, "The model stopped answering.", remedy)
