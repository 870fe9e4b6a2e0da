"""How stale sentences are written anew: warm, from what stands. Torch-free."""

from __future__ import annotations

from dataclasses import replace

from lacuna_models.api import SamplerSettings

_NOISE = 0.5  # of a sentence's tokens: less keeps the old finding, more forgets the wording


def warm(settings: SamplerSettings) -> SamplerSettings:
    """Return a checkpoint's settings for soft text that is to change where it must, not more."""
    return replace(settings, noise=_NOISE)
