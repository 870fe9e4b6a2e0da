"""The decoder as few operations, for one canvas behind one context.

It computes what upstream's decoder and head do, with what cannot change computed once: an anchor's
embedding is the same in every pass, and so is its self-conditioning, which is certainty. Hence
self-conditioning and the first layer's queries, keys and values are computed at free positions,
and at anchors but twice: once without self-conditioning and once with, for one row instead of all.
Of the last layer only keys and values are needed everywhere.

Shapes: R rows, C canvas positions, F free ones, n any number of positions, H the hidden width, D a
head's, Q query heads, G key-value heads, V the vocabulary. Everything is float32 on a CPU.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from lacuna_models.lean.room import Room, make
from lacuna_models.lean.weights import Attention, FeedForward, Weights


class Canvas:
    """One canvas of R rows on its way through the steps: a ``Forward``.

    The anchors that it sees first stand for as long as it lives, the same in all rows. One thread
    owns it, as it owns the model.
    """

    def __init__(self, weights: Weights, cache: Any, prefix: int, rows: int, free: Tensor) -> None:
        """Take an encoded prefix of one row and ``prefix`` tokens, which is only read.

        ``free`` is (F,), the positions that change from step to step.
        """
        self._weights = weights
        self._make = partial(make, weights, cache, prefix, rows, free=free)
        self._free = free
        self._room: Room | None = None
        self._certain = False  # whether the anchors that lie in the room are self-conditioned

    @torch.inference_mode()
    def __call__(self, canvas: Tensor, conditioning: Tensor | None) -> Tensor:
        """Return (R, F, V) logits of (R, C) tokens.

        ``conditioning`` is (R, F, V), the logits of the step before; None at first.
        """
        table, certain = self._weights.embeddings, conditioning is not None
        fresh = self._room is None
        room = self._room = self._room or self._make(length=canvas.shape[1])
        if (fresh or self._certain is not certain) and room.held.shape[0]:
            anchors = canvas[:1, room.held]
            self._enter(room, room.held, anchors, table[anchors[0]] if certain else None)
        self._certain = certain
        soft = None
        if conditioning is not None:
            soft = self._weights.expected(conditioning.softmax(-1).flatten(0, 1))
        self._enter(room, self._free, canvas[:, self._free], soft)
        return self._logits(room)

    def _enter(self, room: Room, places: Tensor, ids: Tensor, soft: Tensor | None) -> None:
        """Write the input and the first layer's q, k, v of (r, n) tokens; r is R, or 1 for all.

        ``soft`` is (r * n, H), the expected embedding, for self-conditioning.
        """
        weights, eps = self._weights, self._weights.eps
        layer = weights.layers[0].attention
        hidden = weights.embeddings[ids.flatten()]
        if soft is not None:
            even = unit(soft, eps)
            act = weights.soft_up.times(even, weights.soft_gate.gelu(even))
            hidden = hidden + weights.soft_out(act)
        hidden = unit(hidden, eps)
        turn = room.turns[layer.kind][places]
        heads, values = project(layer, layer.inward[0](unit(hidden, eps)), turn, eps)
        room.hidden[:, places] = hidden.view(*ids.shape, -1)
        room.queries[:, places] = heads[:, :, : layer.queries]
        room.put(0, heads[:, :, layer.queries :], values, places)

    def _logits(self, room: Room) -> Tensor:
        weights, eps = self._weights, self._weights.eps
        queries, hidden = room.queries, room.hidden.flatten(0, 1)
        for number, layer in enumerate(weights.layers[:-1]):
            own = layer.attention
            if number:
                inner = own.inward[0](unit(hidden, eps))
                heads, values = project(own, inner, room.turns[own.kind], eps)
                queries = heads[:, :, : own.queries]
                room.put(number, heads[:, :, own.queries :], values)
            seen = attend(queries, room.keys[number], room.values[number])
            hidden = feed(layer.feed, outward(own, hidden, seen, eps), eps)
        hidden = self._last(room, hidden)
        logits = weights.head.tanh(unit(hidden, eps)).mul_(weights.cap)
        return logits.view(room.hidden.shape[0], self._free.shape[0], -1)

    def _last(self, room: Room, hidden: Tensor) -> Tensor:
        """Return (R * F, H): the last layer's result at free positions."""
        layer, eps = self._weights.layers[-1], self._weights.eps
        own, turn = layer.attention, room.turns[layer.attention.kind]
        even = unit(hidden, eps)
        asking, telling = own.inward
        keys, values = project(own, telling(even), turn, eps, first=own.queries)
        room.put(-1, keys, values)
        hidden, even = (
            x.view(room.hidden.shape)[:, self._free].flatten(0, 1) for x in (hidden, even)
        )
        queries, _ = project(own, asking(even), turn[self._free], eps, last=own.queries)
        seen = attend(queries, room.keys[-1], room.values[-1])
        return feed(layer.feed, outward(own, hidden, seen, eps), eps)


