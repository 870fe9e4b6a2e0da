"""Auto length: gaps filled at the true length, padded, and at the best of several lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lacuna_models.api import Engine
from lacuna_models.engine import DiffusionEngine
from lacuna_models.evaluate.figures import Line
from lacuna_models.evaluate.masks import Filled, Mask, fill, masks
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.judge import accepted, same_label, token_f1

_ACT = "auto length"


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return the figures of every way; the checkpoint's own is the one that counts."""
    if not isinstance(engine, DiffusionEngine):
        return []
    held = list(masks(count, seed))
    for mask in held:
        fill(engine, mask, 3)  # encodes the picture
    true = [fill(engine, mask, true_length(engine, mask)) for mask in held]
    found = [*_figures("true length", true)]
    for searched in (False, True):
        way = engine.variant(searched=searched)
        filled = [fill(way, mask, None) for mask in _warm(way, held)]
        own = searched is engine.searched
        name = ("searched" if searched else "padded") + (", the checkpoint's own" if own else "")
        found += _figures(name, filled, wanted=own)
        found.append(_difference(name, filled, true))
    return found


def true_length(engine: DiffusionEngine, mask: Mask) -> int:
    """Return how many tokens the sentence takes that was taken out."""
    return len(engine.vocabulary.ids(mask.lead + mask.sentence))


def _warm(engine: Engine, held: Sequence[Mask]) -> Sequence[Mask]:
    """Encode the last picture once, so that the first fill finds what the others find."""
    fill(engine, held[0], 3)
    return held


def _figures(name: str, filled: Sequence[Filled], *, wanted: bool = False) -> list[Line]:
    pairs = [(each.text, each.mask.sentence) for each in filled]
    seconds = float(np.median([each.seconds for each in filled]))
    return [
        Line(_ACT, f"{name}: label equal", figure([same_label(a, b) for a, b in pairs])),
        Line(
            _ACT,
            f"{name}: sentences that the grammar accepts",
            figure([accepted(a) for a, _ in pairs]),
            ">= 0.97" if wanted else "",
        ),
        Line(_ACT, f"{name}: token-F1", figure([token_f1(a, b) for a, b in pairs])),
        Line(
            _ACT,
            f"{name}: seconds a fill (median {seconds:.2f}), picture included",
            figure([each.seconds for each in filled]),
            "<= 0.5" if wanted else "",
        ),
    ]


def _difference(name: str, filled: Sequence[Filled], true: Sequence[Filled]) -> Line:
    gains = [
        float(same_label(one.text, one.mask.sentence))
        - float(same_label(other.text, other.mask.sentence))
        for one, other in zip(filled, true, strict=True)
    ]
    return Line(_ACT, f"{name}: label equal, less the true length's", figure(gains), ">= -0.01")
