"""Whole drafts: the length that was asked for, and what a second stage mends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lacuna_models.api import Detail, Done, Engine, FillRequest, Gap, Length, Words
from lacuna_models.evaluate.figures import Line
from lacuna_models.phantom.evaluation.held import Held, held_out
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.grammar import STYLES, write
from lacuna_models.phantom.judge import judge
from lacuna_models.search.choosing import word_count

_LENGTH, _STAGES = "asked length", "two-stage drafting"
_ASKED = (20, 30, 40, 50, 60)  # words


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return the figures."""
    held = list(held_out(count, seed))
    return [*_asked(engine, held), *_staged(engine, held)]


def _draft(engine: Engine, held: Held, length: Length | None, two_stage: bool) -> str:
    request = FillRequest("draft", held.prompt, (Gap("draft", length),), two_stage=two_stage)
    done = next(event for event in engine.fill(request) if isinstance(event, Done))
    return done.fills[0].text


def _asked(engine: Engine, held: list[Held]) -> list[Line]:
    counts = {
        detail: figure(
            [
                float(word_count(_draft(engine, each, detail, two_stage=False)))
                for each in held[: max(2, len(held) // 5)]
            ]
        )
        for detail in Detail
    }
    return [
        _missed(engine, held, "a length that a true report has", _true_words, "<= 0.1"),
        _missed(engine, held, f"{_ASKED[0]} to {_ASKED[-1]}, whatever is to be said", _any_words),
        *(Line(_LENGTH, f"words of a {name} draft", got) for name, got in counts.items()),
    ]


def _missed(
    engine: Engine, held: list[Held], name: str, asked: Callable[[int, Held], int], wanted: str = ""
) -> Line:
    """Return by what share of the asked length drafts miss it."""
    errors = []
    for number, each in enumerate(held):
        words = asked(number, each)
        got = word_count(_draft(engine, each, Words(words), two_stage=False))
        errors.append(abs(got - words) / words)
    return Line(_LENGTH, f"error, asked for {name}", figure(errors), wanted)


def _any_words(number: int, held: Held) -> int:
    """Ask for lengths in turn: some findings cannot be told in so few words, or fill so many."""
    return _ASKED[number % len(_ASKED)]


def _true_words(number: int, held: Held) -> int:
    """Ask for the length of a true report of this phantom, in one style after the other."""
    style = STYLES[number % len(STYLES)]
    rng = np.random.default_rng([held.case.seed, held.voice, 13])
    return word_count(write(held.case.findings, style, rng).text)


def _staged(engine: Engine, held: list[Held]) -> list[Line]:
    found = []
    for two_stage in (False, True):
        name = "two stages" if two_stage else "one stage"
        marks = [judge(_draft(engine, each, None, two_stage), each.case.findings) for each in held]
        found += [
            Line(_STAGES, f"{name}: all findings right", figure([m.all_right for m in marks])),
            Line(
                _STAGES,
                f"{name}: contradictions",
                figure([m.contradicts for m in marks]),
                "<= 0.01" if two_stage else "",
            ),
            Line(
                _STAGES,
                f"{name}: something said twice",
                figure([m.doubled for m in marks]),
                "0" if two_stage else "",
            ),
            Line(_STAGES, f"{name}: the grammar accepts", figure([m.fluent for m in marks])),
        ]
    return found
