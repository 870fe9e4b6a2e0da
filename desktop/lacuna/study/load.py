"""Dropped paths -> one ``Study``. Reads headers only, yet for long folders: call it on a worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study.describe import Found, describe
from lacuna.study.model import Image, Refusal, Series, Source, Study
from lacuna.study.part10 import read_header, understood
from lacuna.study.sources import Reader, gather
from lacuna.study.wording import clean
from lacuna_models.api import CancelToken

Progress = Callable[[int, int], None]
SAME_ORIENTATION = 1e-3  # of each direction cosine; scanners round to six digits, some to four


def load_study(
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Study:
    """Load the study behind files, folders (recursively) or ZIPs. Callable from any thread.

    Patients and studies are never mixed: the study with most images is taken, the others are
    refused. What is refused on the way is in ``Study.refused``, one sentence each.

    Args:
        paths: what was dropped.
        progress: called with (files looked at, files in all) after each file.
        cancel: polled before each file.

    Raises:
        UserFacingError: nothing usable is there.
        Cancelled: ``cancel`` was set.
    """
    found: list[Found] = []
    with Reader() as reader:
        gathered = gather(paths, reader)
        refused = list(gathered.refused)
        for done, source in enumerate(gathered.sources, start=1):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            try:
                found.append(_look_at(source, reader))
            except UserFacingError as error:
                refused.append(Refusal(clean(source.name), str(error)))
            if progress is not None:
                progress(done, len(gathered.sources))
    if not found:
        raise _nothing_usable(refused)
    return _assemble(found, refused)


def _look_at(source: Source, reader: Reader) -> Found:
    name = clean(source.name)
    with reader.open(source) as stream, understood(name):
        header = read_header(stream, name)
        return describe(header, source)


def _nothing_usable(refused: list[Refusal]) -> UserFacingError:
    if not refused:
        return UserFacingError("There is no DICOM picture in it.", "Open a file, folder or ZIP.")
    if len(refused) == 1:
        return UserFacingError(refused[0].reason)
    first = refused[0].reason
    return UserFacingError(f"None of {len(refused):,} files could be opened; the first: {first}")


def _assemble(found: list[Found], refused: list[Refusal]) -> Study:
    votes = Counter(item.study_key for item in found)
    chosen = votes.most_common(1)[0][0]
    ours: dict[str, Found] = {}
    for item in found:
        name = clean(item.image.source.name)
        uid = item.image.sop_instance_uid or f"{item.image.source}"
        if item.study_key != chosen:
            refused.append(Refusal(name, _stranger(item, chosen, name)))
        elif uid in ours:
            twin = clean(ours[uid].image.source.name)
            refused.append(Refusal(name, f"{name} is the same image as {twin}."))
        else:
            ours[uid] = item
    first = next(iter(ours.values()))
    return Study(
        study_instance_uid=first.study_uid or _made_up_uid(first),
        patient=first.patient,
        description=_title(list(ours.values())),
        date=first.study_date,
        accession=first.accession,
        series=_series(ours.values()),
        refused=tuple(refused),
    )


def _made_up_uid(first: Found) -> str:
    """Return a UID for a study that has none, the same each time: two such studies stay apart."""
    marks = (*first.study_key, first.study_date, str(first.image.source.path.absolute()))
    return f"2.25.{int.from_bytes(sha256(repr(marks).encode()).digest()[:16])}"


def _stranger(item: Found, chosen: tuple[str, str, str], name: str) -> str:
    whose = (
        "another study of this patient" if item.study_key[1:] == chosen[1:] else "another patient"
    )
    return f"{name} belongs to {whose}. Open it on its own."


def _title(found: list[Found]) -> str:
    if found[0].study_description:
        return found[0].study_description
    views = dict.fromkeys(item.image.view for item in found if item.image.view)
    words = [found[0].modality, *views]
    return ", ".join(word for word in words if word)


def _series(found: Iterable[Found]) -> tuple[Series, ...]:
    groups: dict[str, list[Found]] = {}
    for item in found:
        groups.setdefault(item.series_uid, []).append(item)
    series = [
        Series(
            series_instance_uid=uid,
            number=group[0].series_number,
            modality=group[0].modality,
            description=group[0].series_description,
            images=_in_order(group),
        )
        for uid, group in groups.items()
    ]
    return tuple(sorted(series, key=lambda one: (one.number, one.series_instance_uid)))


def _in_order(group: list[Found]) -> tuple[Image, ...]:
    """Sort by position along the common normal; by instance number where there is none."""
    stack = _is_stack(group)
    images = [one.image if stack else replace(one.image, position=None) for one in group]
    return tuple(sorted(images, key=_order))


def _order(image: Image) -> tuple[float, int, str]:
    along = 0.0 if image.position is None else image.position
    return along, image.instance_number, image.source.name


def _is_stack(group: list[Found]) -> bool:
    first = group[0].orientation
    return bool(first) and all(
        one.image.position is not None
        and max(abs(a - b) for a, b in zip(one.orientation, first, strict=True)) < SAME_ORIENTATION
        for one in group
    )
