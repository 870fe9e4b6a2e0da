"""Alternatives: is the wording that was taken out among them, and are all fit to be shown?"""

from __future__ import annotations

from lacuna_models.api import Engine
from lacuna_models.evaluate.figures import Line
from lacuna_models.evaluate.masks import fill, masks
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.judge import accepted, same_label

_ACT = "alternatives"
_SHOWN = 5


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return the figures of up to five proposals a gap."""
    filled = [fill(engine, mask, None, _SHOWN) for mask in masks(count, seed)]
    shown = [[each.text, *(a.text.strip() for a in each.fill.alternatives)] for each in filled]
    pairs = list(zip(shown, filled, strict=True))
    among = {
        top: figure([each.mask.sentence in texts[:top] for texts, each in pairs])
        for top in (1, 3, 5)
    }
    every = [text for texts in shown for text in texts]
    others = [(texts[0], text) for texts in shown for text in texts[1:]]
    return [
        Line(_ACT, "reference wording is the first", among[1]),
        Line(_ACT, "reference wording among the top 3", among[3], ">= 0.7"),
        Line(_ACT, "reference wording among the top 5", among[5]),
        Line(_ACT, "proposals a gap", figure([float(len(texts)) for texts in shown])),
        Line(_ACT, "all shown: the grammar accepts", figure([accepted(t) for t in every]), "1"),
        Line(
            _ACT,
            "all shown: they say what the first says",
            figure([same_label(a, b) for a, b in others]),
            "1",
        ),
    ]
