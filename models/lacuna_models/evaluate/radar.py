"""The radar on planted errors: does it find them, and does it leave true reports alone?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lacuna_models.api import Engine, Measure
from lacuna_models.evaluate.figures import Line, bound_for, halves
from lacuna_models.phantom.evaluation.doubts import DENIED, Doubted, doubted
from lacuna_models.phantom.evaluation.plants import Lie
from lacuna_models.phantom.evaluation.statistics import Figure, area, figure

FALSE_MARKS = 0.1  # a report


@dataclass(frozen=True, slots=True)
class Radar:
    """All doubts of one measure."""

    cases: tuple[Doubted, ...]

    def bound(self, items: Sequence[int] | None = None) -> float:
        """Return the bound at which true reports hold few false marks."""
        chosen = self.cases if items is None else [self.cases[i] for i in items]
        return bound_for([case.true for case in chosen], FALSE_MARKS)


def measure(engine: Engine, count: int, seed: int, kind: Measure) -> Radar:
    """Score true and planted reports of held-out phantoms."""
    return Radar(tuple(doubted(engine, count, seed, kind)))


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return the radar's figures: bounds come from the other half of the cases."""
    full = measure(engine, count, seed, Measure.CRITICAL)
    clean = measure(engine, count, seed, Measure.CLEAN)
    return [
        *_figures("radar", full, wanted=True),
        *_figures("radar, clean pass", clean, wanted=False),
        Line("radar", "keystroke pass, ms (median)", _median(clean, 0), "<= 10"),
        Line("radar", "keystroke pass, ms of the processor (median)", _median(clean, 1)),
        Line("radar", "whole radar, ms of the processor (median)", _median(full, 1)),
    ]


def _median(radar: Radar, clock: int) -> Figure:
    values = [1000 * case.elapsed[clock] for case in radar.cases]
    rng = np.random.default_rng(0)
    medians = np.median(rng.choice(values, (1000, len(values))), axis=1)
    low, high = np.quantile(medians, (0.025, 0.975))
    return Figure(float(np.median(values)), float(low), float(high), len(values))


def _figures(act: str, radar: Radar, *, wanted: bool) -> list[Line]:
    true = [doubt for case in radar.cases for doubt in case.true]
    planted = [plant for case in radar.cases for plant in case.plants]
    lines = [Line(act, "AUC", area([d for _, d in planted], true), ">= 0.99" if wanted else "")]
    for lie in Lie:
        own = [doubt for kind, doubt in planted if kind is lie]
        lines.append(Line(act, f"AUC, {lie}", area(own, true)))
    denied = [doubt for kind, doubt in planted if kind in DENIED]
    lines.append(Line(act, "AUC, negation", area(denied, true), ">= 0.90" if wanted else ""))
    return lines + _at_bounds(act, radar, wanted=wanted)


def _at_bounds(act: str, radar: Radar, *, wanted: bool) -> list[Line]:
    """Return what is found, and marked falsely, at bounds from the other half."""
    found: list[float] = []
    denied: list[float] = []
    marks: list[float] = []
    one, other = halves(len(radar.cases))
    for chosen, reported in ((one, other), (other, one)):
        bound = radar.bound(chosen)
        for index in reported:
            case = radar.cases[index]
            marks.append(sum(doubt > bound for doubt in case.true))
            found += [doubt > bound for _, doubt in case.plants]
            denied += [doubt > bound for lie, doubt in case.plants if lie in DENIED]
    return [
        Line(act, "planted errors found", figure(found), ">= 0.92" if wanted else ""),
        Line(act, "planted negations found", figure(denied)),
        Line(act, "false marks a true report", figure(marks), "0.1" if wanted else ""),
    ]
