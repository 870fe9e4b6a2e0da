"""How sure is sure: a sentence's mean entropy in a draft, against whether it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lacuna_models.api import Done, Engine, Fill, FillRequest, Fixed, Gap, Kept
from lacuna_models.phantom.evaluation.held import Held, agrees, held_out
from lacuna_models.phantom.grammar import accepts

SURE, LESS_SURE = 0.01, 0.08  # the most that may be wrong below each bound
_FEWEST = 30  # sentences that a bound must speak for


class Sentence(NamedTuple):
    """A drafted sentence: its mean entropy in nats at temperature 1, and whether it is wrong."""

    entropy: float
    wrong: bool


def measure(engine: Engine, count: int, seed: int) -> list[Sentence]:
    """Draft held-out phantoms and mark every sentence."""
    return [sentence for held in held_out(count, seed) for sentence in _drafted(engine, held)]


def bounds(marked: list[Sentence]) -> tuple[float, float] | None:
    """Return the mean entropies below which sentences are hardly, and seldom, wrong.

    Below the first at most ``SURE`` of the sentences are wrong, between the two at most
    ``LESS_SURE``. None where too few sentences are that good: nothing then looks sure.
    """
    ordered = sorted(marked)
    sure = _last(ordered, SURE)
    if sure < _FEWEST:
        return None
    rest = ordered[sure:]
    less = sure + _last(rest, LESS_SURE)
    first, second = (round(ordered[at - 1].entropy, 4) for at in (sure, less))
    return (first, second) if 0 < first <= second else None


def _last(ordered: list[Sentence], share: float) -> int:
    """Return how many of the lowest hold at most a share of wrong ones."""
    if not ordered:
        return 0
    wrong = np.cumsum([sentence.wrong for sentence in ordered])
    fits = np.flatnonzero(wrong <= share * np.arange(1, len(ordered) + 1))
    return int(fits[-1]) + 1 if len(fits) else 0


def _drafted(engine: Engine, held: Held) -> Iterator[Sentence]:
    segments = (
        Fixed("head", "Findings:\n"),
        Gap("body"),
        Fixed("middle", "\n\nImpression:\n"),
        Gap("impression"),
    )
    request = FillRequest("certainty", held.prompt, segments)
    done = next(event for event in engine.fill(request) if isinstance(event, Done))
    for fill in done.fills:
        for text, entropies in _sentences(fill):
            wrong = not accepts(text) or not agrees(text, held.case.findings)
            yield Sentence(float(np.mean(entropies)), wrong)


def _sentences(fill: Fill) -> Iterator[tuple[str, list[float]]]:
    text, entropies = "", list[float]()
    for piece in fill.pieces:
        for token in piece.tokens if isinstance(piece, Kept) else ():
            text += token.text
            entropies.append(token.entropy)
            if text.rstrip().endswith("."):
                yield text.strip(), entropies
                text, entropies = "", []
    if text.strip():
        yield text.strip(), entropies
