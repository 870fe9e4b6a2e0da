"""Measuring on an image: frozen shapes, how long a pixel is, what a shape measures. Pure.

Points are (x, y) in image pixels with their origin at the image's upper left corner, so the centre
of the first pixel is (0.5, 0.5). Lengths and angles are taken in the plane of the scale, not of the
grid: pixels need not be square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.study.geometry import SpacingSource
from lacuna.study.model import Image

Point = tuple[float, float]
_RIGHT_ANGLE_SLACK = 15.0  # degrees by which two diameters of one finding may miss 90
_OVERSHOOT = 0.1  # of its length, by which a diameter may miss the other one
_SLANT = 0.1  # the rise of a line, over its run, up to which it still lies along an axis


class Lack(StrEnum):
    """Why nothing is as long as it looks: all of it about regions of ultrasound images."""

    NONE = ""
    REGION = "region"  # the region's axes are no distances: a spectrum, M-mode, a trace
    CROSSING = "crossing"  # the shape reaches from one region into another
    LEAVING = "leaving"  # the shape reaches out of its region


@dataclass(frozen=True, slots=True)
class Amount:
    """So many of a unit: 0.42 s, 85 cm/s. ``unit`` is "" where nothing is measured."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Scale:
    """How high and wide a pixel is, in ``unit``: mm, or px where the file does not say.

    ``at_detector``: true at the detector only; what lies before it is smaller, by ``magnification``
    where the file estimates it. ``calibrated``: a projection's, brought to the patient's own size.
    ``aspect`` is a pixel's height over its width where that is all that is known: it turns angles,
    and no pixel count.

    ``lack`` says why there is no length, area or angle; a pixel counts as one then. ``axes`` are
    what a pixel down and a pixel across amount to in a region of units of its own, else ().
    """

    row: float = 1.0
    column: float = 1.0
    unit: str = "px"
    at_detector: bool = False
    magnification: float | None = None
    aspect: float = 1.0
    calibrated: bool = False
    lack: Lack = Lack.NONE
    axes: tuple[Amount, ...] = ()


@dataclass(frozen=True, slots=True)
class Length:
    """A straight line."""

    start: Point
    end: Point


@dataclass(frozen=True, slots=True)
class Angle:
    """Two arms that meet in the vertex."""

    first: Point
    vertex: Point
    second: Point


@dataclass(frozen=True, slots=True)
class EllipseRoi:
    """The ellipse that fills a rectangle along rows and columns, by two opposite corners."""

    corner: Point
    opposite: Point


@dataclass(frozen=True, slots=True)
class Probe:
    """One pixel's value."""

    at: Point


@dataclass(frozen=True, slots=True)
class Arrow:
    """Points at something, measures nothing."""

    head: Point
    tail: Point


@dataclass(frozen=True, slots=True)
class Bidirectional:
    """Two diameters of one finding, in any order; the longer is the long axis."""

    start: Point
    end: Point
    cross_start: Point
    cross_end: Point


@dataclass(frozen=True, slots=True)
class Cobb:
    """Two lines that need not meet: along the end plates of two vertebrae."""

    start: Point
    end: Point
    other_start: Point
    other_end: Point


@dataclass(frozen=True, slots=True)
class FreehandRoi:
    """A closed outline; the last point joins the first. Crossing itself, it counts even-odd."""

    path: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Words at a place; measures nothing."""

    at: Point
    words: str


Shape = Length | Angle | EllipseRoi | Probe | Arrow | Bidirectional | Cobb | FreehandRoi | Note


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the values whose pixel centres lie inside; ``sd`` of these values, not an estimate."""

    count: int
    mean: float
    sd: float
    minimum: float
    maximum: float


def scale_of(image: Image, frame: int = 0) -> Scale:
    """Return how large the pixels of one of an image's frames are."""
    plane = image.plane(frame)
    spacing = image.pixel_spacing if plane is None else plane.spacing or image.pixel_spacing
    if spacing is None:
        return Scale(aspect=image.aspect)
    row, column = spacing
    source = image.spacing.source if image.spacing is not None else SpacingSource.NONE
    return Scale(
        row,
        column,
        "mm",
        image.at_detector,
        image.magnification,
        calibrated=source is SpacingSource.CALIBRATED,
    )


