"""What the colours and lines of the report tell. One layer at a time."""

from __future__ import annotations

from enum import Enum

from lacuna.report.model import Fill


class Layer(Enum):
    """The choices of the switch above the report."""

    CERTAINTY = "Certainty"
    EVIDENCE = "Evidence"
    AUTHORS = "Authors"
    OFF = "Off"


class Certainty(Enum):
    """How sure the model was of a fill: about its words, not about the patient."""

    SURE = "sure"
    LESS = "less sure"
    UNSURE = "unsure"


def certainty(fill: Fill) -> Certainty:
    """Return how sure the model was of a fill."""
    return certainty_of(fill.mean_entropy, fill.origin.certainty)


def certainty_of(mean_entropy: float, bounds: tuple[float, float] | None) -> Certainty:
    """Return how sure a model was of some words, by its checkpoint's own measured bounds, in nats.

    Of a checkpoint that nobody measured nothing is shown as sure.
    """
    if bounds is None:
        return Certainty.LESS
    sure, less = bounds
    if mean_entropy < sure:
        return Certainty.SURE
    return Certainty.LESS if mean_entropy < less else Certainty.UNSURE
