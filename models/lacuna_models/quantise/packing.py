"""A tensor as small codes and scales, and back. Pure functions, any device.

Four bits: the last dimension is cut into groups of ``GROUP``; each has a scale in float16, chosen
among a few so that the squared error is least; codes are -8..7, two to a byte, the even one low.
Eight bits: one scale a row, codes -127..127.
"""

from __future__ import annotations

import torch
from torch import Tensor

GROUP = 32
# Shares of the largest value that the coarsest code may stand for: cutting off the largest makes
# the steps finer for all others.
_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
_LEAST = 2.0**-24  # the smallest float16: a group of zeros needs some scale


def pack4(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return codes, uint8 (..., n / 2), and scales, float16 (..., n / GROUP), of (..., n).

    n is a multiple of ``GROUP``.
    """
    groups = weight.float().view(*weight.shape[:-1], -1, GROUP)
    # The value farthest from zero gets the code -8, of which there is no positive twin.
    place = groups.abs().argmax(-1, keepdim=True)
    farthest = groups.gather(-1, place)
    best = torch.full_like(farthest, torch.inf)
    scale = torch.empty_like(farthest)
    for share in _SHARES:
        tried = _as_half(farthest * (share / -8))
        error = (_codes4(groups, tried) * tried - groups).square().sum(-1, keepdim=True)
        better = error < best
        best, scale = torch.where(better, error, best), torch.where(better, tried, scale)
    codes = (_codes4(groups, scale) + 8).to(torch.uint8).flatten(-2)
    return codes[..., 0::2] | codes[..., 1::2] << 4, scale.squeeze(-1).half()


def unpack4(codes: Tensor, scales: Tensor, dtype: torch.dtype) -> Tensor:
    """Return (..., n) of what ``pack4`` returned."""
    both = torch.stack([codes & 15, codes >> 4], dim=-1).flatten(-2)
    values = both.view(*scales.shape, -1).to(dtype).sub_(8)
    return values.mul_(scales.to(dtype)[..., None]).flatten(-2)


def pack8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return codes, int8 (..., n), and scales, float16 (..., 1), of (..., n)."""
    rows = weight.float()
    scale = _as_half(rows.abs().amax(-1, keepdim=True) / 127)
    codes = (rows / scale).round_().clamp_(-127, 127)
    return codes.to(torch.int8), scale.half()


def unpack8(codes: Tensor, scales: Tensor, dtype: torch.dtype) -> Tensor:
    """Return (..., n) of what ``pack8`` returned."""
    return codes.to(dtype).mul_(scales.to(dtype))


def _as_half(scale: Tensor) -> Tensor:
    """Round to what is stored, so that codes are chosen for the scale that will be used."""
    half = scale.half().float()
    return torch.where(half == 0, _LEAST, half)


def _codes4(groups: Tensor, scale: Tensor) -> Tensor:
    return (groups / scale).round_().clamp_(-8, 7)
