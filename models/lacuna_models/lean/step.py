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

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import gelu, scaled_dot_product_attention

from lacuna_models.lean.weights import Attention, FeedForward, Weights, paired


class Canvas:
    """One canvas of R rows on its way through the steps: a ``Forward``.

    The anchors that it sees first stand for as long as it lives, the same in all rows. One thread
    owns it, as it owns the model.
    """

    def __init__(self, weights: Weights, cache: Any, length: int, rows: int, free: Tensor) -> None:
        """Take an encoded prefix of one row and ``length`` tokens, which is only read.

        ``free`` is (F,), the positions that change from step to step.
        """
        self._weights = weights
        self._cache = cache
        self._length = length
        self._rows = rows
        self._free = free
        self._certain: bool | None = None  # whether the anchors' places hold conditioned anchors

    @torch.inference_mode()
    def __call__(self, canvas: Tensor, conditioning: Tensor | None) -> Tensor:
        """Return (R, F, V) logits of (R, C) tokens.

        ``conditioning`` is (R, F, V), the logits of the step before; None at first.
        """
        if self._certain is None:
            self._lay_out(canvas.shape[1])
        table = self._weights.embeddings
        certain = conditioning is not None
        if self._certain is not certain and len(self._held):
            anchors = canvas[0, self._held]
            self._enter(self._held, anchors[None], table[anchors] if certain else None)
        self._certain = certain
        soft = None if conditioning is None else conditioning.softmax(-1).flatten(0, 1) @ table
        self._enter(self._free, canvas[:, self._free], soft)
        return self._logits()

    def _lay_out(self, length: int) -> None:
        """Make room for C = ``length`` positions behind each layer's prefix, and copy that once."""
        held = torch.ones(length, dtype=torch.bool)
        held[self._free] = False
        self._held = held.nonzero().flatten()
        width = self._weights.embeddings.shape[1]
        first = self._weights.layers[0].attention
        self._hidden = torch.empty(self._rows, length, width)
        self._queries = torch.empty(self._rows, length, first.queries, first.width)
        kinds = {layer.attention.kind for layer in self._weights.layers}
        self._turns = {kind: self._turn(kind, length) for kind in kinds}
        self._keys, self._values = [], []
        for layer, known in zip(self._weights.layers, self._cache.layers, strict=True):
            order = paired(layer.attention.width)
            self._keys.append(self._behind(known.keys[..., order], length))
            self._values.append(self._behind(known.values[..., order], length))

    def _turn(self, kind: str, length: int) -> Tensor:
        """Return (C, 1, D / 2) complex: how far each pair turns at each position."""
        places = torch.arange(self._length, self._length + length)[None]
        cos, sin = self._weights.rotary(torch.empty(0), places, kind)
        half = cos.shape[-1] // 2
        return torch.complex(cos[0, :, :half], sin[0, :, :half])[:, None]

    def _behind(self, prefix: Tensor, length: int) -> Tensor:
        """Return (R, G, prefix + C, D), the (1, G, prefix, D) prefix in place."""
        _, heads, known, width = prefix.shape
        room = torch.empty(self._rows, heads, known + length, width)
        room[:, :, :known] = prefix
        return room

    def _enter(self, places: Tensor, ids: Tensor, soft: Tensor | None) -> None:
        """Write the input and the first layer's q, k, v of (r, n) tokens; r is R, or 1 for all.

        ``soft`` is (r * n, H), the expected embedding for self-conditioning.
        """
        weights = self._weights
        layer = weights.layers[0].attention
        hidden = weights.embeddings[ids.flatten()]
        if soft is not None:
            gate, up = (unit(soft, weights.eps) @ weights.soft_in).chunk(2, dim=-1)
            hidden = torch.addmm(hidden, gelu(gate, approximate="tanh") * up, weights.soft_out)
        hidden = unit(hidden, weights.eps)
        turn = self._turns[layer.kind][places]
        heads, values = project(layer, unit(hidden, weights.eps), turn, weights.eps)
        behind = places + (self._keys[0].shape[2] - self._hidden.shape[1])
        self._hidden[:, places] = hidden.view(*ids.shape, -1)
        self._queries[:, places] = heads[:, :, : layer.queries]
        self._keys[0][:, :, behind] = heads[:, :, layer.queries :].transpose(1, 2)
        self._values[0][:, :, behind] = values.transpose(1, 2)

    def _logits(self) -> Tensor:
        weights, eps = self._weights, self._weights.eps
        first, *between = weights.layers
        last = between.pop()
        seen = attend(self._queries, self._keys[0], self._values[0])
        hidden = feed(
            first.feed, outward(first.attention, self._hidden.flatten(0, 1), seen, eps), eps
        )
        for number, layer in enumerate(between, 1):
            own = layer.attention
            heads, values = project(own, unit(hidden, eps), self._turns[own.kind], eps)
            self._place(number, heads[:, :, own.queries :], values)
            seen = attend(heads[:, :, : own.queries], self._keys[number], self._values[number])
            hidden = feed(layer.feed, outward(own, hidden, seen, eps), eps)
        hidden = self._last(last.attention, hidden)
        hidden = feed(last.feed, hidden, eps)
        logits = (unit(hidden, eps) @ weights.head).tanh_().mul_(weights.cap)
        return logits.view(self._rows, len(self._free), -1)

    def _last(self, layer: Attention, hidden: Tensor) -> Tensor:
        """Return (R * F, H): the last attention's result at free positions."""
        eps, turn = self._weights.eps, self._turns[layer.kind]
        even = unit(hidden, eps)
        keys, values = project(layer, even, turn, eps, first=layer.queries)
        self._place(-1, keys, values)
        shape = (self._rows, -1, hidden.shape[1])
        even = even.view(shape)[:, self._free].flatten(0, 1)
        queries, _ = project(layer, even, turn[self._free], eps, last=layer.queries)
        seen = attend(queries, self._keys[-1], self._values[-1])
        return outward(layer, hidden.view(shape)[:, self._free].flatten(0, 1), seen, eps)

    def _place(self, number: int, keys: Tensor, values: Tensor) -> None:
        """Put (R, C, G, D) keys and values behind a layer's prefix."""
        length = self._hidden.shape[1]
        self._keys[number][:, :, -length:] = keys.transpose(1, 2)
        self._values[number][:, :, -length:] = values.transpose(1, 2)


