"""What the colours and lines of the report tell. One layer at a time."""

from __future__ import annotations

from enum import Enum

from lacuna.report.model import Fill

# Mean entropy of a fill's tokens, in nats. Below the first it is sure, below the second less so.
SURE = 0.15
LESS_SURE = 0.6


class Layer(Enum):
    """The choices of the switch above the report."""

    CERTAINTY = "Certainty"
    AUTHORS = "Authors"
    OFF = "Off"


class Certainty(Enum):
    """How sure the model was of a fill: about its words, not about the patient."""

    SURE = "sure"
    LESS = "less sure"
    UNSURE = "unsure"


def certainty(fill: Fill) -> Certainty:
    """Return how sure the model was of a fill."""
    if fill.mean_entropy < SURE:
        return Certainty.SURE
    return Certainty.LESS if fill.mean_entropy < LESS_SURE else Certainty.UNSURE
