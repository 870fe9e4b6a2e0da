"""What a phantom shows: findings as frozen values, and how they are drawn by chance.

Right and left are the patient's. Zones divide a lung by height into thirds. Combinations in which
one finding hides or contradicts another (a nodule inside a consolidation, air and fluid on one
side) are never drawn: every finding of a case can be seen in its picture.

Some combinations of findings are held out: no seed below ``HELD_OUT`` draws them, and every seed
from there on that has two findings or more draws one of them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np

Rng = np.random.Generator
T = TypeVar("T")


class Side(StrEnum):
    """The patient's side."""

    RIGHT = "right"
    LEFT = "left"


class Level(StrEnum):
    """The third of a lung, by height."""

    UPPER = "upper"
    MID = "mid"
    LOWER = "lower"


class Heart(StrEnum):
    """Size of the heart's shadow."""

    NORMAL = "normal"
    MILD = "mildly enlarged"
    LARGE = "markedly enlarged"


class Amount(StrEnum):
    """How much pleural fluid."""

    NONE = "none"
    SMALL = "small"
    MODERATE = "moderate"
    LARGE = "large"


class Tip(StrEnum):
    """Where a central venous line ends: in good position, or too deep."""

    CAVA = "superior vena cava"
    ATRIUM = "right atrium"


@dataclass(frozen=True, slots=True)
class Zone:
    """One of the six lung zones."""

    side: Side
    level: Level

    def __str__(self) -> str:
        return f"{self.side} {self.level} zone"


SIZES = (10, 20, 30)  # a nodule's diameter, mm
HELD_OUT = 900_000_000  # seeds from here on are never trained on

ZONES = tuple(Zone(side, level) for side in Side for level in Level)


@dataclass(frozen=True, slots=True)
class Findings:
    """Fifteen groups, each with one answer. The defaults are a normal chest.

    ``nodule_size`` is in mm and 0 without a nodule; ``fracture`` is of a clavicle.
    """

    heart: Heart = Heart.NORMAL
    effusion_right: Amount = Amount.NONE
    effusion_left: Amount = Amount.NONE
    pneumothorax: Side | None = None
    consolidation: Zone | None = None
    nodule: Zone | None = None
    nodule_size: int = 0
    granuloma: Side | None = None
    atelectasis: Side | None = None
    oedema: bool = False
    hernia: bool = False
    fracture: Side | None = None
    tube: bool = False
    line: Tip | None = None
    pacemaker: bool = False

    def effusion(self, side: Side) -> Amount:
        """Return how much fluid lies on a side."""
        return self.effusion_right if side is Side.RIGHT else self.effusion_left

    def having(self, **answers: Any) -> Findings:
        """Return the same findings with other answers to these groups."""
        return replace(self, **answers)


GROUPS = tuple(Findings.__dataclass_fields__)

ANSWERS: dict[str, tuple[object, ...]] = {
    "heart": tuple(Heart),
    "effusion_right": tuple(Amount),
    "effusion_left": tuple(Amount),
    "pneumothorax": (None, *Side),
    "consolidation": (None, *ZONES),
    "nodule": (None, *ZONES),
    "nodule_size": (0, *SIZES),
    "granuloma": (None, *Side),
    "atelectasis": (None, *Side),
    "oedema": (False, True),
    "hernia": (False, True),
    "fracture": (None, *Side),
    "tube": (False, True),
    "line": (None, *Tip),
    "pacemaker": (False, True),
}

_NORMAL = Findings()


def classes(findings: Findings) -> tuple[int, ...]:
    """Return each group's answer as an index into ``ANSWERS``, in the order of ``GROUPS``."""
    return tuple(ANSWERS[group].index(getattr(findings, group)) for group in GROUPS)


def abnormal(findings: Findings) -> tuple[str, ...]:
    """Return the groups that are not as in a normal chest, a nodule's size left out."""
    return tuple(
        group
        for group in GROUPS
        if group != "nodule_size" and getattr(findings, group) != getattr(_NORMAL, group)
    )


def held_out(findings: Findings) -> bool:
    """Return whether this combination of abnormal groups is kept from training: one in eight."""
    found = abnormal(findings)
    return len(found) > 1 and zlib.crc32(",".join(found).encode()) % 8 == 0


@dataclass(frozen=True, slots=True)
class Case:
    """A phantom: its findings, and the seed of its anatomy, exposure and noise."""

    findings: Findings
    seed: int


