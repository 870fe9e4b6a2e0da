"""Reference lines against geometry that is worked out by hand."""

from __future__ import annotations

import pytest

from lacuna.study.geometry import Plane
from lacuna.ui.viewer.crossing import clipped, crossing

AXIAL = Plane((0.0, 0.0, 50.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0))
CORONAL = Plane((0.0, 30.0, 100.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (1.0, 1.0))
SIZE = (100, 100)


def test_an_axial_image_crosses_a_coronal_one_at_its_own_height() -> None:
    line = crossing(AXIAL, SIZE, CORONAL, SIZE)
    assert line is not None
    (x0, y0), (x1, y1) = sorted(line)
    assert (x0, x1) == pytest.approx((0, 100), abs=0.51)
    assert (y0, y1) == pytest.approx((50.5, 50.5))


def test_a_coronal_image_crosses_an_axial_one_where_it_lies() -> None:
    line = crossing(CORONAL, SIZE, AXIAL, SIZE)
    assert line is not None
    assert {round(y, 3) for _, y in line} == {30.5}


def test_parallel_images_and_images_that_miss_draw_no_line() -> None:
    assert crossing(AXIAL, SIZE, AXIAL, SIZE) is None
    far = Plane((0.0, 0.0, 500.0), AXIAL.along_row, AXIAL.along_column, (1.0, 1.0))
    assert crossing(far, SIZE, CORONAL, SIZE) is None
    assert crossing(AXIAL, (10, 10), CORONAL, SIZE) is None
    blind = Plane(CORONAL.position, CORONAL.along_row, CORONAL.along_column, None)
    assert crossing(AXIAL, SIZE, blind, SIZE) is None


def test_a_line_is_cut_off_at_the_image() -> None:
    assert clipped((-10, 50), (110, 50), SIZE) == ((0, 50), (100, 50))
    assert clipped((50, -10), (50, -5), SIZE) is None
    assert clipped((-10, -1), (110, -1), SIZE) is None
