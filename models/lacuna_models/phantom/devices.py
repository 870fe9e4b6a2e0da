"""What was put into the chest: a tube, a central venous line, a pacemaker."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.anatomy import Anatomy
from lacuna_models.phantom.cases import Findings, Rng, Tip
from lacuna_models.phantom.grid import Grid, Plane, polyline, step

_LINE = ((-0.088, -0.54), (-0.08, -0.40), (-0.052, -0.27), (-0.066, -0.17))  # neck to vein


def devices(findings: Findings, chest: Anatomy, grid: Grid, rng: Rng) -> Plane:
    """Return the density of all devices."""
    dense = np.zeros_like(grid.x)
    if findings.tube:
        dense = dense + _tube(grid)
    if findings.line is not None:
        dense = np.maximum(dense, _line(findings.line, chest, grid, rng))
    if findings.pacemaker:
        dense = dense + _pacemaker(chest, grid)
    return dense


def _tube(grid: Grid) -> Plane:
    """An endotracheal tube: two walls and a radiopaque line, ending above the carina."""
    above = step(-0.175 - grid.y, 0.006)
    walls = np.exp(-(((np.abs(grid.x + 0.002) - 0.0125) / 0.0045) ** 2))
    line = np.exp(-(((grid.x - 0.004) / 0.005) ** 2))
    return np.asarray(above * (0.13 * walls + 0.24 * line), dtype=np.float32)


def _line(tip: Tip, chest: Anatomy, grid: Grid, rng: Rng) -> Plane:
    """A central venous line from the right side of the neck, along the vein's outer wall."""
    height = -0.105 if tip is Tip.CAVA else chest.dome[0] - 0.085
    end = height + rng.uniform(-0.015, 0.015)
    path = (*_LINE, (-0.078, -0.09), (-0.085, 0.0), (-0.08, 0.30))
    below = np.linspace(_LINE[-1][1], end, 8)
    above = np.linspace(_LINE[0][1], _LINE[-1][1], 10)
    y = np.concatenate((above, below[1:]))
    x = np.interp(y, [p[1] for p in path], [p[0] for p in path])
    x[1:-1] = (x[:-2] + 2 * x[1:-1] + x[2:]) / 4  # a catheter has no corners
    points = np.stack((x, y), axis=1).astype(np.float32)
    return np.asarray(0.27 * polyline(grid, points, 0.0048), dtype=np.float32)


def _pacemaker(chest: Anatomy, grid: Grid) -> Plane:
    """A left pectoral generator, and two leads into the right heart."""
    x, y = 0.265, -0.235
    can = ((np.abs(grid.x - x) / 0.062) ** 4 + (np.abs(grid.y - y) / 0.052) ** 4).astype(np.float32)
    dense = 0.42 * step(1 - can, 0.15)
    floor = chest.dome[0]
    for end_x, end_y in ((0.07, floor - 0.05), (-0.045, floor - 0.16)):
        dense = np.maximum(dense, 0.27 * _lead(grid, (x - 0.03, y), (end_x, end_y)))
    return np.asarray(dense, dtype=np.float32)


def _lead(grid: Grid, start: tuple[float, float], end: tuple[float, float]) -> Plane:
    """A lead along a quadratic curve through the vein beside the sternum."""
    bend = np.array((-0.12, -0.40))  # medial of a central venous line
    t = np.linspace(0, 1, 28, dtype=np.float32)[:, None]
    points = (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * bend + t**2 * np.array(end)
    return polyline(grid, points.astype(np.float32), 0.0055)
