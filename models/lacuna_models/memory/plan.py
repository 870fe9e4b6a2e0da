"""What a checkpoint needs of a device's memory, reckoned from config.json and file headers.

Free of torch and instant: `lacuna doctor` and the window ask before anything is loaded. It counts
what upstream's decoder needs; a checkpoint that is small enough for the lean step needs little
anyway. The counts of planes were measured (`tests/models/memory/test_plan.py` holds them to it): a
plane is one float32 a vocabulary entry and position.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import prod
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError
from lacuna_models.quantise.scheme import CODES, SCALES, Scheme, scheme_of
from lacuna_models.weights import Entry, entries, read_json, weight_files

GB = 10**9
_GROUP = 32  # values that share a scale at 4 bits; `quantise.packing` says the same
_SCALE = 2  # bytes
# A decoder pass holds, at every position: what it is told of the step before (float32, and in the
# model's precision) and its softmax (the same twice). The sampler holds, at free positions: the
# logits and the thought that it makes of them, all else in stretches; the step before has left two.
_TOLD, _SOFTMAX = 1.0, 1.0
_SAMPLING, _LEFT = 2.0, 2.25
_FORBIDDEN = 0.25  # a byte for each free position and entry
# What CUDA's context, its libraries and the allocator's rounding take; an allowance, not measured.
CUDA_OVERHEAD = 1_200_000_000


class Precision(StrEnum):
    """How the weights are kept."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    EIGHT = "8bit"
    FOUR = "4bit"

    @property
    def bytes(self) -> int:
        """Bytes of a value that is not packed, and of everything that is computed."""
        return 4 if self is Precision.FLOAT32 else 2

    @property
    def scheme(self) -> Scheme | None:
        """How weights are packed, if they are."""
        return Scheme(self.value) if self in (Precision.EIGHT, Precision.FOUR) else None


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done at once.

    ``tokens`` of prompt and pictures a context, ``contexts`` kept at hand, ``rows`` drafted side by
    side, ``free`` positions of a canvas that may change; None means all. ``whole_layers`` says that
    packed experts are unpacked a layer at a time, as on CUDA, instead of one by one.
    """

    tokens: int = 560
    contexts: int = 4
    rows: int = 1
    free: int | None = None
    whole_layers: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a configuration decides on memory.

    ``heads`` are key-value heads times their width, a layer; ``windowed`` says which layers keep no
    more than ``window`` tokens. ``unpacked`` is the largest layer's experts in values.
    """

    vocabulary: int
    canvas: int
    heads: tuple[int, ...]
    windowed: tuple[bool, ...]
    window: int
    unpacked: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Bytes, by what needs them."""

    precision: Precision
    weights: int
    vision: int
    contexts: int
    step: int
    needs_packing: bool = field(default=False)

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.vision + self.contexts + self.step

    def __str__(self) -> str:
        parts = (self.weights, self.vision, self.contexts, self.step)
        weights, vision, contexts, step = (f"{part / GB:.1f}" for part in parts)
        return (
            f"{self.precision.value}: {self.total / GB:.1f} GB (weights {weights}, vision {vision},"
            f" contexts {contexts}, a step {step})"
        )


def plans(folder: Path, work: Work | None = None) -> tuple[Plan, ...]:
    """Return what a folder's checkpoint needs at each precision that it can have, largest first.

    Raises:
        EngineError: no checkpoint of ours, or a damaged one.
    """
    shape = shape_of(read_json(folder / "config.json"), folder.name)
    held = [entry for file in weight_files(folder) for entry in entries(file)]
    packed = scheme_of(folder)
    ways = [Precision(packed.value)] if packed else list(Precision)
    task, known = work or Work(), packed is not None
    return tuple(reckon(shape, held, way, task, packed=known) for way in ways)


def real_plans(work: Work | None = None) -> tuple[Plan, ...]:
    """Return what the real 26 B checkpoint needs, for those who do not have its folder yet."""
    return tuple(reckon(REAL, REAL_TENSORS, way, work or Work()) for way in Precision)


def reckon(
    shape: Shape, held: Iterable[Entry], precision: Precision, work: Work, *, packed: bool = False
) -> Plan:
    """Reckon for tensors of known shapes; ``packed`` says that they are codes and scales."""
    sizes = {entry.name: _bytes(entry, precision, packed=packed) for entry in held}
    vision = sum(size for name, size in sizes.items() if "vision" in name)
    return Plan(
        precision,
        sum(sizes.values()) - vision,
        vision,
        work.contexts * _context(shape, work.tokens, precision)
        + (_context(shape, work.tokens, precision) * work.rows if work.rows > 1 else 0),
        _step(shape, precision, work),
        needs_packing=precision.scheme is not None and not packed,
    )


def choose(known: Sequence[Plan], room: int) -> Plan | None:
    """Return the most exact plan that fits into ``room`` bytes, or None.

    float32 is for CPUs: it is never chosen where bfloat16 fits as well.
    """
    fitting = [plan for plan in known if plan.total <= room]
    half = [plan for plan in fitting if plan.precision is not Precision.FLOAT32]
    return next(iter(half or fitting), None)


def shape_of(config: dict[str, Any], name: str) -> Shape:
    """Read a configuration.

    Raises:
        EngineError: it is no DiffusionGemma's, or lacks what decides on memory.
    """
    try:
        text = config["text_config"]
        windowed = tuple(kind == "sliding_attention" for kind in text["layer_types"])
        moe, hidden = text["moe_intermediate_size"], text["hidden_size"]
        return Shape(
            vocabulary=text["vocab_size"],
            canvas=config.get("canvas_length", 256),
            heads=tuple(_heads(text, number, near) for number, near in enumerate(windowed)),
            windowed=windowed,
            window=text["sliding_window"],
            unpacked=(
                text["num_experts"] * 2 * moe * hidden,
                text["num_experts"] * moe * hidden,
            ),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EngineError(
            f"config.json in {name} does not say how large the model is.",
            "Choose a DiffusionGemma checkpoint.",
        ) from error


def _heads(text: dict[str, Any], number: int, near: bool) -> int:
    """Return a layer's key-value heads times their width: said for all, for its kind, or for it."""
    said = {int(key): values for key, values in text.get("per_layer_config", {}).items()}
    own = said.get(number, {})
    kind = {} if near else {"num_key_value_heads": text.get("num_global_key_value_heads")}
    kind |= {} if near else {"head_dim": text.get("global_head_dim")}
    names = ("num_key_value_heads", "head_dim")
    heads, width = (own.get(name) or kind.get(name) or text[name] for name in names)
    return int(heads * width)


