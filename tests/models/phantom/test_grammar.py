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
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.grammar import (
    STYLES,
    Prior,
    accepts,
    draw_prior,
    language,
    report_sentences,
    sections,
    sentences,
    write,
)
from lacuna_models.phantom.judge import accepted, judge, majority, same_label, token_f1
from lacuna_models.phantom.labeller import change, contradicts, doubled, label

ILL = Findings(
    heart=Heart.MILD,
    effusion_left=Amount.SMALL,
    nodule=Zone(Side.RIGHT, Level.UPPER),
    nodule_size=20,
    tube=True,
)


def reports(count: int) -> list[tuple[Findings, str]]:
    rng = np.random.default_rng(4)
    drawn = [draw_findings(rng) for _ in range(count)]
    return [
        (
            found,
            write(found, STYLES[i % 3], rng, impression_first=i % 5 == 0, unseen=i % 7 == 0).text,
        )
        for i, found in enumerate(drawn)
    ]


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
    assert 800 < len(language()) < 2000
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
    assert majority([Findings(), Findings(), ILL]) == pytest.approx((10 * 1 + 5 * 2 / 3) / 15)


def test_the_impression_may_come_first() -> None:
    first = write(ILL, "full", np.random.default_rng(1), impression_first=True)
    last = write(ILL, "full", np.random.default_rng(1))
    assert first.text.startswith("Impression:\n")
    assert sections(first.text) == sections(last.text)


def test_a_comparison_says_what_has_come_of_the_fluid() -> None:
    rng = np.random.default_rng(3)
    seen = set()
    for findings, _ in reports(400):
        prior = draw_prior(findings, rng)
        text = write(findings, "full", rng, prior=prior).text
        assert change(text) == prior.change(findings)
        assert label(text) == findings
        seen.add(prior.change(findings))
    assert seen == {"new", "larger", "smaller", "unchanged", "resolved"}
    assert Prior(Side.LEFT, Amount.NONE).change(Findings()) == ""


def test_three_houses_are_kept_from_training() -> None:
    rng = np.random.default_rng(0)
    trained = {write(Findings(), "detailed", rng).text for _ in range(800)}
    unseen = {write(Findings(), "detailed", rng, unseen=True).text for _ in range(200)}
    assert len(unseen - trained) > 0.7 * len(unseen)


def test_a_detailed_report_is_the_longest() -> None:
    rng = np.random.default_rng(0)
    lengths = [np.mean([len(write(f, s, rng).text) for f, _ in reports(60)]) for s in STYLES]
    assert lengths[1] < lengths[0] < lengths[2]