def plausible(findings: Findings) -> bool:
    """Return whether every finding can be seen beside the others."""
    return not (
        _air_and_fluid(findings)
        or _hides_heart(findings)
        or any(_hidden(findings, zone) for zone in (findings.consolidation, findings.nodule))
        or _same_zone(findings)
        or _no_place_for_granuloma(findings)
        or _no_place_for_atelectasis(findings)
        or (findings.oedema and findings.pneumothorax is not None)
    )


def _air_and_fluid(findings: Findings) -> bool:
    side = findings.pneumothorax
    return side is not None and findings.effusion(side) is not Amount.NONE


def _hides_heart(findings: Findings) -> bool:
    return findings.effusion_left is Amount.LARGE and (
        findings.heart is not Heart.NORMAL or findings.hernia
    )


def _hidden(findings: Findings, zone: Zone | None) -> bool:
    """Fluid hides the lung behind it; a collapsed lung has no upper zone at its place."""
    if zone is None:
        return False
    amount = findings.effusion(zone.side)
    drowned = {Level.LOWER: amount is not Amount.NONE, Level.MID: amount is Amount.LARGE}
    return drowned.get(zone.level, False) or zone.side is findings.pneumothorax


def _same_zone(findings: Findings) -> bool:
    return findings.nodule is not None and findings.nodule == findings.consolidation


def granuloma_levels(findings: Findings, side: Side) -> tuple[Level, ...]:
    """Return where on a side a granuloma stands clear of the other findings."""
    taken = [z.level for z in (findings.consolidation, findings.nodule) if z and z.side is side]
    if findings.effusion(side) is Amount.LARGE:
        taken.append(Level.MID)
    return tuple(level for level in (Level.UPPER, Level.MID) if level not in taken)


def _no_place_for_granuloma(findings: Findings) -> bool:
    side = findings.granuloma
    return side is not None and (
        side is findings.pneumothorax or not granuloma_levels(findings, side)
    )


def _no_place_for_atelectasis(findings: Findings) -> bool:
    side = findings.atelectasis
    if side is None:
        return False
    lower = Zone(side, Level.LOWER)
    return (
        side is findings.pneumothorax
        or findings.effusion(side) is not Amount.NONE
        or lower in (findings.consolidation, findings.nodule)
    )


def draw_findings(rng: Rng) -> Findings:
    """Draw plausible findings; about one case in ten is normal."""
    if rng.random() < 0.07:
        return Findings()
    while True:
        findings = _draw(rng)
        if plausible(findings):
            return findings


def _draw(rng: Rng) -> Findings:
    nodule = _choose(rng, (None, *ZONES), (0.64, *(0.06,) * 6))
    return Findings(
        heart=_choose(rng, tuple(Heart), (0.64, 0.18, 0.18)),
        effusion_right=_choose(rng, tuple(Amount), (0.72, 0.10, 0.10, 0.08)),
        effusion_left=_choose(rng, tuple(Amount), (0.72, 0.10, 0.10, 0.08)),
        pneumothorax=_choose(rng, (None, *Side), (0.76, 0.12, 0.12)),
        consolidation=_choose(rng, (None, *ZONES), (0.64, *(0.06,) * 6)),
        nodule=nodule,
        nodule_size=SIZES[int(rng.integers(len(SIZES)))] if nodule else 0,
        granuloma=_choose(rng, (None, *Side), (0.82, 0.09, 0.09)),
        atelectasis=_choose(rng, (None, *Side), (0.80, 0.10, 0.10)),
        oedema=bool(rng.random() < 0.18),
        hernia=bool(rng.random() < 0.16),
        fracture=_choose(rng, (None, *Side), (0.82, 0.09, 0.09)),
        tube=bool(rng.random() < 0.2),
        line=_choose(rng, (None, *Tip), (0.76, 0.12, 0.12)),
        pacemaker=bool(rng.random() < 0.2),
    )


def _choose(rng: Rng, options: tuple[T, ...], weights: tuple[float, ...]) -> T:
    return options[int(rng.choice(len(options), p=weights))]


def draw_case(seed: int) -> Case:
    """Return the case of a seed: the same findings, anatomy and noise every time.

    Held-out combinations are drawn from ``HELD_OUT`` on, and only there.
    """
    rng = np.random.default_rng([seed, 1])
    while True:
        findings = draw_findings(rng)
        # One in eight combinations is held out, so one in eight of the rest keeps its share.
        if seed < HELD_OUT:
            fits = not held_out(findings)
        else:
            fits = held_out(findings) or (len(abnormal(findings)) < 2 and rng.random() < 1 / 8)
        if fits:
            return Case(findings, seed)
