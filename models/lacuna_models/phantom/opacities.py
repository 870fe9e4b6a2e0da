"""What is dense in one place of a lung: consolidation, nodule, granuloma, atelectasis."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.anatomy import SIGN, Anatomy
from lacuna_models.phantom.bones import ribs
from lacuna_models.phantom.cases import (
    Findings,
    Level,
    Rng,
    Side,
    Zone,
    granuloma_levels,
)
from lacuna_models.phantom.grid import Chances, Grid, Plane, blob, disc, step
from lacuna_models.phantom.vessels import vessels_of

_BAND = {Level.UPPER: 0.29, Level.MID: 0.52, Level.LOWER: 0.80}  # from apex to diaphragm
_REACH = {Level.UPPER: 0.155, Level.MID: 0.225, Level.LOWER: 0.265}  # medial of a pacemaker
_SIDE_MM = 370.0  # what the picture's side is taken for
_UNSIZED = 20  # mm, of a nodule whose size a case leaves open


def opacities(
    findings: Findings, chest: Anatomy, grid: Grid, side: Side, texture: Plane, chances: Chances
) -> Plane:
    """Return the density of all that lies in one lung."""
    dense = np.zeros_like(grid.x)
    zone = findings.consolidation
    if zone is not None and zone.side is side:
        dense = dense + _patch(chest, grid, zone, texture, chances("consolidation"))
    zone = findings.nodule
    if zone is not None and zone.side is side:
        size = findings.nodule_size or _UNSIZED
        dense = dense + _nodule(chest, grid, zone, size, chances("nodule"))
    if findings.granuloma is side:
        levels = granuloma_levels(findings, side)
        dense = np.maximum(dense, _granuloma(chest, grid, side, levels, chances("granuloma")))
    if findings.atelectasis is side:
        dense = dense + _plates(chest, grid, side, chances("atelectasis"))
    return dense


def _centre(chest: Anatomy, zone: Zone, rng: Rng, spread: float) -> tuple[float, float]:
    top, bottom = chest.apex, chest.dome_of(zone.side)
    y = top + (bottom - top) * (_BAND[zone.level] + rng.uniform(-0.035, 0.035))
    return SIGN[zone.side] * (_REACH[zone.level] + rng.uniform(-spread, spread)), y


def _patch(chest: Anatomy, grid: Grid, zone: Zone, texture: Plane, rng: Rng) -> Plane:
    """An airspace consolidation: a fuzzy patch of uneven density."""
    x, y = _centre(chest, zone, rng, 0.02)
    rx, ry = rng.uniform(0.075, 0.1), rng.uniform(0.06, 0.078)
    inside = step(1 - blob(grid, x, y, rx, ry) + 0.55 * texture, 0.45)
    return np.asarray(inside * (0.25 + 0.05 * texture), dtype=np.float32)


def _nodule(chest: Anatomy, grid: Grid, zone: Zone, size: int, rng: Rng) -> Plane:
    """A round nodule with a sharp margin; ``size`` is its diameter in mm."""
    radius = 0.5 * size / _SIDE_MM * rng.uniform(0.96, 1.04)
    x, y = _centre(chest, zone, rng, 0.05 - radius)
    return np.asarray(0.28 * disc(grid, x, y, radius, 0.004), dtype=np.float32)


def _granuloma(
    chest: Anatomy, grid: Grid, side: Side, levels: tuple[Level, ...], rng: Rng
) -> Plane:
    """A calcified dot, as dense as metal, where bone and vessels leave most room for it."""
    level = levels[int(rng.integers(len(levels)))]
    spots = np.array([_centre(chest, Zone(side, level), rng, 0.035) for _ in range(16)], np.float32)
    there = Grid(spots[:, 0], spots[:, 1])
    crowd = chest.rib_contrast * ribs(chest, there) + 3 * vessels_of(chest, there, side)
    x, y = spots[int(np.argmin(crowd))]
    radius = 0.5 * rng.uniform(5.4, 6.2) / _SIDE_MM
    return np.asarray(0.66 * disc(grid, float(x), float(y), radius, 0.0032), dtype=np.float32)


def _plates(chest: Anatomy, grid: Grid, side: Side, rng: Rng) -> Plane:
    """Plate atelectasis: one or two crisp bands above the dome, nearly level."""
    x = SIGN[side] * (0.215 + rng.uniform(-0.015, 0.015))
    y = chest.dome_of(side) - rng.uniform(0.055, 0.075)
    tilt = SIGN[side] * rng.uniform(-0.25, 0.12)
    dense = np.zeros_like(grid.x)
    for index in range(int(rng.integers(1, 3))):
        half = 0.5 * rng.uniform(62, 88) / _SIDE_MM
        along = grid.x - x - SIGN[side] * index * rng.uniform(-0.02, 0.02)
        off = np.abs(grid.y - y + 0.042 * index - tilt * along)
        band = step(0.0075 - off, 0.004) * step(half - np.abs(along), 0.008)
        dense = np.maximum(dense, 0.25 * band)
    return np.asarray(dense, dtype=np.float32)
