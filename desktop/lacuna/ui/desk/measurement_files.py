"""Measurements in and out of DICOM: reports that came with the study, and one to be saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from lacuna.errors import UserFacingError
from lacuna.session import Change, Session
from lacuna.study.document import Document
from lacuna.study.measurement_in import read_measurements
from lacuna.study.measurement_out import write_measurements
from lacuna.study.model import Study, StudyKey
from lacuna.study.record import Measurement
from lacuna.ui.desk.keeping import Keeping
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import Notice, NoticeKind, error_notice
from lacuna.ui.open_dialog import choose_new_file
from lacuna.ui.viewer.mark_records import left_out, to_mark, to_record, words_for
from lacuna.work.jobs import JobPool

SAVED_KEY = "measurements"
NOT_SAVED = "What was measured has no place in a DICOM report."
NOTHING = UserFacingError("Nothing has been measured on this study.", "Measure on an image first.")


class MeasurementFiles(QObject):
    """Puts measurements that came with a study on its board, once, and saves the board.

    What is read stands like what was drawn: it can be moved, deleted, undone, quoted. What was put
    on the board in an earlier sitting is the board's own by now, and is not put there again.
    """

    def __init__(
        self, window: MainWindow, session: Session, pool: JobPool, keeping: Keeping
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._pool = window, session, pool
        self._keeping = keeping
        self._read: set[_Key] = set()
        self._waiting: list[_Found] = []  # for images of the open case that are still to come
        session.observe(self._on_change)
        keeping.stood.connect(self._place)
        window.lightbox.measurements_wanted.connect(self.ask)

    def ask(self) -> None:
        """Ask where to save, and save."""
        path = choose_new_file(self._window, "Save the measurements", "measurements.dcm")
        if path is not None:
            self.save(path)

    def save(self, path: Path) -> None:
        """Write the open study's measurements as a DICOM report, off the GUI thread."""
        case = self._session.case
        marks = self._window.image_view.board.marks
        if case is None or not marks:
            self._on_failed(NOTHING)
            return
        found = [(mark, to_record(mark, case.study)) for mark in marks]
        records = [record for _, record in found if record is not None]
        others = self._window.lightbox.priors
        missing = (left_out(mark, case.study, others) for mark, record in found if record is None)
        words = words_for(missing)
        if not records:
            self._on_failed(UserFacingError(NOT_SAVED, words))
            return
        write = partial(_write, path, case.study, records, words)
        job = self._pool.prepare(lambda _progress, _cancel: write())
        job.done.connect(self._on_saved)
        job.failed.connect(self._on_failed)
        self._pool.start(job)

    def _on_change(self, change: Change) -> None:
        case = self._session.case
        if change not in (Change.STUDY, Change.GREW) or case is None:
            return
        if change is Change.GREW:
            self._place()
        else:
            self._read -= {(found.study.key, found.document) for found in self._waiting}
            self._waiting.clear()
        for document in case.study.documents:
            key = case.study.key, document
            if document.measurements and key not in self._read:
                self._read.add(key)
                self._start_reading(partial(_read, document, case.study))

    def _start_reading(self, read: Callable[[], _Found]) -> None:
        job = self._pool.prepare(lambda _progress, _cancel: read())
        job.done.connect(self._on_read)
        job.failed.connect(self._on_failed)
        self._pool.start(job)

    def _on_read(self, found: object) -> None:
        case = self._session.case
        if not isinstance(found, _Found) or case is None:
            return
        if found.document not in case.study.documents:
            self._read.discard((found.study.key, found.document))
            # Another case was opened meanwhile: read again then.
            return
        self._waiting.append(found)
        self._place()

    def _place(self) -> None:
        """Put on the board what has its image by now. A report may come before its images."""
        case = self._session.case
        if case is None or not self._waiting or not self._keeping.stands(case.study):
            return
        board = self._window.image_view.board
        known = {mark.id for mark in board.marks} | self._keeping.taken(case.study)
        found, self._waiting = self._waiting, []
        for one in found:
            marks = [(record, to_mark(record, case.study)) for record in one.records]
            for _, mark in marks:
                if mark is not None:
                    self._keeping.take(case.study, mark.id)
                    if mark.id not in known:
                        known.add(mark.id)
                        board.put(mark)
            homeless = tuple(record for record, mark in marks if mark is None)
            if homeless:
                self._waiting.append(replace(one, records=homeless))
        self._window.viewports.show_marks()

    def _on_saved(self, saved: object) -> None:
        if isinstance(saved, _Saved):
            kept = "1 measurement" if saved.count == 1 else f"{saved.count} measurements"
            words = "They are marked partial and unverified, as the report is."
            if saved.left_out:
                words = f"{words} {saved.left_out}"
            notice = Notice(NoticeKind.INFO, SAVED_KEY, f"{kept} saved", words)
            self._window.notices.show_notice(notice)

    def _on_failed(self, error: UserFacingError) -> None:
        self._window.notices.show_notice(error_notice(error, SAVED_KEY))


_Key = tuple[StudyKey, Document]  # two patients may share UIDs, as some anonymisers leave them


@dataclass(frozen=True, slots=True)
class _Found:
    """What a document held, and which study it came with."""

    document: Document
    study: Study
    records: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class _Saved:
    """How many measurements were written, and in words which were not, and why."""

    count: int
    left_out: str


def _write(path: Path, study: Study, records: list[Measurement], left_out: str) -> _Saved:
    write_measurements(path, study, records)
    return _Saved(len(records), left_out)


def _read(document: Document, study: Study) -> _Found:
    return _Found(document, study, read_measurements(document))
