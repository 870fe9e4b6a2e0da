"""A decoder's weights, folded: one product where upstream has several, laid out for row vectors.

What is folded, and why the result is the same up to rounding: a norm's weights scale the columns of
the product that follows; products of the same input stand side by side; the router's own scale is
one more column scale; an expert's scale multiplies its last product. A norm itself is not folded.
All experts stand side by side too: those that a token is not routed to count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from lacuna_models.lean.product import Product


@dataclass(frozen=True, slots=True, eq=False)
class Attention:
    """Attention of one layer. Q query heads, G key-value heads, D their width, H the hidden width.

    Within a head, dimension i stands beside i + D/2, which it turns with: a pair is one complex
    number. Values are in that order too, because they may be the keys before their norm.

    Attributes:
        inward: H -> (Q + G) * D, or (Q + 2 G) * D where values have a product of their own. Of the
            last layer two products: queries, and what is left.
        outward: Q * D -> H.
        scale: (Q + G, D) weights of the norms of queries and keys.
        after: (H,) weights of the norm behind.
        queries: Q.
        keys: G.
        own_values: whether values are more than the keys before their norm.
        kind: the layer type, which decides on the rotary table.
    """

    inward: tuple[Product, ...]
    outward: Product
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
        gate, up: H -> I + E * M: the MLP's and all experts', side by side.
        route: H -> E.
        outward: I -> H.
        experts_out: E * M -> H, for experts whose activations were weighted before.
        chosen: how many experts a token goes through.
        after_mlp, after_experts, after: (H,) weights of the norms behind.
        scalar: what the layer's result is multiplied by.
    """

    gate: Product
    up: Product
    route: Product
    outward: Product
    experts_out: Product
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
        embeddings: (V, H), scaled; ``expected`` is the same as a product, V -> H.
        soft_gate, soft_up: H -> S and ``soft_out`` S -> H: self-conditioning.
        layers: in order.
        head: H -> V, divided by ``cap``.
        cap: the soft cap of the logits.
        eps: what the norms add to the mean square, a scalar.
        rotary: upstream's module, which makes the rotary tables.
    """

    embeddings: Tensor
    expected: Product
    soft_gate: Product
    soft_up: Product
    soft_out: Product
    layers: tuple[Layer, ...]
    head: Product
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
    embeddings = decoder.embed_tokens.weight.detach() * decoder.embed_tokens.embed_scale
    last = len(decoder.layers) - 1
    return Weights(
        embeddings=embeddings,
        expected=Product(embeddings.t()),
        soft_gate=Product(soft.gate_proj.weight * soft.pre_norm.weight),
        soft_up=Product(soft.up_proj.weight * soft.pre_norm.weight),
        soft_out=Product(soft.down_proj.weight),
        layers=tuple(
            Layer(
                _attention(layer, kind, _own, last=number == last),
                _feed(layer, config.top_k_experts),
            )
            for number, (layer, kind) in enumerate(
                zip(decoder.layers, config.layer_types, strict=True)
            )
        ),
        head=Product(model.lm_head.weight * (decoder.norm.weight / cap)),
        cap=cap,
        eps=torch.tensor(config.rms_norm_eps),
        rotary=decoder.rotary_emb,
    )


@torch.no_grad()
def refold(weights: Weights, model: Any, weight_of: WeightOf) -> Weights:
    """Return folded weights whose attention and dense MLP are what ``weight_of`` makes of them.

    For an adapter's differences. Embeddings, head, self-conditioning and the experts' last products
    are shared with ``weights``.
    """
    return replace(
        weights,
        layers=tuple(
            _relayered(old, layer, weight_of)
            for old, layer in zip(weights.layers, model.model.decoder.layers, strict=True)
        ),
    )


def _relayered(old: Layer, layer: Any, weight_of: WeightOf) -> Layer:
    gate, up = _inward(layer, weight_of)
    return Layer(
        _attention(layer, old.attention.kind, weight_of, last=len(old.attention.inward) > 1),
        replace(old.feed, gate=gate, up=up, outward=Product(weight_of(layer.mlp.down_proj))),
    )


def paired(width: int) -> Tensor:
    """Return the order of a head's dimensions that puts i beside i + width / 2."""
    return torch.arange(width).view(2, -1).t().reshape(-1)


def _attention(layer: Any, kind: str, weight_of: WeightOf, *, last: bool) -> Attention:
    own = layer.self_attn
    order = paired(own.head_dim)
    queries = _reordered(weight_of(own.q_proj), order)
    keys = _reordered(weight_of(own.k_proj), order)
    parts = [queries, keys]
    if own.v_proj is not None:
        parts.append(_reordered(weight_of(own.v_proj), order))
    q, g = (part.shape[0] // own.head_dim for part in (queries, keys))
    norm = layer.input_layernorm.weight
    asked = [torch.cat(parts)] if not last else [queries, torch.cat(parts[1:])]
    scale = [own.q_norm.weight[order].expand(q, -1), own.k_norm.weight[order].expand(g, -1)]
    return Attention(
        inward=tuple(Product(weight * norm) for weight in asked),
        outward=Product(_reordered(weight_of(own.o_proj).t(), order).t()),
        scale=torch.cat(scale),
        after=layer.post_attention_layernorm.weight.detach().clone(),
        queries=q,
        keys=g,
        own_values=own.v_proj is not None,
        kind=kind,
    )


def _feed(layer: Any, chosen: int) -> FeedForward:
    mlp, router, experts = layer.mlp, layer.router, layer.experts
    gate, up = _inward(layer, _own)
    scaled = experts.down_proj * router.per_expert_scale[:, None, None]
    return FeedForward(
        gate=gate,
        up=up,
        route=Product(router.proj.weight * (router.scale * router.scalar_root_size)),
        outward=Product(mlp.down_proj.weight),
        experts_out=Product(scaled.transpose(0, 1).flatten(1)),
        chosen=chosen,
        after_mlp=layer.post_feedforward_layernorm_1.weight.detach().clone(),
        after_experts=layer.post_feedforward_layernorm_2.weight.detach().clone(),
        after=layer.post_feedforward_layernorm.weight.detach().clone(),
        scalar=float(layer.layer_scalar),
    )


def _inward(layer: Any, weight_of: WeightOf) -> tuple[Product, Product]:
    """Return the gates and the other halves of the dense MLP and of all experts."""
    dense = layer.pre_feedforward_layernorm.weight
    each = layer.experts.gate_up_proj * layer.pre_feedforward_layernorm_2.weight
    halves = zip((layer.mlp.gate_proj, layer.mlp.up_proj), each.chunk(2, dim=1), strict=True)
    gate, up = (
        Product(torch.cat([weight_of(own) * dense, expert.flatten(0, 1)])) for own, expert in halves
    )
    return gate, up


def _reordered(weight: Tensor, order: Tensor) -> Tensor:
    """Reorder the rows of a (heads * D, H) product within each head."""
    heads = weight.detach().reshape(-1, order.shape[0], weight.shape[1])
    return heads[:, order].flatten(0, 1)
