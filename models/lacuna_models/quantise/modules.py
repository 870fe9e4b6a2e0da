"""Layers that compute with packed weights, in the places of upstream's.

Encoder and decoder have layers of their own over the same packed tensors, as upstream shares its
weights; so PEFT can lay an adapter beside each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from lacuna_models.api import EngineError
from lacuna_models.quantise.packing import GROUP, unpack4, unpack8
from lacuna_models.quantise.scheme import Scheme


class PackedLinear(nn.Linear):
    """A product without bias whose weight is int8 codes and a scale a row.

    It is an ``nn.Linear`` for PEFT's sake, which lays adapters beside those only. ``weight`` holds
    the codes, (out, in) int8; ``scales`` (out, 1) float16.
    """

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__(inner, outer, bias=False, device="meta")
        self.weight = _held((outer, inner), torch.int8)
        self.scales = _held((outer, 1), torch.float16)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., out) of (..., in): a row's scale is taken out of its sum."""
        return linear(x, self.weight.to(x.dtype)) * self.scales[:, 0].to(x.dtype)


class PackedExperts(nn.Module):
    """Experts whose fused weights are codes and scales, 4 bits or 8; upstream's interface.

    E experts, hidden width H, expert width M. ``gate_up_proj`` are the codes of (E, 2 M, H),
    ``down_proj`` those of (E, H, M).
    """

    def __init__(self, like: Any, bits: int) -> None:
        super().__init__()
        self.num_experts, self.act_fn, self.bits = like.num_experts, like.act_fn, bits
        for name in ("gate_up_proj", "down_proj"):
            experts, rows, inner = getattr(like, name).shape
            codes, scales = _room(inner, bits)
            dtype = torch.uint8 if bits == 4 else torch.int8
            setattr(self, name, _held((experts, rows, codes), dtype))
            setattr(self, f"{name}_scales", _held((experts, rows, scales), torch.float16))

    def forward(self, hidden: Tensor, chosen: Tensor, shares: Tensor) -> Tensor:
        """Return (n, H) of (n, H) tokens, their (n, k) experts and what each counts for."""
        if hidden.device.type == "cuda":
            return self.grouped(hidden, chosen, shares)
        return self.one_by_one(hidden, chosen, shares)

    def one_by_one(self, hidden: Tensor, chosen: Tensor, shares: Tensor) -> Tensor:
        """Unpack an expert at a time: little memory; the host must know which are wanted."""
        sums = torch.zeros_like(hidden)
        for expert in sorted(set(chosen.flatten().tolist())):
            token, place = torch.where(chosen == expert)
            inward, outward = (self._weight(name, expert, hidden.dtype) for name in _NAMES)
            gate, up = linear(hidden[token], inward).chunk(2, dim=-1)
            added = linear(self.act_fn(gate) * up, outward) * shares[token, place, None]
            sums.index_add_(0, token, added.to(sums.dtype))
        return sums

    def grouped(self, hidden: Tensor, chosen: Tensor, shares: Tensor) -> Tensor:
        """Unpack the whole layer, then one grouped product each way: nothing waits for the host.

        The unpacked layer is 1.5 GB in bfloat16 at the size of the real checkpoint, and is freed.
        """
        order = chosen.flatten().argsort()
        token = order // chosen.shape[1]
        # histc, not bincount: that one asks the device for its largest value.
        counts = torch.histc(chosen.float(), self.num_experts, 0, self.num_experts - 1)
        ends = counts.cumsum(0).to(torch.int32)
        inward, outward = (self._weight(name, slice(None), hidden.dtype) for name in _NAMES)
        gate, up = _grouped(hidden[token], inward, ends).chunk(2, dim=-1)
        added = _grouped(self.act_fn(gate) * up, outward, ends) * shares.flatten()[order, None]
        return torch.zeros_like(hidden).index_add_(0, token, added.to(hidden.dtype))

    def _weight(self, name: str, which: int | slice, dtype: torch.dtype) -> Tensor:
        unpack = unpack4 if self.bits == 4 else unpack8
        return unpack(getattr(self, name)[which], getattr(self, f"{name}_scales")[which], dtype)


_NAMES = ("gate_up_proj", "down_proj")


def equip(model: Any, scheme: Scheme) -> None:
    """Put packed layers, still without weights, in the places of upstream's.

    Raises:
        EngineError: layers whose width cannot be packed.
    """
    for path, module in [*model.named_modules()]:
        if isinstance(module, nn.Linear) and scheme.bits(f"{path}.weight"):
            _replace(model, path, PackedLinear(module.in_features, module.out_features))
        elif bits := scheme.bits(f"{path}.gate_up_proj"):
            _replace(model, path, PackedExperts(module, bits))


def packable(width: int, bits: int) -> bool:
    """Whether rows of this many values can be packed."""
    return bits == 8 or width % GROUP == 0


def _room(inner: int, bits: int) -> tuple[int, int]:
    """Return how many codes and scales a row of ``inner`` values takes."""
    if not packable(inner, bits):
        raise EngineError(
            f"Experts of width {inner} cannot be packed at 4 bits.", "Pack at 8 bits instead."
        )
    return (inner // 2, inner // GROUP) if bits == 4 else (inner, 1)


def _held(shape: tuple[int, ...], dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape, dtype=dtype, device="meta"), requires_grad=False)


def _replace(model: Any, path: str, module: nn.Module) -> None:
    parent, _, last = path.rpartition(".")
    setattr(model.get_submodule(parent), last, module)


def _grouped(rows: Tensor, weights: Tensor, ends: Tensor) -> Tensor:
    product: Tensor = torch.nn.functional.grouped_mm(rows, weights.transpose(1, 2), offs=ends)
    return product
