"""What teaches that the reader is right: a report, and which of its sentences stand. Torch-free.

Mostly a sentence stands that contradicts the picture, and the others agree with it. The rest are
whole sections: an impression is written to given findings, or findings to a given impression, half
of them beside a picture that shows what they say. What stands always tells what was altered: else
nothing could be followed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lacuna_models.phantom.cases import Findings, Rng
from lacuna_models.phantom.counterfactual import draw_altered, every, speaking, whole_section
from lacuna_models.phantom.grammar import Pin, Report

Teller = Callable[[Findings, Rng], Report]

SECTION_SHARE = 0.45  # of the lessons: one of the two sections stands, the other is written
ALTERED_SECTIONS = 0.5  # of these: what stands contradicts the picture
IMPRESSION_GIVEN = 0.3  # of these: the impression stands


class Followed(NamedTuple):
    """A report, and the sentences of it that stand."""

    report: Report
    pins: frozenset[Pin]


def draw_followed(findings: Findings, tell: Teller, rng: Rng) -> Followed:
    """Draw a lesson beside a picture of ``findings``; ``tell`` words reports."""
    if rng.random() >= SECTION_SHARE:
        report, said = _contradicting(findings, tell, rng)
        return Followed(report, _some(report, said, rng))
    if rng.random() >= ALTERED_SECTIONS:
        report, said = tell(findings, rng), []
    else:
        report, said = _contradicting(findings, tell, rng)
    section = int(rng.random() < IMPRESSION_GIVEN)
    if said and section not in {pin.section for pin in said}:
        section = 1 - section
    return Followed(report, whole_section(report, section))


def _contradicting(findings: Findings, tell: Teller, rng: Rng) -> tuple[Report, list[Pin]]:
    """Return a report of altered findings, and its sentences that tell what was altered.

    Drawn until some sentence tells it: an absent tube, say, goes unmentioned in most styles.
    """
    while True:
        altered = draw_altered(findings, rng)
        report = tell(altered.findings, rng)
        if said := speaking(report, altered.groups):
            return report, said


def _some(report: Report, said: list[Pin], rng: Rng) -> frozenset[Pin]:
    """Return one of the telling sentences, at times with others."""
    more = [pin for pin in every(report) if rng.random() < rng.choice((0.0, 0.0, 0.3))]
    return frozenset({said[int(rng.integers(len(said)))], *more})
