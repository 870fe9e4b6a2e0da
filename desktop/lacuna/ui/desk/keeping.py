"""Keeping: what is drawn on a case's images is there again when its study is opened again."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from lacuna.errors import UserFacingError
from lacuna.session import Change, Session
from lacuna.store.keys import NoKeyError
from lacuna.store.vault import DamagedError, Vault
from lacuna.study.model import Study, StudyKey
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import Notice, NoticeKind, error_notice
from lacuna.ui.viewer.board import Board
from lacuna.ui.viewer.mark_store import KeptMarks, decode, encode, joined
from lacuna.work.jobs import JobPool

KEEPING_KEY = "keeping"
PURPOSE = "marks"
NOT_KEPT = "What you draw will not be kept"
UNTIL = "It all stands until you close Lacuna; measurements can be saved as a DICOM report."
_REST_MS = 300  # after the last change: what is drawn is on the disk within a second


@dataclass(slots=True, eq=False)
class _Shelf:
    """What is kept of one case. ``kept`` is what the disk holds, as far as is known here."""

    about: StudyKey
    board: Board
    kept: KeptMarks = field(default_factory=KeptMarks)
    known: set[str] = field(default_factory=set)  # ids of marks that stood here at any time
    taken: dict[str, None] = field(default_factory=dict)
    stands: bool = False  # what was kept is on the board
    left: bool = False  # its study goes by another key by now, and so does its board
    failed: bool = False  # the last writing did

    def now(self) -> KeptMarks:
        """Return what is to be kept as things stand."""
        return KeptMarks(self.board.marks, tuple(self.taken))

    def order(self) -> tuple[KeptMarks, frozenset[str]]:
        """Return what a writing needs to know, which must not change under it."""
        self.known |= {mark.id for mark in self.board.marks}
        return self.now(), frozenset(self.known)

    @property
    def changed(self) -> bool:
        """Whether the disk holds something else, and what it holds is known."""
        return self.stands and not self.left and self.now() != self.kept


class Keeping(QObject):
    """Keeps each case's marks in the vault, and puts them on its board. GUI thread only.

    Reading and writing are jobs; one writing at a time, so that an older state never takes a newer
    one's place. What another window has kept meanwhile is joined in, not lost. ``close`` writes
    what is left.
    """

    stood = Signal()  # what was kept of a case is on its board now, or nothing was

    def __init__(self, window: MainWindow, session: Session, pool: JobPool, vault: Vault) -> None:
        super().__init__(window)
        self._window, self._session, self._pool, self._vault = window, session, pool, vault
        self._shelves: dict[StudyKey, _Shelf] = {}
        self._writing: _Shelf | None = None
        self._open: StudyKey | None = None
        self._told: set[str] = set()
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._on_rest)
        session.observe(self._on_change)

    @property
    def failing(self) -> bool:
        """Whether anything that was drawn could not be kept."""
        return any(shelf.failed and shelf.changed for shelf in self._shelves.values())

    def hurry(self) -> None:
        """Write now what waits, so that whoever closes hears of what cannot be kept."""
        if self._writing is not None:
            return  # that is under way, and ends with the pool
        for shelf in self._shelves.values():
            if shelf.changed and not shelf.failed:
                try:
                    self._stand(shelf, _written(self._vault, shelf.about, *shelf.order()))
                except UserFacingError as error:
                    shelf.failed = True
                    self.tell(error)

    def stands(self, study: Study) -> bool:
        """Whether what was kept of a study is on its board."""
        shelf = self._shelves.get(study.key)
        return shelf is not None and shelf.stands

    def taken(self, study: Study) -> frozenset[str]:
        """Return the ids of measurements that came from DICOM reports, in any sitting."""
        shelf = self._shelves.get(study.key)
        return frozenset(shelf.taken) if shelf is not None else frozenset()

    def take(self, study: Study, mark_id: str) -> None:
        """Note that a measurement came from a DICOM report: it does not come a second time."""
        shelf = self._shelves.get(study.key)
        if shelf is not None:
            shelf.taken[mark_id] = None
            self._rest.start()

    def tell(self, error: UserFacingError) -> None:
        """Say what went wrong, once until something is kept: else it goes wrong at each change."""
        said = error.message
        if said in self._told:
            return
        self._told.add(said)
        notice = error_notice(error, KEEPING_KEY)
        if isinstance(error, NoKeyError):
            notice = Notice(NoticeKind.INFO, KEEPING_KEY, NOT_KEPT, f"{said} {UNTIL}")
        self._window.notices.show_notice(notice)

    def close(self) -> None:
        """Write what is not yet written, here and now. Call it when the pool is closed."""
        self._rest.stop()
        for shelf in self._shelves.values():
            # What was kept may not have been read yet: what is on the disk is joined in anyway.
            unread = shelf.board.marks and not shelf.stands and not shelf.left
            if shelf.changed or unread:
                try:
                    shelf.kept = _written(self._vault, shelf.about, *shelf.order())
                except UserFacingError:
                    shelf.failed = True  # it was told when it failed first; nobody is left to tell
                shelf.stands = True

    def _on_change(self, change: Change) -> None:
        case = self._session.case
        if change not in (Change.STUDY, Change.GREW) or case is None:
            return
        before, self._open = self._open, case.study.key
        board, known = self._window.image_view.board, self._shelves.get(self._open)
        if known is None or known.board is not board:
            self._begin(self._open, board)
        if change is Change.GREW and before is not None and before != self._open:
            old, now = self._shelves[before], self._shelves[self._open]
            old.left = True
            now.taken = {**old.taken, **now.taken}

    def _begin(self, about: StudyKey, board: Board) -> None:
        self._shelves[about] = _Shelf(about, board)
        board.on_change = self._rest.start
        job = self._pool.prepare(lambda _progress, _cancel: _read(self._vault, about))
        job.done.connect(self._on_read)
        job.failed.connect(self.tell)
        self._pool.start(job)

    def _on_read(self, found: object) -> None:
        if not isinstance(found, _Found):
            return
        shelf = self._shelves[found.about]
        if found.error is not None:
            self.tell(found.error)
        shelf.taken = dict.fromkeys((*found.kept.taken, *shelf.taken))
        self._stand(shelf, found.kept)
        shelf.stands = True
        self.stood.emit()
        self._write()

    def _stand(self, shelf: _Shelf, kept: KeptMarks) -> None:
        """Put on the board what the disk holds and was never seen here."""
        shelf.kept = kept
        shelf.board.stand(tuple(mark for mark in kept.marks if mark.id not in shelf.known))
        shelf.known |= {mark.id for mark in kept.marks}
        self._window.viewports.show_marks()

    def _on_rest(self) -> None:
        for shelf in self._shelves.values():
            shelf.failed = False  # something was changed since: it is tried again
        self._write()

    def _write(self) -> None:
        """Write one case's marks, if any wait; the end of a writing looks for the next."""
        waiting = (one for one in self._shelves.values() if one.changed and not one.failed)
        shelf = next(waiting, None)
        if shelf is None or self._writing is not None:
            return
        self._writing, about, order = shelf, shelf.about, shelf.order()
        job = self._pool.prepare(lambda _progress, _cancel: _written(self._vault, about, *order))
        job.done.connect(self._on_written)
        job.failed.connect(self._on_failed)
        self._pool.start(job)

    def _on_written(self, kept: object) -> None:
        shelf, self._writing = self._writing, None
        if shelf is not None and isinstance(kept, KeptMarks):
            self._stand(shelf, kept)
        self._window.notices.withdraw(KEEPING_KEY)
        self._told.clear()  # what goes wrong from now on is news
        self._write()

    def _on_failed(self, error: UserFacingError) -> None:
        shelf, self._writing = self._writing, None
        if shelf is not None:
            shelf.failed = True
        self.tell(error)
        self._write()


