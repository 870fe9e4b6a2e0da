"""The lengths that the evaluation asks whole drafts to have."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lacuna_models.api import CancelToken, Commands, Done, FillRequest, Gap, StepEvent, Words
from lacuna_models.evaluate.drafts import lines
from lacuna_models.phantom.evaluation.held import held_out
from lacuna_models.phantom.grammar import STYLES, write
from lacuna_models.scripted import ScriptedEngine
from lacuna_models.search.choosing import word_count

COUNT, SEED = 6, 5


class _Listening(ScriptedEngine):
    """Notes the numbers of words that it is asked for."""

    def __init__(self) -> None:
        super().__init__(default="one two three")
        self.asked: list[int] = []

    def fill(
        self,
        request: FillRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        (gap,) = request.segments
        if isinstance(gap, Gap) and isinstance(gap.policy, Words):
            self.asked.append(gap.policy.words)
        return super().fill(request, cancel, commands)


def test_drafts_are_asked_for_lengths_that_the_findings_can_have() -> None:
    engine = _Listening()
    found = lines(engine, COUNT, SEED)
    for words, held in zip(engine.asked, held_out(COUNT, SEED), strict=False):
        lengths = [
            word_count(write(held.case.findings, style, np.random.default_rng([draw])).text)
            for style in STYLES
            for draw in range(30)
        ]
        assert min(lengths) - 8 <= words <= max(lengths) + 8
    (line,) = [line for line in found if line.wanted == "<= 0.1"]
    missed = [(words - 3) / words for words in engine.asked[:COUNT]]
    assert line.figure.mean == float(np.mean(missed))
