"""Damaged canvases: whole underneath, clean where kept, padded where elastic."""

from __future__ import annotations

import numpy as np
import pytest
from transformers import AutoTokenizer

from lacuna_models.phantom.canvases import Damage, Vocabulary, damage, stack
from lacuna_models.phantom.cases import draw_findings
from lacuna_models.phantom.grammar import Report, write
from lacuna_models.phantom.phrases import FOREIGN
from lacuna_models.phantom.prompts import vocabulary
from lacuna_phantom import checkpoint_path

ROOM = 128


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return vocabulary(AutoTokenizer.from_pretrained(checkpoint_path()))


@pytest.fixture(scope="module")
def drawn(words: Vocabulary) -> list[tuple[Report, Damage]]:
    rng = np.random.default_rng(8)
    reports = [write(draw_findings(rng), "full", rng) for _ in range(600)]
    short = [report for report in reports if len(words.encode(report.text)) < ROOM]
    return [(report, damage(report, words, rng, ROOM)) for report in short]


def test_the_report_lies_underneath(words: Vocabulary, drawn: list[tuple[Report, Damage]]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint_path())
    for report, canvas in drawn:
        text = tokenizer.decode([token for token in canvas.target if token != words.pad])
        for sentence in FOREIGN:
            text = text.replace(f" {sentence}", "").replace(f"{sentence} ", "")
        assert text.endswith(f"{report.text}<turn|>")
        assert len(canvas.target) <= ROOM


def test_kept_words_are_never_damaged(drawn: list[tuple[Report, Damage]]) -> None:
    assert not any((canvas.kept & canvas.hit).any() for _, canvas in drawn)
    assert np.mean([canvas.kept.any() for _, canvas in drawn]) > 0.5


def test_about_a_third_have_padding_inside(
    words: Vocabulary, drawn: list[tuple[Report, Damage]]
) -> None:
    elastic = [(canvas.target == words.pad).any() for _, canvas in drawn]
    assert 0.25 < np.mean(elastic) < 0.45


def test_padding_follows_its_gaps_text(
    words: Vocabulary, drawn: list[tuple[Report, Damage]]
) -> None:
    for _, canvas in drawn:
        for at in np.flatnonzero(canvas.target == words.pad):
            assert not canvas.kept[at]
            assert at > 0


def test_a_batch_is_noisy_only_where_hit(
    words: Vocabulary, drawn: list[tuple[Report, Damage]]
) -> None:
    batch = stack([canvas for _, canvas in drawn[:64]], words, np.random.default_rng(0), ROOM)
    assert batch.target.shape == batch.noisy.shape == batch.weight.shape == (64, ROOM)
    assert (batch.noisy == batch.target)[~batch.hit].all()
    assert (batch.noisy != batch.target)[batch.hit].mean() > 0.99
    assert not (batch.kept & batch.hit).any()
    assert batch.noisy.max() < words.size
    assert (batch.weight > 0).all()


def test_a_canvas_that_does_not_fit_is_refused(
    words: Vocabulary, drawn: list[tuple[Report, Damage]]
) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        stack([drawn[0][1]], words, np.random.default_rng(0), 10)
