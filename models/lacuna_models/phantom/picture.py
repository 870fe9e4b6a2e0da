"""Findings -> picture: a schematic frontal chest radiograph, drawn with numpy alone.

A picture is a sum of attenuations (soft tissue, bone, fluid, metal) less the air of the lungs,
turned to grey so that dense is white (MONOCHROME2). Lengths are shares of the picture's side; edges
are smooth over at least a 128th of it, so that a large picture made small equals a small one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna_models.phantom.anatomy import SIGN, Anatomy, draw_anatomy
from lacuna_models.phantom.cases import Amount, Case, Findings, Heart, Level, Rng, Side, Zone

Plane = NDArray[np.floating[Any]]

_EDGE = 0.008
_HEART = {Heart.NORMAL: 1.0, Heart.MILD: 1.22, Heart.LARGE: 1.5}
_FLUID = {Amount.SMALL: 0.075, Amount.MODERATE: 0.20, Amount.LARGE: 0.36}
_BAND = {Level.UPPER: 0.24, Level.MID: 0.52, Level.LOWER: 0.80}  # from apex to diaphragm


@dataclass(frozen=True, slots=True)
class _Grid:
    """The body's own coordinates at every pixel, float32 (size, size)."""

    x: Plane
    y: Plane


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
    # Streams of their own: a finding changes neither the chest nor the grain.
    chance, placing, grain = (np.random.default_rng([case.seed, stream]) for stream in (2, 7, 8))
    chest = draw_anatomy(chance)
    grid = _grid(chest, size)
    density = _density(case.findings, chest, grid, _texture(chance, grid), placing)
    return _expose(density, chest, grain)


def _grid(chest: Anatomy, size: int) -> _Grid:
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    x, y = (axis[None, :] - chest.shift[0]), (axis[:, None] - chest.shift[1])
    cos, sin = np.cos(chest.turn) / chest.scale, np.sin(chest.turn) / chest.scale
    return _Grid((x * cos + y * sin).astype(np.float32), (y * cos - x * sin).astype(np.float32))


def _density(findings: Findings, chest: Anatomy, grid: _Grid, texture: Plane, rng: Rng) -> Plane:
    body = _body(chest, grid)
    heart = _heart(findings, chest, grid)
    lungs = np.zeros_like(grid.x)
    extra = 0.05 * texture
    for side in Side:
        air, dense = _lung(findings, chest, grid, side, texture, rng)
        lungs = lungs + air
        extra = extra + dense
    air = lungs * (1 - 0.80 * heart)
    air = air + 0.25 * _trachea(grid) * (1 - 0.5 * lungs)
    tissue = 0.56 * body - 0.45 * air * body + 0.03 * heart * body
    tissue = tissue + _bones(chest, grid, body, lungs) + body * extra
    tissue = tissue - 0.16 * _gas(chest, grid)
    return tissue + _devices(findings, chest, grid)


def _expose(density: Plane, chest: Anatomy, rng: Rng) -> Plane:
    grey = (density - 0.35) * chest.contrast + 0.35 + chest.exposure
    grey = np.clip(grey * 1.12 + 0.02, 0.0, 1.0) ** chest.gamma
    grey = grey + chest.noise * rng.standard_normal(grey.shape, dtype=np.float32)
    return np.asarray(np.clip(grey, 0.0, 1.0), dtype=np.float32)


def _step(value: Plane, width: float = _EDGE) -> Plane:
    """Return 1 where value is well above 0, 0 well below, smooth between."""
    return np.asarray(0.5 + 0.5 * np.tanh(value / width), dtype=np.float32)


def _blob(grid: _Grid, x: float, y: float, rx: float, ry: float) -> Plane:
    """Return the squared elliptic distance from a point: below 1 inside."""
    return np.asarray(((grid.x - x) / rx) ** 2 + ((grid.y - y) / ry) ** 2, dtype=np.float32)


def _texture(rng: Rng, grid: _Grid, cells: int = 14) -> Plane:
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


def _body(chest: Anatomy, grid: _Grid) -> Plane:
    """Torso with sloping shoulders and the neck."""
    flank = chest.shoulder + (chest.waist - chest.shoulder) * np.clip(grid.y + 0.25, 0, 1)
    slope = -0.44 + 0.50 * np.clip(np.abs(grid.x) - 0.09, 0, 1) ** 1.5
    torso = _step(flank - np.abs(grid.x), 0.012) * _step(grid.y - slope, 0.012)
    neck = _step(0.115 - np.abs(grid.x), 0.012) * _step(-0.3 - grid.y, 0.05)
    depth = 0.86 + 0.2 * np.sqrt(np.clip(1 - (grid.x / 0.56) ** 2, 0, 1)) + 0.10 * grid.y
    return np.asarray(np.maximum(torso, 0.9 * neck) * depth, dtype=np.float32)


