"""Measurements at rest: what was drawn where, and what it measured. Frozen, pure.

``measurement_out`` writes them as DICOM SR (TID 1500), ``measurement_in`` reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lacuna.study import measure
from lacuna.study.measure import (
    Angle,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Probe,
    Scale,
    Shape,
    Statistics,
)
from lacuna.study.softcopy import Reference


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
    """One number. ``unit`` is UCUM: mm, mm2, deg, [hnsf'U], g/ml{SUVbw}, {pixels}, 1."""

    quantity: Quantity
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A shape on a frame, and its readings.

    ``uid`` names it for ever (Tracking Unique Identifier). Points are rounded to the nearest that
    DICOM can hold (32 bit floats) when it is made, so that writing and reading gives an equal one.
    ``image.frames`` holds one frame, or none on an image of a single frame.
    """

    uid: str
    image: Reference
    shape: Shape
    readings: tuple[Reading, ...] = ()
    label: str = ""

    def __post_init__(self) -> None:
        rounded = [
            (float(np.float32(x)), float(np.float32(y))) for x, y in measure.points(self.shape)
        ]
        object.__setattr__(self, "shape", measure.with_points(self.shape, rounded))


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
        unit = _value_unit(value_unit)
        return () if value is None else (Reading(Quantity.VALUE, value, unit),)
    sizes = _sizes(shape, scale)
    return sizes if statistics is None else (*sizes, *_spread(statistics, _value_unit(value_unit)))


def _sizes(shape: Shape, scale: Scale) -> tuple[Reading, ...]:
    distance = "mm" if scale.unit == "mm" else "{pixels}"
    square = "mm2" if scale.unit == "mm" else "{pixels}2"
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


def _value_unit(shown: str) -> str:
    return {"HU": "[hnsf'U]", "SUVbw": "g/ml{SUVbw}"}.get(shown, "1")
