"""Dependent refill: after an edit, are just the stale sentences offered, and do refills agree?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lacuna_models.api import (
    Done,
    Engine,
    FillRequest,
    Fixed,
    Measure,
    ScoreRequest,
    Scores,
    Segment,
    Soft,
)
from lacuna_models.evaluate.figures import Line, halves
from lacuna_models.phantom.evaluation.held import Held, held_out, said
from lacuna_models.phantom.evaluation.plants import Plant, drawn
from lacuna_models.phantom.evaluation.statistics import area, figure
from lacuna_models.scoring.refill import warm

_READER = "reader"
_LEFT_ALONE = 0.95  # of untouched sentences


@dataclass(frozen=True, slots=True)
class Drop:
    """A sentence beside an edit: whether the edit made it false, and by how much less likely."""

    sentence: str
    stale: bool
    drop: float


@dataclass(frozen=True, slots=True)
class Edited:
    """A reader's edit of a true report, and what became of the other sentences."""

    plant: Plant
    drops: tuple[Drop, ...]


def measure(engine: Engine, count: int, seed: int) -> list[Edited]:
    """Edit true reports and score the sentences that the edits left alone."""
    return [
        Edited(plant, tuple(_drops(engine, held, plant)))
        for held in held_out(count, seed)
        for plant in drawn(held, seed)
    ]


def _drops(engine: Engine, held: Held, plant: Plant) -> Iterator[Drop]:
    new = dict(said(plant.sentence))
    for span in _scores(engine, held, plant).spans:
        if span.text != plant.sentence:
            old = dict(said(span.text))
            stale = any(group in old and old[group] != answer for group, answer in new.items())
            yield Drop(span.text, stale, span.drop)


def _scores(engine: Engine, held: Held, plant: Plant) -> Scores:
    request = ScoreRequest(
        "dependence",
        held.prompt,
        (Fixed("report", plant.report.text),),
        Measure.DEPENDENCE,
        before=(Fixed("report", plant.true.text),),
    )
    return engine.score(request)


def bound(edits: Sequence[Edited]) -> float:
    """Return the drop above which few untouched sentences lie."""
    untouched = [drop.drop for edit in edits for drop in edit.drops if not drop.stale]
    return float(np.quantile(untouched, _LEFT_ALONE)) if untouched else 0.0


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return the figures; what is offered is decided by a bound from the other half.

    The base model scores; what is offered is filled by the adapter that follows the reader, if the
    checkpoint has one.
    """
    adapter = _READER if _READER in engine.info.adapters else None
    edits = measure(engine, count, seed)
    drops = [drop for edit in edits for drop in edit.drops]
    auc = area([d.drop for d in drops if d.stale], [d.drop for d in drops if not d.stale])
    offered: list[float] = []
    left: list[float] = []
    agree: list[float] = []
    one, other = halves(len(edits))
    for chosen, reported in ((one, other), (other, one)):
        limit = bound([edits[i] for i in chosen])
        for index in reported:
            edit = edits[index]
            offered += [d.drop > limit for d in edit.drops if d.stale]
            left += [d.drop <= limit for d in edit.drops if not d.stale]
            agree += _refilled(engine, edit, limit, adapter)
    return [
        Line("dependent refill", "AUC of the drop", auc),
        Line("dependent refill", "stale sentences offered", figure(offered), ">= 0.95"),
        Line("dependent refill", "untouched sentences left alone", figure(left), ">= 0.95"),
        Line("dependent refill", "refilled text agrees", figure(agree), ">= 0.9"),
    ]


def _refilled(engine: Engine, edit: Edited, limit: float, adapter: str | None) -> list[float]:
    """Refill what is offered and was stale; return whether each now agrees with the edit."""
    wanted = [d.sentence for d in edit.drops if d.stale and d.drop > limit]
    if not wanted:
        return []
    segments = tuple(_parts(edit.plant.report.text, edit.plant.sentence, wanted))
    request = FillRequest(
        "refill", edit.plant.held.prompt, segments, settings=warm(engine.info.settings)
    )
    request = replace(request, adapter=adapter)
    done = next(event for event in engine.fill(request) if isinstance(event, Done))
    new = dict(said(edit.plant.sentence))
    return [_agrees(fill.text.strip(), new) for fill in done.fills]


def _agrees(text: str, new: dict[str, object]) -> bool:
    """Whether what was written in a stale sentence's place no longer contradicts the edit."""
    claims = dict(said(text))
    return all(claims.get(group, answer) == answer for group, answer in new.items())


def _parts(text: str, edited: str, wanted: Sequence[str]) -> Iterator[Segment]:
    """Cut a report so that the wanted sentences are soft; the edited one never is."""
    at, count = 0, 0
    while at < len(text):
        starts = [(text.find(s, at), s) for s in wanted if s != edited and text.find(s, at) >= 0]
        if not starts:
            yield Fixed(f"held-{count}", text[at:])
            return
        start, sentence = min(starts)
        if start > at:
            yield Fixed(f"held-{count}", text[at:start])
        yield Soft(f"stale-{count}", sentence)
        at, count = start + len(sentence), count + 1
