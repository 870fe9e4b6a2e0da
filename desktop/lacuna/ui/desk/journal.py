"""What happens at the desk -> the log: events and numbers, never words."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lacuna.log import Event, Log
from lacuna.session import Change, Session
from lacuna.ui.desk.opening import Opening
from lacuna.work.engine_worker import EngineWorker, Failure
from lacuna.work.jobs import JobPool
from lacuna_models.api import Done, ModelInfo, Reason


class Journal(QObject):
    """Listens to everything and writes it down. GUI thread only."""

    def __init__(
        self,
        log: Log,
        session: Session,
        opening: Opening,
        worker: EngineWorker,
        pool: JobPool,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._log = log
        self._session = session
        session.observe(self._on_change)
        opening.refused.connect(self._on_refused)
        worker.loaded.connect(self._on_loaded)
        worker.finished_run.connect(self._on_done)
        worker.failed.connect(self._on_failed)
        worker.broke.connect(self._on_bug)
        pool.broke.connect(self._on_bug)

    def _on_change(self, change: Change) -> None:
        case = self._session.case
        if change is Change.STUDY and case is not None:
            images = sum(len(series.images) for series in case.study.series)
            self._log.write(Event.STUDY_OPENED, images=images, refused=len(case.study.refused))
        if change is Change.RUN and self._session.run is not None:
            self._log.write(Event.RUN_STARTED, segments=len(self._session.run.segments))

    def _on_refused(self) -> None:
        self._log.write(Event.STUDY_REFUSED)

    def _on_loaded(self, info: ModelInfo) -> None:
        self._log.write(Event.MODEL_LOADED, demonstrator=info.demonstrator)

    def _on_done(self, done: Done) -> None:
        stopped = done.reason is Reason.CANCELLED
        seconds = round(done.elapsed, 3)
        self._log.write(Event.RUN_ENDED, steps=done.steps, seconds=seconds, stopped=stopped)

    def _on_failed(self, failure: Failure) -> None:
        loading = failure.request_id is None
        self._log.write(Event.MODEL_REFUSED if loading else Event.RUN_REFUSED)

    def _on_bug(self, error: BaseException) -> None:
        self._log.bug(error)
