from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.errors import UserFacingError
from lacuna.study.model import Window
from lacuna.study.voi import auto_window, render


def by_the_standard(x: float, window: Window) -> float:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, word for word, to 0..255."""
    c, w = window.center, window.width
    if window.function == "SIGMOID":
        return 255 / (1 + math.exp(min(-4 * (x - c) / w, 700)))
    if window.function == "LINEAR_EXACT":
        if x <= c - w / 2:
            return 0
        return 255 if x > c + w / 2 else ((x - c) / w + 0.5) * 255
    if x <= c - 0.5 - (w - 1) / 2:
        return 0
    if x > c - 0.5 + (w - 1) / 2:
        return 255
    return ((x - (c - 0.5)) / (w - 1) + 0.5) * 255


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "int32", "float32"])
@given(
    center=st.floats(-2000, 3000),
    width=st.floats(1, 4000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    invert=st.booleans(),
)
def test_windows_follow_the_standard(
    dtype: str, center: float, width: float, function: str, invert: bool
) -> None:
    window = Window(center, width, function)
    low, high = ((0, 256) if "8" in dtype else (0, 4096)) if "u" in dtype else (-128, 128)
    values = np.linspace(low, high - 1, 64).astype(dtype).reshape(8, 8)
    shown = render(values, window, invert)
    assert shown.dtype == np.uint8
    assert shown.shape == values.shape
    expected = np.array([by_the_standard(float(x), window) for x in values.flat]).reshape(8, 8)
    expected = 255 - expected if invert else expected
    near_edge = np.abs(values - center) <= 1  # a threshold may fall either way in float32
    assert np.all((np.abs(shown - expected) <= 1) | near_edge)


def test_a_window_of_one_is_a_threshold() -> None:
    values = np.array([[99, 100, 101]], "int16")
    assert render(values, Window(100, 1)).tolist() == [[0, 255, 255]]


def test_an_unknown_curve_is_refused() -> None:
    with pytest.raises(UserFacingError, match="CUBIC"):
        render(np.zeros((2, 2), "uint8"), Window(1, 2, "CUBIC"))


def test_colour_has_no_window() -> None:
    colour = np.arange(12, dtype="uint8").reshape(2, 2, 3)
    assert np.array_equal(render(colour, Window(1, 2)), colour)
    assert np.array_equal(render(colour, Window(1, 2), True), 255 - colour)


def test_non_contiguous_values_render_the_same() -> None:
    values = np.arange(64, dtype="int16").reshape(8, 8)
    window = Window(20, 30)
    assert np.array_equal(render(values[::2, ::-1], window), render(values, window)[::2, ::-1])


def test_an_automatic_window_covers_the_picture() -> None:
    values = np.arange(1000, dtype="uint16").reshape(20, 50)
    shown = render(values, auto_window(values))
    assert shown[0, 0] == 0
    assert shown[-1, -1] == 255
    assert 120 < np.median(shown) < 135


def test_a_flat_picture_has_a_window() -> None:
    assert render(np.full((4, 4), 7, "int16"), auto_window(np.full((4, 4), 7))).dtype == np.uint8
