"""Marks: kept by frame, undone and redone, paired, put into words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.study.geometry import Spacing, SpacingSource
from lacuna.study.measure import (
    Angle,
    Arrow,
    Bidirectional,
    EllipseRoi,
    Length,
    Probe,
    Scale,
    Shape,
    Statistics,
)
from lacuna.study.model import Source
from lacuna.ui.viewer.board import Board, Mark, Spot, find, mark_of, other_diameter, spot_of
from lacuna.ui.viewer.mark_words import label_lines, report_words
from lacuna.ui.viewer.picture import Picture, picture_of
from tests.helpers import studies

HERE = Spot("1.2.1", "1.2.3.1", 0)
MM = Scale(0.5, 0.5, "mm")


def mark(shape: Shape, scale: Scale = MM, spot: Spot = HERE) -> Mark:
    return Mark(f"{shape}", spot, shape, scale)


LONG = mark(Length((0, 10), (24, 10)))
ACROSS = mark(Length((10, 2), (10, 18)))


@given(st.lists(st.sampled_from("abc-<>"), max_size=30))
def test_undo_and_redo_walk_through_what_was_seen(steps: list[str]) -> None:
    board, at = Board(), 0
    seen: list[tuple[Mark, ...]] = [()]
    for step in steps:
        if step == "<":
            at = max(at - 1, 0)
            board.undo()
        elif step == ">":
            at = min(at + 1, len(seen) - 1)
            board.redo()
        else:
            before = board.marks
            if step == "-":
                board.remove(board.marks[0].id if board.marks else "none")
            else:
                board.put(replace(LONG, id=step, shape=Length((0, 0), (len(seen), 1))))
            if board.marks != before:
                seen[at + 1 :] = [board.marks]
                at += 1
        assert board.marks == seen[at]


def test_undo_says_where_it_was() -> None:
    board, elsewhere = Board(), Spot("1.2.1", "1.2.3.2", 0)
    board.put(LONG)
    board.put(replace(ACROSS, spot=elsewhere))
    assert board.on(HERE) == (LONG,)
    assert (board.undo(), board.undo(), board.undo()) == (elsewhere, HERE, None)
    assert (board.redo(), board.redo(), board.redo()) == (HERE, elsewhere, None)


def test_a_frame_is_found_again_by_its_name() -> None:
    one, two = studies.series(1, count=3), studies.series(2)
    many = replace(two.images[0], sop_instance_uid="1.2.9", frames=4)
    two = replace(two, images=(*two.images, many))
    study = studies.study(one, two)
    picture = picture_of(np.zeros((4, 4)), many, two, 3)
    assert spot_of(picture) == Spot("1.2.2", "1.2.9", 2)
    assert find(study, spot_of(picture)) == (1, 3)
    assert find(study, Spot("1.2.2", "1.2.9", 4)) is None
    assert find(study, Spot("1.2.2", "1.2.7", 0)) is None
    assert find(study, Spot("1.2.7", "1.2.9", 0)) is None


def test_images_without_a_uid_do_not_share_their_marks() -> None:
    bare = studies.series(count=2)
    sources = (Source(Path("a.dcm")), Source(Path("b.dcm")))
    images = tuple(
        replace(image, sop_instance_uid="", source=source)
        for image, source in zip(bare.images, sources, strict=True)
    )
    series = replace(bare, images=images)
    first, second = (studies.picture(series, index) for index in (0, 1))
    assert spot_of(first) != spot_of(second)
    assert find(studies.study(series), spot_of(second)) == (0, 1)


def test_two_diameters_belong_together() -> None:
    apart = mark(Length((60, 0), (60, 40)))
    marks = (LONG, apart, ACROSS, mark(Arrow((10, 2), (10, 18))))
    assert other_diameter(LONG, marks) == ACROSS
    assert other_diameter(ACROSS, marks) == LONG
    assert other_diameter(apart, marks) is None
    elsewhere = replace(ACROSS, spot=Spot("1.2.1", "1.2.3.2", 0))
    assert other_diameter(LONG, (LONG, elsewhere)) is None


def test_of_three_lines_only_two_are_a_pair() -> None:
    third = mark(Length((14, 2), (14, 18)))
    marks = (LONG, ACROSS, third)
    assert other_diameter(LONG, marks) == third
    assert other_diameter(third, marks) == LONG
    assert other_diameter(ACROSS, marks) is None


def test_the_longer_of_two_diameters_is_labelled_for_both() -> None:
    assert label_lines(LONG, ACROSS) == ["12 \u00d7 8 mm"]
    assert label_lines(ACROSS, LONG) == []
    assert label_lines(ACROSS) == ["8 mm"]


@pytest.mark.parametrize(
    ("found", "label"),
    [
        (mark(Length((0, 0), (4, 0))), ["2.0 mm"]),
        (mark(Length((0, 0), (5.95, 0))), ["3 mm"]),
        (mark(Length((0, 0), (0, 85)), Scale()), ["85 px"]),
        (mark(Angle((10, 0), (0, 0), (10, 10))), ["45\u00b0"]),
        (replace(mark(Probe((1, 1))), values=(-612.0,), value_unit="HU"), ["-612 HU"]),
        (replace(mark(Probe((1, 1))), values=(12.0, 40.0, 200.0)), ["12, 40, 200"]),
        (mark(Arrow((0, 0), (9, 9))), []),
        (mark(EllipseRoi((0, 0), (10, 10))), ["20 mm\u00b2"]),
        (mark(EllipseRoi((0, 0), (40, 40))), ["3.1 cm\u00b2"]),
        (mark(EllipseRoi((0, 0), (10, 10)), Scale()), ["79 px\u00b2"]),
    ],
)
def test_labels(found: Mark, label: list[str]) -> None:
    assert label_lines(found) == label


def test_a_length_at_the_detector_says_so_on_the_image() -> None:
    flat = replace(MM, at_detector=True)
    line = Length((0, 10), (24, 10))
    assert label_lines(mark(line, flat)) == ["12 mm", "at the detector"]
    larger = replace(flat, magnification=1.15)
    assert label_lines(mark(line, larger))[1] == "at the detector, about 1.15 x"
    assert label_lines(mark(Angle((10, 0), (0, 0), (10, 10)), larger)) == ["45\u00b0"]


@pytest.mark.parametrize(
    ("scale", "note"),
    [
        (replace(MM, at_detector=True), " at the detector"),
        (
            replace(MM, at_detector=True, magnification=1.15),
            " at the detector, estimated magnification 1.15 x",
        ),
        (replace(MM, calibrated=True), " calibrated"),
        (MM, ""),
    ],
)
def test_what_a_size_is_worth_goes_into_the_report(scale: Scale, note: str) -> None:
    def words(shape: Shape) -> str:
        return report_words(mark(shape, scale), None, "se 1, im 1").replace("\u00a0", " ")

    assert words(Length((0, 10), (24, 10))) == f"12 mm{note} (se 1, im 1)"
    both = Bidirectional((0, 10), (24, 10), (10, 2), (10, 18))
    assert words(both) == f"12 x 8 mm{note} (se 1, im 1)"
    assert words(EllipseRoi((0, 0), (10, 10))) == f"20 mm\u00b2{note} (se 1, im 1)"
    assert words(Angle((10, 0), (0, 0), (10, 10))) == "45\u00b0 (se 1, im 1)"
    roi = replace(
        mark(EllipseRoi((0, 0), (10, 10)), scale), statistics=Statistics(9, 40, 2, 30, 50)
    )
    assert "detector" not in report_words(roi, None, "se 1, im 1")


def test_a_calibrated_projection_says_so() -> None:
    picture = studies.picture()
    apart = Spacing(0.14, 0.14, SpacingSource.CALIBRATED)
    calibrated = replace(picture, image=replace(picture.image, spacing=apart))
    line = Length((0, 10), (100, 10))
    assert label_lines(mark_of(line, calibrated)) == ["14 mm", "calibrated"]
    assert label_lines(mark_of(line, picture)) == ["14 mm"]


def ct(values: int = 40) -> Picture:
    series = studies.series(3, count=45, modality="CT")
    image = replace(series.images[44], value_unit="HU")
    return picture_of(np.full((64, 64), values, np.int16), image, series, 44)


def test_a_region_of_a_ct_is_in_hounsfield_units() -> None:
    roi = mark_of(EllipseRoi((10, 10), (50, 50)), ct())
    assert label_lines(roi)[:2] == ["mean 40 HU   SD 0 HU", "min 40 HU   max 40 HU"]


def test_a_region_on_a_colour_image_has_an_area_only() -> None:
    series = studies.series()
    picture = picture_of(np.zeros((64, 64, 3), np.uint8), series.images[0], series, 0)
    roi = mark_of(EllipseRoi((0, 0), (50, 50)), picture)
    assert label_lines(roi) == ["38 mm\u00b2"]


def test_what_the_report_says() -> None:
    def words(mark: Mark, pair: Mark | None = None) -> str:
        return report_words(mark, pair, "se 3, im 45")

    assert words(LONG) == "12\u00a0mm\u00a0(se\u00a03,\u00a0im\u00a045)"
    assert words(LONG, ACROSS) == words(ACROSS, LONG)
    assert words(LONG, ACROSS).replace("\u00a0", " ") == "12 x 8 mm (se 3, im 45)"
    assert words(mark(Arrow((0, 0), (9, 9)))) == ""
    roi = mark_of(EllipseRoi((10, 10), (50, 50)), ct())
    assert words(roi).replace("\u00a0", " ") == "mean 40 HU, SD 0 HU (se 3, im 45)"
    probe = mark_of(Probe((10, 10)), ct(-800))
    assert words(probe).replace("\u00a0", " ") == "-800 HU (se 3, im 45)"
    angle = mark(Angle((10, 0), (0, 0), (0, 10)))
    assert words(angle).replace("\u00a0", " ") == "90\u00b0 (se 3, im 45)"
