"""What ``lacuna.json`` says of how a checkpoint is searched. Torch-free.

"auto_length": "search" or "elastic"    tried at several lengths, or reserved and padded
"longest_gap_tokens": 24                the longest that is tried
"tokens_per_word": 1.3
"alternative_margin_nats": 0.45
"two_stage_drafts": true
"second_look_nats": 0.4                 sentences of a draft below it are written anew
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lacuna_models.api import EngineError

_KINDS = ("search", "elastic")
_NUMBERS = {
    "tokens_per_word": "tokens_per_word",
    "alternative_margin_nats": "margin",
    "second_look_nats": "second_look",
}


def search_traits(name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a checkpoint's own words set of ``CanvasSpec``; ``name`` is the folder's.

    Raises:
        EngineError: a value that makes no sense.
    """
    damaged = EngineError(f"lacuna.json in {name} is damaged.")
    kind = known.get("auto_length", "elastic" if known.get("elastic_gaps") is True else "search")
    longest = known.get("longest_gap_tokens")
    if kind not in _KINDS or not (longest is None or (type(longest) is int and longest >= 1)):
        raise damaged
    traits: dict[str, Any] = {
        "searched": kind == "search",
        "two_stage": known.get("two_stage_drafts") is True,
    }
    if longest is not None:
        traits["longest_gap"] = longest
    for theirs, ours in _NUMBERS.items():
        if theirs in known:
            if not _positive(known[theirs]):
                raise damaged
            traits[ours] = float(known[theirs])
    return traits


def _positive(value: object) -> bool:
    return (
        type(value) in (int, float) and math.isfinite(float(str(value))) and float(str(value)) > 0
    )
