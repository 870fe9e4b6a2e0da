"""Marks <-> measurements at rest, as a DICOM report holds them. Free of Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from lacuna.study.measure import EllipseRoi, FreehandRoi, Probe, Statistics
from lacuna.study.model import Image, Series, Study
from lacuna.study.record import (
    Measurement,
    Quantity,
    Reading,
    id_of,
    image_reference,
    readings,
    uid_of,
    unit_code,
)
from lacuna.ui.viewer.board import Mark, Spot, find, scale_on
from lacuna.ui.viewer.picture import Pixels


class LeftOut(StrEnum):
    """Why a mark cannot stand in a DICOM report of the study."""

    CUT = "on cuts through a volume"
    OTHER_STUDY = "on another study"
    NAMELESS = "on images that have no UID"
    NOT_OPEN = "on images that are not open"


def left_out(mark: Mark, study: Study, others: Iterable[Study]) -> LeftOut:
    """Return why ``to_record`` has nothing for a mark: where it lies. ``others`` are open, too."""
    uid = mark.spot.series_uid
    every = [series for one in (study, *others) for series in one.series]
    if any(uid.startswith(f"{series.series_instance_uid}:") for series in every):
        return LeftOut.CUT
    if find(study, mark.spot) is not None:
        return LeftOut.NAMELESS
    elsewhere = any(find(other, mark.spot) is not None for other in others)
    return LeftOut.OTHER_STUDY if elsewhere else LeftOut.NOT_OPEN


def words_for(reasons: Iterable[LeftOut]) -> str:
    """Return a sentence that says what was left out and why; "" if nothing was."""
    counted = Counter(reasons)
    if not counted:
        return ""
    parts = [f"{counted[reason]} {reason}" for reason in LeftOut if reason in counted]
    said = ", ".join(parts[:-1]) + " and " * (len(parts) > 1) + parts[-1]
    verb = "was" if counted.total() == 1 else "were"
    return f"{said} {verb} left out: a report names images of this study only."


def to_record(mark: Mark, study: Study) -> Measurement | None:
    """Return a mark as a measurement; None where no image of the study stands behind it.

    ``left_out`` says why.
    """
    found = _home(study, mark.spot.sop_uid)
    if found is None or not found[1].sop_class_uid:
        return None
    series, image = found
    home = image_reference(study, series, image, mark.spot.frame)
    value = mark.values[0] if len(mark.values) == 1 else None
    read = readings(mark.shape, mark.scale, mark.value_unit, mark.statistics, value)
    item = uid_of(mark.id)
    return Measurement(mark.tracking or item, home, mark.shape, read, mark.label, item)


def to_mark(record: Measurement, study: Study) -> Mark | None:
    """Return a measurement as a mark on its image; None where the study has no such image.

    What was read off the pixels is taken from the record: no pixel is looked at. Where the record
    does not tell it in the image's own unit, it is read off the pixels once they are shown.
    """
    found = _home(study, record.image.sop_instance_uid)
    if found is None:
        return None
    series, image = found
    frame = record.image.frames[0] if record.image.frames else 0
    if not 0 <= frame < image.frames:
        return None
    spot = Spot(series.series_instance_uid, image.sop_instance_uid, frame)
    unit = "SUVbw" if image.suv_factor else image.value_unit
    told = [one for one in record.readings if one.unit == unit_code(unit)]
    statistics, value = _statistics(told), _said(told, Quantity.VALUE)
    read = isinstance(record.shape, EllipseRoi | FreehandRoi | Probe)
    waits = read and statistics is None and value is None
    return Mark(
        id_of(record.item),
        spot,
        record.shape,
        scale_on(image, record.shape, frame),
        unit,
        statistics,
        () if value is None else (value,),
        record.label,
        "" if record.uid == record.item else record.uid,
        Pixels.LOADING if waits else Pixels.WHOLE,
    )


def _home(study: Study, sop_uid: str) -> tuple[Series, Image] | None:
    pairs = ((series, image) for series in study.series for image in series.images)
    return next((pair for pair in pairs if sop_uid and pair[1].sop_instance_uid == sop_uid), None)


def _statistics(told: list[Reading]) -> Statistics | None:
    wanted = (Quantity.MEAN, Quantity.SD, Quantity.MINIMUM, Quantity.MAXIMUM)
    mean, sd, low, high = (_said(told, quantity) for quantity in wanted)
    if mean is None or sd is None or low is None or high is None:
        return None
    return Statistics(0, mean, sd, low, high)


def _said(told: list[Reading], quantity: Quantity) -> float | None:
    found = (one.value for one in told if one.quantity is quantity)
    return next(found, None)
