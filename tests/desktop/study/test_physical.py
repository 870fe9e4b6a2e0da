"""What a header says of its pixels in the world."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from lacuna.study import physical
from lacuna.study.load import load_study
from lacuna.study.measure import Scale, scale_of
from tests.desktop.study.builder import dataset, ramp, save


def header(**attributes: Any) -> Dataset:
    return dataset(ramp(), **attributes)


def test_spacing_of_the_patient_goes_before_that_of_the_detector() -> None:
    ds = header(PixelSpacing=[0.5, 0.25], ImagerPixelSpacing=[0.6, 0.3])
    assert physical.pixel_spacing(ds) == (0.5, 0.25)
    assert not physical.at_detector(ds)
    assert physical.pixel_spacing(header()) is None


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, False),
        ({"PixelSpacing": [0.14, 0.14]}, False),
        ({"ImagerPixelSpacing": [0.14, 0.14]}, True),
        ({"PixelSpacing": [0.14, 0.14], "ImagerPixelSpacing": [0.14, 0.14]}, True),
        ({"PixelSpacing": [0.12, 0.12], "ImagerPixelSpacing": [0.14, 0.14]}, False),
        (
            {
                "PixelSpacing": [0.14, 0.14],
                "ImagerPixelSpacing": [0.14, 0.14],
                "PixelSpacingCalibrationType": "FIDUCIAL",
            },
            False,
        ),
        (
            {"ImagerPixelSpacing": [0.14, 0.14], "PixelSpacingCalibrationType": "GEOMETRY"},
            True,
        ),
    ],
)
def test_a_length_at_the_detector_is_told_from_one_in_the_patient(
    attributes: dict[str, Any], expected: bool
) -> None:
    assert physical.at_detector(header(**attributes)) is expected


@pytest.mark.parametrize(("value", "expected"), [(1.15, 1.15), (0.4, None), (None, None)])
def test_a_magnification_below_one_is_no_magnification(
    value: float | None, expected: float | None
) -> None:
    ds = header(EstimatedRadiographicMagnificationFactor=value)
    assert physical.magnification(ds) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"Modality": "CT", "RescaleIntercept": -1024, "RescaleSlope": 1}, "HU"),
        ({"Modality": "CT", "RescaleIntercept": -1024, "RescaleType": "HU"}, "HU"),
        ({"Modality": "CT", "RescaleIntercept": -1024, "RescaleType": "US"}, ""),
        ({"Modality": "CT"}, ""),
        ({"Modality": "MR", "RescaleIntercept": 0}, ""),
    ],
)
def test_only_rescaled_ct_is_in_hounsfield_units(attributes: dict[str, Any], expected: str) -> None:
    assert physical.value_unit(header(**attributes)) == expected


def test_values_behind_a_voi_table_are_no_hounsfield_units() -> None:
    table = Dataset()
    table.LUTDescriptor = [2, 0, 16]
    ds = header(Modality="CT", RescaleIntercept=-1024, VOILUTSequence=[table])
    assert physical.value_unit(ds) == ""
    ds.WindowCenter, ds.WindowWidth = 40, 400
    assert physical.value_unit(ds) == "HU"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, None),
        ({"CineRate": 25}, 25),
        ({"FrameTime": 40}, 25),
        ({"RecommendedDisplayFrameRate": 15, "CineRate": 30}, 15),
        ({"CineRate": 0}, None),
        ({"CineRate": 0, "FrameTime": 50}, 20),
        ({"FrameTime": 0}, None),
        ({"FrameTime": -40}, None),
    ],
)
def test_the_rate_of_frames_is_the_file_s(
    attributes: dict[str, Any], expected: float | None
) -> None:
    assert physical.frame_rate(header(**attributes)) == expected


def test_a_loaded_image_knows_its_scale(tmp_path: Any) -> None:
    ds = header(
        ImagerPixelSpacing=[0.2, 0.1], EstimatedRadiographicMagnificationFactor=1.1, FrameTime=50
    )
    study = load_study([save(tmp_path / "a.dcm", ds)])
    image = study.series[0].images[0]
    assert scale_of(image) == Scale(0.2, 0.1, "mm", at_detector=True, magnification=1.1)
    assert image.frame_rate == 20
    bare = load_study([save(tmp_path / "b.dcm", dataset(np.zeros((4, 4), np.uint8)))])
    assert scale_of(bare.series[0].images[0]) == Scale()
