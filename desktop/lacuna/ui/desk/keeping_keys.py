"""Keeping key images: what goes to the model goes there in the next sitting, too."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from lacuna.errors import UserFacingError
from lacuna.session import Change, Session
from lacuna.store.vault import DamagedError, Vault
from lacuna.study.model import StudyKey
from lacuna.ui.desk.keeping import Keeping
from lacuna.ui.desk.sending import Sending
from lacuna.ui.viewer.key_images import KeyImages
from lacuna.ui.viewer.key_store import decode, encode
from lacuna.work.jobs import JobPool

PURPOSE = "key images"
_REST_MS = 300


@dataclass(slots=True, eq=False)
class _Shelf:
    """What the disk holds of one case, as far as is known here; None: not read yet."""

    kept: KeyImages | None = None
    failed: bool = False


class KeyKeeping(QObject):
    """Keeps each case's key images in the vault. GUI thread only.

    Of two windows on one case the one that chose last is kept. ``close`` writes what is left.
    """

    def __init__(
        self, session: Session, pool: JobPool, vault: Vault, sending: Sending, keeping: Keeping
    ) -> None:
        super().__init__(keeping)
        self._session, self._pool, self._vault = session, pool, vault
        self._sending, self._keeping = sending, keeping
        self._shelves: dict[StudyKey, _Shelf] = {}
        self._writing: tuple[StudyKey, KeyImages] | None = None
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._on_rest)
        sending.keys_changed.connect(self._rest.start)
        session.observe(self._on_change)

    def close(self) -> None:
        """Write what is not yet written, here and now. Call it when the pool is closed."""
        self._rest.stop()
        for about, shelf in self._shelves.items():
            try:
                if shelf.kept is None and self._sending.keys_of(about).images:
                    self._take(_read(self._vault, about))
                if self._waits(about):
                    shelf.kept = _written(self._vault, about, self._sending.keys_of(about))
            except UserFacingError:
                shelf.failed = True  # it was told when it failed first; nobody is left to tell

    def _on_change(self, change: Change) -> None:
        case = self._session.case
        if change not in (Change.STUDY, Change.GREW) or case is None:
            return
        about = case.study.key
        if about in self._shelves:
            return
        self._shelves[about] = _Shelf()
        job = self._pool.prepare(lambda _progress, _cancel: _read(self._vault, about))
        job.done.connect(self._on_read)
        job.failed.connect(self._keeping.tell)
        self._pool.start(job)

    def _on_read(self, found: object) -> None:
        if not isinstance(found, _Found):
            return
        if found.error is not None:
            self._keeping.tell(found.error)
        self._take(found)
        self._write()

    def _take(self, found: _Found) -> None:
        """Send what was kept. What could not be read, and is no damaged file, is not written over.

        With images chosen since, the disk is to hold others than it does.
        """
        if found.error is not None and not isinstance(found.error, DamagedError):
            return
        shelf, since = self._shelves[found.about], self._sending.keys_of(found.about)
        shelf.kept = found.kept
        if found.kept.images:
            self._sending.stand(found.about, found.kept)
            if not since.images:
                shelf.kept = self._sending.keys_of(found.about)

    def _waits(self, about: StudyKey) -> bool:
        """Whether the disk holds other images than are chosen, and what it holds is known."""
        kept, chosen = self._shelves[about].kept, self._sending.keys_of(about)
        return kept is not None and kept is not chosen and bool(kept.images or chosen.images)

    def _on_rest(self) -> None:
        for shelf in self._shelves.values():
            shelf.failed = False  # other images were chosen since: it is tried again
        self._write()

    def _write(self) -> None:
        waiting = (one for one, shelf in self._shelves.items() if not shelf.failed)
        about = next((one for one in waiting if self._waits(one)), None)
        if about is None or self._writing is not None:
            return
        images = self._sending.keys_of(about)
        self._writing = about, images
        job = self._pool.prepare(lambda _progress, _cancel: _written(self._vault, about, images))
        job.done.connect(self._on_written)
        job.failed.connect(self._on_failed)
        self._pool.start(job)

    def _on_written(self, images: object) -> None:
        if self._writing is not None and isinstance(images, KeyImages):
            self._shelves[self._writing[0]].kept = images
        self._writing = None
        self._write()

    def _on_failed(self, error: UserFacingError) -> None:
        if self._writing is not None:
            self._shelves[self._writing[0]].failed = True
        self._writing = None
        self._keeping.tell(error)
        self._write()


@dataclass(frozen=True, slots=True)
class _Found:
    """What the disk held of a case, or why that cannot be told."""

    about: StudyKey
    kept: KeyImages
    error: UserFacingError | None = None


def _read(vault: Vault, about: StudyKey) -> _Found:
    try:
        content = vault.get((PURPOSE, *about))
        return _Found(about, decode(content) if content is not None else KeyImages())
    except ValueError:
        return _Found(about, KeyImages(), vault.set_aside((PURPOSE, *about)))
    except UserFacingError as error:
        return _Found(about, KeyImages(), error)


def _written(vault: Vault, about: StudyKey, images: KeyImages) -> KeyImages:
    """Keep images in place of all that was kept.

    Raises:
        UserFacingError: they cannot be locked or written.
    """
    if images.images:
        vault.put((PURPOSE, *about), encode(images))
    else:
        vault.remove((PURPOSE, *about))
    return images
