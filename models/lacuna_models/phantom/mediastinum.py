"""What lies between and below the lungs: heart, airway, stomach, a hiatus hernia."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.anatomy import Anatomy
from lacuna_models.phantom.cases import Findings, Heart, Rng
from lacuna_models.phantom.grid import Grid, Plane, blob, step

_HEART = {Heart.NORMAL: 1.0, Heart.MILD: 1.22, Heart.LARGE: 1.5}


def heart_shadow(findings: Findings, chest: Anatomy, grid: Grid) -> Plane:
    """Heart, aortic knob and great vessels: 1 inside."""
    size = _HEART[findings.heart] * chest.heart
    base = chest.dome[0] - 0.015
    lean = grid.x * 0.35
    main = blob(
        Grid(grid.x, (grid.y - lean).astype(np.float32)),
        0.058 * size,
        base - 0.105 * size**0.5,
        0.128 * size,
        0.135 * size**0.6,
    )
    right = blob(grid, -0.03, base - 0.10, 0.078 * size, 0.145)
    knob = blob(grid, 0.055, -0.165, 0.042 * chest.aorta, 0.045)
    trunk = blob(grid, 0.03, -0.05, 0.062, 0.13)
    shadow = np.zeros_like(grid.x)
    for part in (main, right, knob, trunk):
        shadow = np.maximum(shadow, step(1 - part, 0.11))
    column = step(0.058 - np.abs(grid.x), 0.014) * step(grid.y + 0.42, 0.03)
    return np.asarray(np.maximum(shadow, column), dtype=np.float32)


def trachea(grid: Grid) -> Plane:
    """Return the air of the windpipe and the main bronchi, which part at the carina."""
    tube = step(0.022 - np.abs(grid.x), 0.008) * step(-0.10 - grid.y, 0.02)
    fork = np.abs(np.abs(grid.x) - 1.0 * np.clip(grid.y + 0.11, 0, 1))
    bronchi = step(0.014 - fork, 0.008) * step(grid.y + 0.12, 0.01) * step(-0.03 - grid.y, 0.02)
    return np.asarray(np.maximum(tube, 0.7 * bronchi), dtype=np.float32)


def gas(chest: Anatomy, grid: Grid) -> Plane:
    """Air in the stomach, under the left dome."""
    top = chest.dome[1] + 0.075
    return step(1 - blob(grid, 0.20, top, 0.075 * chest.gas, 0.032 * chest.gas), 0.35)


def hernia(chest: Anatomy, grid: Grid, rng: Rng) -> tuple[Plane, Plane]:
    """Return the air and the rest of a stomach that slid up behind the heart.

    Its wall is round, its fluid's surface level.
    """
    radius = rng.uniform(0.066, 0.08)
    x, y = rng.uniform(0.03, 0.06), chest.dome[0] - 0.035 - 0.8 * radius
    out = np.sqrt(blob(grid, x, y, radius, 0.9 * radius)) - 1
    inside = step(-out, 0.1)
    wall = np.exp(-((out / 0.09) ** 2))
    surface = grid.y - y - rng.uniform(-0.012, 0.006)
    fluid = inside * step(surface, 0.005)
    air = np.clip(inside - fluid, 0, 1) * step(-out - 0.08, 0.1)
    return air, np.asarray(np.maximum(0.13 * wall, 0.14 * fluid), dtype=np.float32)
