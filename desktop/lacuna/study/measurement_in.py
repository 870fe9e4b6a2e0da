"""DICOM SR after TID 1500 -> measurements. Tolerant: what it does not understand, it leaves out."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from pydicom.uid import RE_VALID_UID

from lacuna.study import sr_codes
from lacuna.study.document import Document
from lacuna.study.documents import opened
from lacuna.study.measure import (
    Angle,
    Arrow,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Point,
    Probe,
    Shape,
)
from lacuna.study.part10 import read_header, read_whole
from lacuna.study.record import Measurement, Quantity, Reading, quantities_of
from lacuna.study.references import reference, references
from lacuna.study.softcopy import Reference
from lacuna.study.sr_codes import ARROW, COMMENT, DERIVATION, GROUP, TRACKING, TRACKING_UID
from lacuna.study.values import items, number, numbers, text
from lacuna.study.wording import paragraphs

Key = tuple[str, str]
SIZES = {code.key: quantity for quantity, code in sr_codes.SIZES.items()}
DERIVED = {code.key: quantity for quantity, code in sr_codes.DERIVED.items()}
CORNERS = 64  # of the outline that stands for a turned ellipse
STRAIGHT = 1e-3  # pixels by which an upright axis may lean
MAX_GROUPS = 10_000
MAX_DEPTH = 100
MAX_POINTS = 20_000  # of an outline
FARTHEST = 1e6  # pixels: no image reaches so far
MAX_UID = 64  # characters, PS3.5 9


def read_measurements(document: Document) -> tuple[Measurement, ...]:
    """Read a document's measurements. Callable from any thread.

    Raises:
        UserFacingError: its file is gone, changed or damaged.
    """
    with opened(document) as (stream, name):
        return measurements_of(read_whole(read_header(stream, name), name))


def measurements_of(ds: Any) -> tuple[Measurement, ...]:
    """Return the measurements of a report's dataset."""
    evidence = references(ds, "CurrentRequestedProcedureEvidenceSequence")
    homes = {one.sop_instance_uid: one for one in evidence}
    report, met = text(ds, "SOPInstanceUID"), set[str]()
    found: list[Measurement] = []
    for place, group in enumerate(islice(_groups(ds, 0), MAX_GROUPS)):
        one = _measurement(group)
        if one is None:
            continue
        item = _uid(text(group, "ObservationUID"))
        if not item or item in met:
            item = _item_uid(report, place, one.uid)
        met.add(item)
        found.append(_at_home(replace(one, item=item), homes))
    return tuple(found)


def _uid(said: str) -> str:
    """Return a UID, nothing for what is none."""
    return said if len(said) <= MAX_UID and re.fullmatch(RE_VALID_UID, said) else ""


def _item_uid(report: str, place: int, tracking: str) -> str:
    """Return a UID for a measurement that has none of its own, the same at each reading.

    The tracking UID alone will not do: one finding may be measured on several images.
    """
    name = hashlib.sha256(f"{report}/{place}/{tracking}".encode()).digest()
    return f"2.25.{int.from_bytes(name[:16])}"


def _at_home(one: Measurement, homes: dict[str, Reference]) -> Measurement:
    """Add to a measurement's image in which series of which study it lies."""
    home = homes.get(one.image.sop_instance_uid)
    if home is None:
        return one
    image = replace(one.image, series_uid=home.series_uid, study_uid=home.study_uid)
    return replace(one, image=image)


def _groups(item: Any, depth: int) -> Iterator[Any]:
    for child in items(item, "ContentSequence"):
        if _concept(child) == GROUP.key:
            yield child
        elif text(child, "ValueType") == "CONTAINER" and depth < MAX_DEPTH:
            yield from _groups(child, depth + 1)


def _concept(item: Any, keyword: str = "ConceptNameCodeSequence") -> Key | None:
    found = items(item, keyword)
    return (
        (text(found[0], "CodeValue"), text(found[0], "CodingSchemeDesignator")) if found else None
    )


def _measurement(group: Any) -> Measurement | None:
    children = items(group, "ContentSequence")
    numbers_found = [child for child in children if text(child, "ValueType") == "NUM"]
    label, uid = (
        _said(children, TRACKING.key, "TextValue"),
        _uid(_said(children, TRACKING_UID.key, "UID")),
    )
    readings = tuple(one for child in numbers_found for one in _reading(child))
    found = _region(children) or _inferred(numbers_found)
    if found is None:
        return None
    shape, image = found
    try:
        return Measurement(
            uid, image, shape, _fitting(shape, readings), "" if label == uid else label
        )
    except ValueError:  # another program's idea of a line or an outline
        return None


def _said(children: list[Any], concept: Key, keyword: str) -> str:
    found = (text(child, keyword) for child in children if _concept(child) == concept)
    return next(found, "")


def _reading(item: Any) -> Iterator[Reading]:
    values, concept = items(item, "MeasuredValueSequence"), _concept(item)
    if not values or concept is None:
        return
    exact, short = number(values[0], "FloatingPointValue"), number(values[0], "NumericValue")
    value = short if exact is None else exact
    unit = _concept(values[0], "MeasurementUnitsCodeSequence")
    if value is None or unit is None:
        return
    derivation = _derivation(item)
    if concept in SIZES:
        yield Reading(SIZES[concept], value, unit[0])
    elif derivation in DERIVED:
        yield Reading(DERIVED[derivation], value, unit[0])
    elif derivation is None and concept == sr_codes.value_concept(unit[0]).key:
        yield Reading(Quantity.VALUE, value, unit[0])


