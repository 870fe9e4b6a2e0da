"""Findings -> picture: a schematic frontal chest radiograph, drawn with numpy alone.

A picture is a sum of attenuations (soft tissue, bone, fluid, metal) less the air of the lungs,
turned to grey so that dense is white (MONOCHROME2). Lengths are shares of the picture's side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lacuna_models.phantom.anatomy import Anatomy, draw_anatomy
from lacuna_models.phantom.bones import bones
from lacuna_models.phantom.cases import GROUPS, Case, Findings, Rng, Side
from lacuna_models.phantom.devices import devices
from lacuna_models.phantom.grid import Chances, Grid, Plane, body_grid, step, texture_of
from lacuna_models.phantom.lungs import lung
from lacuna_models.phantom.mediastinum import gas, heart_shadow, hernia, trachea


def render(case: Case, size: int = 128, bits: int = 8) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Draw a case.

    Returns:
        (size, size), uint8 for 8 bits, else uint16 holding ``bits`` bits; 0 is black, white is
        dense. The same case gives the same picture; another size shows the same geometry.
    """
    grey = draw(case, size)
    top = (1 << bits) - 1
    levels = np.rint(grey * top)
    return levels.astype(np.uint8) if bits <= 8 else levels.astype(np.uint16)


def draw(case: Case, size: int = 128) -> Plane:
    """Draw a case as float32 grey, 0..1, (size, size)."""
    # Streams of their own: a finding changes neither the chest, nor the grain, nor another finding.
    chance, grain = (np.random.default_rng([case.seed, stream]) for stream in (2, 8))
    chest = draw_anatomy(chance)
    grid = body_grid(chest, size)

    def chances(group: str) -> Rng:
        return np.random.default_rng([case.seed, 7, GROUPS.index(group)])

    density = _density(case.findings, chest, grid, texture_of(chance, grid), chances)
    return _expose(density, chest, grain)


def _density(
    findings: Findings, chest: Anatomy, grid: Grid, texture: Plane, chances: Chances
) -> Plane:
    body = _body(chest, grid)
    heart = heart_shadow(findings, chest, grid)
    lungs = np.zeros_like(grid.x)
    extra = 0.05 * texture
    for side in Side:
        air, dense = lung(findings, chest, grid, side, texture, chances)
        lungs = lungs + air
        extra = extra + dense
    air = lungs * (1 - 0.80 * heart)
    air = air + 0.25 * trachea(grid) * (1 - 0.5 * lungs)
    tissue = 0.56 * body - 0.45 * air * body + 0.03 * heart * body
    tissue = tissue + bones(findings, chest, grid, body, lungs, chances("fracture")) + body * extra
    tissue = tissue - 0.16 * gas(chest, grid)
    if findings.hernia:
        bubble, stomach = hernia(chest, grid, chances("hernia"))
        tissue = tissue - 0.2 * bubble + stomach
    return tissue + devices(findings, chest, grid, chances("line"))


def _body(chest: Anatomy, grid: Grid) -> Plane:
    """Torso with sloping shoulders and the neck."""
    flank = chest.shoulder + (chest.waist - chest.shoulder) * np.clip(grid.y + 0.25, 0, 1)
    slope = -0.44 + 0.50 * np.clip(np.abs(grid.x) - 0.09, 0, 1) ** 1.5
    torso = step(flank - np.abs(grid.x), 0.012) * step(grid.y - slope, 0.012)
    neck = step(0.115 - np.abs(grid.x), 0.012) * step(-0.3 - grid.y, 0.05)
    depth = 0.86 + 0.2 * np.sqrt(np.clip(1 - (grid.x / 0.56) ** 2, 0, 1)) + 0.10 * grid.y
    return np.asarray(np.maximum(torso, 0.9 * neck) * depth, dtype=np.float32)


def _expose(density: Plane, chest: Anatomy, rng: Rng) -> Plane:
    grey = (density - 0.35) * chest.contrast + 0.35 + chest.exposure
    grey = np.clip(grey * 1.12 + 0.02, 0.0, 1.0) ** chest.gamma
    grey = grey + chest.noise * rng.standard_normal(grey.shape, dtype=np.float32)
    return np.asarray(np.clip(grey, 0.0, 1.0), dtype=np.float32)
