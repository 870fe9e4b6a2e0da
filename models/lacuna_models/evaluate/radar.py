"""The radar on planted errors: does it find them, and does it leave true reports alone?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lacuna_models.api import Engine, Fixed, Measure, ScoreRequest, Scores
from lacuna_models.evaluate.figures import Line, area, bound_for, halves
from lacuna_models.evaluate.phantoms import Held, held_out
from lacuna_models.evaluate.plants import Lie, drawn
from lacuna_models.phantom.evaluation.statistics import Figure, figure

FALSE_MARKS = 0.1  # a report
_DENIED = (Lie.ABSENCE, Lie.PRESENCE)


@dataclass(frozen=True, slots=True)
class _Case:
    """A case's doubts, by sentence: of the true report, and of each plant."""

    true: tuple[float, ...]
    plants: tuple[tuple[Lie, float], ...]


@dataclass(frozen=True, slots=True)
class Radar:
    """All doubts of one measure; how long a score took with a warm context, in seconds.

    ``elapsed`` holds the wall's and the processor's: they part where others use the machine.
    """

    cases: tuple[_Case, ...]
    elapsed: tuple[tuple[float, float], ...]

    def bound(self, items: Sequence[int] | None = None) -> float:
        """Return the bound at which true reports hold few false marks."""
        chosen = self.cases if items is None else [self.cases[i] for i in items]
        return bound_for([case.true for case in chosen], FALSE_MARKS)


def measure(engine: Engine, count: int, seed: int, kind: Measure) -> Radar:
    """Score true and planted reports of held-out phantoms."""
    cases, elapsed = [], []
    for held in held_out(count, seed):
        _scores(engine, held, held.report.text, Measure.CLEAN)  # encodes the picture
        began = time.thread_time()
        true = _scores(engine, held, held.report.text, kind)
        elapsed.append((true.elapsed, time.thread_time() - began))
        doubts = tuple(_by_sentence(true, held.report.text).values())
        plants = []
        for plant in drawn(held, seed):
            scores = _scores(engine, held, plant.report.text, kind)
            plants.append(
                (plant.lie, _by_sentence(scores, plant.report.text).get(plant.sentence, 0.0))
            )
        cases.append(_Case(doubts, tuple(plants)))
    return Radar(tuple(cases), tuple(elapsed))


def _scores(engine: Engine, held: Held, text: str, kind: Measure) -> Scores:
    return engine.score(ScoreRequest("radar", held.prompt, (Fixed("report", text),), kind))


def _by_sentence(scores: Scores, text: str) -> dict[str, float]:
    """Return the highest doubt of each sentence's phrases."""
    doubts: dict[str, float] = {}
    for span in scores.spans:
        sentence = _around(text, span.places[0].start)
        doubts[sentence] = max(doubts.get(sentence, 0.0), span.doubt)
    return doubts


def _around(text: str, at: int) -> str:
    """Return the phantom sentence at a place: full stops end them."""
    start = max(text.rfind(". ", 0, at) + 2, text.rfind("\n", 0, at) + 1)
    stop = text.find(".", at)
    return text[start : stop + 1]


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
    values = [1000 * times[clock] for times in radar.elapsed]
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
    denied = [doubt for kind, doubt in planted if kind in _DENIED]
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
            denied += [doubt > bound for lie, doubt in case.plants if lie in _DENIED]
    return [
        Line(act, "planted errors found", figure(found), ">= 0.92" if wanted else ""),
        Line(act, "planted negations found", figure(denied)),
        Line(act, "false marks a true report", figure(marks), "0.1" if wanted else ""),
    ]
