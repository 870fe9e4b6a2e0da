"""One pass of upstream's decoder over a room: its layers as they are, packed or with an adapter.

What differs from upstream's forward, and why it computes the same: self-conditioning is mixed at
free rows only (at an anchor it is certainty about the anchor); the head looks at free rows only;
norms are one operation each; keys and values are written where they stay. No shape depends on what
is computed, and nothing waits for the host: experts go through upstream's grouped product.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import rms_norm, scaled_dot_product_attention

from lacuna_models.steady.room import Room


@torch.inference_mode()
def think(model: Any, room: Room) -> Tensor:
    """Return (R, F, V) float32 logits at the room's free positions."""
    decoder = model.model.decoder
    hidden = _entered(decoder, room)
    for number, layer in enumerate(decoder.layers):
        attended = _attended(layer.self_attn, _unit(layer.input_layernorm, hidden), room, number)
        hidden = hidden + _unit(layer.post_attention_layernorm, attended)
        hidden = (hidden + _fed(layer, hidden)) * layer.layer_scalar
    free = _unit(decoder.norm, hidden[:, room.free])
    cap = float(model.final_logit_softcapping)
    logits: Tensor = model.lm_head(free).float()
    return logits.div_(cap).tanh_().mul_(cap)


def _entered(decoder: Any, room: Room) -> Tensor:
    """Return (R, C, H): embeddings with what had been thought of them."""
    table, mixing = decoder.embed_tokens, decoder.self_conditioning
    hidden: Tensor = table(room.ids)
    shares = room.told.to(hidden.dtype).softmax(-1, dtype=torch.float32).to(hidden.dtype)
    expected = torch.matmul(shares, table.weight) * table.embed_scale.to(hidden.dtype)
    soft = hidden.index_copy(1, room.free, expected) * room.known
    even = _unit(mixing.pre_norm, soft)
    signal = mixing.down_proj(mixing.act_fn(mixing.gate_proj(even)) * mixing.up_proj(even))
    return _unit(mixing.post_norm, hidden + signal)


def _attended(own: Any, hidden: Tensor, room: Room, number: int) -> Tensor:
    rows, length, _ = hidden.shape
    turn = room.turns[own.layer_type]
    heads = (rows, length, -1, own.head_dim)
    queries = _turned(_unit(own.q_norm, own.q_proj(hidden).view(heads)), turn)
    told = own.k_proj(hidden).view(heads)
    values = told if own.v_proj is None else own.v_proj(hidden).view(heads)
    keys, held = room.keys[number], room.values[number]
    keys[:, :, :length] = _turned(_unit(own.k_norm, told), turn).transpose(1, 2)
    held[:, :, :length] = _unit(own.v_norm, values).transpose(1, 2)
    # Every query sees the same: the queries of a group of heads are one long list.
    groups = keys.shape[1]
    listed = queries.view(rows, length, groups, -1, own.head_dim).permute(0, 2, 3, 1, 4)
    mask = room.masks[keys.shape[2] - length]
    seen = scaled_dot_product_attention(
        listed.flatten(2, 3), keys, held, attn_mask=mask[None, None, None], scale=1.0
    )
    apart = seen.view(rows, groups, -1, length, own.head_dim).permute(0, 3, 1, 2, 4)
    result: Tensor = own.o_proj(apart.reshape(rows, length, -1))
    return result


def _fed(layer: Any, hidden: Tensor) -> Tensor:
    """Return what the dense MLP and the experts add."""
    dense = layer.mlp(_unit(layer.pre_feedforward_layernorm, hidden))
    flat = hidden.flatten(0, 1)
    shares, chosen = _routed(layer.router, flat)
    sparse = layer.experts(_unit(layer.pre_feedforward_layernorm_2, flat), chosen, shares)
    both = _unit(layer.post_feedforward_layernorm_1, dense)
    both = both + _unit(layer.post_feedforward_layernorm_2, sparse).view_as(both)
    return _unit(layer.post_feedforward_layernorm, both)


def _routed(router: Any, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Return (n, k) shares and experts of (n, H) tokens."""
    even = _unit(router.norm, hidden) * router.scale * router.scalar_root_size
    likely = router.proj(even).softmax(-1, dtype=torch.float32)
    shares, chosen = likely.topk(router.config.top_k_experts, dim=-1)
    shares = shares / shares.sum(dim=-1, keepdim=True)
    return shares * router.per_expert_scale[chosen], chosen


def _unit(norm: Any, x: Tensor) -> Tensor:
    return rms_norm(x, x.shape[-1:], norm.weight if norm.with_scale else None, norm.eps)


def _turned(heads: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Return (R, C, heads, D) heads, turned as their positions say."""
    cosine, sine = (each[:, :, None] for each in turn)
    left, right = heads.chunk(2, dim=-1)
    return heads * cosine + torch.cat((-right, left), dim=-1) * sine
