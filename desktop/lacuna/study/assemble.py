"""What files hold -> patients, studies and series, in order. One writer, one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain
from typing import TypeVar

from lacuna.study.conflicts import tell_apart
from lacuna.study.describe import Found, Home
from lacuna.study.document import Document
from lacuna.study.geometry import Plane
from lacuna.study.model import Image, Opened, PatientRecord, Refusal, Series, Study
from lacuna.study.softcopy import PresentationState
from lacuna.study.wording import clean

_T = TypeVar("_T")
SAME_ORIENTATION = 1e-3  # of each direction cosine; scanners round to six digits, some to four


@dataclass(slots=True)
class Assembly:
    """Grows file by file; ``opened`` is a frozen picture of it at any time.

    Patients are told apart by id, name and birth date, studies also by their UID: they are never
    mixed. A birth date that a file leaves out is no other one.
    """

    studies: dict[tuple[str, str, str], dict[str, Found]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, found: Found) -> None:
        """Take a file in; a second copy of an instance is refused."""
        study = self.studies.setdefault(found.study_key, {})
        twin = study.setdefault(_instance(found), found)
        if twin is not found and _in_conflict(twin, found):
            twin = study.setdefault(f"{_instance(found)}/{_birth(found)}", found)
        if twin is not found:
            name, other = clean(found.source.name), clean(twin.source.name)
            what = "image" if isinstance(found.content, Image) else "document"
            self.refuse(name, f"{name} is the same {what} as {other}.", other)

    def refuse(self, name: str, reason: str, other: str = "") -> None:
        """Note a file that is not taken; ``other`` is another file's name in the reason."""
        self.refused.append(Refusal(name, reason, other))

    def opened(self, done: int, total: int) -> Opened:
        """Return what has come so far."""
        patients: dict[tuple[str, ...], list[Study]] = {}
        for files in self.groups():
            key = files[0].study_key
            # Without an id and a name nothing says that two studies are one person's.
            person = key[1:] if any(key[1:]) else key
            patients.setdefault(person, []).append(study_of(files))
        records = [
            _record(studies)
            for alike in patients.values()
            for studies in _parted(alike, lambda study: study.patient.birth_date)
        ]
        records.sort(key=lambda record: record.studies[0].time, reverse=True)
        return Opened(tell_apart(records), tuple(self.refused), done, total)

    def groups(self) -> list[list[Found]]:
        """Return the files of each study."""
        return [
            group for files in self.studies.values() for group in _parted(files.values(), _birth)
        ]


def _parted(alike: Iterable[_T], birth: Callable[[_T], str]) -> list[list[_T]]:
    """Part by birth date. What bears none is anybody's, unless several dates are in question."""
    parts: dict[str, list[_T]] = {}
    for one in alike:
        parts.setdefault(birth(one), []).append(one)
    if len(parts.keys() - {""}) > 1:
        return list(parts.values())
    return [list(chain.from_iterable(parts.values()))]


def _birth(found: Found) -> str:
    return found.home.patient.birth_date


def _in_conflict(one: Found, other: Found) -> bool:
    return "" not in (_birth(one), _birth(other)) and _birth(one) != _birth(other)


def _instance(found: Found) -> str:
    return found.content.sop_instance_uid or f"{found.source}"


def _record(studies: list[Study]) -> PatientRecord:
    newest_first = sorted(studies, key=lambda study: study.time, reverse=True)
    patient = newest_first[0].patient
    birth = next((one.patient.birth_date for one in studies if one.patient.birth_date), "")
    return PatientRecord(replace(patient, birth_date=birth), tuple(newest_first))


def study_of(files: Iterable[Found], refused: Iterable[Refusal] = ()) -> Study:
    """Return the study that files of one study make; at least one file."""
    found = list(files)
    first = _first_image(found).home
    birth = next((_birth(one) for one in found if _birth(one)), "")
    return Study(
        study_instance_uid=first.study_uid or _made_up_uid(found[0]),
        patient=replace(first.patient, birth_date=birth),
        description=_title(found),
        date=first.study_date,
        accession=first.accession,
        series=_series(found),
        refused=tuple(refused),
        time=first.study_time,
        documents=tuple(one.content for one in found if isinstance(one.content, Document)),
        presentations=tuple(
            one.content for one in found if isinstance(one.content, PresentationState)
        ),
    )


def _first_image(found: list[Found]) -> Found:
    """Return the file to be believed: documents often leave out what images tell."""
    return next((one for one in found if isinstance(one.content, Image)), found[0])


def _made_up_uid(first: Found) -> str:
    """Return a UID for a study that has none, the same each time: two such studies stay apart.

    A file that was written anew makes another study: it may be of another patient by now.
    """
    home, place = first.home, str(first.source.path.absolute())
    marks = (*first.study_key, home.study_date, place, first.content.written)
    return f"2.25.{int.from_bytes(sha256(repr(marks).encode()).digest()[:16])}"


def _title(found: list[Found]) -> str:
    described = next((one.home for one in found if one.home.study_description), None)
    if described is not None:
        return described.study_description
    images = [one.content for one in found if isinstance(one.content, Image)]
    views = dict.fromkeys(image.view for image in images if image.view)
    words = [_first_image(found).home.modality, *views]
    return ", ".join(word for word in words if word)


def _series(found: Iterable[Found]) -> tuple[Series, ...]:
    groups: dict[str, list[tuple[Home, Image]]] = {}
    for one in found:
        if isinstance(one.content, Image):
            groups.setdefault(one.home.series_uid, []).append((one.home, one.content))
    series = [_one_series(uid, group) for uid, group in groups.items()]
    return tuple(sorted(series, key=lambda one: (one.number, one.series_instance_uid)))


def _one_series(uid: str, group: list[tuple[Home, Image]]) -> Series:
    home = group[0][0]
    return Series(
        series_instance_uid=uid,
        number=home.series_number,
        modality=home.modality,
        description=home.series_description,
        images=_in_order([image for _, image in group]),
        date=home.series_date,
        time=home.series_time,
        body_part=home.body_part,
        laterality=home.laterality,
    )


def _in_order(images: list[Image]) -> tuple[Image, ...]:
    """Sort by position along the common normal; by instance number where there is none."""
    if not _is_stack(images):
        images = [
            image if image.position is None else replace(image, position=None) for image in images
        ]
    return tuple(sorted(images, key=_order))


def _order(image: Image) -> tuple[float, int, str, str]:
    along = 0.0 if image.position is None else image.position
    return along, image.instance_number, image.time, image.source.name


def _is_stack(images: list[Image]) -> bool:
    planes = [image.plane() for image in images]
    first = planes[0]
    if first is None or any(image.position is None for image in images):
        return False
    return all(plane is not None and _parallel(plane, first) for plane in planes)


def _parallel(one: Plane, other: Plane) -> bool:
    ours, theirs = (*one.along_row, *one.along_column), (*other.along_row, *other.along_column)
    return all(abs(a - b) < SAME_ORIENTATION for a, b in zip(ours, theirs, strict=True))
