"""A decoder's weights, folded: one product where upstream has several, laid out for row vectors.

What is folded, and why the result is the same up to rounding: a norm's weights scale the columns of
the product that follows; products of the same input stand side by side; the router's own scale is
one more column scale; an expert's scale multiplies its last product. A norm itself is not folded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Attention:
    """Attention of one layer. Q query heads, G key-value heads, D their width, H the hidden width.

    Within a head, dimension i stands beside i + D/2, which it turns with: a pair is one complex
    number. Values are in that order too, because they may be the keys before their norm.

    Attributes:
        inward: (H, (Q + G) * D), or (H, (Q + 2 G) * D) where values have a product of their own.
        outward: (Q * D, H).
        scale: (Q + G, D) weights of the norms of queries and keys.
        after: (H,) weights of the norm behind.
        queries: Q.
        keys: G.
        own_values: whether values are more than the keys before their norm.
        kind: the layer type, which decides on the rotary table.
    """

    inward: Tensor
    outward: Tensor
    scale: Tensor
    after: Tensor
    queries: int
    keys: int
    own_values: bool
    kind: str

    @property
    def width(self) -> int:
        """Return D."""
        return self.scale.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class FeedForward:
    """The dense MLP of width I and E experts of width M, of one layer.

    Attributes:
        inward: (H, 2 I + E): the MLP's gate, its other half, the router.
        outward: (I, H).
        experts_in: (E, H, 2 M).
        experts_out: (E, M, H).
        chosen: how many experts a token goes through.
        after_mlp, after_experts, after: (H,) weights of the norms behind.
        scalar: what the layer's result is multiplied by.
    """

    inward: Tensor
    outward: Tensor
    experts_in: Tensor
    experts_out: Tensor
    chosen: int
    after_mlp: Tensor
    after_experts: Tensor
    after: Tensor
    scalar: float


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One decoder layer."""

    attention: Attention
    feed: FeedForward


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A whole decoder with its head. V is the vocabulary, S the width of self-conditioning.

    Attributes:
        embeddings: (V, H), scaled.
        soft_in: (H, 2 S) and ``soft_out`` (S, H): self-conditioning.
        layers: in order.
        head: (H, V), divided by ``cap``.
        cap: the soft cap of the logits.
        eps: what the norms add to the mean square, a scalar.
        rotary: upstream's module, which makes the rotary tables.
    """

    embeddings: Tensor
    soft_in: Tensor
    soft_out: Tensor
    layers: tuple[Layer, ...]
    head: Tensor
    cap: float
    eps: Tensor
    rotary: Any


WeightOf = Callable[[Any], Tensor]  # a linear layer -> its (out, in) weight


def _own(linear: Any) -> Tensor:
    weight: Tensor = linear.weight
    return weight


@torch.no_grad()
def fold(model: Any) -> Weights:
    """Fold a model's decoder and head; ``choice.suits`` says which models this is right for.

    The model is left as it is. The result holds copies: later changes of the model do not show.
    """
    decoder, config = model.model.decoder, model.config.text_config
    soft = decoder.self_conditioning
    cap = float(model.final_logit_softcapping)
    return Weights(
        embeddings=decoder.embed_tokens.weight * decoder.embed_tokens.embed_scale,
        soft_in=_after_norm(soft.pre_norm.weight, soft.gate_proj.weight, soft.up_proj.weight),
        soft_out=_across(soft.down_proj.weight),
        layers=tuple(
            Layer(_attention(layer, kind, _own), _feed(layer, config.top_k_experts))
            for layer, kind in zip(decoder.layers, config.layer_types, strict=True)
        ),
        head=_after_norm(decoder.norm.weight / cap, model.lm_head.weight),
        cap=cap,
        eps=torch.tensor(config.rms_norm_eps),
        rotary=decoder.rotary_emb,
    )


@torch.no_grad()
def refold(weights: Weights, model: Any, weight_of: WeightOf) -> Weights:
    """Return folded weights whose attention and dense MLP are what ``weight_of`` makes of them.

    For an adapter's differences. Embeddings, head, self-conditioning and experts are shared with
    ``weights``.
    """
    layers = zip(weights.layers, model.model.decoder.layers, strict=True)
    return replace(
        weights,
        layers=tuple(
            Layer(
                _attention(layer, old.attention.kind, weight_of),
                replace(
                    old.feed,
                    inward=_inward(layer, weight_of),
                    outward=_across(weight_of(layer.mlp.down_proj)),
                ),
            )
            for old, layer in layers
        ),
    )


def paired(width: int) -> Tensor:
    """Return the order of a head's dimensions that puts i beside i + width / 2."""
    return torch.arange(width).view(2, -1).t().reshape(-1)


def _attention(layer: Any, kind: str, weight_of: WeightOf) -> Attention:
    own = layer.self_attn
    order = paired(own.head_dim)
    queries = _reordered(weight_of(own.q_proj), order)
    keys = _reordered(weight_of(own.k_proj), order)
    parts = [queries, keys]
    if own.v_proj is not None:
        parts.append(_reordered(weight_of(own.v_proj), order))
    q, g = (part.shape[0] // own.head_dim for part in (queries, keys))
    scale = [own.q_norm.weight[order].expand(q, -1), own.k_norm.weight[order].expand(g, -1)]
    return Attention(
        inward=_after_norm(layer.input_layernorm.weight, *parts),
        outward=_reordered(weight_of(own.o_proj).t(), order).contiguous(),
        scale=torch.cat(scale),
        after=layer.post_attention_layernorm.weight.detach().clone(),
        queries=q,
        keys=g,
        own_values=own.v_proj is not None,
        kind=kind,
    )


def _feed(layer: Any, chosen: int) -> FeedForward:
    mlp, router, experts = layer.mlp, layer.router, layer.experts
    each = experts.gate_up_proj * layer.pre_feedforward_layernorm_2.weight
    scaled = experts.down_proj * router.per_expert_scale[:, None, None]
    return FeedForward(
        inward=_inward(layer, _own),
        outward=_across(mlp.down_proj.weight),
        experts_in=each.transpose(1, 2).contiguous(),
        experts_out=scaled.transpose(1, 2).contiguous(),
        chosen=chosen,
        after_mlp=layer.post_feedforward_layernorm_1.weight.detach().clone(),
        after_experts=layer.post_feedforward_layernorm_2.weight.detach().clone(),
        after=layer.post_feedforward_layernorm.weight.detach().clone(),
        scalar=float(layer.layer_scalar),
    )


def _inward(layer: Any, weight_of: WeightOf) -> Tensor:
    """Return (H, 2 I + E): what reads the normed input, the dense MLP and the router."""
    mlp, router = layer.mlp, layer.router
    before = layer.pre_feedforward_layernorm.weight
    dense = _after_norm(before, weight_of(mlp.gate_proj), weight_of(mlp.up_proj))
    routing = _after_norm(router.scale * router.scalar_root_size, router.proj.weight)
    return torch.cat([dense, routing], dim=1)


def _reordered(weight: Tensor, order: Tensor) -> Tensor:
    """Reorder the rows of a (heads * D, H) product within each head."""
    heads = weight.detach().reshape(-1, order.shape[0], weight.shape[1])
    return heads[:, order].flatten(0, 1)


def _after_norm(norm: Tensor, *products: Tensor) -> Tensor:
    """Return (H, all outputs) of products that follow a norm of weights (H,), side by side."""
    return _across(torch.cat(products) * norm)


def _across(product: Tensor) -> Tensor:
    """Return (in, out) of an (out, in) product: rows times it need no transposition."""
    return product.detach().t().contiguous()
