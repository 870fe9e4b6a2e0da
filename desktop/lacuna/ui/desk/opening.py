"""Opening: what was dropped -> a study on the screen, frame by frame, off the GUI thread."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lacuna.errors import UserFacingError
from lacuna.session import Session
from lacuna.study.load import load_study
from lacuna.study.model import Study
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import error_notice, refused_notice
from lacuna.ui.viewer.picture import Picture, read_picture
from lacuna.work.jobs import Job, JobPool
from lacuna_resources.samples import sample_study

REFUSED_KEY = "open-refused"


class Opening(QObject):
    """Takes paths from the window and gives it studies and pictures.

    A refused file leaves the open case as it is. A newer drop, or a newer frame, cancels the older.
    """

    busy = Signal(str)  # what is going on, for the status line; empty when it is over
    refused = Signal()
    unreadable = Signal()  # no picture is shown, because the frame asked for has none

    def __init__(self, window: MainWindow, session: Session, pool: JobPool) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._pool = pool
        self._opening: Job | None = None
        self._frame: Job | None = None
        window.open_requested.connect(self.open_paths)
        window.sample_requested.connect(self.open_sample)
        window.frame_wanted.connect(self.show_frame)

    def open_sample(self) -> None:
        """Open the bundled synthetic study."""
        self.open_paths([sample_study()])

    def open_paths(self, paths: list[Path]) -> None:
        """Open files, folders or ZIPs as one study."""
        if self._opening is not None:
            self._opening.cancel()
        paths = list(paths)
        job = self._pool.prepare(
            lambda progress, cancel: load_study(paths, progress=progress, cancel=cancel)
        )
        job.progressed.connect(self._on_progress)
        job.done.connect(self._on_study)
        job.failed.connect(self._on_refused)
        job.ended.connect(self._on_ended)
        self._opening = job
        self.busy.emit("Reading the study")
        self._pool.start(job)

    def show_frame(self, series: int, index: int) -> None:
        """Decode a frame of the open study and show it."""
        study = self._window.study
        if study is None:
            return
        if self._frame is not None:
            self._frame.cancel()
        job = self._picture_job(study, series, index)
        job.done.connect(self._window.show_picture)
        job.failed.connect(self._on_unreadable)
        self._frame = job
        self._pool.start(job)

    def _on_progress(self, done: int, total: int) -> None:
        if total > 1:
            self.busy.emit(f"Reading the study, {done} of {total} files")

    def _on_study(self, study: Study) -> None:
        self._window.notices.withdraw(REFUSED_KEY)
        self._session.open(study)
        self._window.show_study(study)
        if study.refused:
            taken = sum(len(series.images) for series in study.series)
            notice = refused_notice(study.refused, taken + len(study.refused))
            self._window.notices.show_notice(notice)
        self._start_thumbnails(study)

    def _on_refused(self, error: UserFacingError) -> None:
        standing = "The open report is as it was." if self._session.case else "Try another file."
        told = UserFacingError(error.message, error.remedy or standing)
        self._window.notices.show_notice(error_notice(told, REFUSED_KEY))

    def _on_ended(self, job: Job) -> None:
        if job is self._opening:
            self._opening = None
            self.busy.emit("")

    def _on_unreadable(self, error: UserFacingError) -> None:
        self._window.show_unreadable(str(error))
        self.unreadable.emit()

    def _start_thumbnails(self, study: Study) -> None:
        for series in range(len(study.series)):
            job = self._picture_job(study, series, 0)
            job.done.connect(self._on_thumbnail)
            self._pool.start(job)

    def _on_thumbnail(self, picture: Picture) -> None:
        self._window.set_thumbnail(picture)

    def _picture_job(self, study: Study, series: int, index: int) -> Job:
        read = partial(read_picture, study.series[series], index, study.date)
        return self._pool.prepare(lambda _progress, _cancel: read())
