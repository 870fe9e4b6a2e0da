"""Overlays and shutters, from a file to the pixels that are seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from lacuna.study.cache import PixelCache
from lacuna.study.load import load_study
from lacuna.ui.viewer.key_images import taken
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.stack import Direct, Stack
from lacuna.ui.viewer.viewer_state import ViewState
from tests.desktop.study.builder import dataset, save

ROWS, COLUMNS = 32, 48
GREY, BRIGHT = 100, 255


def plain(**more: object) -> Dataset:
    """Return an even image whose window shows its values as they are."""
    pixels = np.full((ROWS, COLUMNS), GREY, np.uint8)
    return dataset(pixels, WindowCenter=128, WindowWidth=256, **more)


def add_overlay(
    ds: Dataset, bits: np.ndarray, group: int = 0x6000, origin: tuple[int, int] = (1, 1)
) -> None:
    packed = np.packbits(bits, axis=None, bitorder="little").tobytes()
    for element, kind, value in (
        (0x0010, "US", bits.shape[0]),
        (0x0011, "US", bits.shape[1]),
        (0x0040, "CS", "G"),
        (0x0050, "SS", list(origin)),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", packed + b"\0" * (len(packed) % 2)),
    ):
        ds.add_new((group, element), kind, value)


def read(folder: Path, ds: Dataset) -> Picture:
    study = load_study([save(folder / "a.dcm", ds)])
    return Stack(study.series[0], study, Direct()).read(0)


def seen(picture: Picture) -> np.ndarray:
    """Return the pixels as the viewport paints them."""
    return picture.thumbnail()


def block(rows: slice, columns: slice) -> np.ndarray:
    bits = np.zeros((ROWS, COLUMNS), bool)
    bits[rows, columns] = True
    return bits


def test_overlays_lie_bright_over_the_image_and_are_not_sent(tmp_path: Path) -> None:
    ds = plain()
    add_overlay(ds, block(slice(4, 8), slice(10, 20)))
    add_overlay(ds, np.ones((3, 5), bool), 0x6002, origin=(30, 46))  # reaches over the edge
    picture = read(tmp_path, ds)
    expected = np.full((ROWS, COLUMNS), GREY)
    expected[4:8, 10:20] = expected[29:32, 45:48] = BRIGHT
    assert np.array_equal(seen(picture), expected)
    assert (taken(picture, ViewState(picture.window)).picture.pixels == GREY).all()


def test_a_shutter_hides_also_from_the_model(tmp_path: Path) -> None:
    ds = plain(ShutterShape="RECTANGULAR", ShutterPresentationValue=0x8000)
    ds.ShutterLeftVerticalEdge, ds.ShutterRightVerticalEdge = 11, 40
    ds.ShutterUpperHorizontalEdge, ds.ShutterLowerHorizontalEdge = 6, 30
    picture = read(tmp_path, ds)
    inside = block(slice(5, 30), slice(10, 40))
    expected = np.where(inside, GREY, 128)
    assert np.array_equal(seen(picture), expected)
    assert np.array_equal(taken(picture, ViewState(picture.window)).picture.pixels, expected)


@pytest.mark.parametrize("aspect", [1, 2])
def test_a_round_shutter_is_round_on_the_screen(tmp_path: Path, aspect: int) -> None:
    ds = plain(ShutterShape="CIRCULAR", ShutterPresentationValue=0, PixelAspectRatio=[aspect, 1])
    ds.CenterOfCircularShutter, ds.RadiusOfCircularShutter = [16, 24], 10
    shown = seen(read(tmp_path, ds)) == GREY
    assert shown.any(axis=0).sum() == 21
    assert shown.any(axis=1).sum() == 20 // aspect + 1


def test_a_bitmap_shutter_covers_and_is_not_drawn_as_an_overlay(tmp_path: Path) -> None:
    ds = plain(ShutterShape="BITMAP", ShutterOverlayGroup=0x6000, ShutterPresentationValue=0)
    add_overlay(ds, block(slice(0, 10), slice(0, COLUMNS)))
    add_overlay(ds, block(slice(8, 14), slice(0, 4)), 0x6002)
    picture = read(tmp_path, ds)
    expected = np.full((ROWS, COLUMNS), GREY)
    expected[8:14, :4] = BRIGHT
    expected[:10] = 0
    assert np.array_equal(seen(picture), expected)
    assert picture.veil is not None
    assert picture.veil.bright is not None
    assert not picture.veil.bright[:8].any()


def test_veils_stay_within_the_budget_of_pixels(tmp_path: Path) -> None:
    for number in range(6):
        ds = plain(InstanceNumber=number)
        add_overlay(ds, block(slice(0, 4), slice(0, number + 1)))
        save(tmp_path / f"{number}.dcm", ds)
    study = load_study([tmp_path])
    budget = 4 * ROWS * COLUMNS  # two frames of bytes, each with its veil of bools
    cache = PixelCache(budget, threads=1)
    try:
        stack = Stack(study.series[0], study, cache)
        for index in range(6):
            stack.read(index)
            assert cache.used <= budget
        held = [number for number in range(6) if stack.peek(number) is not None]
        assert held == [4, 5]
        kept = stack.peek(5)
        assert kept is not None
        assert kept.veil is not None
        assert kept.veil.bright is not None
        assert kept.veil.bright.sum() == 4 * 6
    finally:
        cache.close()
