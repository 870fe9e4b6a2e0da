"""Marks as they are kept between sittings, and as they are put together again. Free of Qt, pure."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from lacuna.store.plain import from_json, to_json
from lacuna.ui.viewer.board import Mark

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptMarks:
    """What was drawn on a case's images.

    ``taken`` are ids of measurements that came with the study as DICOM reports, and were put on the
    board once: what the reader deleted of them does not come again.
    """

    marks: tuple[Mark, ...] = ()
    taken: tuple[str, ...] = ()
    version: int = VERSION

    @property
    def empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not self.marks and not self.taken


def encode(kept: KeptMarks) -> bytes:
    """Return what is written."""
    return to_json(kept)


def decode(content: bytes) -> KeptMarks:
    """Return what was written.

    Raises:
        UserFacingError: a later version of Lacuna wrote it.
        ValueError: it is none of ours.
    """
    return from_json(KeptMarks, content, VERSION)


def joined(ours: KeptMarks, theirs: KeptMarks, known: Set[str]) -> KeptMarks:
    """Return ours, and what another window has kept meanwhile that is not ``known`` here by id.

    What is known and does not stand any more was deleted here, and stays so.
    """
    more = tuple(mark for mark in theirs.marks if mark.id not in known)
    taken = dict.fromkeys((*ours.taken, *theirs.taken))
    return KeptMarks((*more, *ours.marks), tuple(taken))