def points(shape: Shape) -> tuple[Point, ...]:
    """Return the points that make the shape, in the order in which they are set."""
    if isinstance(shape, FreehandRoi):
        return shape.path
    if isinstance(shape, Note):
        return (shape.at,)
    return astuple(shape)


def with_points(shape: Shape, found: Sequence[Point]) -> Shape:
    """Return the shape made of other points, as many as it has."""
    if isinstance(shape, FreehandRoi):
        return FreehandRoi(tuple(found))
    if isinstance(shape, Note):
        return Note(found[0], shape.words)
    return type(shape)(*found)


def with_point(shape: Shape, number: int, point: Point) -> Shape:
    """Return the shape with one of its points elsewhere."""
    found = list(points(shape))
    found[number] = point
    return with_points(shape, found)


def moved(shape: Shape, dx: float, dy: float) -> Shape:
    """Return the shape elsewhere, in image pixels."""
    return with_points(shape, [(x + dx, y + dy) for x, y in points(shape)])


def length(line: Length | Arrow, scale: Scale) -> float:
    """Return how long a line is, in the scale's unit."""
    start, end = points(line)
    return math.hypot(*_between(start, end, scale))


def amounts(line: Length, scale: Scale) -> tuple[Amount, ...]:
    """Return what a line amounts to along axes that are no distances: across, then down.

    One amount where the line lies along an axis; () where an axis that it runs along measures
    nothing.
    """
    if not scale.axes:
        return ()
    down, across = scale.axes
    wide, high = abs(line.end[0] - line.start[0]), abs(line.end[1] - line.start[1])
    found = []
    if wide > _SLANT * high:
        found.append(Amount(wide * across.value, across.unit))
    if high > _SLANT * wide or not wide:
        found.append(Amount(high * down.value, down.unit))
    return tuple(found) if all(one.unit for one in found) else ()


def degrees(angle: Angle, scale: Scale) -> float:
    """Return the angle between the arms, 0 to 180; 0 where an arm has no length."""
    one = _way(angle.vertex, angle.first, scale)
    other = _way(angle.vertex, angle.second, scale)
    return math.degrees(abs(math.atan2(_cross(one, other), _dot(one, other))))


def cobb_degrees(cobb: Cobb, scale: Scale) -> float:
    """Return the angle between the two lines, whichever way they were drawn: 0 to 90."""
    one = _way(cobb.start, cobb.end, scale)
    other = _way(cobb.other_start, cobb.other_end, scale)
    return math.degrees(math.atan2(abs(_cross(one, other)), abs(_dot(one, other))))


def diameters(shape: Bidirectional, scale: Scale) -> tuple[Length, Length]:
    """Return the long and the short axis."""
    pair = Length(shape.start, shape.end), Length(shape.cross_start, shape.cross_end)
    return pair if length(pair[0], scale) >= length(pair[1], scale) else (pair[1], pair[0])


def area(roi: EllipseRoi | FreehandRoi, scale: Scale) -> float:
    """Return the region's area, in the square of the scale's unit."""
    if isinstance(roi, FreehandRoi):
        sides = zip(roi.path, (*roi.path[1:], *roi.path[:1]), strict=True)
        return abs(sum(_cross(one, other) for one, other in sides)) / 2 * scale.row * scale.column
    width, height = _between(roi.corner, roi.opposite, scale)
    return math.pi / 4 * abs(width * height)


