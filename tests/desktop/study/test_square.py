"""Pixels that are longer than wide are made square for the model, and nothing else is changed."""

from __future__ import annotations

import numpy as np
import pytest

from lacuna.study.square import squared


def test_square_pixels_stay_as_they_are() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert squared(pixels, 1.0) is pixels


@pytest.mark.parametrize(("aspect", "shape"), [(7.0, (84, 40)), (0.25, (12, 160))])
def test_a_round_thing_is_round_again(aspect: float, shape: tuple[int, int]) -> None:
    rows, columns = np.mgrid[0:12, 0:40]
    pixels = (rows * 20).astype(np.uint8) if aspect > 1 else (columns * 6).astype(np.uint8)
    found = squared(pixels, aspect)
    assert found.shape == shape
    along = found[:, 0] if aspect > 1 else found[0]
    assert along[0] == 0
    assert along[-1] == pixels.max()
    assert (np.diff(along.astype(int)) >= 0).all()
    assert np.diff(along.astype(int)).max() <= 20 / max(aspect, 1 / aspect) + 1


def test_colours_are_stretched_alike_and_a_claim_without_bounds_is_bounded() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[2:] = (200, 100, 0)
    tall = squared(pixels, 3.0)
    assert tall.shape == (12, 6, 3)
    assert tuple(tall[-1, 0]) == (200, 100, 0)
    wide = squared(pixels, 0.5)
    assert wide.shape == (4, 12, 3)
    assert squared(pixels, 1e12).shape == (4096, 6, 3)
