"""House style: a sentence of one house among another's. Is it worded as there, its facts kept?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lacuna_models.api import Engine, Fixed, RewriteRequest, Soft
from lacuna_models.evaluate.figures import Line
from lacuna_models.phantom.evaluation.held import Held, held_out, said
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.grammar import HOUSES, Report, write

_REPORTS = 40  # of one house, from which its habits are known
_HABIT = 0.1  # of those reports: a wording that is seldomer is no habit


@dataclass(frozen=True, slots=True)
class Stray:
    """A sentence in another house's words, and the place that it takes in a report."""

    held: Held
    sentence: str
    before: str
    after: str
    habits: frozenset[str]


def strays(count: int, seed: int) -> Iterator[Stray]:
    """Yield at most one stray sentence of each held-out phantom."""
    for held in held_out(count, seed):
        home = [held.case.seed, seed, 7]
        other = _another_house(home)
        guest = write(held.case.findings, held.style, np.random.default_rng(other))
        rng = np.random.default_rng([held.case.seed, seed, 9])
        pairs = [
            (own, theirs)
            for own in held.report.body
            for theirs in guest.body
            if said(own) and dict(said(own)) == dict(said(theirs)) and own != theirs
        ]
        if pairs:
            own, theirs = pairs[int(rng.integers(len(pairs)))]
            before, after = held.report.text.split(own, 1)
            habits = _habits(held, home, own)
            if own in habits:
                yield Stray(held, theirs, before, after, habits)


def _house(key: list[int]) -> int:
    """Return which house a draw of ``write`` begins with."""
    return int(np.random.default_rng(key).integers(len(HOUSES)))


def _another_house(home: list[int]) -> list[int]:
    return next(key for k in range(1000) if _house(key := [*home, k]) != _house(home))


def _habits(held: Held, home: list[int], sentence: str) -> frozenset[str]:
    """Return how the home's house words what a sentence says."""
    keys = [key for k in range(1000) if _house(key := [*home, k]) == _house(home)][:_REPORTS]
    reports = [write(held.case.findings, held.style, np.random.default_rng(key)) for key in keys]
    spoken = Counter(said_ for report in reports for said_ in _saying(report, sentence))
    return frozenset(text for text, times in spoken.items() if times >= _HABIT * len(reports))


def _saying(report: Report, sentence: str) -> list[str]:
    same = dict(said(sentence))
    return [own for own in report.body if dict(said(own)) == same]


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return the figures of one stray sentence a phantom, in a report of its own house."""
    facts: list[float] = []
    match: list[float] = []
    refused: list[float] = []
    for stray in strays(count, seed):
        text = _rewritten(engine, stray)
        refused.append(text is None)
        if text is not None:
            facts.append(dict(said(text)) == dict(said(stray.sentence)))
            match.append(text in stray.habits)
    return [
        Line("house style", "facts unchanged, where it was not refused", figure(facts), "1.0"),
        Line("house style", "worded as the house words it", figure(match), ">= 0.9"),
        Line("house style", "refused", figure(refused)),
    ]


def _rewritten(engine: Engine, stray: Stray) -> str | None:
    """Return the sentence's new wording, None where it was refused."""
    segments = (
        Fixed("before", stray.before),
        Soft("stray", stray.sentence),
        Fixed("after", stray.after),
    )
    request = RewriteRequest("style", stray.held.prompt, segments)
    answer = next(iter(engine.rewrite(request)))
    return None if answer.refusals else answer.text.strip()