def _heart(findings: Findings, chest: Anatomy, grid: _Grid) -> Plane:
    """Heart, aortic knob and great vessels: 1 inside."""
    size = _HEART[findings.heart] * chest.heart
    base = chest.dome[0] - 0.015
    lean = grid.x * 0.35
    main = _blob(
        _Grid(grid.x, (grid.y - lean).astype(np.float32)),
        0.058 * size,
        base - 0.105 * size**0.5,
        0.128 * size,
        0.135 * size**0.6,
    )
    right = _blob(grid, -0.03, base - 0.10, 0.078 * size, 0.145)
    knob = _blob(grid, 0.055, -0.165, 0.042 * chest.aorta, 0.045)
    trunk = _blob(grid, 0.03, -0.05, 0.062, 0.13)
    shadow = np.zeros_like(grid.x)
    for part in (main, right, knob, trunk):
        shadow = np.maximum(shadow, _step(1 - part, 0.11))
    column = _step(0.058 - np.abs(grid.x), 0.014) * _step(grid.y + 0.42, 0.03)
    return np.asarray(np.maximum(shadow, column), dtype=np.float32)


def _lung_shape(chest: Anatomy, grid: _Grid, side: Side) -> tuple[Plane, Plane]:
    """Return a lung's mask, and the distance from its outer wall (positive inside)."""
    x = grid.x * SIGN[side]
    dome = chest.dome_of(side)
    down = np.clip((grid.y - chest.apex) / (dome + 0.1 - chest.apex), 0.0, 1.0)
    outer = 0.06 + (chest.lung_outer - 0.06) * np.sqrt(np.clip(1 - (1 - down) ** 2.6, 0, 1))
    middle = 0.5 * (chest.lung_outer + chest.lung_inner) - 0.035
    bow = np.where(x > middle, 2.9, 1.0)
    arch = dome + bow * (x - middle) ** 2
    wall = np.minimum(outer - x, (grid.y - chest.apex) * 1.2)
    inner = _step(x - chest.lung_inner)
    mask = _step(wall) * inner * _step(arch - grid.y)
    return mask, np.asarray(wall, np.float32)


def _lung(
    findings: Findings, chest: Anatomy, grid: _Grid, side: Side, texture: Plane, rng: Rng
) -> tuple[Plane, Plane]:
    """Return the air of a lung, 0..1, and what is dense in it."""
    mask, wall = _lung_shape(chest, grid, side)
    vessels = _vessels(chest, grid, side)
    haze = 0.16 * np.clip((grid.y + 0.35) * 1.1, 0, 1)
    dense = np.zeros_like(grid.x)
    air = mask * (0.98 - haze)
    if findings.pneumothorax is side:
        free, line = _collapse(chest, grid, side, wall, rng)
        vessels = vessels * (1 - free)
        air = air * (1 + 0.16 * free)
        dense = dense + 0.16 * line * mask
    dense = dense + 0.17 * vessels * mask
    for zone, paint in ((findings.consolidation, _patch), (findings.nodule, _nodule)):
        if zone is not None and zone.side is side:
            dense = dense + mask * paint(chest, grid, zone, texture, rng)
    amount = findings.effusion(side)
    if amount is not Amount.NONE:
        air = air * (1 - 0.94 * _fluid(chest, grid, side, amount, rng))
        dense = dense * (1 - 0.8 * (air < 0.1))
    return np.asarray(air, np.float32), np.asarray(dense, np.float32)


def _vessels(chest: Anatomy, grid: _Grid, side: Side) -> Plane:
    """Hilum, and branches that fan out from it and fade."""
    x = grid.x * SIGN[side] - 0.085
    y = grid.y + (0.0 if side is Side.RIGHT else 0.02)
    radius = np.sqrt(x * x + y * y) + 0.02
    angle = np.arctan2(y, x)
    first, second = chest.vessel_phase[:2] if side is Side.RIGHT else chest.vessel_phase[2:]
    swirl = 2.2 * np.log(radius / 0.05)
    fan = np.cos(7 * angle + first + swirl) + 0.8 * np.cos(12 * angle + second - 1.5 * swirl)
    branches = np.clip(fan - 0.35, 0, 1.2) * np.exp(-radius / 0.12) * np.clip(radius / 0.07, 0, 1)
    hilum = np.exp(-(((x - 0.005) / 0.028) ** 2) - (y / 0.055) ** 2)
    return np.asarray(chest.vessels * (1.1 * branches + 0.8 * hilum), dtype=np.float32)


