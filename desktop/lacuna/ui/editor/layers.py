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
    """Return how sure the model was of a fill, by its checkpoint's own measured bounds.

    Of a checkpoint that nobody measured nothing is shown as sure.
    """
    if fill.origin.certainty is None:
        return Certainty.LESS
    sure, less = fill.origin.certainty
    if fill.mean_entropy < sure:
        return Certainty.SURE
    return Certainty.LESS if fill.mean_entropy < less else Certainty.UNSURE
