"""Sample studies: synthetic phantoms, drawn by ``lacuna sample``; no patient."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def sample_study() -> Path:
    """Return the folder of the study that ``--sample`` opens: a chest phantom with findings."""
    return FOLDER / "chest-phantom"


def normal_study() -> Path:
    """Return the folder of the normal chest phantom."""
    return FOLDER / "normal-phantom"
