"""One tiny checkpoint and one bundled engine for all of the engine's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from lacuna_models.engine import DiffusionEngine
from lacuna_models.loading import Loaded, load
from lacuna_phantom import checkpoint_path
from tests.helpers import tiny


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of random weights, elastic as the bundled one."""
    return tiny.build(tmp_path_factory.mktemp("checkpoints") / "tiny", elastic=True)


@pytest.fixture(scope="session")
def loaded(tiny_path: Path) -> Loaded:
    """The tiny checkpoint on the CPU."""
    return load(tiny_path, device="cpu")


@pytest.fixture(scope="session")
def tiny_engine(loaded: Loaded) -> DiffusionEngine:
    """An engine on the tiny checkpoint. Do not close it."""
    return DiffusionEngine(loaded)


@pytest.fixture(scope="session")
def shipped() -> Loaded:
    """The checkpoint that ships, on the CPU."""
    return load(checkpoint_path(), device="cpu")


@pytest.fixture(scope="session")
def bundled(shipped: Loaded) -> DiffusionEngine:
    """An engine on the checkpoint that ships. Do not close it."""
    return DiffusionEngine(shipped)