def unit(x: Tensor, eps: Tensor) -> Tensor:
    """Return x divided by the root of its mean square over the last dimension."""
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x * torch.addcmul(eps, norm, norm, value=1 / x.shape[-1]).rsqrt_()


def project(
    layer: Attention,
    heads: Tensor,
    turn: Tensor,
    eps: Tensor,
    first: int = 0,
    last: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the turned queries and keys, and the values, of (r * n, heads * D) products.

    ``turn`` is (n, 1, D / 2) complex. The heads are those of a token (queries, keys, values) from
    ``first`` to before ``last``. Both results are (r, n, heads, D), in pairs.
    """
    width, turned = layer.width, layer.queries + layer.keys
    heads = unit(heads.view(-1, turn.shape[0], heads.shape[1] // width, width), eps)
    own = (turned if layer.own_values else layer.queries) - first
    scaled = heads[:, :, : turned - first] * layer.scale[first:last]
    pairs = torch.view_as_complex(scaled.view(*scaled.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * turn).flatten(-2), heads[:, :, own : own + layer.keys]


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Return (R * n, Q * D): every query sees every key, so a group's queries are one long list."""
    rows, count, heads, width = queries.shape
    groups = keys.shape[1]
    grouped = queries.reshape(rows, count, groups, -1, width)
    listed = grouped.permute(0, 2, 3, 1, 4).flatten(2, 3)
    seen = scaled_dot_product_attention(listed, keys, values, scale=1.0)
    apart = seen.reshape(rows, groups, -1, count, width)
    return apart.permute(0, 3, 1, 2, 4).reshape(rows * count, heads * width)


def outward(layer: Attention, hidden: Tensor, seen: Tensor, eps: Tensor) -> Tensor:
    """Return (r * n, H): what attention adds to its input."""
    return torch.addcmul(hidden, unit(layer.outward(seen), eps), layer.after)


def feed(layer: FeedForward, hidden: Tensor, eps: Tensor) -> Tensor:
    """Return (m, H): dense MLP and experts, side by side, added to their input."""
    even = unit(hidden, eps)
    width = layer.outward.across.shape[0]
    act = layer.up.times(even, layer.gate.gelu(even))
    share = shares(layer.route(even), layer.chosen)
    act[:, width:].view(*share.shape, -1).mul_(share[:, :, None])
    dense = unit(layer.outward(act[:, :width]), eps) * layer.after_mlp
    both = torch.addcmul(dense, unit(layer.experts_out(act[:, width:]), eps), layer.after_experts)
    added = torch.addcmul(hidden, unit(both, eps), layer.after)
    return added if layer.scalar == 1.0 else added * layer.scalar


def shares(routing: Tensor, chosen: int) -> Tensor:
    """Return (m, E): what each expert counts for; nothing but for the ``chosen`` best of a token.

    All experts are computed for all tokens, and most of it thrown away: with 2 of 4 that costs the
    products what sorting tokens by expert costs in operations, and every pass has the same shapes.
    """
    best, which = routing.topk(chosen, dim=-1)
    return torch.zeros_like(routing).scatter_(1, which, best.softmax(-1))
