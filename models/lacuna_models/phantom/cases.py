"""What a phantom shows: findings as frozen values, and how they are drawn by chance.

Right and left are the patient's. Zones divide a lung by height into thirds. Combinations in which
one finding hides or contradicts another (a nodule inside a consolidation, air and fluid on one
side) are never drawn: every finding of a case can be seen in its picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

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


@dataclass(frozen=True, slots=True)
class Zone:
    """One of the six lung zones."""

    side: Side
    level: Level

    def __str__(self) -> str:
        return f"{self.side} {self.level} zone"


ZONES = tuple(Zone(side, level) for side in Side for level in Level)


@dataclass(frozen=True, slots=True)
class Findings:
    """Eight groups, each with one answer. The defaults are a normal chest."""

    heart: Heart = Heart.NORMAL
    effusion_right: Amount = Amount.NONE
    effusion_left: Amount = Amount.NONE
    pneumothorax: Side | None = None
    consolidation: Zone | None = None
    nodule: Zone | None = None
    tube: bool = False
    pacemaker: bool = False

    def effusion(self, side: Side) -> Amount:
        """Return how much fluid lies on a side."""
        return self.effusion_right if side is Side.RIGHT else self.effusion_left


GROUPS = tuple(Findings.__dataclass_fields__)

ANSWERS: dict[str, tuple[object, ...]] = {
    "heart": tuple(Heart),
    "effusion_right": tuple(Amount),
    "effusion_left": tuple(Amount),
    "pneumothorax": (None, *Side),
    "consolidation": (None, *ZONES),
    "nodule": (None, *ZONES),
    "tube": (False, True),
    "pacemaker": (False, True),
}


def classes(findings: Findings) -> tuple[int, ...]:
    """Return each group's answer as an index into ``ANSWERS``, in the order of ``GROUPS``."""
    return tuple(ANSWERS[group].index(getattr(findings, group)) for group in GROUPS)


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
    )


def _air_and_fluid(findings: Findings) -> bool:
    side = findings.pneumothorax
    return side is not None and findings.effusion(side) is not Amount.NONE


def _hides_heart(findings: Findings) -> bool:
    return findings.effusion_left is Amount.LARGE and findings.heart is not Heart.NORMAL


def _hidden(findings: Findings, zone: Zone | None) -> bool:
    """Fluid hides the lung behind it; a collapsed lung has no upper zone at its place."""
    if zone is None:
        return False
    amount = findings.effusion(zone.side)
    drowned = {Level.LOWER: amount is not Amount.NONE, Level.MID: amount is Amount.LARGE}
    return drowned.get(zone.level, False) or zone.side is findings.pneumothorax


def _same_zone(findings: Findings) -> bool:
    return findings.nodule is not None and findings.nodule == findings.consolidation


def draw_findings(rng: Rng) -> Findings:
    """Draw plausible findings; about one case in ten is normal."""
    if rng.random() < 0.07:
        return Findings()
    while True:
        findings = _draw(rng)
        if plausible(findings):
            return findings


def _draw(rng: Rng) -> Findings:
    return Findings(
        heart=_choose(rng, tuple(Heart), (0.5, 0.25, 0.25)),
        effusion_right=_choose(rng, tuple(Amount), (0.62, 0.14, 0.13, 0.11)),
        effusion_left=_choose(rng, tuple(Amount), (0.62, 0.14, 0.13, 0.11)),
        pneumothorax=_choose(rng, (None, *Side), (0.72, 0.14, 0.14)),
        consolidation=_choose(rng, (None, *ZONES), (0.52, *(0.08,) * 6)),
        nodule=_choose(rng, (None, *ZONES), (0.52, *(0.08,) * 6)),
        tube=bool(rng.random() < 0.3),
        pacemaker=bool(rng.random() < 0.3),
    )


def _choose(rng: Rng, options: tuple[T, ...], weights: tuple[float, ...]) -> T:
    return options[int(rng.choice(len(options), p=weights))]


def draw_case(seed: int) -> Case:
    """Return the case of a seed: the same findings, anatomy and noise every time."""
    return Case(draw_findings(np.random.default_rng([seed, 1])), seed)
