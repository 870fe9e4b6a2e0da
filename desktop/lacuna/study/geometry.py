"""Where an image lies in the patient, and how large its pixels are. Frozen, pure.

Patient coordinates are DICOM's: mm, x to the patient's left, y to the back, z to the head
(PS3.3 C.7.6.2.1.1). Image points are those of ``study.measure``: (x, y) in pixels from the upper
left corner of the picture, so that the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

Vector = tuple[float, float, float]
_EDGE = 0.5  # from a pixel's corner to its centre, in pixels


class SpacingSource(StrEnum):
    """What the distance of two pixels was taken from; decides what a length is worth."""

    NONE = "none"  # the file does not say: lengths are in pixels
    PATIENT = "patient"  # Pixel Spacing of a tomographic image: true in its plane
    CALIBRATED = "calibrated"  # Pixel Spacing of a projection, calibrated
    DETECTOR = "detector"  # Imager Pixel Spacing: true at the detector only


@dataclass(frozen=True, slots=True)
class Spacing:
    """How far pixels lie apart, in mm: ``row`` from row to row, ``column`` from column to column.

    ``note`` is a sentence for the reader where the lengths need one, else empty.
    """

    row: float
    column: float
    source: SpacingSource
    note: str = ""
    magnification: float | None = None  # of what lies before a detector, where the file estimates


@dataclass(frozen=True, slots=True)
class Plane:
    """Where one frame lies in its frame of reference.

    ``position`` is the centre of the first pixel, mm. ``along_row`` is the unit direction in which
    columns count up, ``along_column`` that in which rows do. ``thickness`` in mm, where known.
    """

    position: Vector
    along_row: Vector
    along_column: Vector
    spacing: tuple[float, float] | None  # row, column; mm
    thickness: float | None = None

    @property
    def normal(self) -> Vector:
        """The unit direction out of the plane: along the row x along the column."""
        return cross(self.along_row, self.along_column)

    @property
    def depth(self) -> float:
        """Where the plane lies along its own normal, mm: what a stack is ordered by."""
        return dot(self.position, self.normal)

    def at(self, x: float, y: float) -> Vector | None:
        """Return where an image point lies in the patient, mm; None without a spacing."""
        if self.spacing is None:
            return None
        down, across = (y - _EDGE) * self.spacing[0], (x - _EDGE) * self.spacing[1]
        along = zip(self.position, self.along_row, self.along_column, strict=True)
        first, second, third = (p + across * r + down * c for p, r, c in along)
        return first, second, third

    def point(self, place: Vector) -> tuple[float, float, float] | None:
        """Return the image point (x, y) nearest to a place, and its distance from the plane, mm.

        The distance is positive on the normal's side. None without a spacing.
        """
        if self.spacing is None:
            return None
        away = subtract(place, self.position)
        x = dot(away, self.along_row) / self.spacing[1] + _EDGE
        y = dot(away, self.along_column) / self.spacing[0] + _EDGE
        return x, y, dot(away, self.normal)


@dataclass(frozen=True, slots=True)
class Region:
    """A region of an ultrasound image, PS3.3 C.8.5.5: tissue in mm, or a trace in units of its own.

    Bounds are in whole pixels from 0, both ends inside. ``spacing`` is what one pixel down and one
    pixel across amount to, in ``units``: mm, s, cm/s ...; an axis whose unit is "" measures
    nothing. ``raised``: where regions overlap, it lies above those that are not (Region Flags).
    """

    left: int
    top: int
    right: int
    bottom: int
    spacing: tuple[float, float]
    units: tuple[str, str] = ("mm", "mm")
    raised: bool = True

    @property
    def in_mm(self) -> bool:
        """Whether lengths, areas and angles can be measured in it."""
        return self.units == ("mm", "mm")

    @property
    def area(self) -> int:
        """How many pixels it has."""
        return (self.right - self.left + 1) * (self.bottom - self.top + 1)

    def contains(self, x: float, y: float) -> bool:
        """Return whether an image point lies inside."""
        return self.left <= x <= self.right + 1 and self.top <= y <= self.bottom + 1


def dot(one: Vector, other: Vector) -> float:
    """Return the scalar product."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def cross(one: Vector, other: Vector) -> Vector:
    """Return the vector product."""
    (a, b, c), (d, e, f) = one, other
    return b * f - c * e, c * d - a * f, a * e - b * d


def subtract(one: Vector, other: Vector) -> Vector:
    """Return ``one - other``."""
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def unit(vector: Vector) -> Vector | None:
    """Return the direction of a vector; None where it has no length."""
    size = math.sqrt(dot(vector, vector))
    if size == 0 or not math.isfinite(size):
        return None
    return vector[0] / size, vector[1] / size, vector[2] / size
