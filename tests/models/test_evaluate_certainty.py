"""Bounds of certainty: few are wrong below them, and a checkpoint that earns none gets none."""

from __future__ import annotations

import numpy as np

from lacuna_models.engine import DiffusionEngine
from lacuna_models.evaluate.certainty import LESS_SURE, SURE, Sentence, bounds, measure


def marked(count: int, risk: float) -> list[Sentence]:
    rng = np.random.default_rng(0)
    entropies = rng.uniform(0.0, 0.2, count)
    return [Sentence(float(e), bool(rng.random() < risk * (e / 0.2) ** 2)) for e in entropies]


def test_few_are_wrong_below_the_bounds() -> None:
    sentences = marked(3000, 0.6)
    found = bounds(sentences)
    assert found is not None
    first, second = found
    assert 0 < first < second < 0.2
    below = [s.wrong for s in sentences if s.entropy <= first - 1e-3]
    between = [s.wrong for s in sentences if first < s.entropy <= second - 1e-3]
    assert np.mean(below) <= 1.2 * SURE
    assert np.mean(between) <= 1.2 * LESS_SURE


def test_nothing_looks_sure_where_too_much_is_wrong() -> None:
    assert bounds([Sentence(0.001 * i, i % 3 == 0) for i in range(300)]) is None
    assert bounds([Sentence(0.001 * i, False) for i in range(10)]) is None
    assert bounds([]) is None


def test_drafts_are_marked_sentence_by_sentence(bundled: DiffusionEngine) -> None:
    found = measure(bundled, 2, 41)
    assert len(found) >= 4
    assert all(sentence.entropy >= 0 for sentence in found)
