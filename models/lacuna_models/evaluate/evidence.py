"""Image evidence: does the picture's gain part findings from what is written by habit?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from lacuna_models.api import Engine, Fixed, Measure, ScoreRequest, Source
from lacuna_models.evaluate.figures import Line, halves
from lacuna_models.phantom.evaluation.held import finds, held_out, said
from lacuna_models.phantom.evaluation.statistics import area, figure

_STRAYS = 0.01  # of sentences about nothing that may pass for the picture's
_MISSED = 0.05  # of findings that may pass for habit


class Kind(Enum):
    """What a sentence is about."""

    FINDING = "a finding"
    ABSENCE = "an absence"
    NOTHING = "nothing that a picture decides"


@dataclass(frozen=True, slots=True)
class Gains:
    """What the picture adds to each sentence of each case, nats a token."""

    cases: tuple[tuple[tuple[Kind, float], ...], ...]

    def of(self, kind: Kind, items: Sequence[int] | None = None) -> list[float]:
        """Return the gains of one kind."""
        chosen = self.cases if items is None else [self.cases[i] for i in items]
        return [gain for case in chosen for own, gain in case if own is kind]

    def bounds(self, items: Sequence[int] | None = None) -> tuple[float, float]:
        """Return up to where it is habit, and from where on it is the picture."""
        nothing, found = self.of(Kind.NOTHING, items), self.of(Kind.FINDING, items)
        strays = float(np.quantile(nothing, 1 - _STRAYS)) if nothing else 0.0
        missed = float(np.quantile(found, _MISSED)) if found else 0.0
        return min(strays, missed), max(strays, missed)  # what lies between is neither


def measure(engine: Engine, count: int, seed: int) -> Gains:
    """Score the sentences of true reports with their pictures and with grey ones."""
    cases = []
    for held in held_out(count, seed):
        request = ScoreRequest(
            "evidence", held.prompt, (Fixed("report", held.report.text),), Measure.EVIDENCE
        )
        cases.append(tuple((_kind(s.text), -s.drop) for s in engine.score(request).spans))
    return Gains(tuple(cases))


def _kind(sentence: str) -> Kind:
    if finds(sentence):
        return Kind.FINDING
    return Kind.ABSENCE if said(sentence) else Kind.NOTHING


def source(gain: float, bounds: tuple[float, float]) -> Source:
    """Return the level of a gain."""
    habit, picture = bounds
    if gain >= picture:
        return Source.PICTURE
    return Source.HABIT if gain <= habit else Source.NEITHER


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return the figures; levels by bounds from the other half of the cases."""
    gains = measure(engine, count, seed)
    found, nothing = gains.of(Kind.FINDING), gains.of(Kind.NOTHING)
    shares: dict[tuple[Kind, Source], list[float]] = {}
    one, other = halves(len(gains.cases))
    for chosen, reported in ((one, other), (other, one)):
        bounds = gains.bounds(chosen)
        for kind in Kind:
            for gain in gains.of(kind, reported):
                for level in Source:
                    seen = shares.setdefault((kind, level), [])
                    seen.append(source(gain, bounds) is level)
    levels = [
        Line("evidence", f"{kind.value}: from the {level}", figure(seen))
        for (kind, level), seen in sorted(shares.items(), key=lambda item: item[0][0].name)
    ]
    return [Line("evidence", "AUC", area(found, nothing), ">= 0.97"), *levels]
