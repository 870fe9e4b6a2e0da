"""Dropped paths -> studies. Reads headers only, yet for long folders: call it on a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study.assemble import Assembly, study_of
from lacuna.study.describe import Found, describe
from lacuna.study.model import Image, Patient, Refusal, Source, Study
from lacuna.study.part10 import read_header, understood
from lacuna.study.sources import Reader, gather
from lacuna.study.wording import clean
from lacuna_models.api import CancelToken

Progress = Callable[[int, int], None]


def load_study(
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Study:
    """Load the one study behind files, folders (recursively) or ZIPs. Callable from any thread.

    Patients and studies are never mixed: the study with most images is taken, the others are
    refused. What is refused on the way is in ``Study.refused``, one sentence each.

    Args:
        paths: what was dropped.
        progress: called with (files looked at, files in all) after each file.
        cancel: polled before each file.

    Raises:
        UserFacingError: no picture is there.
        Cancelled: ``cancel`` was set.
    """
    assembly = Assembly()
    for _ in look_at(paths, assembly, progress, cancel):
        pass
    return _largest(assembly)


def look_at(
    paths: Sequence[Path],
    assembly: Assembly,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Iterator[tuple[int, int]]:
    """Read one header after another into ``assembly``; yield (files looked at, files in all).

    Raises:
        Cancelled: ``cancel`` was set.
    """
    with Reader() as reader:
        gathered = gather(paths, reader, cancel)
        assembly.refused.extend(gathered.refused)
        total = len(gathered.sources)
        for done, source in enumerate(gathered.sources, start=1):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            _take(source, reader, assembly)
            if progress is not None:
                progress(done, total)
            yield done, total


def _take(source: Source, reader: Reader, assembly: Assembly) -> None:
    name = clean(source.name)
    try:
        with reader.open(source) as stream, understood(name):
            assembly.add(describe(read_header(stream, name), source))
    except UserFacingError as error:
        assembly.refuse(name, str(error))


class NothingUsableError(UserFacingError):
    """Nothing of what was dropped can be shown: ``refused`` says why, file by file."""

    def __init__(self, refused: Sequence[Refusal]) -> None:
        self.refused = tuple(refused)
        if not refused:
            super().__init__("There is no DICOM picture in it.", "Open a file, folder or ZIP.")
        elif len(refused) == 1:
            super().__init__(refused[0].reason)
        else:
            first = refused[0].reason
            super().__init__(f"None of {len(refused):,} files could be opened; the first: {first}")


def _largest(assembly: Assembly) -> Study:
    groups = assembly.groups()
    chosen = max(groups, key=_images_in, default=[])
    if not _images_in(chosen):
        for found in chain.from_iterable(groups):
            name = clean(found.source.name)
            assembly.refuse(name, f"{name} holds a document, and no picture.")
        raise NothingUsableError(assembly.refused)
    study = study_of(chosen)
    for group in groups:
        if group is not chosen:
            whose = _whose(study_of(group).patient, study.patient)
            for found in group:
                name = clean(found.source.name)
                assembly.refuse(name, f"{name} belongs to {whose}. Open it on its own.")
    return replace(study, refused=tuple(assembly.refused))


def _images_in(group: list[Found]) -> int:
    return sum(isinstance(one.content, Image) for one in group)


def _whose(one: Patient, chosen: Patient) -> str:
    births = {one.birth_date, chosen.birth_date} - {""}
    same = (one.id, one.name) == (chosen.id, chosen.name) and len(births) < 2
    named = bool(one.id or one.name)
    return "another study of this patient" if same and named else "another patient"
