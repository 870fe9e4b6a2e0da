"""The card's statistics, against printed tables and worked examples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lacuna_models.phantom.evaluation.statistics import (
    figure,
    interaction,
    paired_t,
    two_sided,
)

# Student (1908), "The probable error of a mean": additional hours of sleep under two drugs.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


@pytest.mark.parametrize(
    ("t", "freedom", "p"),
    [
        (12.706, 1, 0.05),
        (4.303, 2, 0.05),
        (2.571, 5, 0.05),
        (4.032, 5, 0.01),
        (2.228, 10, 0.05),
        (4.587, 10, 0.001),
        (2.042, 30, 0.05),
        (1.98, 120, 0.05),
        (3.373, 120, 0.001),
    ],
)
def test_tails_are_those_of_the_printed_table(t: float, freedom: int, p: float) -> None:
    assert two_sided(t, freedom) == pytest.approx(p, rel=0.002)
    assert two_sided(-t, freedom) == two_sided(t, freedom)


def test_two_degrees_of_freedom_have_a_closed_form() -> None:
    for t in (0.0, 0.3, 1.0, 5.0, 40.0):
        assert two_sided(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), abs=1e-12)


def test_student_and_his_sleepers() -> None:
    tested = paired_t(FIRST, SECOND)
    assert tested.gain.mean == pytest.approx(-1.58)
    assert tested.t == pytest.approx(-4.0621, abs=1e-4)
    assert tested.p == pytest.approx(0.002833, abs=1e-6)
    assert tested.gain.low < -1.58 < tested.gain.high < 0


def test_an_interaction_is_the_difference_of_gains() -> None:
    first, second, rng = np.array(FIRST), np.array(SECOND), np.random.default_rng(0)
    level = rng.normal(size=10)  # what is common to both arms of an author goes out
    tested = interaction((first + level, level), (second - level, -level))
    assert tested.t == pytest.approx(paired_t(FIRST, SECOND).t)


def test_pairs_that_all_differ_alike_are_certain() -> None:
    assert paired_t([1.0, 2.0], [1.0, 2.0]).p == 1.0
    assert paired_t([1.0, 2.0], [0.0, 1.0]).p == 0.0
    with pytest.raises(ValueError, match="two pairs"):
        paired_t([1.0], [0.0])


def test_an_interval_shrinks_with_the_root_of_the_count() -> None:
    few, many = (figure([0.0, 1.0] * count) for count in (20, 2000))
    assert few.mean == many.mean == 0.5
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(10, rel=0.2)
    assert figure([]).n == 0
    assert str(figure([float("nan")])) == "-"
