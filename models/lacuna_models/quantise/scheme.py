"""Which tensors of a checkpoint are packed, and how; how a folder says so. Torch-free."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from lacuna_models.api import EngineError
from lacuna_models.weights import read_json

FILE = "lacuna-packed.json"
CODES, SCALES = ".codes", ".scales"  # what a packed tensor's name ends with
_FORMAT = 1
_LAYER = r"model\.(?:decoder|encoder\.language_model)\.layers\.\d+\."
_LINEAR = re.compile(
    _LAYER + r"(?:self_attn\.[qkvo]_proj|mlp\.(?:gate|up|down)_proj)\.weight"
    r"|model\.decoder\.self_conditioning\.(?:gate|up|down)_proj\.weight"
)
_EXPERTS = re.compile(_LAYER + r"experts\.(?:gate_up_proj|down_proj)")


class Scheme(StrEnum):
    """How a packed checkpoint keeps its experts; its other large products are kept at 8 bits."""

    EIGHT = "8bit"
    FOUR = "4bit"

    def bits(self, name: str) -> int | None:
        """Return at how many bits a tensor is kept; None as it is."""
        if _EXPERTS.fullmatch(name):
            return 4 if self is Scheme.FOUR else 8
        return 8 if _LINEAR.fullmatch(name) else None


def scheme_of(folder: Path) -> Scheme | None:
    """Return how a folder's weights are packed; None where they are not.

    Raises:
        EngineError: packed in a way that this version does not know.
    """
    if not (folder / FILE).exists():
        return None
    said = read_json(folder / FILE)
    if said.get("format") != _FORMAT or said.get("scheme") not in list(Scheme):
        raise EngineError(
            f"{folder.name} is packed in a way that this version does not know.",
            "Pack the original again with lacuna-models quantize.",
        )
    return Scheme(said["scheme"])


def describe(scheme: Scheme, source: str) -> dict[str, object]:
    """Return what the file in a packed folder says."""
    return {"format": _FORMAT, "scheme": scheme.value, "source_sha256": source}
