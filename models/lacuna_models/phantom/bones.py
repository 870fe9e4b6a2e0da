"""Ribs, spine and clavicles."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.anatomy import SIGN, Anatomy
from lacuna_models.phantom.cases import Findings, Rng, Side
from lacuna_models.phantom.grid import Grid, Plane, step

_SNAP = 0.205  # where a clavicle breaks, from the midline
_GAP = 0.009  # half of the break's width


def bones(
    findings: Findings, chest: Anatomy, grid: Grid, body: Plane, lungs: Plane, rng: Rng
) -> Plane:
    """Return the density of all bone; a fracture alters one clavicle."""
    cage = 0.062 * chest.rib_contrast * (ribs(chest, grid) * (0.35 + 0.65 * lungs))
    clavicles = _clavicles(chest, grid, findings.fracture, rng)
    return np.asarray(body * (cage + _spine(grid) + clavicles), dtype=np.float32)


def ribs(chest: Anatomy, grid: Grid) -> Plane:
    """Posterior ribs fall outwards, the fainter anterior ones inwards; both are bands."""
    side = np.abs(grid.x)
    cage = step(chest.lung_outer + 0.025 - side, 0.012)
    cage = cage * step(grid.y - chest.apex - 0.02, 0.03) * step(0.37 - grid.y, 0.03)
    back = (grid.y - 1.5 * np.clip(side - 0.12, 0, 1) ** 2) / chest.rib_gap + chest.rib_phase
    front = (grid.y + 0.75 * side - 0.9 * side**2) / (chest.rib_gap * 1.05) + 2 * chest.rib_phase
    posterior = _band(back, 0.30) * step(side - 0.045)
    anterior = 0.6 * _band(front, 0.26) * step(side - 0.19, 0.03)
    return np.asarray(cage * (posterior + anterior), dtype=np.float32)


def _band(phase: Plane, width: float) -> Plane:
    """Return stripes, one to each whole number, brighter at their rims as cortex is."""
    offset = np.abs(phase - np.rint(phase))
    return np.asarray(step(width - offset, 0.07) * (0.7 + 0.9 * offset), dtype=np.float32)


def _spine(grid: Grid) -> Plane:
    column = step(0.036 - np.abs(grid.x), 0.008)
    discs = 0.5 + 0.5 * np.cos(2 * np.pi * grid.y / 0.062)
    process = np.exp(-((grid.x / 0.006) ** 2)) * (discs > 0.5)
    return np.asarray(column * (0.035 + 0.03 * discs) + 0.02 * process, dtype=np.float32)


def _clavicles(chest: Anatomy, grid: Grid, fracture: Side | None, rng: Rng) -> Plane:
    x = grid.x - chest.yaw
    side = np.abs(x)
    middle = -0.315 - chest.clavicle * (side - 0.05) + 0.28 * np.clip(side - 0.2, 0, 1) ** 2
    whole = np.ones_like(side)
    if fracture is not None:
        beyond = x * SIGN[fracture] - _SNAP - rng.uniform(-0.015, 0.015)
        drop = rng.uniform(0.036, 0.044) + 0.12 * np.clip(beyond, 0, 1)
        middle = middle + (beyond > 0) * drop
        whole = step(np.abs(beyond) - _GAP, 0.004)
    bar = step(0.017 - np.abs(grid.y - middle), 0.007)
    bar = bar * step(side - 0.03, 0.006) * step(0.40 - side, 0.01)
    return np.asarray(0.16 * bar * whole, dtype=np.float32)
