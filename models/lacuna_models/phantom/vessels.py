"""The lungs' vessels, and what leaks from them in heart failure."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.anatomy import SIGN, Anatomy
from lacuna_models.phantom.cases import Side
from lacuna_models.phantom.grid import Grid, Plane, step


def vessels_of(chest: Anatomy, grid: Grid, side: Side, congested: bool = False) -> Plane:
    """Return the hilum, and branches that fan out from it and fade; congested ones are thick."""
    x = grid.x * SIGN[side] - 0.085
    y = grid.y + (0.0 if side is Side.RIGHT else 0.02)
    radius = np.sqrt(x * x + y * y) + 0.02
    angle = np.arctan2(y, x)
    first, second = chest.vessel_phase[:2] if side is Side.RIGHT else chest.vessel_phase[2:]
    swirl = 2.2 * np.log(radius / 0.05)
    fan = np.cos(7 * angle + first + swirl) + 0.8 * np.cos(12 * angle + second - 1.5 * swirl)
    floor, reach = (0.0, 0.16) if congested else (0.35, 0.12)
    branches = np.clip(fan - floor, 0, 1.2) * np.exp(-radius / reach) * np.clip(radius / 0.07, 0, 1)
    hilum = np.exp(-(((x - 0.005) / 0.028) ** 2) - (y / 0.055) ** 2)
    return np.asarray(chest.vessels * (1.1 * branches + 0.8 * hilum), dtype=np.float32)


def oedema(chest: Anatomy, grid: Grid, side: Side, wall: Plane) -> Plane:
    """Return interstitial oedema: perihilar haze, a net below, septal lines at the rim."""
    x = grid.x * SIGN[side]
    haze = np.exp(-(((x - 0.09) / 0.10) ** 2) - (grid.y / 0.15) ** 2)
    low = step(grid.y - chest.dome_of(side) + 0.23, 0.03)
    net = np.abs(np.sin(np.pi * (x + 0.8 * grid.y) / 0.034))
    net = np.maximum(net, np.abs(np.sin(np.pi * (x - 0.9 * grid.y) / 0.038))) ** 6
    septa = 0.5 + 0.5 * np.cos(2 * np.pi * (grid.y - 0.1 * x) / 0.029)
    rim = step(wall - 0.006, 0.004) * step(0.058 - wall, 0.006)
    return np.asarray(
        0.15 * haze + low * (0.06 * net * step(x - 0.13, 0.03) + 0.19 * septa**2 * rim),
        dtype=np.float32,
    )
