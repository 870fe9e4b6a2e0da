"""Shelving: what is kept of the cases is read and written off the GUI thread, one at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from lacuna.errors import UserFacingError
from lacuna.store.keys import NoKeyError
from lacuna.store.vault import About, Vault
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import Notice, NoticeKind, error_notice
from lacuna.work.jobs import JobPool

KEEPING_KEY = "keeping"
NOT_KEPT = "What you draw and choose will not be kept"
UNTIL = "It all stands until you close Lacuna; measurements can be saved as a DICOM report."
_REST_MS = 300  # after the last change: what is drawn is on the disk within a second

Kept = TypeVar("Kept")
Writing = Callable[[], Any]


class Shelf(ABC):
    """One thing that is kept of one case. GUI thread, but for what it hands out to be run."""

    what: str  # as in "Close and lose what was drawn?"
    failed = False  # the last reading or writing did, and nothing was changed since

    @property
    @abstractmethod
    def unread(self) -> bool:
        """Whether there is something to keep, and what the disk holds is not known."""

    @property
    @abstractmethod
    def changed(self) -> bool:
        """Whether the disk holds something else than is to be kept, and what it holds is known."""

    @abstractmethod
    def reading(self) -> Callable[[], Found]:
        """Return what reads it, on any thread."""

    @abstractmethod
    def take(self, found: Found) -> None:
        """Put what the disk held in its place."""

    @abstractmethod
    def writing(self) -> Writing:
        """Return what writes it as it stands now, on any thread; it may raise as a vault does."""

    @abstractmethod
    def stand(self, kept: Any) -> None:
        """Take note of what the disk holds, as a writing returned it."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is not yet written, here and now, even where it was never read.

        Raises:
            UserFacingError: it cannot be.
        """

    @property
    def at_risk(self) -> bool:
        """Whether something would be lost if everything ended now."""
        return self.changed or self.unread


@dataclass(frozen=True, slots=True)
class Found:
    """What the disk held, or why that cannot be told."""

    shelf: Shelf
    kept: Any
    error: UserFacingError | None = None


def unpacked(vault: Vault, about: About, decode: Callable[[bytes], Kept], nothing: Kept) -> Kept:
    """Return what is kept, ``nothing`` where that is so.

    Raises:
        UserFacingError: it cannot be read; what makes no sense was set aside.
    """
    content = vault.get(about)
    if content is None:
        return nothing
    try:
        return decode(content)
    except ValueError as error:
        raise vault.set_aside(about) from error


class Shelving(QObject):
    """Reads shelves, and writes those that were changed. GUI thread only; it never blocks there.

    Reading and writing are jobs; one writing at a time, so that an older state never takes a newer
    one's place. Only ``close``, which comes when the pool is closed, writes on its caller's thread.
    """

    brought = Signal(object)  # a shelf: what was kept stands in its place, or nothing was
    settled = Signal()  # nothing waits: all is kept, or has failed

    def __init__(self, window: MainWindow, pool: JobPool) -> None:
        super().__init__(window)
        self._window, self._pool = window, pool
        self._shelves: list[Shelf] = []
        self._writing: Shelf | None = None
        self._told: set[str] = set()
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._on_rest)

    @property
    def lost(self) -> tuple[str, ...]:
        """What could not be kept, in words; what may yet be is not among it."""
        return _whats(one for one in self._shelves if one.failed and one.at_risk)

    @property
    def waiting(self) -> tuple[str, ...]:
        """What is not kept yet, in words, and nothing has failed."""
        writing = [] if self._writing is None else [self._writing]
        return _whats([one for one in self._shelves if one.at_risk and not one.failed] + writing)

    def add(self, shelf: Shelf) -> None:
        """Read a shelf, and look after it from now on."""
        self._shelves.append(shelf)
        self._read(shelf)

    def rest(self) -> None:
        """Something was changed: write when the hand rests."""
        self._rest.start()

    def hurry(self) -> None:
        """Begin to write what waits now; ``settled`` says when that is over."""
        if self._rest.isActive():
            self._rest.stop()
            self._on_rest()
        else:
            self._write()

    def tell(self, error: UserFacingError) -> None:
        """Say what went wrong, once until all is kept: else it goes wrong at each change."""
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
        for shelf in self._shelves:
            try:
                shelf.finish()
            except UserFacingError:
                shelf.failed = True  # it was told when it failed first; nobody is left to tell

    def _read(self, shelf: Shelf) -> None:
        read = shelf.reading()
        job = self._pool.prepare(lambda _progress, _cancel: read())
        job.done.connect(self._on_read)
        job.failed.connect(self.tell)
        self._pool.start(job)

    def _on_read(self, found: object) -> None:
        if not isinstance(found, Found):
            return
        if found.error is not None:
            self.tell(found.error)
        found.shelf.take(found)
        self.brought.emit(found.shelf)
        self._write()

    def _on_rest(self) -> None:
        for shelf in self._shelves:
            again, shelf.failed = shelf.failed, False  # something was changed since
            if again and shelf.unread:
                self._read(shelf)
        self._write()

    def _write(self) -> None:
        """Write one shelf, if any waits; the end of a writing looks for the next."""
        if self._writing is not None:
            return
        shelf = next((one for one in self._shelves if one.changed and not one.failed), None)
        if shelf is None:
            if not self.waiting:
                self.settled.emit()
            return
        self._writing, write = shelf, shelf.writing()
        job = self._pool.prepare(lambda _progress, _cancel: write())
        job.done.connect(self._on_written)
        job.failed.connect(self._on_failed)
        self._pool.start(job)

    def _on_written(self, kept: object) -> None:
        shelf, self._writing = self._writing, None
        if shelf is not None:
            shelf.stand(kept)
        if not self.lost:  # what one shelf could not keep is not put right by another
            self._window.notices.withdraw(KEEPING_KEY)
            self._told.clear()  # what goes wrong from now on is news
        self._write()

    def _on_failed(self, error: UserFacingError) -> None:
        shelf, self._writing = self._writing, None
        if shelf is not None:
            shelf.failed = True
        self.tell(error)
        self._write()


def _whats(shelves: Iterable[Shelf]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shelf.what for shelf in shelves))