def statistics(roi: EllipseRoi | FreehandRoi, values: NDArray[Any]) -> Statistics | None:
    """Return what lies inside, of grey ``values`` (rows, columns); None if no pixel's centre does.

    What reaches beyond the image is left out, and what is no finite number.
    """
    rows, columns = values.shape[:2]
    xs, ys = zip(*points(roi), strict=True)
    left, right = max(math.floor(min(xs)), 0), min(math.ceil(max(xs)), columns)
    top, bottom = max(math.floor(min(ys)), 0), min(math.ceil(max(ys)), rows)
    if left >= right or top >= bottom:
        return None
    across, down = np.arange(left, right) + 0.5, np.arange(top, bottom)[:, None] + 0.5
    inside = values[top:bottom, left:right][_mask(roi, across, down)]
    if inside.size == 0:
        return None
    exact = inside.astype(np.float64)
    exact = exact[np.isfinite(exact)]
    if exact.size == 0:
        return None
    ends = float(exact.min()), float(exact.max())
    return Statistics(exact.size, float(exact.mean()), float(exact.std()), *ends)


def value_at(probe: Probe, values: NDArray[Any]) -> tuple[float, ...]:
    """Return the pixel's value, one for grey, three for colour.

    () beyond the image, and where it is no finite number.
    """
    column, row = (math.floor(part) for part in probe.at)
    if not (0 <= row < values.shape[0] and 0 <= column < values.shape[1]):
        return ()
    found = tuple(float(part) for part in np.atleast_1d(values[row, column]))
    return found if all(math.isfinite(part) for part in found) else ()


def are_diameters(one: Length, other: Length, scale: Scale) -> bool:
    """Whether two lines are the two diameters of one finding: across each other, at right angles.

    A line that ends just before the other still counts; so does an angle that is not quite right.
    Where there are no lengths there are no diameters.
    """
    if scale.lack:
        return False
    first, second = (_way(line.start, line.end, scale) for line in (one, other))
    turn = _cross(first, second)
    long = math.hypot(*first) * math.hypot(*second)
    if long == 0 or abs(turn) < long * math.cos(math.radians(_RIGHT_ANGLE_SLACK)):
        return False
    apart = _way(one.start, other.start, scale)
    along = _cross(apart, second) / turn, _cross(apart, first) / turn
    return all(-_OVERSHOOT <= part <= 1 + _OVERSHOOT for part in along)


def _mask(
    roi: EllipseRoi | FreehandRoi, across: NDArray[Any], down: NDArray[Any]
) -> NDArray[np.bool_]:
    """Return which of the points (``across``, ``down``) lie inside: (rows, columns) bool."""
    if isinstance(roi, FreehandRoi):
        return _inside_path(roi.path, across, down)
    (x0, x1), (y0, y1) = zip(roi.corner, roi.opposite, strict=True)
    if x0 == x1 or y0 == y1:
        return np.zeros((down.size, across.size), dtype=bool)
    along = (across - (x0 + x1) / 2) / ((x1 - x0) / 2)
    below = (down - (y0 + y1) / 2) / ((y1 - y0) / 2)
    return np.asarray(along**2 + below**2 <= 1)


def _inside_path(
    path: tuple[Point, ...], across: NDArray[Any], down: NDArray[Any]
) -> NDArray[np.bool_]:
    """Count how many sides lie to the right of each point: inside where it is odd."""
    inside = np.zeros((down.size, across.size), dtype=bool)
    sides = zip(path, (*path[1:], *path[:1]), strict=True)
    heights = down[:, 0]
    for (x0, y0), (x1, y1) in sides:
        if y0 != y1:  # only the rows that a side meets are looked at: an outline may be long
            met = slice(*np.searchsorted(heights, (min(y0, y1), max(y0, y1))))
            inside[met] ^= across < x0 + (down[met] - y0) / (y1 - y0) * (x1 - x0)
    return inside


def _between(start: Point, end: Point, scale: Scale) -> Point:
    return (end[0] - start[0]) * scale.column, (end[1] - start[1]) * scale.row


def _way(start: Point, end: Point, scale: Scale) -> Point:
    """Return the way from one point to another as it is seen: pixels may be higher than wide."""
    across, down = _between(start, end, scale)
    return across, down * scale.aspect


def _cross(one: Point, other: Point) -> float:
    return one[0] * other[1] - one[1] * other[0]


def _dot(one: Point, other: Point) -> float:
    return one[0] * other[0] + one[1] * other[1]
