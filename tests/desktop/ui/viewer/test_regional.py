"""Ultrasound images, measured region by region: tissue in mm, traces in units of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lacuna.study.geometry import Region
from lacuna.study.measure import (
    Angle,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Shape,
    area,
    length,
)
from lacuna.study.record import readings
from lacuna.ui.viewer.annotations import spacing_text
from lacuna.ui.viewer.board import Mark, mark_of, other_diameter
from lacuna.ui.viewer.mark_store import KeptMarks, decode, encode
from lacuna.ui.viewer.mark_words import label_lines, report_words, unread
from lacuna.ui.viewer.picture import Picture, Pixels
from tests.helpers import studies

TISSUE = Region(0, 0, 255, 99, (0.5, 0.5))
SPECTRUM = Region(0, 110, 127, 179, (1.25, 0.004), ("cm/s", "s"))
MOTION = Region(128, 110, 255, 179, (0.5, 0.005), ("mm", "s"))
DEAF = Region(0, 190, 255, 255, (0.0, 0.0), ("", ""))
FLOW = Region(100, 20, 160, 80, (0.5, 0.5))  # colour over the tissue, on the same scale


def picture(*regions: Region) -> Picture:
    """Return a picture whose header has a spacing of its own, which holds in no region."""
    found = studies.picture()
    image = replace(found.image, regions=regions or (TISSUE, FLOW, SPECTRUM, MOTION, DEAF))
    return replace(found, image=image)


def lines(shape: Shape, of: Picture | None = None) -> list[str]:
    return label_lines(mark_of(shape, of or picture()))


@pytest.mark.parametrize(
    ("line", "label"),
    [
        (Length((10, 120), (110, 120)), "400 ms"),
        (Length((10, 120), (110, 124)), "400 ms"),  # a hand that trembled
        (Length((10, 120), (10, 170)), "62.5 cm/s"),
        (Length((10, 120), (60, 170)), "200 ms, 62.5 cm/s"),
        (Length((140, 120), (140, 160)), "20 mm"),
        (Length((140, 120), (240, 160)), "500 ms, 20 mm"),
    ],
)
def test_a_trace_is_measured_in_its_own_units(line: Length, label: str) -> None:
    assert lines(line) == [label]
    mark = mark_of(line, picture())
    said = report_words(mark, None, "se 1, frame 3").replace("\u00a0", " ")
    assert said == f"{label} (se 1, frame 3)"
    assert not unread(mark)


def test_more_than_a_second_is_told_in_seconds() -> None:
    slow = replace(SPECTRUM, spacing=(1.25, 0.02))
    assert lines(Length((10, 120), (110, 120)), picture(slow)) == ["2 s"]


@pytest.mark.parametrize(
    ("shape", "noun"),
    [
        (Length((10, 200), (90, 200)), "length"),
        (Bidirectional((10, 120), (90, 120), (50, 115), (50, 160)), "size"),
        (Angle((10, 120), (50, 120), (50, 160)), "angle"),
        (Cobb((10, 120), (50, 120), (10, 140), (50, 160)), "angle"),
    ],
)
def test_what_no_region_measures_is_refused_in_words(shape: Shape, noun: str) -> None:
    sentence = f"No {noun} can be measured in this region"
    mark = mark_of(shape, picture())
    assert label_lines(mark) == [sentence]
    assert report_words(mark, None, "se 1, im 1") == ""
    assert unread(mark) == f"{sentence}."


@pytest.mark.parametrize(
    "roi",
    [EllipseRoi((10, 120), (90, 160)), FreehandRoi(((10, 120), (90, 120), (50, 160)))],
)
def test_a_region_of_interest_in_a_trace_has_no_area(roi: EllipseRoi | FreehandRoi) -> None:
    assert lines(roi)[-1] == "No area can be measured in this region"
    colour = replace(picture(), values=np.zeros((256, 256, 3), np.uint8))
    assert lines(roi, colour) == ["No area can be measured in this region"]


def test_a_line_between_two_regions_has_no_length() -> None:
    across = mark_of(Length((10, 120), (200, 150)), picture())
    assert label_lines(across) == ["No length: it crosses two regions"]
    assert unread(across) == "No length: it crosses two regions."
    assert lines(Length((10, 50), (10, 150))) == ["No length: it crosses two regions"]
    assert lines(Length((10, 50), (10, 105))) == ["No length: it leaves its region"]


def test_side_by_side_pictures_are_two_though_their_scales_are_one() -> None:
    left, right = Region(0, 0, 127, 255, (0.5, 0.5)), Region(128, 0, 255, 255, (0.5, 0.5))
    both = picture(left, right)
    assert lines(Length((10, 10), (200, 10)), both) == ["No length: it crosses two regions"]


def test_colour_flow_over_tissue_is_measured_with_it() -> None:
    assert lines(Length((60, 50), (130, 50))) == ["35 mm"]
    assert lines(EllipseRoi((60, 10), (130, 90)))[-1] == "11.0 cm\u00b2"


def test_a_trace_that_lies_over_tissue_is_none_of_it() -> None:
    inset = replace(SPECTRUM, left=50, top=50, right=90, bottom=90)
    both = picture(TISSUE, inset)
    assert lines(Length((60, 60), (60, 80)), both) == ["25 cm/s"]
    assert lines(Length((10, 60), (60, 60)), both) == ["No length: it crosses two regions"]


def test_lines_in_a_trace_are_no_diameters() -> None:
    time, speed = (
        mark_of(line, picture())
        for line in (Length((10, 140), (110, 140)), Length((50, 115), (50, 170)))
    )
    assert other_diameter(time, (time, speed)) is None


def test_outside_all_regions_pixels_are_counted() -> None:
    assert lines(Length((10, 104), (90, 104)), picture(TISSUE)) == ["80 px"]


def test_the_header_s_spacing_is_written_in_no_corner() -> None:
    assert spacing_text(picture(DEAF, replace(SPECTRUM, bottom=255))) == ""
    assert spacing_text(picture(Region(0, 0, 255, 255, (0.4, 0.4)))) == "0.40 mm/px"


def test_no_millimetre_of_a_trace_is_kept_in_a_file() -> None:
    mark: Mark = mark_of(Length((10, 120), (110, 120)), picture())
    (reading,) = readings(mark.shape, mark.scale)
    assert (reading.value, reading.unit) == (100, "{pixels}")
    assert isinstance(mark.shape, Length)
    assert length(mark.shape, mark.scale) == 100
    assert area(EllipseRoi((0, 0), (2, 2)), mark.scale) == pytest.approx(np.pi)


def test_what_a_trace_measures_is_kept_with_the_case() -> None:
    mark = mark_of(Length((10, 120), (110, 120)), picture())
    waiting = replace(mark, id="other", shape=EllipseRoi((0, 0), (9, 9)), pixels=Pixels.LOADING)
    kept = KeptMarks((mark, waiting))
    assert decode(encode(kept)) == kept
