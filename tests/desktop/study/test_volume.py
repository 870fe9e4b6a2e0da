"""A stack of slices as a volume: which are regular, and what a cut shows, and where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.study.geometry import Plane
from lacuna.study.model import Image, Series, Source
from lacuna.study.volume import (
    Axis,
    Grid,
    Projection,
    Slab,
    grid_of,
    image_at,
    planes_of,
    size_of,
)

ROWS, COLUMNS, SLICES = 4, 5, 6
AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
SHIFTED = (10.0, -20.0, 30.0)


def series(
    across: tuple[tuple[float, float, float], tuple[float, float, float]] = AXIAL,
    step: float = 2.0,
    count: int = SLICES,
) -> Series:
    """Return parallel slices ``step`` mm apart along their normal; no file stands behind them."""
    way = Plane((0.0, 0.0, 0.0), *across, (1.0, 0.5)).normal
    images = []
    for number in range(count):
        at = tuple(p + step * number * w for p, w in zip(SHIFTED, way, strict=True))
        plane = Plane((at[0], at[1], at[2]), *across, (1.0, 0.5))
        images.append(
            Image(
                sop_instance_uid=f"1.{number}",
                source=Source(Path("invented.dcm")),
                rows=ROWS,
                columns=COLUMNS,
                frames=1,
                instance_number=number + 1,
                photometric="MONOCHROME2",
                pixel_spacing=(1.0, 0.5),
                planes=(plane,),
                frame_of_reference="1.9",
            )
        )
    return Series("1.2", 1, "CT", "", tuple(images))


def values() -> np.ndarray:
    """Return (slices, rows, columns) values that all differ."""
    return np.arange(SLICES * ROWS * COLUMNS, dtype=np.int16).reshape(SLICES, ROWS, COLUMNS)


def grid(of: Series) -> Grid:
    found = grid_of(of)
    assert found is not None
    return found


def truth(of: Series, place: tuple[float, float, float]) -> int:
    """Return the value at a place in the patient, by the slices' own planes."""
    for number, image in enumerate(of.images):
        point = image.planes[0].point(place)
        assert point is not None
        x, y, away = point
        if abs(away) < 1e-6:
            return int(values()[number, int(np.floor(y)), int(np.floor(x))])
    raise AssertionError("no slice lies there")


@pytest.mark.parametrize("across", [AXIAL, SAGITTAL])
@pytest.mark.parametrize("axis", list(Axis))
@pytest.mark.parametrize("step", [2.0, -2.0])
def test_every_pixel_of_a_cut_lies_where_its_plane_says(
    across: tuple[tuple[float, float, float], tuple[float, float, float]], axis: Axis, step: float
) -> None:
    of = series(across, step)
    volume, stack = grid(of), values()
    for number, plane in enumerate(planes_of(volume, axis)):
        image, whole = image_at(volume, lambda at: stack[at], axis, number)
        assert whole
        assert image.shape == size_of(volume, axis)
        for row in range(image.shape[0]):
            for column in range(image.shape[1]):
                place = plane.at(column + 0.5, row + 0.5)
                assert place is not None
                assert image[row, column] == truth(of, place)


def test_the_patient_stands_as_is_usual() -> None:
    volume = grid(series())
    wanted = {
        Axis.AXIAL: ((1, 0, 0), (0, 1, 0)),
        Axis.CORONAL: ((1, 0, 0), (0, 0, -1)),
        Axis.SAGITTAL: ((0, 1, 0), (0, 0, -1)),
    }
    for axis, (row, column) in wanted.items():
        plane = planes_of(volume, axis)[0]
        assert plane.along_row == pytest.approx(row)
        assert plane.along_column == pytest.approx(column)


def test_a_slab_is_the_highest_the_lowest_or_the_mean_of_its_layers() -> None:
    volume, stack = grid(series()), values()
    for projection, reduce in (
        (Projection.MAXIMUM, np.max),
        (Projection.MINIMUM, np.min),
        (Projection.MEAN, np.mean),
    ):
        slab = Slab(6.0, projection)  # three slices of 2 mm about the third
        image, _ = image_at(volume, lambda at: stack[at], Axis.AXIAL, 2, slab)
        assert np.array_equal(image, np.rint(reduce(stack[1:4], axis=0)).astype(np.int16))
        image, _ = image_at(volume, lambda at: stack[at], Axis.CORONAL, 1, Slab(3.0, projection))
        wanted = np.rint(reduce(stack[:, 0:3], axis=1)).astype(np.int16)[::-1]
        assert np.array_equal(image, wanted)


def test_what_is_not_decoded_yet_is_dark_and_said() -> None:
    volume, stack = grid(series()), values() + 100
    image, whole = image_at(volume, lambda at: None if at == 2 else stack[at], Axis.CORONAL, 1)
    assert not whole
    assert (image[SLICES - 1 - 2] == image[SLICES - 1]).sum() <= 1
    assert (image[SLICES - 1 - 2] == stack[[0, 1, 3, 4, 5], 1].min()).all()
    image, whole = image_at(volume, lambda at: None, Axis.SAGITTAL, 0)
    assert not whole
    assert not image.any()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda image: replace(image, planes=()),
        lambda image: replace(image, rows=ROWS + 1),
        lambda image: replace(image, photometric="RGB"),
        lambda image: replace(image, frame_of_reference="other"),
        lambda image: replace(
            image, planes=(replace(image.planes[0], position=(10.0, -20.0, 30.9)),)
        ),
        lambda image: replace(image, planes=(replace(image.planes[0], along_row=(0.0, 0.0, 1.0)),)),
    ],
)
def test_a_stack_with_a_slice_that_does_not_fit_is_no_volume(spoil: object) -> None:
    assert callable(spoil)
    of = series()
    images = (*of.images[:2], spoil(of.images[2]), *of.images[3:])
    assert grid_of(replace(of, images=images)) is None


def test_few_slices_a_tilted_gantry_and_one_place_are_no_volume() -> None:
    assert grid_of(series(count=2)) is None
    assert grid_of(series(step=0.0)) is None
    of = series()
    tilted = [
        replace(
            image,
            planes=(replace(image.planes[0], position=(10.0, -20.0 + number, 30.0 + 2 * number)),),
        )
        for number, image in enumerate(of.images)
    ]
    assert grid_of(replace(of, images=tuple(tilted))) is None


@given(st.integers(-3, 20), st.floats(0, 50), st.sampled_from(list(Axis)))
def test_any_slab_anywhere_is_held_within_the_volume(
    number: int, millimetres: float, axis: Axis
) -> None:
    volume, stack = grid(series()), values()
    slab = Slab(millimetres, Projection.MAXIMUM)
    image, whole = image_at(volume, lambda at: stack[at], axis, number, slab)
    assert whole
    assert image.shape == size_of(volume, axis)
