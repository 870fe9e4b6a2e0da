"""A regular stack of slices as a volume: cut along its own axes, thin or as a slab. numpy only.

Nothing is copied: a cut gathers one line of each slice, so a volume costs no memory beside the
slices that are held anyway. A cut runs along the grid's own axes, named by the patient's axis that
they are nearest to; what it shows lies exactly where its plane says, also in a tilted stack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.study.geometry import Plane, Vector, dot, subtract, unit
from lacuna.study.model import Image, Series
from lacuna.study.physical import is_distance

Values = NDArray[Any]
Slices = Callable[[int], Values | None]
FEWEST = 3  # slices that make a volume
_UNEVEN = 0.02  # of the distance between two slices, by which one may miss its place
_PARALLEL = 0.9999  # the least cosine between normals, and between the normal and the way


class Axis(StrEnum):
    """Which way a cut looks: along the patient's own axes."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


class Projection(StrEnum):
    """How a slab becomes one image."""

    MEAN = "mean"
    MAXIMUM = "MIP"
    MINIMUM = "MinIP"


@dataclass(frozen=True, slots=True)
class Slab:
    """How thick a cut is, in mm; 0 is one layer of voxels."""

    millimetres: float = 0.0
    projection: Projection = Projection.MEAN


THIN = Slab()
SLABS = (
    THIN,
    Slab(5.0),
    Slab(10.0, Projection.MAXIMUM),
    Slab(20.0, Projection.MAXIMUM),
    Slab(10.0, Projection.MINIMUM),
)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the voxels of a regular stack lie: (slices, rows, columns) of them.

    ``directions`` are unit vectors along the slices, the rows' order and the columns' order;
    ``spacing`` the distances along each, mm. ``origin`` is the centre of the first voxel.
    ``thickness`` is a slice's own, mm, where the file tells it: slices may overlap, or leave gaps.
    """

    shape: tuple[int, int, int]
    origin: Vector
    directions: tuple[Vector, Vector, Vector]
    spacing: tuple[float, float, float]
    thickness: float | None = None

    def place(self, index: tuple[float, float, float]) -> Vector:
        """Return where a voxel lies in the patient, mm."""
        steps = zip(index, self.spacing, self.directions, strict=True)
        moves = [tuple(at * far * part for part in way) for at, far, way in steps]
        x, y, z = (sum(parts) for parts in zip(self.origin, *moves, strict=True))
        return x, y, z


@dataclass(frozen=True, slots=True)
class Cut:
    """How an axis runs through a grid.

    ``through`` is the grid's axis that the cut is scrolled along, ``down`` and ``across`` those of
    its rows and columns (0 slices, 1 rows, 2 columns); each with whether it runs backwards, so that
    the patient stands as is usual: head up, the left side at the right.
    """

    through: int
    down: int
    across: int
    through_back: bool
    down_back: bool
    across_back: bool


# For each way of looking: where scrolling, the rows' order and the columns' order should go.
_USUAL: dict[Axis, tuple[Vector, Vector, Vector]] = {
    Axis.AXIAL: ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
    Axis.CORONAL: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)),
    Axis.SAGITTAL: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)),
}


def grid_of(series: Series) -> Grid | None:
    """Return the grid of a series; None where its slices make no regular volume.

    They do if all are grey, of one size, parallel, evenly spaced along their normal, and in order,
    and if their values are in one unit.
    """
    frames = [(image, frame) for image in series.images for frame in range(image.frames)]
    planes = [image.plane(frame) for image, frame in frames]
    first = planes[0] if planes else None
    if len(frames) < FEWEST or first is None or first.spacing is None:
        return None
    if not _alike([image for image, _ in frames]):
        return None
    stack = [plane for plane in planes if plane is not None and _is_parallel(plane, first)]
    step = _step(stack) if len(stack) == len(frames) else None
    way = unit(step) if step is not None else None
    if step is None or way is None or abs(dot(way, first.normal)) < _PARALLEL:
        return None
    if not is_distance(dot(step, way)):
        return None
    image = frames[0][0]
    row, column = first.spacing
    return Grid(
        (len(frames), image.rows, image.columns),
        first.position,
        (way, first.along_column, first.along_row),
        (dot(step, way), row, column),
        first.thickness or None,
    )


def cut_of(grid: Grid, axis: Axis) -> Cut:
    """Return how an axis runs through a grid."""
    wanted = _USUAL[axis]
    through = _nearest(grid, wanted[0], (0, 1, 2))
    down = _nearest(grid, wanted[1], tuple(one for one in (0, 1, 2) if one != through))
    across = 3 - through - down
    back = [
        dot(grid.directions[own], way) < 0
        for own, way in zip((through, down, across), wanted, strict=True)
    ]
    return Cut(through, down, across, *back)


def planes_of(grid: Grid, axis: Axis) -> tuple[Plane, ...]:
    """Return where each image of an axis lies, in the order in which they are scrolled."""
    cut = cut_of(grid, axis)
    along_column = _turned(grid.directions[cut.down], cut.down_back)
    along_row = _turned(grid.directions[cut.across], cut.across_back)
    spacing = grid.spacing[cut.down], grid.spacing[cut.across]
    corner = [0.0, 0.0, 0.0]
    corner[cut.down] = grid.shape[cut.down] - 1.0 if cut.down_back else 0.0
    corner[cut.across] = grid.shape[cut.across] - 1.0 if cut.across_back else 0.0
    found = []
    thick = _layer_thickness(grid, cut)
    for number in range(grid.shape[cut.through]):
        corner[cut.through] = float(_layer(grid, cut, number))
        position = grid.place((corner[0], corner[1], corner[2]))
        found.append(Plane(position, along_row, along_column, spacing, thick))
    return tuple(found)


def thickness_of(grid: Grid, axis: Axis, number: int, slab: Slab = THIN) -> float:
    """Return how thick an image of an axis really is, mm.

    A slab is made of whole layers and ends with the volume: seldom just as thick as was asked for.
    """
    cut = cut_of(grid, axis)
    layers = len(_layers(grid, cut, number, slab))
    return (layers - 1) * grid.spacing[cut.through] + _layer_thickness(grid, cut)


def size_of(grid: Grid, axis: Axis) -> tuple[int, int]:
    """Return (rows, columns) of the images of an axis."""
    cut = cut_of(grid, axis)
    return grid.shape[cut.down], grid.shape[cut.across]


def image_at(
    grid: Grid, slices: Slices, axis: Axis, number: int, slab: Slab = THIN
) -> tuple[Values, bool]:
    """Return one image of an axis, and whether every slice that it needs was there.

    Args:
        grid: of the series.
        slices: gives a slice's values, (rows, columns), or None where they are not decoded yet.
            What is missing is as dark as the darkest that is there.
        axis: which way it looks.
        number: from 0, in the order of ``planes_of``.
        slab: how thick it is, about ``number``.

    Returns:
        Values of the slices' own dtype (MEAN: rounded to it), (rows, columns).
    """
    cut = cut_of(grid, axis)
    layers = _layers(grid, cut, number, slab)
    gathered, whole = _gather(grid, slices, cut, layers, slab.projection)
    order = [one for one in (0, 1, 2) if one != cut.through]
    values = gathered if order == [cut.down, cut.across] else gathered.T
    values = values[::-1] if cut.down_back else values
    values = values[:, ::-1] if cut.across_back else values
    return np.ascontiguousarray(values), whole


def _gather(
    grid: Grid, slices: Slices, cut: Cut, layers: range, projection: Projection
) -> tuple[Values, bool]:
    """Return the two axes that the cut does not run through, in the grid's order."""
    if cut.through == 0:
        found = [one for one in (slices(number) for number in layers) if one is not None]
        if not found:
            return np.zeros(grid.shape[1:], np.int16), False
        return _project(np.stack(found), projection, 0), len(found) == len(layers)
    lines: list[Values | None] = []
    for number in range(grid.shape[0]):
        one = slices(number)
        lines.append(None if one is None else _line(one, cut.through - 1, layers, projection))
    there = [line for line in lines if line is not None]
    length = grid.shape[3 - cut.through]
    if not there:
        return np.zeros((grid.shape[0], length), np.int16), False
    kind = np.result_type(*{line.dtype for line in there})
    dark = min(line.min() for line in there) if len(there) < len(lines) else 0
    gathered = np.full((grid.shape[0], length), dark, kind)
    for number, line in enumerate(lines):
        if line is not None:
            gathered[number] = line
    return gathered, len(there) == len(lines)


