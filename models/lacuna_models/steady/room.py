"""Where the tensors of one shape lie: canvas keys first, the prefix behind, padded and masked.

So nothing moves when the prefix is another: one captured graph serves all prefixes of a bucket.
Shapes: R rows, C canvas positions, F free ones (a bucket), P of a prefix (a bucket), V the
vocabulary, G key-value heads, D their width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

FREE = (16, 32, 64, 128, 256)
_FIRST_PREFIX = 256


@dataclass(frozen=True, slots=True)
class Shape:
    """What a graph is captured for. ``prefixes`` are P, a layer; ``adapter`` is its key."""

    rows: int
    length: int
    free: int
    prefixes: tuple[int, ...]
    adapter: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Static tensors.

    Attributes:
        ids: (R, C) tokens.
        free: (F,) positions; where there are fewer, the last is named again.
        told: (R, F, V) float32, the thoughts of the step before.
        known: a scalar, 0 in the first step, where nothing has been thought, 1 afterwards.
        keys, values: a layer's (R, G, C + P, D).
        masks: by P, (C + P,) bool, what may be seen.
        turns: by layer type cosine and sine, (1, C, D).
    """

    ids: Tensor
    free: Tensor
    told: Tensor
    known: Tensor
    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    masks: dict[int, Tensor]
    turns: dict[str, tuple[Tensor, Tensor]]


def shape_of(cache: Any, rows: int, length: int, free: int, adapter: str | None) -> Shape:
    """Return the shape that serves a prefix and a number of free positions."""
    return Shape(
        rows=rows,
        length=length,
        free=min(length, next((size for size in FREE if free <= size), length)),
        prefixes=tuple(_bucket(layer.keys.shape[2]) for layer in cache.layers),
        adapter=adapter,
    )


def make(model: Any, cache: Any, shape: Shape) -> Room:
    """Make room on the model's device; nothing of it is filled."""
    device, dtype = model.device, model.dtype
    size = model.config.text_config.vocab_size
    keys = [_room_of(known.keys, shape, p) for known, p in _layers(cache, shape)]
    values = [_room_of(known.values, shape, p) for known, p in _layers(cache, shape)]
    kinds = dict(zip(model.config.text_config.layer_types, cache.layers, strict=True))
    return Room(
        ids=torch.zeros((shape.rows, shape.length), dtype=torch.long, device=device),
        free=torch.zeros(shape.free, dtype=torch.long, device=device),
        told=torch.zeros((shape.rows, shape.free, size), device=device),
        known=torch.zeros((), device=device, dtype=dtype),
        keys=tuple(keys),
        values=tuple(values),
        masks={
            p: torch.zeros(shape.length + p, dtype=torch.bool, device=device)
            for p in set(shape.prefixes)
        },
        turns={kind: _turn_room(shape.length, known, dtype) for kind, known in kinds.items()},
    )


@torch.inference_mode()
def move_in(room: Room, model: Any, cache: Any, prefix: int, free: Tensor) -> None:
    """Put an encoded prefix of one row and ``prefix`` tokens behind the canvas, and where it lies.

    A layer of a sliding window has kept the end of the prefix only: its decoder sees just that.
    """
    length = room.ids.shape[1]
    room.free.fill_(free[-1])
    room.free[: free.shape[0]].copy_(free)
    for known, keys, values in zip(cache.layers, room.keys, room.values, strict=True):
        count = known.keys.shape[2]
        for kept, own in ((known.keys, keys), (known.values, values)):
            own[:, :, length : length + count].copy_(kept)
            own[:, :, length + count :].zero_()
        mask = room.masks[keys.shape[2] - length]
        mask.zero_()
        mask[: length + count] = True
    places = torch.arange(prefix, prefix + length, device=room.ids.device)[None]
    for kind, (cosine, sine) in room.turns.items():
        for own, turn in zip((cosine, sine), _rotary(model)(cosine, places, kind), strict=True):
            own.copy_(turn)


def _rotary(model: Any) -> Any:
    return model.model.decoder.rotary_emb


def _layers(cache: Any, shape: Shape) -> Any:
    return zip(cache.layers, shape.prefixes, strict=True)


def _room_of(known: Tensor, shape: Shape, prefix: int) -> Tensor:
    _, heads, _, width = known.shape
    return known.new_zeros(shape.rows, heads, shape.length + prefix, width)


def _turn_room(length: int, known: Any, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    size = (1, length, known.keys.shape[3])
    return known.keys.new_empty(size, dtype=dtype), known.keys.new_empty(size, dtype=dtype)


def _bucket(count: int) -> int:
    size = _FIRST_PREFIX
    while size < count:
        size *= 2
    return size
