"""Codes and scales: small, and close to what they stand for."""

from __future__ import annotations

import torch
from torch import Tensor

from lacuna_models.quantise.packing import GROUP, pack4, pack8, unpack4, unpack8


def gaussian(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1)) * 0.02


def lost(weight: Tensor, back: Tensor) -> float:
    return float((weight - back).norm() / weight.norm())


def test_four_bits_lose_a_twelfth_and_eight_a_hundredth() -> None:
    weight = gaussian(96, 320)
    assert lost(weight, unpack4(*pack4(weight), torch.float32)) < 0.085
    assert lost(weight, unpack8(*pack8(weight), torch.float32)) < 0.01


def test_their_sizes() -> None:
    codes, scales = pack4(gaussian(2, 6, 64))
    assert (codes.shape, codes.dtype) == ((2, 6, 32), torch.uint8)
    assert (scales.shape, scales.dtype) == ((2, 6, 64 // GROUP), torch.float16)
    codes, scales = pack8(gaussian(6, 64))
    assert (codes.shape, scales.shape) == ((6, 64), (6, 1))


def test_every_code_comes_back_in_its_place() -> None:
    weight = torch.arange(-8.0, 8.0).repeat(2)[None] / 4
    weight = torch.cat([weight, weight.flip(-1)], dim=-1)
    assert torch.equal(unpack4(*pack4(weight), torch.float32), weight)


def test_the_value_farthest_from_zero_decides_the_sign_of_the_steps() -> None:
    for sign in (1, -1):
        weight = torch.zeros(1, GROUP)
        weight[0, 5] = 4.0 * sign
        assert unpack4(*pack4(weight), torch.float32)[0, 5] == 4.0 * sign


def test_searching_the_scale_beats_the_widest_one() -> None:
    weight = gaussian(64, 320)
    groups = weight.view(64, -1, GROUP)
    widest = groups.abs().amax(-1, keepdim=True) / 7
    plain = ((groups / widest).round().clamp(-8, 7) * widest).flatten(-2)
    assert lost(weight, unpack4(*pack4(weight), torch.float32)) < 0.9 * lost(weight, plain)


def test_nothing_but_zeros_stays_so() -> None:
    zeros = torch.zeros(3, 64)
    assert torch.equal(unpack4(*pack4(zeros), torch.float32), zeros)
    assert torch.equal(unpack8(*pack8(zeros), torch.float32), zeros)


def test_half_precision_comes_back_as_such() -> None:
    weight = gaussian(4, 64)
    assert unpack4(*pack4(weight.bfloat16()), torch.bfloat16).dtype == torch.bfloat16
