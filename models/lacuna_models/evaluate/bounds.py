"""From where on a checkpoint's scores mean something: measured, and kept in its lacuna.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from lacuna_models.api import Engine, EngineError, Measure, ScoreBounds
from lacuna_models.evaluate import dependence, evidence, radar
from lacuna_models.traits import BOUNDS, CERTAINTY
from lacuna_models.weights import read_json


def measure_bounds(engine: Engine, count: int, seed: int) -> ScoreBounds:
    """Measure all bounds on held-out phantoms; report figures on others than these."""
    habit, picture = evidence.measure(engine, count, seed).bounds()
    bounds = ScoreBounds(
        clean=radar.measure(engine, count, seed, Measure.CLEAN).bound(),
        critical=radar.measure(engine, count, seed, Measure.CRITICAL).bound(),
        habit=habit,
        picture=picture,
        dependence=dependence.bound(dependence.measure(engine, count, seed)),
    )
    return ScoreBounds(**{name: round(value, 4) for name, value in asdict(bounds).items()})


def keep(folder: Path, bounds: ScoreBounds, certainty: tuple[float, float] | None) -> None:
    """Write the bounds into a checkpoint's lacuna.json; all else there stays.

    Without a ``certainty`` the folder has none afterwards: no phrase looks sure.

    Raises:
        EngineError: the folder cannot be written.
    """
    path = folder / "lacuna.json"
    known = read_json(path) if path.exists() else {}
    known.pop(CERTAINTY, None)
    sure = {} if certainty is None else {CERTAINTY: list(certainty)}
    partial = path.with_suffix(".partial")
    try:
        text = json.dumps({**known, **sure, BOUNDS: asdict(bounds)}, indent=2) + "\n"
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise EngineError(f"{path.name} in {folder.name} could not be written.") from error
