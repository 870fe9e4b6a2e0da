"""Keeping key images: what goes to the model goes there in the next sitting, too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from lacuna.errors import UserFacingError
from lacuna.session import Change, Session
from lacuna.store.vault import DamagedError, Vault
from lacuna.study.model import StudyKey
from lacuna.ui.desk.sending import Sending
from lacuna.ui.desk.shelving import Found, Shelf, Shelving, Writing, unpacked
from lacuna.ui.viewer.key_images import KeyImages
from lacuna.ui.viewer.key_store import decode, encode

PURPOSE = "key images"


class KeyShelf(Shelf):
    """What the disk holds of one case, as far as is known here; ``kept`` None: not read yet."""

    what = "the key images"

    def __init__(self, vault: Vault, about: StudyKey, sending: Sending) -> None:
        self.about = about
        self.kept: KeyImages | None = None
        self._vault, self._sending = vault, sending

    @property
    def unread(self) -> bool:
        """Whether images were chosen before what was kept was read."""
        return self.kept is None and bool(self._chosen.images)

    @property
    def changed(self) -> bool:
        """Whether the disk holds other images than are chosen, and what it holds is known."""
        kept, chosen = self.kept, self._chosen
        return kept is not None and kept is not chosen and bool(kept.images or chosen.images)

    def reading(self) -> Callable[[], Found]:
        """Return what reads it, on any thread."""
        return partial(_read, self._vault, self)

    def take(self, found: Found) -> None:
        """Send what was kept. What could not be read, and is no damaged file, is not written over.

        With images chosen since, the disk is to hold others than it does.
        """
        if found.error is not None and not isinstance(found.error, DamagedError):
            self.failed = True
            return
        since = self._chosen
        self.kept = found.kept
        if found.kept.images:
            self._sending.stand(self.about, found.kept)
            if not since.images:
                self.kept = self._chosen

    def writing(self) -> Writing:
        """Return what keeps the images chosen now in place of all that was kept."""
        return partial(_written, self._vault, self.about, self._chosen)

    def stand(self, kept: Any) -> None:
        """Take note of what the disk holds."""
        self.kept = kept

    def finish(self) -> None:
        """Write what is left, below what was kept and never read here."""
        if self.unread:
            self.take(self.reading()())
        if self.changed:
            self.kept = self.writing()()

    @property
    def _chosen(self) -> KeyImages:
        return self._sending.keys_of(self.about)


class KeyKeeping(QObject):
    """Keeps each case's key images in the vault. GUI thread only.

    Of two windows on one case the one that chose last is kept.
    """

    def __init__(
        self, session: Session, shelving: Shelving, vault: Vault, sending: Sending
    ) -> None:
        super().__init__(shelving)
        self._session, self._shelving, self._vault = session, shelving, vault
        self._sending = sending
        self._known: set[StudyKey] = set()
        sending.keys_changed.connect(shelving.rest)
        session.observe(self._on_change)

    def _on_change(self, change: Change) -> None:
        case = self._session.case
        if change not in (Change.STUDY, Change.GREW) or case is None:
            return
        about = case.study.key
        if about not in self._known:
            self._known.add(about)
            self._shelving.add(KeyShelf(self._vault, about, self._sending))


def _read(vault: Vault, shelf: KeyShelf) -> Found:
    try:
        return Found(shelf, unpacked(vault, (PURPOSE, *shelf.about), decode, KeyImages()))
    except UserFacingError as error:
        return Found(shelf, KeyImages(), error)


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
