"""Measurements at rest: what was drawn where, and what it measured. Frozen, pure.

``measurement_out`` writes them as DICOM SR (TID 1500), ``measurement_in`` reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lacuna.study import measure
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
    Scale,
    Shape,
    Statistics,
)
from lacuna.study.model import Image, Series, Study
from lacuna.study.softcopy import Reference

_GRID = 128.0  # positions in a pixel; 16 bits before the point and 8 after it fit a float's 24
_CORNERS = 3
_UUID_ROOT = "2.25."


class Quantity(StrEnum):
    """What a reading says."""

    LENGTH = "length"
    LONG_AXIS = "long axis"
    SHORT_AXIS = "short axis"
    ANGLE = "angle"
    COBB_ANGLE = "Cobb angle"
    AREA = "area"
    MEAN = "mean"
    SD = "standard deviation"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Reading:
    """One number. ``unit`` is UCUM: mm, mm2, deg, [hnsf'U], g/ml{SUVbw},
    {pixels}, {pixels2}, 1."""

    quantity: Quantity
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A shape on a frame, and its readings. ``measured`` makes one.

    ``uid`` names what was measured (Tracking Unique Identifier): the same finding on two images, or
    on two days, has one. ``item`` names this one measurement of it (Observation UID) and is ``uid``
    where nothing else is given; ``uid_of`` makes either of a mark's id.
    Points are rounded to 1/128 of a pixel and an ellipse's corners put in order when it is made:
    the 32 bit floats of DICOM hold that exactly, an ellipse's axes too, so that writing and
    reading gives an equal measurement. ``image.frames`` holds one frame, or none on an image that
    has but one. A bidirectional shape's first line is its long axis.

    Raises:
        ValueError: the readings do not suit the shape, or an outline has no area.
    """

    uid: str
    image: Reference
    shape: Shape
    readings: tuple[Reading, ...] = ()
    label: str = ""
    item: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "item", self.item or self.uid)
        object.__setattr__(self, "shape", rounded(self.shape))
        wanted = quantities_of(self.shape)
        if wanted is not None and tuple(one.quantity for one in self.readings) != wanted:
            raise ValueError("a line or an angle has its own readings, and no others")
        if isinstance(self.shape, FreehandRoi) and len(self.shape.path) < _CORNERS:
            raise ValueError("an outline has three corners or more")


def image_reference(study: Study, series: Series, image: Image, frame: int = 0) -> Reference:
    """Return what a measurement's ``image`` is: a frame, and the series and study it lies in."""
    return Reference(
        sop_class_uid=image.sop_class_uid,
        sop_instance_uid=image.sop_instance_uid,
        frames=(frame,) if image.frames > 1 else (),
        series_uid=series.series_instance_uid,
        study_uid=study.study_instance_uid,
    )


_QUANTITIES: dict[type[Shape], tuple[Quantity, ...]] = {
    Length: (Quantity.LENGTH,),
    Bidirectional: (Quantity.LONG_AXIS, Quantity.SHORT_AXIS),
    Angle: (Quantity.ANGLE,),
    Cobb: (Quantity.COBB_ANGLE,),
    Arrow: (),
    Note: (),
}


def quantities_of(shape: Shape) -> tuple[Quantity, ...] | None:
    """Return what is read off a shape, in order; None where that depends on the pixels, too."""
    return _QUANTITIES.get(type(shape))


def measured(
    uid: str,
    image: Reference,
    shape: Shape,
    scale: Scale,
    *,
    label: str = "",
    value_unit: str = "",
    statistics: Statistics | None = None,
    value: float | None = None,
) -> Measurement:
    """Return a measurement of a shape; see ``readings`` for the arguments after ``scale``."""
    exact = rounded(shape)
    if isinstance(exact, Bidirectional):
        long, short = measure.diameters(exact, scale)
        exact = Bidirectional(long.start, long.end, short.start, short.end)
    found = readings(exact, scale, value_unit, statistics, value)
    return Measurement(uid, image, exact, found, label)


def rounded(shape: Shape) -> Shape:
    """Return the shape with points that DICOM holds exactly; see ``Measurement``."""
    if isinstance(shape, EllipseRoi):
        (x0, y0), (x1, y1) = (_on_grid(point) for point in measure.points(shape))
        return EllipseRoi((min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1)))
    return measure.with_points(shape, [_on_grid(point) for point in measure.points(shape)])


def _on_grid(point: Point) -> Point:
    x, y = point
    return round(x * _GRID) / _GRID, round(y * _GRID) / _GRID


def uid_of(mark_id: str) -> str:
    """Return the UID of a mark's id: a UUID in hexadecimal (PS3.5 B.2), or a UID already."""
    return mark_id if "." in mark_id else f"{_UUID_ROOT}{int(mark_id, 16)}"


def id_of(uid: str) -> str:
    """Return the mark's id that a UID was made of; another program's UID is its own id."""
    number = uid.removeprefix(_UUID_ROOT)
    ours = uid.startswith(_UUID_ROOT) and number.isdecimal() and int(number) < 1 << 128
    return f"{int(number):032x}" if ours else uid


def readings(
    shape: Shape,
    scale: Scale,
    value_unit: str = "",
    statistics: Statistics | None = None,
    value: float | None = None,
) -> tuple[Reading, ...]:
    """Return what a shape measures, in the order in which it is told.

    Args:
        shape: on the image.
        scale: how large its pixels are.
        value_unit: of the pixels: HU, SUVbw or nothing.
        statistics: of a region.
        value: of a probe's pixel.
    """
    if isinstance(shape, Probe):
        unit = unit_code(value_unit)
        return () if value is None else (Reading(Quantity.VALUE, value, unit),)
    sizes = _sizes(shape, scale)
    return sizes if statistics is None else (*sizes, *_spread(statistics, unit_code(value_unit)))


def _sizes(shape: Shape, scale: Scale) -> tuple[Reading, ...]:
    distance = "mm" if scale.unit == "mm" else "{pixels}"
    square = "mm2" if scale.unit == "mm" else "{pixels2}"
    if isinstance(shape, Length):
        return (Reading(Quantity.LENGTH, measure.length(shape, scale), distance),)
    if isinstance(shape, Bidirectional):
        long, short = (measure.length(one, scale) for one in measure.diameters(shape, scale))
        return (
            Reading(Quantity.LONG_AXIS, long, distance),
            Reading(Quantity.SHORT_AXIS, short, distance),
        )
    if isinstance(shape, Angle):
        return (Reading(Quantity.ANGLE, measure.degrees(shape, scale), "deg"),)
    if isinstance(shape, Cobb):
        return (Reading(Quantity.COBB_ANGLE, measure.cobb_degrees(shape, scale), "deg"),)
    if isinstance(shape, EllipseRoi | FreehandRoi):
        return (Reading(Quantity.AREA, measure.area(shape, scale), square),)
    return ()


def _spread(found: Statistics, unit: str) -> tuple[Reading, ...]:
    return (
        Reading(Quantity.MEAN, found.mean, unit),
        Reading(Quantity.SD, found.sd, unit),
        Reading(Quantity.MINIMUM, found.minimum, unit),
        Reading(Quantity.MAXIMUM, found.maximum, unit),
    )


def unit_code(shown: str) -> str:
    """Return the UCUM code of what values count, as it is shown."""
    return {"HU": "[hnsf'U]", "SUVbw": "g/ml{SUVbw}"}.get(shown, "1")
