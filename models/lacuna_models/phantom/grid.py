"""The plane a phantom is drawn on: its coordinates, and soft-edged shapes.

Edges are smooth over at least a 128th of the picture, so that a large picture made small equals a
small one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna_models.phantom.anatomy import Anatomy
from lacuna_models.phantom.cases import Rng

Plane = NDArray[np.floating[Any]]
Chances = Callable[[str], Rng]  # a finding's own stream of chance, by its group's name

EDGE = 0.008


@dataclass(frozen=True, slots=True)
class Grid:
    """The body's own coordinates at every pixel, float32 (size, size)."""

    x: Plane
    y: Plane


def body_grid(chest: Anatomy, size: int) -> Grid:
    """Return the coordinates of every pixel's centre in a chest that is turned and shifted."""
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    x, y = (axis[None, :] - chest.shift[0]), (axis[:, None] - chest.shift[1])
    cos, sin = np.cos(chest.turn) / chest.scale, np.sin(chest.turn) / chest.scale
    return Grid((x * cos + y * sin).astype(np.float32), (y * cos - x * sin).astype(np.float32))


def step(value: Plane, width: float = EDGE) -> Plane:
    """Return 1 where value is well above 0, 0 well below, smooth between."""
    return np.asarray(0.5 + 0.5 * np.tanh(value / width), dtype=np.float32)


def blob(grid: Grid, x: float, y: float, rx: float, ry: float) -> Plane:
    """Return the squared elliptic distance from a point: below 1 inside."""
    return np.asarray(((grid.x - x) / rx) ** 2 + ((grid.y - y) / ry) ** 2, dtype=np.float32)


def texture_of(rng: Rng, grid: Grid, cells: int = 14) -> Plane:
    """Return a smooth random field, about -1..1, the same at every size."""
    nodes = rng.standard_normal((cells + 3, cells + 3)).astype(np.float32) * 0.6
    u = np.clip((grid.x + 0.7) / 1.4, 0, 0.999) * cells
    v = np.clip((grid.y + 0.7) / 1.4, 0, 0.999) * cells
    i, j = v.astype(np.intp), u.astype(np.intp)
    a, b = v - i, u - j
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
    top = nodes[i, j] * (1 - b) + nodes[i, j + 1] * b
    low = nodes[i + 1, j] * (1 - b) + nodes[i + 1, j + 1] * b
    return np.asarray(top * (1 - a) + low * a, dtype=np.float32)


def polyline(grid: Grid, points: Plane, width: float) -> Plane:
    """Return 1 on a line through points, smooth at its edge, (size, size)."""
    best = np.full_like(grid.x, 1.0)
    for a, b in pairwise(points):
        d = b - a
        along = ((grid.x - a[0]) * d[0] + (grid.y - a[1]) * d[1]) / float(d @ d)
        along = np.clip(along, 0, 1)
        gap = (grid.x - a[0] - along * d[0]) ** 2 + (grid.y - a[1] - along * d[1]) ** 2
        best = np.minimum(best, gap)
    return np.asarray(np.exp(-best / width**2), dtype=np.float32)


def disc(grid: Grid, x: float, y: float, radius: float, width: float) -> Plane:
    """Return 1 inside a circle, with an edge of its own width however small the circle is."""
    distance = np.sqrt((grid.x - x) ** 2 + (grid.y - y) ** 2)
    return step(np.asarray(radius - distance, dtype=np.float32), width)
