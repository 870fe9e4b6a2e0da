"""Dropped paths -> studies. Reads headers only, yet for long folders: call it on a worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study.assemble import Assembly, study_of
from lacuna.study.describe import Found, describe
from lacuna.study.model import Image, Opened, Refusal, Source, Study
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


def open_all(
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Opened:
    """Load every patient's every study behind ``paths``. Callable from any thread.

    Raises:
        UserFacingError: nothing that can be shown is there.
        Cancelled: ``cancel`` was set.
    """
    assembly = Assembly()
    total = sum(1 for _ in look_at(paths, assembly, progress, cancel))
    if not assembly.studies:
        raise nothing_usable(assembly.refused)
    return assembly.opened(total, total)


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


def nothing_usable(refused: Sequence[Refusal]) -> UserFacingError:
    """Word that nothing of what was dropped can be shown."""
    if not refused:
        return UserFacingError("There is no DICOM picture in it.", "Open a file, folder or ZIP.")
    if len(refused) == 1:
        return UserFacingError(refused[0].reason)
    first = refused[0].reason
    return UserFacingError(f"None of {len(refused):,} files could be opened; the first: {first}")


def _largest(assembly: Assembly) -> Study:
    votes = Counter(
        {
            key: sum(isinstance(one.content, Image) for one in files.values())
            for key, files in assembly.studies.items()
        }
    )
    if not votes.total():
        for found in _all_found(assembly):
            name = clean(found.source.name)
            assembly.refuse(name, f"{name} holds a document, and no picture.")
        raise nothing_usable(assembly.refused)
    chosen = votes.most_common(1)[0][0]
    for found in _all_found(assembly):
        if found.home.study_key != chosen:
            name = clean(found.source.name)
            assembly.refuse(name, _stranger(found, chosen, name))
    return study_of(assembly.studies[chosen].values(), assembly.refused)


def _all_found(assembly: Assembly) -> list[Found]:
    return [found for files in assembly.studies.values() for found in files.values()]


def _stranger(found: Found, chosen: tuple[str, str, str], name: str) -> str:
    same = found.home.study_key[1:] == chosen[1:]
    whose = "another study of this patient" if same else "another patient"
    return f"{name} belongs to {whose}. Open it on its own."
