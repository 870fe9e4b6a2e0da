"""Which lengths a gap may have, by its policy. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lacuna_models.api import Auto, Detail, Exact, Gap, Length, Range, Sentence, Words
from lacuna_models.canvas import SHORTEST_GAP, CanvasSpec

MOST = 12  # lengths that are tried in the first pass
_SPREAD = 0.35  # share by which a gap of so many words may be shorter or longer in tokens


def lengths_of(gap: Gap, canvas: CanvasSpec, room: int) -> tuple[int, ...]:
    """Return the lengths to try, ascending, none above ``room``; at most ``MOST``.

    Empty where the policy leaves nothing to try: an exact length has none but its own.
    """
    wanted = _wanted(gap.policy, canvas)
    return _thinned([length for length in wanted if SHORTEST_GAP <= length <= room] or [])


def _wanted(policy: Length, canvas: CanvasSpec) -> range:
    if isinstance(policy, Words):
        middle = policy.words * canvas.tokens_per_word
        low, high = middle * (1 - _SPREAD), middle * (1 + _SPREAD)
        return range(max(SHORTEST_GAP, math.floor(low)), math.ceil(high) + 1)
    if isinstance(policy, Range):
        return range(policy.low, policy.high + 1)
    if isinstance(policy, Exact):
        return range(0)
    return range(SHORTEST_GAP, canvas.longest_gap + 1)


def is_loose(policy: Length) -> bool:
    """Whether a policy leaves the length to the model: then padding may shorten a gap."""
    return isinstance(policy, Auto | Sentence | Detail)


def _thinned(lengths: Sequence[int]) -> tuple[int, ...]:
    """Return at most ``MOST`` of the lengths, both ends among them."""
    if len(lengths) <= MOST:
        return tuple(lengths)
    step = (len(lengths) - 1) / (MOST - 1)
    return tuple(lengths[round(i * step)] for i in range(MOST))
