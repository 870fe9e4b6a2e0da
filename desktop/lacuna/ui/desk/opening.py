"""Opening: what was dropped -> studies on the screen, as they are read, off the GUI thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from lacuna.errors import Cancelled, UserFacingError
from lacuna.session import Session
from lacuna.study.cache import PixelCache
from lacuna.study.model import Opened, PatientRecord, Study
from lacuna.study.stream import open_stream
from lacuna.ui.desk.frames import Frames
from lacuna.ui.desk.prefetch import Prefetch
from lacuna.ui.desk.sheets import Sheets
from lacuna.ui.desk.telling import Telling
from lacuna.ui.desk.thumbnails import Thumbnails
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import Notice, NoticeAction, NoticeKind
from lacuna.work.jobs import Job, JobPool, Progress
from lacuna_resources.samples import sample_study

PATIENTS_KEY = "open-patients"
_NEXT, _LIST = "next-patient", "list-patients"


class Opening(QObject):
    """Takes paths from the window and gives it studies and pictures.

    The first image is shown while the rest is still being read. A refused drop leaves the open case
    as it is, and lets it be read to its end; a newer drop ends the older once it has something to
    show. Of several patients one is shown; patients never mix.
    """

    busy = Signal(str)  # what is going on, for the status line; empty when it is over
    refused = Signal()
    unreadable = Signal()  # no picture is shown, because the frame asked for has none
    _came = Signal(object, object)  # the drop it belongs to, an Opened; from the job's thread

    def __init__(
        self, window: MainWindow, session: Session, pool: JobPool, cache: PixelCache
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._pool = pool
        self._newest: _Drop | None = None  # nothing of it has been shown yet
        self._current: _Drop | None = None  # what is shown comes from it
        self._shown: Study | None = None  # of that drop
        self._picked = False  # by the reader, from the list
        self._opened = Opened()
        window.lightbox.frames = cache
        self._telling = Telling(window, session)
        self._frames = Frames(window.viewports, window.lightbox, pool, self._telling.named)
        self._sheets = Sheets(window.viewports, pool)
        self._thumbnails = Thumbnails(window, pool, cache)
        self._prefetch = Prefetch(window.viewports, cache)
        self._frames.unreadable.connect(self.unreadable)
        self._came.connect(self._on_came)
        window.open_requested.connect(self.open_paths)
        window.sample_requested.connect(self.open_sample)
        window.notices.acted.connect(self._on_acted)
        window.lightbox.patients_wanted.connect(self.list_patients)
        window.patients_dialog.chosen.connect(self._on_chosen)

    @property
    def under_way(self) -> bool:
        """Whether a drop is still being read."""
        return any(drop is not None and drop.job is not None for drop in self._drops)

    @property
    def _drops(self) -> tuple[_Drop | None, ...]:
        return self._current, self._newest

    def open_sample(self) -> None:
        """Open the bundled synthetic study."""
        self.open_paths([sample_study()])

    def open_paths(self, paths: list[Path]) -> None:
        """Open files, folders, ZIPs or DICOMDIRs: all studies of all patients in them."""
        if self._newest is not None:
            self._newest.cancel()
        drop, paths = _Drop(), list(paths)

        def read(_progress: Progress, cancel: threading.Event) -> object:
            for opened in open_stream(paths, cancel=cancel):
                if cancel.is_set():
                    raise Cancelled
                self._came.emit(drop, opened)
            return None

        job = self._pool.prepare(read)
        job.failed.connect(self._on_refused)
        job.ended.connect(self._on_ended)
        drop.job, self._newest = job, drop
        self.busy.emit("Reading the study")
        self._pool.start(job)

    def next_patient(self) -> None:
        """Show the next of the patients that came in one drop."""
        records = self._opened.patients
        if len(records) < 2 or self._shown is None:
            return
        own = next(n for n, record in enumerate(records) if _has(record, self._shown))
        self._show(records[(own + 1) % len(records)])
        self._tell_patients()

    def list_patients(self) -> None:
        """List the patients and studies that came in one drop, to choose from."""
        self._window.patients_dialog.show_patients(self._opened.patients, self._shown)
        self._window.patients_dialog.open()

    def _on_chosen(self, _record: PatientRecord, study: Study) -> None:
        """Show a study of the list, as it has grown since it was listed."""
        found = _grown(study, self._opened)
        if found is not None and (self._shown is None or found[1].key != self._shown.key):
            self._picked = True
            self._show(*found)
            self._tell_patients()

    def _on_came(self, drop: _Drop, opened: Opened) -> None:
        if drop is self._newest:
            self._turn_to(drop)
        elif drop is not self._current:
            return
        self._opened = opened
        if not opened.complete:
            self.busy.emit(f"Reading the study, {opened.done:,} of {opened.total:,} files")
        if self._shown is None:
            self._telling.withdraw()
            self._window.notices.withdraw(PATIENTS_KEY)
            self._show(opened.patients[0])
        else:
            self._update(opened)
        if opened.complete:
            self._on_complete(opened)

    def _turn_to(self, drop: _Drop) -> None:
        """Let go of the drop that was shown so far, for one that has something to show."""
        if self._current is not None:
            self._current.cancel()
        self._telling.remember(self._opened)
        self._current, self._newest, self._shown = drop, None, None
        self._picked = False

    def _show(self, record: PatientRecord, study: Study | None = None) -> None:
        """Show a patient's study; the newest if no other is named."""
        study = study or record.studies[0]
        self._shown = study
        self._thumbnails.forget()
        self._session.open(study)
        self._window.show_study(study, _priors(record, study))
        self._thumbnails.look()

    def _update(self, opened: Opened) -> None:
        """Take over what has come since: the study that is shown stays the one that is shown."""
        shown = self._shown
        if shown is None:
            return
        found = _grown(shown, opened)
        if found is not None:
            record, study = found
            self._shown = study
            self._session.grow(study)
            self._window.update_study(study, _priors(record, study), last=opened.complete)
            self._thumbnails.look()

    def _on_complete(self, opened: Opened) -> None:
        self._telling.complete(opened)
        self._turn_to_newest(opened)
        self._tell_patients()

    def _turn_to_newest(self, opened: Opened) -> None:
        """Show the newest study of the patient, if an older one came first and nobody used it."""
        case, shown = self._session.case, self._shown
        if case is None or shown is None or case.ledger.events or self._picked:
            return
        record = next((one for one in opened.patients if _has(one, shown)), None)
        if record is None or record.studies[0].key == shown.key:
            return
        if self._window.lightbox.untouched and record.studies[0].series:
            self._show(record)

    def _tell_patients(self) -> None:
        self._window.notices.withdraw(PATIENTS_KEY)
        self._window.lightbox.has_list = len(self._opened.studies) > 1
        count = len(self._opened.patients)
        if count < 2:
            return
        words = "One is shown, each keeps a report of its own."
        acts = (NoticeAction(_NEXT, "Next patient"), NoticeAction(_LIST, "All patients"))
        title = f"{count} patients were opened"
        self._window.notices.show_notice(
            Notice(NoticeKind.INFO, PATIENTS_KEY, title, words, acts, "images")
        )

    def _on_acted(self, key: str, action: str) -> None:
        if key == PATIENTS_KEY and action == _NEXT:
            self.next_patient()
        elif key == PATIENTS_KEY and action == _LIST:
            self.list_patients()

    def _on_refused(self, error: UserFacingError) -> None:
        self._telling.refuse(error)
        self.refused.emit()

    def _on_ended(self, job: Job) -> None:
        for drop in self._drops:
            if drop is not None and drop.job is job:
                drop.job = None
        if not self.under_way:
            self.busy.emit("")


@dataclass(slots=True, eq=False)
class _Drop:
    """What was dropped at once; ``job`` reads it, None once it is read."""

    job: Job | None = None

    def cancel(self) -> None:
        """Read no further."""
        if self.job is not None:
            self.job.cancel()
            self.job = None


def _grown(shown: Study, opened: Opened) -> tuple[PatientRecord, Study] | None:
    """Return a study as it has been read further: the very one, before one that may be it."""
    pairs = [(record, study) for record in opened.patients for study in record.studies]
    may = [pair for pair in pairs if pair[1].may_be(shown)]
    return min(may, key=lambda pair: pair[1].key != shown.key, default=None)


def _has(record: PatientRecord, study: Study) -> bool:
    return any(one.key == study.key for one in record.studies)


def _priors(record: PatientRecord, study: Study) -> tuple[Study, ...]:
    """Return the patient's other studies: older ones first, the newest of them first."""
    older = [one for day in record.priors(study) for one in day.studies]
    newer = [one for one in record.studies if one is not study and one not in older]
    return (*older, *newer)