def _line(values: Values, axis: int, layers: range, projection: Projection) -> Values:
    if len(layers) == 1:
        return values[layers.start] if axis == 0 else values[:, layers.start]
    part = slice(layers.start, layers.stop)
    return _project(values[part] if axis == 0 else values[:, part], projection, axis)


def _project(values: Values, projection: Projection, axis: int) -> Values:
    if values.shape[axis] == 1:
        return np.asarray(values.take(0, axis=axis))
    if projection is Projection.MAXIMUM:
        return np.asarray(values.max(axis=axis))
    if projection is Projection.MINIMUM:
        return np.asarray(values.min(axis=axis))
    mean = values.mean(axis=axis, dtype=np.float64)
    if values.dtype.kind == "f":
        return np.asarray(mean.astype(values.dtype))
    return np.asarray(np.rint(mean).astype(values.dtype))


def _layers(grid: Grid, cut: Cut, number: int, slab: Slab) -> range:
    """Return the layers of a slab about an image, held within the volume."""
    middle, count = _layer(grid, cut, number), grid.shape[cut.through]
    thick = max(round(slab.millimetres / grid.spacing[cut.through]), 1)
    start = min(max(middle - (thick - 1) // 2, 0), count - 1)
    return range(start, min(max(middle + thick // 2 + 1, start + 1), count))


def _layer_thickness(grid: Grid, cut: Cut) -> float:
    own = grid.thickness if cut.through == 0 else None
    return own or grid.spacing[cut.through]


def _layer(grid: Grid, cut: Cut, number: int) -> int:
    count = grid.shape[cut.through]
    held = min(max(number, 0), count - 1)
    return count - 1 - held if cut.through_back else held


def _alike(images: list[Image]) -> bool:
    first = images[0]
    alike = all(_kind(one) == _kind(first) for one in images)
    return alike and first.photometric.startswith("MONOCHROME")


def _kind(image: Image) -> tuple[object, ...]:
    """Return what slices must share: a cut's values have one unit, so theirs must be the same."""
    unit = image.value_unit, image.suv_factor
    return image.rows, image.columns, image.photometric, image.frame_of_reference, *unit


def _is_parallel(plane: Plane, first: Plane) -> bool:
    row = dot(plane.along_row, first.along_row)
    column = dot(plane.along_column, first.along_column)
    return plane.spacing == first.spacing and min(row, column) > _PARALLEL


def _step(planes: list[Plane]) -> Vector | None:
    """Return the way from one slice to the next; None where a slice is not where it should be."""
    whole = subtract(planes[-1].position, planes[0].position)
    count = len(planes) - 1
    step = whole[0] / count, whole[1] / count, whole[2] / count
    length = dot(step, step) ** 0.5
    for number, plane in enumerate(planes):
        at = subtract(plane.position, planes[0].position)
        miss = subtract(at, (step[0] * number, step[1] * number, step[2] * number))
        if dot(miss, miss) ** 0.5 > _UNEVEN * length:
            return None
    return step if length > 0 else None


def _nearest(grid: Grid, way: Vector, among: tuple[int, ...]) -> int:
    return max(among, key=lambda own: abs(dot(grid.directions[own], way)))


def _turned(way: Vector, back: bool) -> Vector:
    return (-way[0], -way[1], -way[2]) if back else way
