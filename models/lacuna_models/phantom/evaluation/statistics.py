"""Means and areas under a curve with intervals, and paired t tests. Pure numpy.

The t distribution's tail is the regularised incomplete beta function (Abramowitz and Stegun 26.7.1
and 26.5.8), by its continued fraction in Lentz's form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_TINY = 1e-300
_PRECISION = 1e-14


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean with its bootstrap 95 % interval, over ``n`` items; NaN where there are none."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]" if self.n else "-"


def figure(values: Sequence[float] | Values, draws: int = 2000) -> Figure:
    """Return the mean of one value an item; NaN marks an item that has none."""
    seen = np.asarray(values, dtype=np.float64)
    seen = seen[~np.isnan(seen)]
    if not len(seen):
        return Figure(float("nan"), float("nan"), float("nan"), 0)
    rng = np.random.default_rng(0)
    means = seen[rng.integers(0, len(seen), (draws, len(seen)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Figure(float(seen.mean()), float(low), float(high), len(seen))


def area(high: Sequence[float], low: Sequence[float], draws: int = 1000) -> Figure:
    """Return how often an item of ``high`` lies above one of ``low``: the area under the curve."""
    above, below = np.asarray(high, dtype=np.float64), np.asarray(low, dtype=np.float64)
    if not len(above) or not len(below):
        return Figure(float("nan"), float("nan"), float("nan"), 0)
    rng = np.random.default_rng(0)
    drawn = [
        _area(rng.choice(above, len(above)), np.sort(rng.choice(below, len(below))))
        for _ in range(draws)
    ]
    lowest, highest = np.quantile(drawn, (0.025, 0.975))
    return Figure(_area(above, np.sort(below)), float(lowest), float(highest), len(above))


def _area(above: Values, below: Values) -> float:
    """``below`` is sorted."""
    smaller = np.searchsorted(below, above, "left")
    equal = np.searchsorted(below, above, "right") - smaller
    return float((smaller + equal / 2).mean() / len(below))


@dataclass(frozen=True, slots=True)
class Paired:
    """A mean difference of pairs, with its t test against 0 (two-sided)."""

    gain: Figure
    t: float
    p: float


def paired_t(left: Sequence[float] | Values, right: Sequence[float] | Values) -> Paired:
    """Test whether ``left`` differs from ``right``, item by item.

    Differences that are all alike have no t: it is 0 where they are 0, else infinite.

    Raises:
        ValueError: the two are not as long, or shorter than 2.
    """
    differences = np.asarray(left, dtype=np.float64) - np.asarray(right, dtype=np.float64)
    count = len(differences)
    if count < 2:
        raise ValueError("a t test needs two pairs")
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    if spread == 0.0:
        t = math.copysign(math.inf, mean) if mean else 0.0
    else:
        t = mean / (spread / math.sqrt(count))
    return Paired(figure(differences), t, two_sided(t, count - 1))


def interaction(first: tuple[Values, Values], second: tuple[Values, Values]) -> Paired:
    """Test whether the gain of the first pair of arms differs from that of the second.

    Each is (with, without), one value an item, the same items in all four: a two by two design
    within items, whose interaction is a paired t test of the gains.
    """
    return paired_t(first[0] - first[1], second[0] - second[1])


def two_sided(t: float, freedom: int) -> float:
    """Return the probability that Student's t is at least as far from 0."""
    if math.isinf(t):
        return 0.0
    return _beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function."""
    if x <= 0.0 or x >= 1.0:
        return min(max(x, 0.0), 1.0)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    upper, lower = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    value = lower
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            lower = 1.0 / _away(1.0 + term * lower)
            upper = _away(1.0 + term / upper)
            change = upper * lower
            value *= change
        if abs(change - 1.0) < _PRECISION:
            break
    return value


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
