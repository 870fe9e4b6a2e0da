"""The reader's lessons: sentences against the picture, and whole sections, each with its share."""

from __future__ import annotations

import numpy as np
import pytest

from lacuna_models.phantom.cases import Findings, Rng, draw_case
from lacuna_models.phantom.counterfactual import whole_section
from lacuna_models.phantom.followed import (
    ALTERED_SECTIONS,
    IMPRESSION_GIVEN,
    SECTION_SHARE,
    Followed,
    draw_followed,
)
from lacuna_models.phantom.grammar import Report, write
from lacuna_models.phantom.labeller import label, spoken

Drawn = list[tuple[Findings, Findings, Followed]]
"""What the picture shows, what the report was written of, and the lesson."""


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    lessons: Drawn = []
    rng = np.random.default_rng(6)
    for seed in range(900):
        told: list[Findings] = []

        def tell(shown: Findings, chance: Rng, told: list[Findings] = told) -> Report:
            told.append(shown)
            return write(shown, "full", chance)

        findings = draw_case(seed).findings
        lesson = draw_followed(findings, tell, rng)
        lessons.append((findings, told[-1], lesson))
    return lessons


def _section(lesson: Followed) -> int | None:
    """Return the section that stands whole, where the other one is to be written."""
    whole = [whole_section(lesson.report, section) == lesson.pins for section in (0, 1)]
    return whole.index(True) if any(whole) else None


def test_both_sections_are_written_from_each_other(drawn: Drawn) -> None:
    # A report of one sentence a section counts as well, however its sentence came to stand.
    standing = [_section(lesson) for _, _, lesson in drawn]
    shares = [standing.count(section) / len(standing) for section in (0, 1)]
    assert shares[0] == pytest.approx(SECTION_SHARE * (1 - IMPRESSION_GIVEN), abs=0.06)
    assert shares[1] > SECTION_SHARE * IMPRESSION_GIVEN / 2


def test_half_of_the_sections_agree_with_their_picture(drawn: Drawn) -> None:
    agree = [shown == told for shown, told, lesson in drawn if _section(lesson) == 0]
    assert np.mean(agree) == pytest.approx(1 - ALTERED_SECTIONS, abs=0.12)
    assert all(shown != told for shown, told, lesson in drawn if _section(lesson) is None)


def test_what_contradicts_the_picture_can_be_read_where_it_stands(drawn: Drawn) -> None:
    for shown, told, (report, pins) in drawn:
        stands = [(report.body, report.impression)[pin.section][pin.at] for pin in pins]
        moved = {n for n in shown.__dataclass_fields__ if getattr(shown, n) != getattr(told, n)}
        groups = {group for sentence in stands for group in spoken(sentence)}
        assert not moved or groups & moved


def test_the_report_is_of_one_mind(drawn: Drawn) -> None:
    assert all(label(lesson.report.text) == told for _, told, lesson in drawn)
