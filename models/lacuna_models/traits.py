"""``lacuna.json``: what a checkpoint says of itself beyond upstream's files. Torch-free.

"name", "kind": "demonstrator"
"elastic_gaps": true, "default_gap_tokens": 24, "section_gap_tokens": 64
"adapters": ["reader"]                  folders of its own
"redraft_adapter": "reader"             writes a whole draft's second stage; see `search.redraft`
"certainty_nats": [0.01, 0.02]          where a word is sure, and where it is doubtful
"score_bounds": {...}                   see `api.ScoreBounds`
and how gaps are searched and drafts looked over: see `search.traits`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError, ScoreBounds
from lacuna_models.canvas import DEFAULT_GAP
from lacuna_models.search.traits import search_traits
from lacuna_models.weights import is_folder, read_json

CERTAINTY = "certainty_nats"
BOUNDS = "score_bounds"  # where lacuna.json keeps what re-scoring was measured to mean
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # of an adapter's folder


@dataclass(frozen=True, slots=True)
class Traits:
    """What a checkpoint says of itself. ``search`` are fields of ``CanvasSpec``."""

    name: str
    demonstrator: bool
    elastic: bool
    default_gap: int
    paragraph_gap: int | None
    certainty: tuple[float, float] | None
    adapters: Mapping[str, Path]
    search: Mapping[str, Any]
    bounds: ScoreBounds | None


def read_traits(path: Path) -> Traits:
    """Read a checkpoint folder's traits; without the file they are the usual ones.

    Raises:
        EngineError: a value that makes no sense.
    """
    known = read_json(path / "lacuna.json") if (path / "lacuna.json").exists() else {}
    default = known.get("default_gap_tokens", DEFAULT_GAP)
    paragraph = known.get("section_gap_tokens", default)
    certainty = known.get(CERTAINTY)
    gaps = all(type(gap) is int and gap >= 1 for gap in (default, paragraph))
    if not gaps or not (certainty is None or _are_bounds(certainty)):
        raise EngineError(f"lacuna.json in {path.name} is damaged.")
    adapters = _shipped(path, known.get("adapters", []))
    redraft = known.get("redraft_adapter")
    if not (redraft is None or (isinstance(redraft, str) and redraft in adapters)):
        raise EngineError(f"lacuna.json in {path.name} names adapters that it does not bring.")
    return Traits(
        name=str(known.get("name", path.resolve().name)),
        demonstrator=known.get("kind") == "demonstrator",
        elastic=known.get("elastic_gaps") is True,
        default_gap=default,
        paragraph_gap=known.get("section_gap_tokens"),
        certainty=None if certainty is None else (float(certainty[0]), float(certainty[1])),
        adapters=adapters,
        search={**search_traits(path.name, known), "redraft_adapter": redraft},
        bounds=_score_bounds(path, known.get(BOUNDS)),
    )


def _shipped(path: Path, names: Any) -> dict[str, Path]:
    """Return the folders of the adapters that a checkpoint brings: folders of its own, by name."""
    listed = names if isinstance(names, list) else [None]
    plain = all(isinstance(name, str) and _NAME.fullmatch(name) for name in listed)
    if not plain or not all(is_folder(path / name) for name in names):
        raise EngineError(f"lacuna.json in {path.name} names adapters that it does not bring.")
    return {name: path / name for name in names}


def _score_bounds(path: Path, known: Any) -> ScoreBounds | None:
    """Return what ``lacuna-models evaluate bounds`` measured, None where nobody did."""
    if known is None:
        return None
    values = [known.get(f.name) for f in fields(ScoreBounds)] if isinstance(known, dict) else [None]
    if not all(type(value) is float and math.isfinite(value) for value in values):
        raise EngineError(f"lacuna.json in {path.name} is damaged.")
    return ScoreBounds(*values)


def _are_bounds(value: Any) -> bool:
    """Whether it is two numbers of nats, the first not above the second."""
    if not isinstance(value, list) or [type(item) for item in value] != [float, float]:
        return False
    return bool(0 <= value[0] <= value[1] < math.inf)
