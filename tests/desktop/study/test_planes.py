"""Where pixels lie and how large they are, against geometry worked out here with numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from lacuna.study.geometry import Plane, SpacingSource
from lacuna.study.load import load_study
from lacuna.study.model import Image
from lacuna.study.planes import aspect, planes, regions, spacing
from lacuna.study.sides import sides
from lacuna.study.uptake import suv_factor
from tests.desktop.study.builder import dataset, ramp, save


def header(**attributes: object) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def turned(angles: tuple[float, float, float]) -> np.ndarray:
    """Return a rotation about the three axes, one after the other."""
    out = np.eye(3)
    for axis, angle in enumerate(angles):
        c, s = np.cos(angle), np.sin(angle)
        one = np.eye(3)
        a, b = [k for k in range(3) if k != axis]
        one[a, a], one[a, b], one[b, a], one[b, b] = c, -s, s, c
        out = one @ out
    return out


angles = st.tuples(*[st.floats(-3.1, 3.1)] * 3)
coordinates = st.tuples(*[st.floats(-500, 500)] * 3)


@given(
    angles, coordinates, st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0, 512), st.floats(0, 512)
)
def test_image_points_lie_where_the_matrix_of_the_standard_puts_them(
    turn: tuple, corner: tuple, row: float, column: float, x: float, y: float
) -> None:
    axes = turned(turn)
    plane = Plane(corner, tuple(axes[0]), tuple(axes[1]), (row, column))
    # PS3.3 C.7.6.2.1.1: the affine matrix, which counts from the centre of the first pixel.
    matrix = np.column_stack([axes[0] * column, axes[1] * row, np.zeros(3), corner])
    expected = matrix @ [x - 0.5, y - 0.5, 0, 1]
    place = plane.at(x, y)
    assert place is not None
    assert np.allclose(place, expected, atol=1e-6)
    assert np.allclose(plane.normal, np.cross(axes[0], axes[1]), atol=1e-9)
    back = plane.point(place)
    assert back is not None
    assert np.allclose(back, (x, y, 0), atol=1e-4)


@given(angles)
def test_letters_follow_the_direction_that_rows_and_columns_run_in(turn: tuple) -> None:
    axes = turned(turn)
    ds = header()
    found = sides(ds, tuple(float(part) for part in (*axes[0], *axes[1])))
    assert found is not None
    for letters, direction in zip(found, axes[:2], strict=True):
        main = int(np.argmax(np.abs(direction)))
        assert letters[0] == ("LPH" if direction[main] > 0 else "RAF")[main]
        # No letter names a direction against which it runs.
        for letter in letters:
            axis = "LPHRAF".index(letter) % 3
            assert direction[axis] * (1 if letter in "LPH" else -1) > 0


def image_of(tmp_path: Path, **attributes: object) -> Image:
    path = save(tmp_path / "a.dcm", dataset(ramp(), **attributes))
    return load_study([path]).series[0].images[0]


AXIAL = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [-10, -20, 33.5]}


def test_an_axial_slice(tmp_path: Path) -> None:
    image = image_of(
        tmp_path,
        Modality="CT",
        PixelSpacing=[0.5, 0.25],
        SliceThickness=2,
        FrameOfReferenceUID="1.2.3",
        **AXIAL,
    )
    plane = image.plane()
    assert plane is not None
    assert (plane.position, plane.normal, plane.depth) == ((-10, -20, 33.5), (0, 0, 1), 33.5)
    assert plane.at(0.5, 0.5) == (-10, -20, 33.5)
    assert plane.at(4.5, 2.5) == (-9, -19, 33.5)
    assert plane.thickness == 2
    assert image.frame_of_reference == "1.2.3"
    assert image.spacing is not None
    assert (image.spacing.source, image.spacing.note) == (SpacingSource.PATIENT, "")
    assert image.sides == ("L", "P")


@pytest.mark.parametrize(
    "cosines",
    [[1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [1, 0, 0, 0.5, 0.9, 0], [1, 0, 0], "x"],
)
def test_an_orientation_that_is_none(cosines: object) -> None:
    ds = header(ImagePositionPatient=[0, 0, 0])
    if cosines != "x":
        ds.ImageOrientationPatient = cosines
    assert planes(ds, 1) == ()


def test_directions_are_made_one_long() -> None:
    ds = header(ImagePositionPatient=[0, 0, 0], ImageOrientationPatient=[0, 2, 0, 0, 0, -0.5])
    (plane,) = planes(ds, 1)
    assert (plane.along_row, plane.along_column) == ((0, 1, 0), (0, 0, -1))


def test_where_spacing_comes_from() -> None:
    detector = spacing(header(ImagerPixelSpacing=[0.2, 0.2]))
    assert detector is not None
    assert detector.source is SpacingSource.DETECTOR
    assert "at the detector" in detector.note
    magnified = spacing(
        header(ImagerPixelSpacing=[0.2, 0.2], EstimatedRadiographicMagnificationFactor=1.2)
    )
    assert magnified is not None
    assert magnified.magnification == 1.2
    assert "factor of 1.2" in magnified.note
    calibrated = spacing(
        header(
            ImagerPixelSpacing=[0.2, 0.2],
            PixelSpacing=[0.16, 0.16],
            PixelSpacingCalibrationType="FIDUCIAL",
        )
    )
    assert calibrated is not None
    assert calibrated.source is SpacingSource.CALIBRATED
    assert calibrated.note == "Calibrated by an object of known size."
    unsaid = spacing(header(PixelSpacing=[0.16, 0.16], Modality="DX"))
    assert unsaid is not None
    assert unsaid.note
    assert spacing(header()) is None


def test_aspect_by_spacing_else_by_ratio() -> None:
    both = header(PixelSpacing=[2, 1], PixelAspectRatio=[1, 9])
    assert aspect(both, spacing(both)) == 2
    assert aspect(header(PixelAspectRatio=[3, 2]), None) == 1.5
    assert aspect(header(PixelAspectRatio=[0, 2]), None) == 1
    assert aspect(header(), None) == 1


def region(**attributes: object) -> Dataset:
    return header(
        **{
            "RegionLocationMinX0": 10,
            "RegionLocationMinY0": 20,
            "RegionLocationMaxX1": 109,
            "RegionLocationMaxY1": 219,
            "PhysicalUnitsXDirection": 3,
            "PhysicalUnitsYDirection": 3,
            "PhysicalDeltaX": 0.02,
            "PhysicalDeltaY": -0.03,
            **attributes,
        }
    )


def test_ultrasound_regions_measure_where_they_are(tmp_path: Path) -> None:
    image = image_of(
        tmp_path,
        Modality="US",
        SequenceOfUltrasoundRegions=[
            region(),
            region(RegionLocationMaxX1=5),
        ],
    )
    (one,) = image.regions
    assert one.spacing == pytest.approx((0.3, 0.2))
    assert one.in_mm
    assert image.region_at(50, 100) is one
    assert image.region_at(110, 220) is one  # its last pixel's far corner
    assert image.region_at(5, 5) is None


@pytest.mark.parametrize(
    ("attributes", "spacing", "units"),
    [
        # Spectral Doppler: seconds across, centimetres a second down.
        (
            {
                "RegionSpatialFormat": 3,
                "PhysicalUnitsXDirection": 4,
                "PhysicalUnitsYDirection": 7,
                "PhysicalDeltaX": 0.004,
                "PhysicalDeltaY": -0.8,
            },
            (0.8, 0.004),
            ("cm/s", "s"),
        ),
        # M-mode: seconds across, depth down.
        (
            {"RegionSpatialFormat": 2, "PhysicalUnitsXDirection": 4, "PhysicalDeltaX": 0.01},
            (0.3, 0.01),
            ("mm", "s"),
        ),
        # Centimetres that a trace cannot have are not believed.
        ({"RegionSpatialFormat": 3}, (0, 0), ("", "")),
        ({"RegionSpatialFormat": 2}, (0.3, 0), ("mm", "")),
        ({"PhysicalUnitsXDirection": 0}, (0.3, 0), ("mm", "")),
    ],
)
def test_regions_that_are_no_tissue_measure_no_lengths(
    tmp_path: Path, attributes: dict, spacing: tuple[float, float], units: tuple[str, str]
) -> None:
    image = image_of(
        tmp_path,
        Modality="US",
        PixelSpacing=[0.2, 0.2],
        SequenceOfUltrasoundRegions=[region(**attributes)],
    )
    (one,) = image.regions
    assert one.spacing == pytest.approx(spacing)
    assert (one.units, one.in_mm) == (units, False)
    assert image.region_at(50, 100) is one


def test_of_regions_that_overlap_the_raised_one_counts_then_the_smaller(tmp_path: Path) -> None:
    inset = region(RegionLocationMaxX1=40, RegionLocationMaxY1=60)
    low = region(RegionLocationMaxX1=30, RegionLocationMaxY1=50, RegionFlags=1)
    image = image_of(tmp_path, Modality="US", SequenceOfUltrasoundRegions=[region(), low, inset])
    found = [image.region_at(x, y) for x, y in ((20, 30), (50, 100), (5, 5))]
    assert found == [image.regions[2], image.regions[0], None]


def test_regions_need_all_they_say() -> None:
    without = region()
    del without.PhysicalDeltaX
    assert regions(header(SequenceOfUltrasoundRegions=[without])) == ()


def pet(**attributes: object) -> Dataset:
    drug = header(
        RadionuclideTotalDose=370e6,
        RadionuclideHalfLife=6586.2,
        RadiopharmaceuticalStartTime="100000",
    )
    return header(
        **{
            "Modality": "PT",
            "Units": "BQML",
            "CorrectedImage": ["DECY", "ATTN", "SCAT"],
            "DecayCorrection": "START",
            "PatientWeight": 80,
            "SeriesDate": "20261120",
            "SeriesTime": "110000",
            "AcquisitionDate": "20261120",
            "AcquisitionTime": "110500",
            "RadiopharmaceuticalInformationSequence": [drug],
            **attributes,
        }
    )


def test_suv_by_body_weight() -> None:
    decayed = 370e6 * 2 ** (-3600 / 6586.2)
    assert suv_factor(pet()) == pytest.approx(80_000 / decayed)
    assert suv_factor(pet(DecayCorrection="ADMIN")) == pytest.approx(80_000 / 370e6)
    assert suv_factor(pet(Units="GML")) == 1


def test_suv_over_midnight() -> None:
    ds = pet(SeriesTime="003000", AcquisitionTime="003500")
    ds.RadiopharmaceuticalInformationSequence[0].RadiopharmaceuticalStartTime = "233000"
    assert suv_factor(ds) == pytest.approx(80_000 / (370e6 * 2 ** (-3600 / 6586.2)))
    full = pet(SeriesTime="003000", AcquisitionTime="003500")
    drug = full.RadiopharmaceuticalInformationSequence[0]
    drug.RadiopharmaceuticalStartDateTime = "20261119233000.00"
    assert suv_factor(full) == suv_factor(ds)


@pytest.mark.parametrize(
    "attributes",
    [
        {"Modality": "NM"},
        {"Units": "CNTS"},
        {"CorrectedImage": ["DECY"]},
        {"PatientWeight": None},
        {"PatientWeight": 0},
        {"DecayCorrection": "NONE"},
        {"SeriesTime": "120000"},  # later than the scan: derived
        {"SeriesTime": ""},
        {"RadiopharmaceuticalInformationSequence": []},
        {"Units": "GML", "SUVType": "LBM"},
    ],
)
def test_suv_is_never_guessed(attributes: dict) -> None:
    assert suv_factor(pet(**attributes)) is None
