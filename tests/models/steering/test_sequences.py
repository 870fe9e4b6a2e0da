"""No sequence of locks, strikes, edits, pauses and cancels alters an anchor or breaks a run."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lacuna_models.api import ImageInput, Origin, Prompt
from lacuna_models.engine import DiffusionEngine
from lacuna_models.loading import Loaded
from lacuna_models.scripted import ScriptedEngine
from tests.models.steering.reader import Reader

PICTURE = ImageInput(np.full((128, 128), 60, np.uint8), Origin.PHANTOM)
SCRIPT = {
    "g": ("The lungs are clear.", "Clear lungs."),
    "h": "Normal bones.",
    "w": "Findings:\nThe heart is large. No effusion.\n\nImpression:\nLarge heart.",
}
quick = settings(max_examples=60, deadline=None)
many = settings(max_examples=1000, deadline=None)
some = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def scripted(seed: int) -> None:
    reader = Reader(ScriptedEngine(SCRIPT, steps=6), Random(seed), Prompt())
    reader.run()
    reader.goes_on()


@quick
@given(st.integers(0, 10**9))
def test_the_scripted_engine_obeys_any_sequence(seed: int) -> None:
    scripted(seed)


@pytest.mark.slow
@many
@given(st.integers(0, 10**9))
def test_the_scripted_engine_obeys_a_thousand_sequences(seed: int) -> None:
    scripted(seed)


@pytest.fixture(scope="module")
def engines(shipped: Loaded) -> tuple[DiffusionEngine, DiffusionEngine]:
    """The bundled model with padded gaps, and with lengths that are searched for."""
    searched = replace(shipped, canvas=replace(shipped.canvas, searched=True))
    return DiffusionEngine(replace(shipped, canvas=replace(shipped.canvas, searched=False))), (
        DiffusionEngine(searched)
    )


@pytest.mark.parametrize("seed", [3, 4, 8])
def test_the_bundled_model_obeys(
    engines: tuple[DiffusionEngine, DiffusionEngine], seed: int
) -> None:
    reader = Reader(engines[seed % 2], Random(seed), Prompt((PICTURE,)))
    reader.run()
    reader.goes_on()


@pytest.mark.slow
@some
@given(st.integers(0, 10**9))
def test_the_bundled_model_obeys_fifty_sequences(
    engines: tuple[DiffusionEngine, DiffusionEngine], seed: int
) -> None:
    reader = Reader(engines[seed % 2], Random(seed), Prompt((PICTURE,)))
    reader.run()
    reader.goes_on()