@dataclass(frozen=True, slots=True)
class _Found:
    """What the disk held about a study, or why that cannot be told."""

    about: StudyKey
    kept: KeptMarks
    error: UserFacingError | None = None


def _read(vault: Vault, about: StudyKey) -> _Found:
    try:
        return _Found(about, _kept(vault, about))
    except UserFacingError as error:
        return _Found(about, KeptMarks(), error)


def _written(vault: Vault, about: StudyKey, marks: KeptMarks, known: frozenset[str]) -> KeptMarks:
    """Keep marks, and what another window has kept meanwhile; return what the disk holds then.

    Raises:
        UserFacingError: it cannot be locked or written, or what stands there cannot be joined.
    """
    try:
        theirs = _kept(vault, about)
    except DamagedError:
        theirs = KeptMarks()  # it stands aside, and was told when the study was opened
    found = joined(marks, theirs, known)
    if found.empty:
        vault.remove((PURPOSE, *about))
    elif found != theirs:
        vault.put((PURPOSE, *about), encode(found))
    return found


def _kept(vault: Vault, about: StudyKey) -> KeptMarks:
    content = vault.get((PURPOSE, *about))
    if content is None:
        return KeptMarks()
    try:
        return decode(content)
    except ValueError as error:
        raise vault.set_aside((PURPOSE, *about)) from error