# `google/diffusiongemma-26B-A4B-it`: its public configuration, and its parameters by what they are.
REAL = Shape(
    vocabulary=262_144,
    canvas=256,
    heads=tuple(2 * 512 if layer % 6 == 5 else 8 * 256 for layer in range(30)),
    windowed=tuple(layer % 6 != 5 for layer in range(30)),
    window=1024,
    unpacked=(128 * 2 * 704 * 2816, 128 * 704 * 2816),
)
_LAYERS = "model.decoder.layers.0."
REAL_TENSORS = (
    Entry(f"{_LAYERS}experts.down_proj", (22_837_985_280 // 704, 704), 0),
    Entry(f"{_LAYERS}mlp.up_proj.weight", (1_663_287_296 // 2816, 2816), 0),
    Entry("model.decoder.embed_tokens.weight", (262_144, 2816), 0),
    Entry("model.decoder.layers.0.router.proj.weight", (11_516_672,), 0),
    Entry("model.encoder.vision_tower.patch_embedder.input_proj.weight", (572_792_112,), 0),
)


def _bytes(entry: Entry, precision: Precision, *, packed: bool) -> int:
    values = prod(entry.shape)
    if packed:
        plain = not entry.name.endswith((CODES, SCALES))
        return values * precision.bytes if plain else entry.bytes
    bits = precision.scheme.bits(entry.name) if precision.scheme else None
    if bits is None:
        return values * precision.bytes
    scales = values // _GROUP if bits == 4 else values // entry.shape[-1]
    return values * bits // 8 + scales * _SCALE


def _context(shape: Shape, tokens: int, precision: Precision) -> int:
    """Return the bytes of a context's keys and values."""
    kept = (min(tokens, shape.window - 1) if near else tokens for near in shape.windowed)
    layers = zip(kept, shape.heads, strict=True)
    return sum(2 * count * width for count, width in layers) * precision.bytes


def _step(shape: Shape, precision: Precision, work: Work) -> int:
    """Return the highest point of a step above weights and contexts."""
    plane = work.rows * shape.vocabulary * 4
    free = shape.canvas if work.free is None else work.free
    half = precision.bytes / 4 if precision.bytes < 4 else 0.0
    told, softmax = _TOLD + half, _SOFTMAX + half
    kept = (_LEFT + _FORBIDDEN / work.rows) * free
    experts = _unpacking(shape, precision) if work.whole_layers else 0
    return max(
        round(plane * ((told + softmax) * shape.canvas + kept)),
        round(plane * (told * shape.canvas + kept)) + experts,
        round(plane * (_SAMPLING * free + kept)),
    )


def _unpacking(shape: Shape, precision: Precision) -> int:
    """Return what one layer's experts take while they are unpacked, on CUDA: all at once."""
    if precision.scheme is None:
        return 0
    inward, outward = shape.unpacked
    codes = 1 if precision is Precision.FOUR else 0
    return inward * precision.bytes + outward * (precision.bytes + codes)
