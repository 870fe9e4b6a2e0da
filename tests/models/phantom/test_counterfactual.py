"""Contradictions are one change, plausible, and stand in the report where they are pinned."""

from __future__ import annotations

import numpy as np
import pytest

from lacuna_models.phantom.cases import (
    Amount,
    Findings,
    Level,
    Side,
    Zone,
    classes,
    draw_case,
    plausible,
)
from lacuna_models.phantom.counterfactual import (
    Change,
    alter,
    draw_altered,
    every,
    plant,
    speaking,
    whole_section,
)
from lacuna_models.phantom.grammar import accepts, write
from lacuna_models.phantom.labeller import contradicts, label, spoken

ILL = Findings(effusion_left=Amount.SMALL, nodule=Zone(Side.RIGHT, Level.UPPER), nodule_size=20)


@pytest.mark.parametrize("change", Change)
def test_a_change_is_one_and_plausible(change: Change) -> None:
    rng = np.random.default_rng(0)
    for seed in range(300):
        findings = draw_case(seed).findings
        altered = alter(findings, change, rng)
        if altered is None:
            assert change is not Change.PRESENCE
            continue
        assert plausible(altered.findings)
        moved = sum(
            a != b for a, b in zip(classes(findings), classes(altered.findings), strict=True)
        )
        assert 1 <= moved <= 2  # two where a nodule comes or goes, or fluid changes sides


def test_sides_sizes_and_zones_change_as_named() -> None:
    rng = np.random.default_rng(1)
    sides = [alter(ILL, Change.SIDE, rng) for _ in range(40)]
    assert {a.findings.nodule for a in sides if a} == {ILL.nodule, Zone(Side.LEFT, Level.UPPER)}
    sizes = [alter(ILL, Change.SIZE, rng) for _ in range(60)]
    assert {a.findings.nodule_size for a in sizes if a} == {10, 20, 30}
    zones = [alter(ILL, Change.ZONE, rng) for _ in range(40)]
    assert {a.findings.nodule.level for a in zones if a and a.findings.nodule} == {
        Level.MID,
        Level.LOWER,
    }
    assert alter(Findings(), Change.SIDE, rng) is None


def test_a_planted_sentence_contradicts_and_nothing_else_moves() -> None:
    rng = np.random.default_rng(2)
    planted_once = 0
    for seed in range(200):
        findings = draw_case(seed).findings
        altered = draw_altered(findings, rng)
        report = write(findings, "detailed", np.random.default_rng(seed))
        other = write(altered.findings, "detailed", np.random.default_rng(seed))
        found = plant(report, other, altered.groups, rng)
        if found is None:
            continue
        planted_once += 1
        planted, pin = found
        sentence = (planted.body, planted.impression)[pin.section][pin.at]
        assert sentence in other.body + other.impression
        assert altered.groups & spoken(sentence).keys()
        assert all(accepts(s) for s in planted.body + planted.impression)
        untouched = (report.impression, report.body)[pin.section]
        assert untouched == (planted.impression, planted.body)[pin.section]
    assert planted_once > 150


def test_a_changed_side_in_the_impression_is_a_contradiction() -> None:
    report = write(ILL, "full", np.random.default_rng(0))
    other = write(ILL.having(nodule=Zone(Side.LEFT, Level.UPPER)), "full", np.random.default_rng(0))
    rng = np.random.default_rng(0)
    found = [plant(report, other, frozenset({"nodule"}), rng) for _ in range(20)]
    texts = [planted[0].text for planted in found if planted]
    assert texts
    assert all(contradicts(text) for text in texts)


def test_speaking_finds_the_sentences_of_a_group() -> None:
    report = write(ILL, "full", np.random.default_rng(4))
    pins = speaking(report, frozenset({"effusion_left"}))
    assert {pin.section for pin in pins} == {0, 1}
    assert len(every(report)) == len(report.body) + len(report.impression)
    assert len(whole_section(report, 1)) == len(report.impression)
    assert label(report.text) == ILL
