"""Lengths, angles, regions: against geometry worked out here, by other means."""

from __future__ import annotations

import cmath
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.study import measure
from lacuna.study.geometry import Plane
from lacuna.study.measure import (
    Angle,
    Arrow,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Probe,
    Scale,
)
from tests.helpers import studies

SQUARE = Scale(1, 1, "mm")
TALL = Scale(0.8, 0.5, "mm")  # rows 0.8 mm apart, columns 0.5 mm
COORDINATE = st.floats(0, 1000, allow_subnormal=False).map(lambda value: round(value, 3))
POINT = st.tuples(COORDINATE, COORDINATE)
SCALE = st.builds(Scale, st.floats(0.05, 5), st.floats(0.05, 5))


def test_a_length_is_counted_in_rows_and_columns_of_their_own_size() -> None:
    assert measure.length(Length((10, 20), (40, 60)), SQUARE) == 50
    assert measure.length(Length((0, 0), (10, 0)), TALL) == pytest.approx(5)
    assert measure.length(Length((0, 0), (0, 10)), TALL) == pytest.approx(8)
    assert measure.length(Length((0, 0), (12, 10)), TALL) == pytest.approx(10)


def test_an_angle_is_taken_in_the_patient_not_in_the_grid() -> None:
    right = Angle((10, 0), (0, 0), (0, 10))
    assert measure.degrees(right, SQUARE) == pytest.approx(90)
    diagonal = Angle((10, 0), (0, 0), (10, 10))
    assert measure.degrees(diagonal, SQUARE) == pytest.approx(45)
    assert measure.degrees(diagonal, TALL) == pytest.approx(math.degrees(math.atan(0.8 / 0.5)))
    assert measure.degrees(Angle((10, 0), (0, 0), (-7, 0)), TALL) == pytest.approx(180)


@given(POINT, POINT, POINT, SCALE)
def test_angles_agree_with_complex_arithmetic(
    first: measure.Point, vertex: measure.Point, second: measure.Point, scale: Scale
) -> None:
    def arm(end: measure.Point) -> complex:
        return complex((end[0] - vertex[0]) * scale.column, (end[1] - vertex[1]) * scale.row)

    if abs(arm(first)) < 1e-3 or abs(arm(second)) < 1e-3:
        return
    wanted = abs(math.degrees(cmath.phase(arm(second) / arm(first))))
    assert measure.degrees(Angle(first, vertex, second), scale) == pytest.approx(wanted, abs=1e-6)


@given(POINT, POINT, SCALE, st.floats(-50, 50), st.floats(-50, 50))
def test_where_a_shape_lies_does_not_change_its_size(
    one: measure.Point, other: measure.Point, scale: Scale, dx: float, dy: float
) -> None:
    line = Length(one, other)
    moved = measure.moved(line, dx, dy)
    assert isinstance(moved, Length)
    assert measure.length(moved, scale) == pytest.approx(measure.length(line, scale), abs=1e-6)
    roi = EllipseRoi(one, other)
    shifted = measure.moved(roi, dx, dy)
    assert isinstance(shifted, EllipseRoi)
    assert measure.area(shifted, scale) == pytest.approx(measure.area(roi, scale), rel=1e-6, abs=1)


def test_the_area_of_an_ellipse() -> None:
    assert measure.area(EllipseRoi((10, 10), (30, 50)), SQUARE) == pytest.approx(math.pi * 10 * 20)
    assert measure.area(EllipseRoi((30, 50), (10, 10)), TALL) == pytest.approx(math.pi * 5 * 16)


def test_statistics_of_an_ellipse_agree_with_asking_every_pixel() -> None:
    values = np.random.default_rng(7).integers(-1000, 3000, (60, 80)).astype(np.int16)
    roi = EllipseRoi((52.3, 8.1), (11.9, 47.6))
    inside = [
        int(values[row, column])
        for row in range(60)
        for column in range(80)
        if ((column + 0.5 - 32.1) / 20.2) ** 2 + ((row + 0.5 - 27.85) / 19.75) ** 2 <= 1
    ]
    found = measure.statistics(roi, values)
    assert found is not None
    mean = sum(inside) / len(inside)
    spread = math.sqrt(sum((value - mean) ** 2 for value in inside) / len(inside))
    assert found.count == len(inside)
    assert (found.minimum, found.maximum) == (min(inside), max(inside))
    assert found.mean == pytest.approx(mean)
    assert found.sd == pytest.approx(spread)


def test_a_region_partly_beyond_the_image_counts_what_is_there() -> None:
    values = np.full((10, 10), 40, np.int16)
    found = measure.statistics(EllipseRoi((-20, -20), (30, 30)), values)
    assert found is not None
    assert (found.count, found.mean, found.sd) == (100, 40, 0)


