"""Damaged canvases: whole underneath, clean where kept, padded where elastic."""

from __future__ import annotations

import numpy as np
import pytest
from transformers import AutoTokenizer

from lacuna_models.phantom.canvases import (
    POLISH,
    Damage,
    Vocabulary,
    as_sampled,
    damage,
    loss_weight,
    stack,
)
from lacuna_models.phantom.cases import draw_findings
from lacuna_models.phantom.grammar import Report, write
from lacuna_models.phantom.language import vocabulary
from lacuna_models.phantom.phrases import FOREIGN
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
    weight = loss_weight(batch, words.critical)
    assert batch.target.shape == batch.noisy.shape == weight.shape == (64, ROOM)
    assert (batch.noisy == batch.target)[~batch.hit].all()
    assert (batch.noisy != batch.target)[batch.hit].mean() > 0.99
    assert not (batch.kept & batch.hit).any()
    assert batch.noisy.max() < words.size
    assert (weight > 0).all()


def test_a_canvas_that_does_not_fit_is_refused(
    words: Vocabulary, drawn: list[tuple[Report, Damage]]
) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        stack([drawn[0][1]], words, np.random.default_rng(0), 10)


def test_a_slip_shows_the_reports_own_words_one_place_off(words: Vocabulary) -> None:
    rng = np.random.default_rng(2)
    report = write(draw_findings(rng), "full", rng)
    drawn = [damage(report, words, rng, ROOM, POLISH) for _ in range(200)]
    slipped = [canvas for canvas in drawn if canvas.slip is not None]
    assert 10 < len(slipped) < 60
    batch = stack(slipped, words, rng, ROOM)
    assert ((batch.noisy != batch.target) <= batch.hit).all()


def test_sampled_canvases_hold_sure_words_and_noise(
    words: Vocabulary, drawn: list[tuple[Report, Damage]]
) -> None:
    rng = np.random.default_rng(0)
    batch = stack([canvas for _, canvas in drawn[:64]], words, rng, ROOM)
    guess = np.where(rng.random(batch.target.shape) < 0.7, batch.target, 5)
    entropy = rng.random(guess.shape).astype(np.float32)
    seen = as_sampled(batch, guess, entropy, 1.0, words.size, rng)
    assert (seen.noisy == seen.target)[batch.kept | ~seen.hit].all()
    accepted = ~batch.kept & ~seen.hit
    assert 0.2 < accepted.sum() / (~batch.kept).sum() < 0.5
    for row in range(64):
        right = ~batch.kept[row] & (guess[row] == batch.target[row])
        left = right & seen.hit[row]
        if accepted[row].any() and left.any():
            assert entropy[row][accepted[row]].max() <= entropy[row][left].min()