def _derivation(item: Any) -> Key | None:
    for child in items(item, "ContentSequence"):
        if _concept(child) == DERIVATION.key:
            return _concept(child, "ConceptCodeSequence")
    return None


def _fitting(shape: Shape, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Leave out what another program measured on the same shape besides."""
    wanted = quantities_of(shape)
    if wanted is None:
        return readings
    first = {reading.quantity: reading for reading in reversed(readings)}
    return tuple(first[quantity] for quantity in wanted if quantity in first)


def _region(children: list[Any]) -> tuple[Shape, Reference] | None:
    """Return the shape of a TID 1410 group: its image region, and what makes it more than that."""
    drawn = [child for child in children if text(child, "ValueType") == "SCOORD"]
    shafts = [child for child in drawn if _concept(child) == ARROW.key]
    regions = [child for child in drawn if _concept(child) != ARROW.key]
    if not regions:
        return None
    image, points = _image(regions[0]), _points((shafts or regions)[0])
    if image is None or not points:
        return None
    comment = next((child for child in children if _concept(child) == COMMENT.key), None)
    words = "" if comment is None else paragraphs(str(comment.get("TextValue") or ""))
    shape = _drawn(text(regions[0], "GraphicType"), points, bool(shafts), words)
    return None if shape is None else (shape, image)


def _drawn(kind: str, points: list[Point], shaft: bool, words: str) -> Shape | None:
    if shaft:
        return Arrow(points[0], points[1]) if len(points) == 2 else None
    if kind == "POINT":
        return Note(points[0], words) if words else Probe(points[0])
    if kind == "POLYLINE":
        closed = len(points) > 1 and points[0] == points[-1]
        return FreehandRoi(tuple(points[:-1] if closed else points))
    if kind == "CIRCLE" and len(points) == 2:
        (x, y), rim = points[0], math.dist(*points)
        return EllipseRoi((x - rim, y - rim), (x + rim, y + rim))
    return _ellipse(points) if kind == "ELLIPSE" and len(points) == 4 else None


def _ellipse(points: list[Point]) -> EllipseRoi | FreehandRoi:
    """Return an upright ellipse, or an outline for one that is turned."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    flat = abs(y0 - y1) <= STRAIGHT and abs(x2 - x3) <= STRAIGHT
    steep = abs(x0 - x1) <= STRAIGHT and abs(y2 - y3) <= STRAIGHT
    if flat or steep:
        xs, ys = zip(*points, strict=True)
        return EllipseRoi((min(xs), min(ys)), (max(xs), max(ys)))
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    outline = []
    for corner in range(CORNERS):
        turn = math.tau * corner / CORNERS
        along, across = math.cos(turn) / 2, math.sin(turn) / 2
        x = middle_x + along * (x1 - x0) + across * (x3 - x2)
        outline.append((x, middle_y + along * (y1 - y0) + across * (y3 - y2)))
    return FreehandRoi(tuple(outline))


def _inferred(numbers_found: list[Any]) -> tuple[Shape, Reference] | None:
    """Return the shape of a TID 1501 group: the lines that its numbers were read off."""
    lines: dict[Quantity, list[list[Point]]] = {}
    image: Reference | None = None
    for item in numbers_found:
        quantity = SIZES.get(_concept(item) or ("", ""))
        drawn = [
            one for one in items(item, "ContentSequence") if text(one, "ValueType") == "SCOORD"
        ]
        if quantity is not None and drawn:
            lines.setdefault(quantity, [_points(one) for one in drawn])
            image = image or _image(drawn[0])
    shape = _lined(lines)
    return None if shape is None or image is None else (shape, image)


def _lined(lines: dict[Quantity, list[list[Point]]]) -> Shape | None:
    def of(quantity: Quantity, count: int) -> list[Point]:
        found = [point for line in lines.get(quantity, []) for point in line]
        return found if len(found) == count else []

    long, short = of(Quantity.LONG_AXIS, 2), of(Quantity.SHORT_AXIS, 2)
    if long and short:
        return Bidirectional(*long, *short)
    if cobb := of(Quantity.COBB_ANGLE, 4):
        return Cobb(*cobb)
    if angle := of(Quantity.ANGLE, 3):
        return Angle(*angle)
    line = of(Quantity.LENGTH, 2)
    return Length(*line) if line else None


def _points(item: Any) -> list[Point]:
    found = numbers(item, "GraphicData")
    if len(found) > 2 * MAX_POINTS or any(abs(part) > FARTHEST for part in found):
        return []
    return list(zip(found[::2], found[1::2], strict=False))


def _image(item: Any) -> Reference | None:
    for child in items(item, "ContentSequence"):
        found = items(child, "ReferencedSOPSequence")
        if text(child, "ValueType") == "IMAGE" and found:
            return reference(found[0])
    return None
