"""Which model answers: loading it, naming it, saying what its words are worth."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lacuna.errors import UserFacingError
from lacuna.session import Change, Session
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import (
    CHOOSE_MODEL,
    DEMONSTRATOR_KEY,
    Notice,
    NoticeAction,
    NoticeKind,
    demonstrator_notice,
)
from lacuna.work.engine_worker import EngineWorker, Failure, ModelChoice
from lacuna_models.api import ModelInfo

LOAD_KEY = "load"
USE_DEMONSTRATOR = "use-demonstrator"


class Modelling(QObject):
    """Loads models on the engine's thread and shows what is loaded."""

    chosen = Signal(object)  # ModelChoice, once it has been loaded
    state_changed = Signal(str)  # for the status line; empty: nothing is being loaded

    def __init__(self, window: MainWindow, session: Session, worker: EngineWorker) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._worker = worker
        self._choice = ModelChoice()
        worker.progressed.connect(self._on_progress)
        worker.loaded.connect(self._on_loaded)
        worker.failed.connect(self._on_failed)
        window.model_chosen.connect(self._on_chosen)
        window.notices.acted.connect(self._on_acted)
        session.observe(self._on_change)

    def load(self, choice: ModelChoice) -> None:
        """Load a checkpoint in place of the one that answers now."""
        self._choice = choice
        self._session.use_model(None)
        self._window.notices.withdraw(LOAD_KEY)
        self._on_progress("Loading the model", 0.0)
        self._worker.load(choice)

    def _on_progress(self, stage: str, fraction: float) -> None:
        self._window.status_bar.set_progress(fraction)
        self.state_changed.emit(stage)

    def _on_loaded(self, info: ModelInfo) -> None:
        self._window.status_bar.set_progress(None)
        self.state_changed.emit("")
        self._session.use_model(info)
        self.chosen.emit(self._choice)

    def _on_failed(self, failure: Failure) -> None:
        if failure.request_id is not None:
            return
        self._window.status_bar.set_progress(None)
        self.state_changed.emit("")
        self._window.notices.show_notice(_load_failed(failure, own=self._choice.path is not None))

    def _on_chosen(self, folder: Path | None) -> None:
        self.load(ModelChoice(folder, device=self._choice.device))

    def _on_acted(self, key: str, action: str) -> None:
        if key == LOAD_KEY and action == USE_DEMONSTRATOR:
            self._on_chosen(None)

    def _on_change(self, change: Change) -> None:
        if change in (Change.MODEL, Change.STUDY):
            self._name_model()
            self._warn()

    def _name_model(self) -> None:
        model = self._session.model
        bar = self._window.status_bar
        bar.set_model(
            model.name if model else "No model",
            demonstrator=_is_demonstrator(model),
            meaningless=self._session.words_mean_nothing,
        )
        bar.set_device(model.device.upper() if model else "")

    def _warn(self) -> None:
        """Say what a demonstrator's words are worth, as long as a case is open."""
        if _is_demonstrator(self._session.model) and self._session.case is not None:
            about_patient = self._session.words_mean_nothing
            self._window.notices.show_notice(demonstrator_notice(about_patient=about_patient))
        else:
            self._window.notices.withdraw(DEMONSTRATOR_KEY)


def _is_demonstrator(model: ModelInfo | None) -> bool:
    return model is not None and model.demonstrator


def _load_failed(failure: Failure, *, own: bool) -> Notice:
    """Say why a model was not loaded; a checkpoint of the reader's leaves two ways out."""
    actions = [NoticeAction(CHOOSE_MODEL, "Choose a model")]
    if own:
        actions.append(NoticeAction(USE_DEMONSTRATOR, "Use the demonstrator"))
    error = UserFacingError(failure.message, failure.remedy)
    return Notice(
        NoticeKind.ALERT,
        LOAD_KEY,
        "The model was not loaded",
        str(error),
        tuple(actions),
        "triangle-alert",
    )
