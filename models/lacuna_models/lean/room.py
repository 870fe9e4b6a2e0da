"""Where the tensors of one canvas lie: made once a run, written in every pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lacuna_models.lean.weights import Weights, paired


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Room for R rows of C positions. Shapes as in ``step``; a layer's prefix is P long.

    Attributes:
        held: (C - F,) positions of anchors.
        hidden: (R, C, H) the first layer's input.
        queries: (R, C, Q, D) the first layer's queries.
        keys, values: a layer's (R, G, P + C, D), the prefix first.
        turns: by layer type (C, 1, D / 2) complex: how far each pair turns at each position.
    """

    held: Tensor
    hidden: Tensor
    queries: Tensor
    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    turns: dict[str, Tensor]

    def put(self, layer: int, keys: Tensor, values: Tensor, places: Tensor | None = None) -> None:
        """Put (r, n, G, D) keys and values behind a layer's prefix; r is R, or 1 for all rows.

        ``places`` are their (n,) positions; None means all.
        """
        length = self.hidden.shape[1]
        start = self.keys[layer].shape[2] - length
        behind = slice(start, None) if places is None else places + start
        self.keys[layer][:, :, behind] = keys.transpose(1, 2)
        self.values[layer][:, :, behind] = values.transpose(1, 2)


def make(weights: Weights, cache: Any, prefix: int, rows: int, length: int, free: Tensor) -> Room:
    """Make room for ``length`` positions behind an encoded prefix of one row, which is copied.

    A layer of a sliding window has kept the end of the prefix only; its decoder sees just that.
    """
    held = torch.ones(length, dtype=torch.bool).index_fill_(0, free, value=False)
    first = weights.layers[0].attention
    places = torch.arange(prefix, prefix + length)
    keys, values = [], []
    for layer, known in zip(weights.layers, cache.layers, strict=True):
        order = paired(layer.attention.width)
        keys.append(_behind(known.keys[..., order], rows, length))
        values.append(_behind(known.values[..., order], rows, length))
    return Room(
        held=held.nonzero().flatten(),
        hidden=torch.empty(rows, length, weights.embeddings.shape[1]),
        queries=torch.empty(rows, length, first.queries, first.width),
        keys=tuple(keys),
        values=tuple(values),
        turns={
            kind: _turn(weights.rotary, places, kind)
            for kind in {layer.attention.kind for layer in weights.layers}
        },
    )


def _behind(prefix: Tensor, rows: int, length: int) -> Tensor:
    _, heads, known, width = prefix.shape
    room = torch.empty(rows, heads, known + length, width)
    room[:, :, :known] = prefix
    return room


def _turn(rotary: Any, places: Tensor, kind: str) -> Tensor:
    cos, sin = rotary(torch.empty(0), places[None], kind)
    half = cos.shape[-1] // 2
    return torch.complex(cos[0, :, :half], sin[0, :, :half])[:, None]