def unit(x: Tensor, eps: float) -> Tensor:
    """Return x divided by the root of its mean square over the last dimension."""
    return x * _shrink(x, eps)


def _shrink(x: Tensor, eps: float) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return norm.square_().mul_(1 / x.shape[-1]).add_(eps).rsqrt_()


def project(
    layer: Attention,
    even: Tensor,
    turn: Tensor,
    eps: float,
    first: int = 0,
    last: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the turned queries and keys, and the values, of (r * n, H) normed inputs.

    ``turn`` is (n, 1, D / 2) complex. Of the heads (queries, keys, values) those from ``first`` to
    before ``last`` are computed. Both results are (r, n, heads, D), in pairs.
    """
    width, turned = layer.width, layer.queries + layer.keys
    end = None if last is None else last * width
    heads = even @ layer.inward[:, first * width : end]
    heads = heads.view(-1, turn.shape[0], heads.shape[1] // width, width)
    heads = heads * _shrink(heads, eps)
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


def outward(layer: Attention, hidden: Tensor, seen: Tensor, eps: float) -> Tensor:
    """Return (r * n, H): what attention adds to its input."""
    return torch.addcmul(hidden, unit(seen @ layer.outward, eps), layer.after)


def feed(layer: FeedForward, hidden: Tensor, eps: float) -> Tensor:
    """Return (m, H): dense MLP and experts, side by side, added to their input."""
    even = unit(hidden, eps)
    width = layer.outward.shape[0]
    inward = even @ layer.inward
    act = gelu(inward[:, :width], approximate="tanh") * inward[:, width : 2 * width]
    dense = unit(act @ layer.outward, eps) * layer.after_mlp
    mixed = experts(layer, even, inward[:, 2 * width :])
    both = torch.addcmul(dense, unit(mixed, eps), layer.after_experts)
    added = torch.addcmul(hidden, unit(both, eps), layer.after)
    return added if layer.scalar == 1.0 else added * layer.scalar


def experts(layer: FeedForward, even: Tensor, routing: Tensor) -> Tensor:
    """Return (m, H): each token through the experts that ``routing`` (m, E) ranks first.

    Tokens are sorted by expert. With 2 of 4 experts, all of them for all tokens made a
    layer's feed-forward a third dearer at 128 tokens, and no cheaper at 20.
    """
    best, chosen = routing.topk(layer.chosen, dim=-1)
    share, order = best.softmax(-1).flatten(), chosen.flatten().argsort()
    counts = chosen.flatten().bincount(minlength=routing.shape[1]).tolist()
    token = order // layer.chosen
    inward = _each(even[token], counts, layer.experts_in)
    gate, up = inward.chunk(2, dim=-1)
    act = gelu(gate, approximate="tanh") * up * share[order, None]
    return torch.zeros_like(even).index_add_(0, token, _each(act, counts, layer.experts_out))


def _each(x: Tensor, counts: list[int], products: Tensor) -> Tensor:
    """Apply the first product to the first of ``counts`` rows, and so on."""
    parts: tuple[Tensor, ...] = torch.split(x, counts)
    return torch.cat([part @ w for part, w in zip(parts, products.unbind(0), strict=True)])
