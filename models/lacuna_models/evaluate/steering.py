"""`lacuna-models evaluate steering`: every act of steering, measured in its own module."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lacuna_models.api import Engine
from lacuna_models.evaluate import (
    alternatives,
    dependence,
    drafts,
    evidence,
    lengths,
    locks,
    radar,
    restyle,
)
from lacuna_models.evaluate.figures import Line

ACTS: dict[str, Callable[[Engine, int, int], list[Line]]] = {
    "radar": radar.lines,
    "evidence": evidence.lines,
    "dependence": dependence.lines,
    "style": restyle.lines,
    "length": lengths.lines,
    "alternatives": alternatives.lines,
    "lock": locks.lines,
    "drafts": drafts.lines,
}


def evaluate(engine: Engine, acts: Sequence[str], count: int, seed: int) -> list[Line]:
    """Return the figures of some acts on ``count`` held-out phantoms."""
    return [line for act in acts for line in ACTS[act](engine, count, seed)]
