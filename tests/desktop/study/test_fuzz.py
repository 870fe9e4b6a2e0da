"""Mutated files: none crashes, hangs, eats memory or is told of unclearly. See ``helpers.fuzz``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import fuzz

pytest.importorskip("resource", reason="memory is bounded by the system: not on Windows")


def test_a_few_hundred_mutants() -> None:
    findings, tally = fuzz.hunt(seed=1, count=300)
    assert findings == []
    assert sum(tally.values()) == 300
    assert min(tally.values()) > 50  # some open, some do not: the mutations bite, and not too hard


@pytest.mark.slow
def test_ten_thousand_mutants() -> None:
    findings, tally = fuzz.hunt(seed=20261121, count=10_000)
    assert findings == []
    assert sum(tally.values()) == 10_000


def test_the_hunt_sees_what_it_should(tmp_path: Path) -> None:
    for sentence in (
        "one\nand two.",
        f"{tmp_path}/a.dcm is bad.",
        "ValueError.",
        "no end",
        "a\x00.",
    ):
        assert fuzz.unclear(sentence, tmp_path), sentence
    assert not fuzz.unclear("a.dcm is damaged, or not DICOM. Copy it again.", tmp_path)


def test_a_mutant_can_be_made_again() -> None:
    assert fuzz.mutant(1, 7) == fuzz.mutant(1, 7) != fuzz.mutant(2, 7)