def _collapse(
    chest: Anatomy, grid: _Grid, side: Side, wall: Plane, rng: Rng
) -> tuple[Plane, Plane]:
    """Return the free pleural air outside a collapsed lung, and the visceral pleura's line."""
    depth = rng.uniform(0.05, 0.085)
    fade = np.clip((0.16 - grid.y) / 0.45, 0, 1)
    border = depth * (0.35 + 0.9 * fade) * (grid.y < 0.3)
    free = _step(border - wall, 0.006)
    line = np.exp(-(((wall - border) / 0.007) ** 2)) * _step(0.2 - grid.y, 0.03)
    return free, np.asarray(line, dtype=np.float32)


def _centre(chest: Anatomy, zone: Zone, rng: Rng, spread: float) -> tuple[float, float]:
    top, bottom = chest.apex, chest.dome_of(zone.side)
    y = top + (bottom - top) * (_BAND[zone.level] + rng.uniform(-0.035, 0.035))
    reach = {Level.UPPER: 0.175, Level.MID: 0.225, Level.LOWER: 0.265}[zone.level]
    return SIGN[zone.side] * (reach + rng.uniform(-spread, spread)), y


def _patch(chest: Anatomy, grid: _Grid, zone: Zone, texture: Plane, rng: Rng) -> Plane:
    """An airspace consolidation: a fuzzy patch of uneven density."""
    x, y = _centre(chest, zone, rng, 0.02)
    rx, ry = rng.uniform(0.075, 0.1), rng.uniform(0.06, 0.078)
    inside = _step(1 - _blob(grid, x, y, rx, ry) + 0.55 * texture, 0.45)
    return np.asarray(inside * (0.25 + 0.05 * texture), dtype=np.float32)


def _nodule(chest: Anatomy, grid: _Grid, zone: Zone, texture: Plane, rng: Rng) -> Plane:
    """A round nodule with a sharp margin."""
    x, y = _centre(chest, zone, rng, 0.035)
    radius = rng.uniform(0.021, 0.030)
    inside = _step(1 - _blob(grid, x, y, radius, radius), 0.3)
    return np.asarray(inside * (0.27 + 0.01 * texture), dtype=np.float32)


def _fluid(chest: Anatomy, grid: _Grid, side: Side, amount: Amount, rng: Rng) -> Plane:
    """Pleural fluid: below a meniscus that climbs along the outer wall."""
    x = np.clip(grid.x * SIGN[side], 0, 0.5)
    height = _FLUID[amount] * rng.uniform(0.92, 1.08)
    climb = 0.10 * np.clip((x - 0.15) / 0.22, 0, 1) ** 2
    level = chest.dome_of(side) + 0.075 - height - climb
    return _step(grid.y - level, 0.013)


def _bones(chest: Anatomy, grid: _Grid, body: Plane, lungs: Plane) -> Plane:
    ribs = 0.062 * chest.rib_contrast * (_ribs(chest, grid) * (0.35 + 0.65 * lungs))
    return np.asarray(body * (ribs + _spine(grid) + _clavicles(chest, grid)), dtype=np.float32)


def _ribs(chest: Anatomy, grid: _Grid) -> Plane:
    """Posterior ribs fall outwards, the fainter anterior ones inwards; both are bands."""
    side = np.abs(grid.x)
    cage = _step(chest.lung_outer + 0.025 - side, 0.012)
    cage = cage * _step(grid.y - chest.apex - 0.02, 0.03) * _step(0.37 - grid.y, 0.03)
    back = (grid.y - 1.5 * np.clip(side - 0.12, 0, 1) ** 2) / chest.rib_gap + chest.rib_phase
    front = (grid.y + 0.75 * side - 0.9 * side**2) / (chest.rib_gap * 1.05) + 2 * chest.rib_phase
    posterior = _band(back, 0.30) * _step(side - 0.045)
    anterior = 0.6 * _band(front, 0.26) * _step(side - 0.19, 0.03)
    return np.asarray(cage * (posterior + anterior), dtype=np.float32)


