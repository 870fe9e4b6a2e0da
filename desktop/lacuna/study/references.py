"""References from one composite instance to others (PS3.3 10.8, C.7.6.16 and SR evidence)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lacuna.study.softcopy import Reference
from lacuna.study.values import items, numbers, text


def references(ds: Any, keyword: str) -> tuple[Reference, ...]:
    """Return the instances of an evidence sequence: studies, in them series, in them instances."""
    return tuple(
        found
        for study in items(ds, keyword)
        for found in of_series(study, text(study, "StudyInstanceUID"))
    )


def of_series(holder: Any, study_uid: str = "") -> Iterator[Reference]:
    """Yield the instances of a Referenced Series Sequence."""
    for series in items(holder, "ReferencedSeriesSequence"):
        uid = text(series, "SeriesInstanceUID")
        for keyword in ("ReferencedImageSequence", "ReferencedSOPSequence"):
            for item in items(series, keyword):
                yield reference(item, uid, study_uid)


def of_images(holder: Any) -> tuple[Reference, ...]:
    """Return the instances of a Referenced Image Sequence."""
    return tuple(reference(item) for item in items(holder, "ReferencedImageSequence"))


def reference(item: Any, series_uid: str = "", study_uid: str = "") -> Reference:
    """Return one instance; frames count from 1 in the file, from 0 here."""
    return Reference(
        sop_class_uid=text(item, "ReferencedSOPClassUID"),
        sop_instance_uid=text(item, "ReferencedSOPInstanceUID"),
        frames=tuple(int(number) - 1 for number in numbers(item, "ReferencedFrameNumber")),
        series_uid=series_uid,
        study_uid=study_uid,
    )
