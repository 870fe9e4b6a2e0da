"""Lungs: their air and vessels, and what fills or empties a whole side."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.anatomy import SIGN, Anatomy
from lacuna_models.phantom.cases import Amount, Findings, Rng, Side
from lacuna_models.phantom.grid import Chances, Grid, Plane, step
from lacuna_models.phantom.opacities import opacities
from lacuna_models.phantom.vessels import oedema, vessels_of

_FLUID = {Amount.SMALL: 0.075, Amount.MODERATE: 0.20, Amount.LARGE: 0.36}


def lung_shape(chest: Anatomy, grid: Grid, side: Side) -> tuple[Plane, Plane]:
    """Return a lung's mask, and the distance from its outer wall (positive inside)."""
    x = grid.x * SIGN[side]
    dome = chest.dome_of(side)
    down = np.clip((grid.y - chest.apex) / (dome + 0.1 - chest.apex), 0.0, 1.0)
    outer = 0.06 + (chest.lung_outer - 0.06) * np.sqrt(np.clip(1 - (1 - down) ** 2.6, 0, 1))
    middle = 0.5 * (chest.lung_outer + chest.lung_inner) - 0.035
    bow = np.where(x > middle, 2.9, 1.0)
    arch = dome + bow * (x - middle) ** 2
    wall = np.minimum(outer - x, (grid.y - chest.apex) * 1.2)
    inner = step(x - chest.lung_inner)
    mask = step(wall) * inner * step(arch - grid.y)
    return mask, np.asarray(wall, np.float32)


def lung(
    findings: Findings, chest: Anatomy, grid: Grid, side: Side, texture: Plane, chances: Chances
) -> tuple[Plane, Plane]:
    """Return the air of a lung, 0..1, and what is dense in it."""
    mask, wall = lung_shape(chest, grid, side)
    vessels = vessels_of(chest, grid, side, findings.oedema)
    haze = 0.16 * np.clip((grid.y + 0.35) * 1.1, 0, 1)
    dense = np.zeros_like(grid.x)
    air = mask * (0.98 - haze)
    if findings.pneumothorax is side:
        free, line = _collapse(chest, grid, side, wall, chances("pneumothorax"))
        vessels = vessels * (1 - free)
        air = air * (1 + 0.16 * free)
        dense = dense + 0.16 * line * mask
    if findings.oedema:
        dense = dense + mask * oedema(chest, grid, side, wall)
    dense = dense + 0.17 * vessels * mask
    dense = dense + mask * opacities(findings, chest, grid, side, texture, chances)
    amount = findings.effusion(side)
    if amount is not Amount.NONE:
        rng = chances(f"effusion_{side}")
        air = air * (1 - 0.94 * _fluid(chest, grid, side, amount, rng))
        dense = dense * (1 - 0.8 * (air < 0.1))
    return np.asarray(air, np.float32), np.asarray(dense, np.float32)


def _collapse(chest: Anatomy, grid: Grid, side: Side, wall: Plane, rng: Rng) -> tuple[Plane, Plane]:
    """Return the free pleural air outside a collapsed lung, and the visceral pleura's line."""
    depth = rng.uniform(0.05, 0.085)
    fade = np.clip((0.16 - grid.y) / 0.45, 0, 1)
    border = depth * (0.35 + 0.9 * fade) * (grid.y < 0.3)
    free = step(border - wall, 0.006)
    line = np.exp(-(((wall - border) / 0.007) ** 2)) * step(0.2 - grid.y, 0.03)
    return free, np.asarray(line, dtype=np.float32)


def _fluid(chest: Anatomy, grid: Grid, side: Side, amount: Amount, rng: Rng) -> Plane:
    """Pleural fluid: below a meniscus that climbs along the outer wall."""
    x = np.clip(grid.x * SIGN[side], 0, 0.5)
    height = _FLUID[amount] * rng.uniform(0.92, 1.08)
    climb = 0.10 * np.clip((x - 0.15) / 0.22, 0, 1) ** 2
    level = chest.dome_of(side) + 0.075 - height - climb
    return step(grid.y - level, 0.013)