def _band(phase: Plane, width: float) -> Plane:
    """Return stripes, one to each whole number, brighter at their rims as cortex is."""
    offset = np.abs(phase - np.rint(phase))
    return np.asarray(_step(width - offset, 0.07) * (0.7 + 0.9 * offset), dtype=np.float32)


def _spine(grid: _Grid) -> Plane:
    column = _step(0.036 - np.abs(grid.x), 0.008)
    discs = 0.5 + 0.5 * np.cos(2 * np.pi * grid.y / 0.062)
    process = np.exp(-((grid.x / 0.006) ** 2)) * (discs > 0.5)
    return np.asarray(column * (0.035 + 0.03 * discs) + 0.02 * process, dtype=np.float32)


def _clavicles(chest: Anatomy, grid: _Grid) -> Plane:
    side = np.abs(grid.x)
    middle = -0.315 - chest.clavicle * (side - 0.05) + 0.28 * np.clip(side - 0.2, 0, 1) ** 2
    bar = _step(0.017 - np.abs(grid.y - middle), 0.007)
    bar = bar * _step(side - 0.03, 0.006) * _step(0.40 - side, 0.01)
    return np.asarray(0.13 * bar, dtype=np.float32)


def _trachea(grid: _Grid) -> Plane:
    tube = _step(0.022 - np.abs(grid.x), 0.008) * _step(-0.10 - grid.y, 0.02)
    fork = np.abs(np.abs(grid.x) - 1.0 * np.clip(grid.y + 0.11, 0, 1))
    bronchi = _step(0.014 - fork, 0.008) * _step(grid.y + 0.12, 0.01) * _step(-0.03 - grid.y, 0.02)
    return np.asarray(np.maximum(tube, 0.7 * bronchi), dtype=np.float32)


def _gas(chest: Anatomy, grid: _Grid) -> Plane:
    """Air in the stomach, under the left dome."""
    top = chest.dome[1] + 0.075
    return _step(1 - _blob(grid, 0.20, top, 0.075 * chest.gas, 0.032 * chest.gas), 0.35)


def _devices(findings: Findings, chest: Anatomy, grid: _Grid) -> Plane:
    dense = np.zeros_like(grid.x)
    if findings.tube:
        dense = dense + _tube(grid)
    if findings.pacemaker:
        dense = dense + _pacemaker(chest, grid)
    return dense


def _tube(grid: _Grid) -> Plane:
    """An endotracheal tube: two walls and a radiopaque line, ending above the carina."""
    above = _step(-0.175 - grid.y, 0.006)
    walls = np.exp(-(((np.abs(grid.x + 0.002) - 0.0125) / 0.0045) ** 2))
    line = np.exp(-(((grid.x - 0.004) / 0.005) ** 2))
    return np.asarray(above * (0.13 * walls + 0.24 * line), dtype=np.float32)


def _pacemaker(chest: Anatomy, grid: _Grid) -> Plane:
    """A left pectoral generator, and two leads into the right heart."""
    x, y = 0.265, -0.235
    can = ((np.abs(grid.x - x) / 0.062) ** 4 + (np.abs(grid.y - y) / 0.052) ** 4).astype(np.float32)
    dense = 0.42 * _step(1 - can, 0.15)
    floor = chest.dome[0]
    for end_x, end_y in ((0.07, floor - 0.05), (-0.055, floor - 0.16)):
        dense = np.maximum(dense, 0.27 * _lead(grid, (x - 0.03, y), (end_x, end_y)))
    return np.asarray(dense, dtype=np.float32)


def _lead(grid: _Grid, start: tuple[float, float], end: tuple[float, float]) -> Plane:
    """A lead along a quadratic curve through the vein beside the sternum."""
    bend = np.array((-0.16, -0.40))
    t = np.linspace(0, 1, 28, dtype=np.float32)[:, None]
    points = (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * bend + t**2 * np.array(end)
    return _polyline(grid, points.astype(np.float32), 0.0055)


def _polyline(grid: _Grid, points: Plane, width: float) -> Plane:
    """Return 1 on a line through points, smooth at its edge, (size, size)."""
    best = np.full_like(grid.x, 1.0)
    for a, b in pairwise(points):
        d = b - a
        along = ((grid.x - a[0]) * d[0] + (grid.y - a[1]) * d[1]) / float(d @ d)
        along = np.clip(along, 0, 1)
        gap = (grid.x - a[0] - along * d[0]) ** 2 + (grid.y - a[1] - along * d[1]) ** 2
        best = np.minimum(best, gap)
    return np.asarray(np.exp(-best / width**2), dtype=np.float32)
