"""Reports say what the findings are, in sentences that the labeller can read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lacuna_models.phantom.cases import (
    GROUPS,
    Amount,
    Findings,
    Heart,
    Level,
    Side,
    Zone,
    classes,
    draw_findings,
)
from lacuna_models.phantom.grammar import (
    Style,
    accepts,
    language,
    report_sentences,
    sections,
    sentences,
    write,
)
from lacuna_models.phantom.judge import accepted, figure, judge, majority, same_label, token_f1
from lacuna_models.phantom.labeller import contradicts, doubled, label

ILL = Findings(
    heart=Heart.MILD, effusion_left=Amount.SMALL, nodule=Zone(Side.RIGHT, Level.UPPER), tube=True
)


def reports(count: int) -> list[tuple[Findings, str]]:
    rng = np.random.default_rng(4)
    styles: tuple[Style, Style] = ("full", "terse")
    drawn = [draw_findings(rng) for _ in range(count)]
    return [(found, write(found, styles[i % 2], rng).text) for i, found in enumerate(drawn)]


def test_the_layout_is_exact() -> None:
    text = write(ILL, "full", np.random.default_rng(1)).text
    body, impression = sections(text)
    assert text == f"Findings:\n{body}\n\nImpression:\n{impression}"
    assert body.count("\n") == impression.count("\n") == 0
    assert " ".join(sentences(body)) == body


def test_wording_follows_the_generator_and_varies() -> None:
    first, again = (write(ILL, "full", np.random.default_rng(1)).text for _ in range(2))
    assert first == again
    rng = np.random.default_rng(0)
    assert len({write(ILL, "full", rng).text for _ in range(200)}) > 150


def test_a_terse_report_is_shorter_and_names_no_absence() -> None:
    rng = np.random.default_rng(2)
    terse = [write(ILL, "terse", rng).text for _ in range(50)]
    full = [write(ILL, "full", rng).text for _ in range(50)]
    assert np.mean([len(t) for t in terse]) < 0.95 * np.mean([len(t) for t in full])
    assert not any("no pneumothorax" in text.lower() for text in terse)


def test_the_labeller_reads_reference_reports() -> None:
    right = [
        np.array(classes(label(text))) == np.array(classes(found)) for found, text in reports(1500)
    ]
    assert np.mean(right) >= 0.995


def test_reference_reports_are_fluent_and_whole() -> None:
    for _, text in reports(600):
        assert all(accepts(sentence) for sentence in report_sentences(text))
        assert not contradicts(text)
        assert not doubled(text)


@pytest.mark.parametrize(
    "sentence", ["The heart is normal", "The liver is normal.", "There is a left.", ""]
)
def test_other_sentences_are_not_accepted(sentence: str) -> None:
    assert not accepts(sentence)


def test_the_language_is_finite_and_worded() -> None:
    assert 300 < len(language()) < 2000
    assert not any("{" in sentence or "(" in sentence for sentence in language())


def test_sentences_keep_an_unfinished_end() -> None:
    assert sentences("Clear lungs. No effusion. The heart is") == [
        "Clear lungs.",
        "No effusion.",
        "The heart is",
    ]
    assert sentences("") == []


def test_a_flipped_side_is_a_contradiction_and_a_wrong_side() -> None:
    text = "Findings:\nRight pneumothorax. Otherwise normal.\n\nImpression:\nLeft pneumothorax."
    assert contradicts(text)
    marks = judge(text, Findings(pneumothorax=Side.LEFT))
    assert marks.sides == 0
    assert not marks.all_right
    assert sum(marks.groups) == len(GROUPS) - 1


def test_a_repeated_sentence_is_doubled() -> None:
    text = "Findings:\nBones intact. Bones intact.\n\nImpression:\nNormal chest."
    assert doubled(text)


def test_a_right_report_gets_full_marks() -> None:
    marks = judge(write(ILL, "full", np.random.default_rng(3)).text, ILL)
    assert marks.all_right
    assert marks.sides == marks.fluent == 1


def test_nothing_written_is_not_fluent() -> None:
    assert accepted("") == 0
    assert judge("", replace(Findings())).fluent == 0


def test_figures() -> None:
    seen = figure([0.0, 1.0] * 50 + [float("nan")])
    assert (seen.mean, seen.n) == (0.5, 100)
    assert 0.35 < seen.low < 0.5 < seen.high < 0.65
    assert token_f1("The heart is normal.", "the heart is normal.") == 1
    assert token_f1("No effusion.", "Bones intact.") == pytest.approx(1 / 3)  # the full stop
    assert same_label("No effusion.", "There is no pleural effusion.")
    assert not same_label("Mild cardiomegaly.", "Marked cardiomegaly.")
    assert majority([Findings(), Findings(), ILL]) == pytest.approx((4 * 1 + 4 * 2 / 3) / 8)