@pytest.mark.parametrize(
    "roi",
    [
        EllipseRoi((3, 3), (3, 3)),
        EllipseRoi((3, 3), (9, 3)),
        EllipseRoi((3.6, 3.6), (3.9, 3.9)),
        EllipseRoi((40, 40), (60, 60)),
    ],
)
def test_a_region_without_a_pixel_has_no_statistics(roi: EllipseRoi) -> None:
    assert measure.statistics(roi, np.zeros((10, 10))) is None


def test_the_mean_of_large_unsigned_values_does_not_overflow() -> None:
    values = np.full((200, 200), 65535, np.uint16)
    found = measure.statistics(EllipseRoi((0, 0), (200, 200)), values)
    assert found is not None
    assert (found.mean, found.sd) == (65535, 0)


def test_a_probe_reads_the_pixel_it_stands_in() -> None:
    values = np.arange(12).reshape(3, 4)
    assert measure.value_at(Probe((2.99, 1.01)), values) == (6,)
    assert measure.value_at(Probe((4, 1)), values) == ()
    assert measure.value_at(Probe((-0.1, 1)), values) == ()
    colour = np.array([[[1, 2, 3]]], np.uint8)
    assert measure.value_at(Probe((0.5, 0.5)), colour) == (1, 2, 3)


def test_diameters_cross_at_right_angles() -> None:
    long = Length((0, 10), (20, 10))
    assert measure.are_diameters(long, Length((8, 4), (8, 16)), SQUARE)
    assert measure.are_diameters(Length((8, 4), (8, 16)), long, SQUARE)
    assert measure.are_diameters(long, Length((8, 4), (9, 16)), SQUARE)
    assert measure.are_diameters(long, Length((8, 10.5), (8, 16)), SQUARE)
    assert not measure.are_diameters(long, Length((8, 4), (18, 16)), SQUARE)
    assert not measure.are_diameters(long, Length((30, 4), (30, 16)), SQUARE)
    assert not measure.are_diameters(long, Length((8, 14), (8, 30)), SQUARE)
    assert not measure.are_diameters(long, long, SQUARE)
    assert not measure.are_diameters(long, Length((8, 8), (8, 8)), SQUARE)


def test_right_angles_are_those_of_the_patient() -> None:
    """In pixels of 1 to 4 two lines at right angles look askew in the grid."""
    long, flat = Length((0, 0), (40, 10)), Scale(4, 1, "mm")
    assert measure.are_diameters(long, Length((0, 10), (40, 0)), flat)
    assert not measure.are_diameters(long, Length((0, 10), (40, 0)), SQUARE)


def test_one_point_moves_and_the_others_stay() -> None:
    angle = Angle((1, 2), (3, 4), (5, 6))
    assert measure.with_point(angle, 1, (9, 9)) == Angle((1, 2), (9, 9), (5, 6))
    assert measure.points(measure.moved(Arrow((1, 2), (3, 4)), 10, -1)) == ((11, 1), (13, 3))


def test_each_frame_is_measured_by_its_own_spacing() -> None:
    near, far = (Plane((0, 0, z), (1, 0, 0), (0, 1, 0), (z, z)) for z in (0.5, 2.0))
    image = replace(studies.image(), frames=2, pixel_spacing=(0.5, 0.5), planes=(near, far))
    line = Length((0, 0), (10, 0))
    sizes = [measure.length(line, measure.scale_of(image, frame)) for frame in (0, 1)]
    assert sizes == [5.0, 20.0]


def test_angles_are_those_that_are_seen_where_pixels_are_only_known_to_be_high() -> None:
    scale = measure.scale_of(replace(studies.image(), pixel_spacing=None, aspect=2.0))
    diagonal = Angle((10, 0), (0, 0), (10, 10))
    assert measure.degrees(diagonal, scale) == pytest.approx(63.435, abs=0.01)
    cobb = Cobb((0, 0), (10, 0), (0, 0), (10, 10))
    assert measure.cobb_degrees(cobb, scale) == pytest.approx(63.435, abs=0.01)
    assert measure.length(Length((0, 0), (0, 10)), scale) == 10
    assert scale.unit == "px"


def test_an_outline_of_many_corners_is_counted_like_its_circle() -> None:
    corners = [math.tau * corner / 20_000 for corner in range(20_000)]
    path = tuple((256 + 200 * math.cos(turn), 256 + 200 * math.sin(turn)) for turn in corners)
    values = np.arange(512 * 512, dtype=np.int32).reshape(512, 512)
    found = measure.statistics(FreehandRoi(path), values)
    assert found == measure.statistics(EllipseRoi((56, 56), (456, 456)), values)
