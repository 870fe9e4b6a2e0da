"""Files that say what cannot be true: no length, unit or volume is made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from lacuna.study.load import load_study
from lacuna.study.measure import EllipseRoi, FreehandRoi, Length, Probe, Statistics
from lacuna.study.model import Study
from lacuna.study.voi import render
from lacuna.study.volume import grid_of
from lacuna.ui.viewer.board import mark_of
from lacuna.ui.viewer.mark_words import label_lines, report_words, unread
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.stack import Direct, Stack
from tests.desktop.study.builder import save
from tests.helpers import demo_studies as demo

LINE, REGION = Length((2, 2), (10, 2)), EllipseRoi((2, 2), (10, 10))


def write(ds: Dataset, keyword: str, words: bytes) -> None:
    """Put bytes into a header as no program of good faith would."""
    tag = Tag(tag_for_keyword(keyword) or 0)
    element = RawDataElement(
        tag, dictionary_VR(keyword), len(words), words, 0, False, True, is_buffered=False
    )
    ds._dict[tag] = element


def volume(folder: Path, spoil: Callable[[Dataset, int], None]) -> Study:
    """Return a CT of a few slices, each of which has been spoilt."""
    folder.mkdir()
    for number in range(5):
        ds = demo.demo(np.arange(256, dtype=np.uint16).reshape(16, 16), "absurd", 1, number + 1)
        ds.Modality, ds.RescaleSlope, ds.RescaleIntercept = "CT", "1", "-1024"
        ds.PixelSpacing, ds.SliceThickness = [0.5, 0.5], "2"
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.ImagePositionPatient = [0, 0, number * 2.0]
        spoil(ds, number)
        save(folder / f"{number}.dcm", ds)
    return load_study([folder])


def picture(study: Study) -> Picture:
    return Stack(study.series[0], study, Direct()).read(0)


@pytest.mark.parametrize(
    "words", [b"0\\0 ", b"-1\\1", b"nan\\1 ", b"1e300\\1 ", b"1e-300\\1e-300", b"0.5\\1e12"]
)
def test_an_absurd_spacing_is_none(tmp_path: Path, words: bytes) -> None:
    study = volume(tmp_path / "ct", lambda ds, _: write(ds, "PixelSpacing", words))
    assert label_lines(mark_of(LINE, picture(study))) == ["8 px"]
    assert grid_of(study.series[0]) is None


@pytest.mark.parametrize("words", [b"-3", b"0 ", b"1e300 ", b"inf "])
def test_an_absurd_thickness_is_none(tmp_path: Path, words: bytes) -> None:
    study = volume(tmp_path / "ct", lambda ds, _: write(ds, "SliceThickness", words))
    grid = grid_of(study.series[0])
    assert grid is not None
    assert grid.thickness is None


@pytest.mark.parametrize("step", [0.0, 1e-12, 1e9])
def test_slices_in_one_place_make_no_volume(tmp_path: Path, step: float) -> None:
    def move(ds: Dataset, number: int) -> None:
        ds.ImagePositionPatient = [0, 0, number * step]

    assert grid_of(volume(tmp_path / "ct", move).series[0]) is None


@pytest.mark.parametrize("words", [b"0 ", b"nan ", b"one ", b""])
def test_values_that_a_slope_does_not_scale_are_no_hounsfield_units(
    tmp_path: Path, words: bytes
) -> None:
    study = volume(tmp_path / "ct", lambda ds, _: write(ds, "RescaleSlope", words))
    assert "HU" not in " ".join(label_lines(mark_of(REGION, picture(study))))


def test_slices_whose_values_have_other_units_make_no_volume(tmp_path: Path) -> None:
    def relabel(ds: Dataset, number: int) -> None:
        ds.RescaleType = "US" if number == 2 else "HU"

    assert grid_of(volume(tmp_path / "ct", relabel).series[0]) is None


def holes(ds: Dataset, _number: int) -> None:
    """Make a parametric map of it: what was not measured is no number."""
    values = np.arange(256, dtype=np.float32).reshape(16, 16)
    values[:, 8:], values[0, 0] = np.nan, np.inf
    del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    ds.FloatPixelData, ds.BitsAllocated = values.tobytes(), 32


def test_what_is_no_number_is_left_out_and_leaves_the_rest_seen(tmp_path: Path) -> None:
    shown = picture(volume(tmp_path / "map", holes))
    across = mark_of(EllipseRoi((2, 2), (12, 12)), shown)
    assert across.statistics is not None
    within = [
        float(shown.values[y, x])
        for y in range(16)
        for x in range(8)
        if ((x - 6.5) / 5) ** 2 + ((y - 6.5) / 5) ** 2 <= 1
    ]
    assert across.statistics == Statistics(
        len(within), float(np.mean(within)), float(np.std(within)), min(within), max(within)
    )
    outside = mark_of(FreehandRoi(((9, 2), (14, 2), (14, 9))), shown)
    assert outside.statistics is None
    assert label_lines(outside)
    probe = mark_of(Probe((12.5, 3.5)), shown)
    assert label_lines(probe) == ["No value here"]
    assert report_words(probe, None, "im 1") == ""
    assert unread(probe) == "No value here."
    seen = render(shown.values, shown.window)
    assert len(np.unique(seen[1:, :8])) > 100
    assert not seen[:, 8:].any()
    assert np.isfinite([shown.low, shown.span, shown.window.center, shown.window.width]).all()


@pytest.mark.parametrize("words", [b"1000000000\\1", b"1\\1000000000", b"0\\1 ", b"-1\\1"])
def test_an_absurd_aspect_is_square(tmp_path: Path, words: bytes) -> None:
    def squeeze(ds: Dataset, _number: int) -> None:
        del ds.PixelSpacing
        write(ds, "PixelAspectRatio", words)

    assert volume(tmp_path / "ct", squeeze).series[0].images[0].aspect == 1.0
