"""Keeping: what is drawn on a case's images is there again when its study is opened again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from lacuna.errors import UserFacingError
from lacuna.session import Change, Session
from lacuna.store.vault import DamagedError, Vault
from lacuna.study.model import Study, StudyKey
from lacuna.ui.desk.shelving import Found, Shelf, Shelving, Writing, unpacked
from lacuna.ui.main_window import MainWindow
from lacuna.ui.viewer.board import Board
from lacuna.ui.viewer.mark_store import KeptMarks, decode, encode, joined

PURPOSE = "marks"


class MarkShelf(Shelf):
    """What is kept of one case. ``kept`` is what the disk holds, as far as is known here."""

    what = "what was drawn"

    def __init__(self, vault: Vault, about: StudyKey, board: Board, show: Callable[[], None]):
        self.about, self.board = about, board
        self.kept = KeptMarks()
        self.known: set[str] = set()  # ids of marks that stood here at any time
        self.taken: dict[str, None] = {}
        self.stands = False  # what was kept is on the board
        self.left = False  # its study goes by another key by now, and so does its board
        self._vault, self._show = vault, show

    @property
    def unread(self) -> bool:
        """Whether marks wait for what was kept to be read."""
        return bool(self.board.marks) and not self.stands and not self.left

    @property
    def changed(self) -> bool:
        """Whether the disk holds something else, and what it holds is known."""
        return self.stands and not self.left and self._now() != self.kept

    def reading(self) -> Callable[[], Found]:
        """Return what reads it, on any thread."""
        return partial(_read, self._vault, self)

    def take(self, found: Found) -> None:
        """Put what was kept on the board."""
        self.taken = dict.fromkeys((*found.kept.taken, *self.taken))
        self.stand(found.kept)
        self.stands = True

    def writing(self) -> Writing:
        """Return what joins in what stands now; it must not change under that."""
        self.known |= {mark.id for mark in self.board.marks}
        return partial(_written, self._vault, self.about, self._now(), frozenset(self.known))

    def stand(self, kept: Any) -> None:
        """Put on the board what the disk holds and was never seen here."""
        self.kept = kept
        self.board.stand(tuple(mark for mark in kept.marks if mark.id not in self.known))
        self.known |= {mark.id for mark in kept.marks}
        self._show()

    def finish(self) -> None:
        """Write what is left; what is on the disk is joined in, though it was never read here."""
        if self.at_risk:
            self.kept = self.writing()()
            self.stands = True

    def _now(self) -> KeptMarks:
        return KeptMarks(self.board.marks, tuple(self.taken))


class Keeping(QObject):
    """Keeps each case's marks in the vault, and puts them on its board. GUI thread only.

    What another window has kept meanwhile is joined in, not lost.
    """

    stood = Signal()  # what was kept of a case is on its board now, or nothing was

    def __init__(
        self, window: MainWindow, session: Session, shelving: Shelving, vault: Vault
    ) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._shelving, self._vault = shelving, vault
        self._shelves: dict[StudyKey, MarkShelf] = {}
        self._open: StudyKey | None = None
        shelving.brought.connect(self._on_brought)
        session.observe(self._on_change)

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
            self._shelving.rest()

    def _on_brought(self, shelf: object) -> None:
        if isinstance(shelf, MarkShelf):
            self.stood.emit()

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
        if about in self._shelves:
            self._shelves[about].left = True
        shelf = MarkShelf(self._vault, about, board, self._window.viewports.show_marks)
        self._shelves[about] = shelf
        board.observe(self._shelving.rest)
        self._shelving.add(shelf)


def _read(vault: Vault, shelf: MarkShelf) -> Found:
    try:
        return Found(shelf, _kept(vault, shelf.about))
    except UserFacingError as error:
        return Found(shelf, KeptMarks(), error)


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
    return unpacked(vault, (PURPOSE, *about), decode, KeptMarks())
