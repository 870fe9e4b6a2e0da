"""Dropped paths -> studies as they come: the first picture need not wait for the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

from lacuna.study.assemble import Assembly
from lacuna.study.load import NothingUsableError, look_at
from lacuna.study.model import Opened
from lacuna_models.api import CancelToken

EVERY = 0.2  # seconds between two pictures of a growing study
SHARE = 10.0  # at most a tenth of the time goes into such pictures


def open_stream(
    paths: Sequence[Path], *, cancel: CancelToken | None = None, every: float = EVERY
) -> Iterator[Opened]:
    """Yield what has come so far, again and again, the last time complete.

    The first comes as soon as one file can be shown. Each is frozen and whole in itself; studies
    and series keep their UIDs from one to the next, while images may come in between others. To
    cancel, stop iterating, or set ``cancel``. Any one thread.

    Raises:
        UserFacingError: nothing that can be shown is there; after the last file.
        Cancelled: ``cancel`` was set.
    """
    assembly, pace = Assembly(), _Pace(every)
    done = total = 0
    for done, total in look_at(paths, assembly, cancel=cancel):
        if done < total and assembly.studies and pace.is_due():
            began = perf_counter()
            opened = assembly.opened(done, total)
            pace.took(perf_counter() - began)
            yield opened
    if not assembly.studies:
        raise NothingUsableError(assembly.refused)
    yield assembly.opened(done, total)


class _Pace:
    """When the next picture is due: the first at once, the others by the clock."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._due = 0.0

    def is_due(self) -> bool:
        return perf_counter() >= self._due

    def took(self, seconds: float) -> None:
        self._due = perf_counter() + max(self._every, seconds * SHARE)
