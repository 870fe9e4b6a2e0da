"""An adapter's folder, read with care: plain LoRA in safetensors, or one clear refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from lacuna_models.api import EngineError
from lacuna_models.weights import check, digest, is_folder, read_json

# Attention and the dense MLP of both language towers. Experts, router, vision and self-conditioning
# stay as they are; a bare name such as "q_proj" would hit those too.
TARGETS = re.compile(
    r"model\.(encoder\.language_model|decoder)\.layers\.\d+\."
    r"(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"
)
_WEIGHTS = "adapter_model.safetensors"
_PATTERNS = ("rank_pattern", "alpha_pattern")
_KNOWN = ("r", "lora_alpha", "use_rslora", *_PATTERNS)
# What would make PEFT compute something else from the same weights, or import what a file names.
_MORE_THAN_LORA = (
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "layer_replication",
    "lora_bias",
    "megatron_config",
    "monteclora_config",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_dora",
    "use_qalora",
)
# Other ways to begin a training change the base weights too, which the file does not hold.
_BEGINNINGS = (True, False, None, "gaussian", "orthogonal", "eva")
_KEY = re.compile(r"(?:base_model\.model\.)?(?P<module>.+)\.lora_(?:A|B)\.weight")


@dataclass(frozen=True, slots=True, eq=False)
class AdapterFile:
    """An adapter as its folder holds it.

    Attributes:
        folder: where it lies; its name is the adapter's, unless it is given another.
        hash: SHA-256 over the weight file.
        state: the weights, named from the model's root.
        targets: the modules that they belong to, in name order.
        said: what adapter_config.json says of size and scale, as LoraConfig takes it.
    """

    folder: Path
    hash: str
    state: dict[str, Tensor]
    targets: tuple[str, ...]
    said: dict[str, Any]


def adapter_file(folder: Path) -> Path:
    """Return an adapter's weight file.

    Raises:
        EngineError: if the folder holds no LoRA adapter in safetensors.
    """
    if not is_folder(folder) or not (folder / "adapter_config.json").is_file():
        raise EngineError(f"There is no adapter in {folder.name}.", "Choose an adapter's folder.")
    kind = read_json(folder / "adapter_config.json").get("peft_type")
    if kind != "LORA":
        raise EngineError(f"{folder.name} is an adapter of another kind ({kind}), not LoRA.")
    file = folder / _WEIGHTS
    if not file.is_file():
        raise EngineError(f"{folder.name} lacks {_WEIGHTS}.", "Lacuna loads safetensors only.")
    check(file)
    return file


def read_adapter(folder: Path) -> AdapterFile:
    """Read an adapter's folder into memory.

    Raises:
        EngineError: no plain LoRA adapter in safetensors for the language towers.
    """
    file = adapter_file(folder)
    state = _state(file)
    targets = tuple(sorted({_module(key, folder) for key in state}))
    return AdapterFile(folder, digest([file]), state, targets, _known(folder, state))


def mismatch(folder: Path) -> EngineError:
    """Return the refusal of an adapter whose layers are not this model's."""
    return EngineError(
        f"The adapter {folder.name} was made for another model.",
        "Choose an adapter that was trained on this checkpoint.",
    )


def _known(folder: Path, state: dict[str, Tensor]) -> dict[str, Any]:
    """Return what adapter_config.json says of the adapter's size and scale, and nothing else.

    Raises:
        EngineError: it asks for more than a plain LoRA does, or for larger layers than it brings.
    """
    said = read_json(folder / "adapter_config.json")
    if said.get("modules_to_save") or said.get("bias", "none") != "none":
        raise EngineError(f"{folder.name} replaces whole layers, which Lacuna does not load.")
    for name in _MORE_THAN_LORA:
        if said.get(name):
            raise EngineError(f"{folder.name} is no plain LoRA adapter ({name}).")
    if said.get("init_lora_weights") not in _BEGINNINGS:
        raise EngineError(f"{folder.name} is no plain LoRA adapter (init_lora_weights).")
    if not all(_fits(said[name]) for name in _PATTERNS if name in said):
        raise mismatch(folder)
    rank, patterns = said.get("r"), said.get("rank_pattern") or {}
    largest = max((size for value in state.values() for size in value.shape), default=0)
    ranks = [rank, *patterns.values()]
    if not all(type(each) is int and 1 <= each <= largest for each in ranks):
        raise mismatch(folder)
    return {name: said[name] for name in _KNOWN if name in said}


def _fits(pattern: object) -> bool:
    return pattern is None or isinstance(pattern, dict)


def _state(file: Path) -> dict[str, Tensor]:
    try:
        state = load_file(file)
    except SafetensorError as error:
        raise EngineError(f"The adapter file {file.name} is damaged.") from error
    return {key.removeprefix("base_model.model."): value for key, value in state.items()}


def _module(key: str, folder: Path) -> str:
    match = _KEY.fullmatch(key)
    if match is None or not TARGETS.fullmatch(match["module"]):
        raise mismatch(folder)
    return match["module"]
