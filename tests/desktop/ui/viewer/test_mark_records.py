"""Marks and measurements: each keeps its own name, whatever finding it is of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lacuna.study.measure import EllipseRoi, Length
from lacuna.study.model import Source, Study
from lacuna.ui.viewer.board import Board, Spot, mark_of
from lacuna.ui.viewer.mark_records import LeftOut, left_out, to_mark, to_record, words_for
from lacuna.ui.viewer.mark_words import label_lines
from tests.helpers import studies

DX = "1.2.840.10008.5.1.4.1.1.1.1"
NOWHERE = Source(Path("nowhere.dcm"))
LESION = "1.2.840.77"


def test_one_finding_on_two_images_makes_two_marks() -> None:
    series = studies.series(count=2)
    images = (replace(image, sop_class_uid=DX) for image in series.images)
    series = replace(series, images=tuple(images))
    study = studies.study(series)
    drawn = [mark_of(Length((4, 4), (9, 4)), studies.picture(series, at)) for at in (0, 1)]
    records = [to_record(mark, study) for mark in drawn]
    tracked = [replace(one, uid=LESION, label="Lesion 1") for one in records if one is not None]
    marks = [to_mark(one, study) for one in tracked]
    board = Board()
    for mark in marks:
        assert mark is not None
        board.put(mark)
    assert [mark.id for mark in board.marks] == [mark.id for mark in drawn]
    assert {(mark.tracking, mark.label) for mark in board.marks} == {(LESION, "Lesion 1")}
    assert [to_record(mark, study) for mark in board.marks] == tracked


def test_what_a_finding_is_called_outlives_a_change_of_its_shape() -> None:
    picture = studies.picture()
    board = Board()
    board.put(replace(mark_of(Length((4, 4), (9, 4)), picture), tracking=LESION, label="L"))
    board.put(mark_of(Length((4, 4), (12, 4)), picture, board.marks[0].id))
    (mark,) = board.marks
    assert (mark.shape, mark.tracking, mark.label) == (Length((4, 4), (12, 4)), LESION, "L")


def test_what_is_left_out_of_a_report_is_said_with_the_reason() -> None:
    now, then = study_at("1.2.1"), study_at("1.2.8")
    own, prior, cut, gone = (
        Spot("1.2.1", "1.2.1.1", 0),
        Spot("1.2.8", "1.2.8.1", 0),
        Spot("1.2.8:coronal", "1.2.8.1:coronal:thin", 7),
        Spot("1.2.77", "1.2.77.1", 0),
    )
    drawn = mark_of(Length((4, 4), (9, 4)), studies.picture())
    marks = [replace(drawn, spot=spot) for spot in (own, prior, cut, cut, gone)]
    missing = [mark for mark in marks if to_record(mark, now) is None]
    assert missing == marks[1:]
    assert words_for(left_out(mark, now, [then]) for mark in missing) == (
        "2 on cuts through a volume, 1 on another study and 1 on images that are not open"
        " were left out: a report names images of this study only."
    )
    assert words_for([LeftOut.OTHER_STUDY]).startswith("1 on another study was left out")
    assert words_for([]) == ""


def study_at(series_uid: str) -> Study:
    series = studies.series()
    image = replace(
        series.images[0], sop_class_uid=DX, sop_instance_uid=f"{series_uid}.1", source=NOWHERE
    )
    return studies.study(replace(series, series_instance_uid=series_uid, images=(image,)))


def test_an_image_without_a_uid_is_named_as_such() -> None:
    series = studies.series()
    image = replace(series.images[0], sop_instance_uid="", source=NOWHERE)
    series = replace(series, images=(image,))
    mark = mark_of(Length((4, 4), (9, 4)), studies.picture(series))
    study = studies.study(series)
    assert to_record(mark, study) is None
    assert left_out(mark, study, []) is LeftOut.NAMELESS


@pytest.mark.parametrize("unit", ["Bq/ml", "1"])
def test_values_in_another_unit_are_read_off_the_pixels_instead(unit: str) -> None:
    series = studies.series()
    image = replace(series.images[0], sop_class_uid=DX, value_unit="HU")
    series = replace(series, images=(image,))
    study, picture = studies.study(series), studies.picture(series)
    drawn = mark_of(EllipseRoi((2, 2), (10, 10)), picture)
    record = to_record(drawn, study)
    assert record is not None
    other = tuple(
        replace(one, value=9999.0, unit=unit) if one.unit == "[hnsf'U]" else one
        for one in record.readings
    )
    mark = to_mark(replace(record, readings=other), study)
    assert mark is not None
    assert "9999" not in " ".join(label_lines(mark))
    board = Board()
    board.put(mark)
    board.settle(picture)
    assert board.marks[0].statistics == drawn.statistics
    assert board.marks[0].value_unit == "HU"


def test_a_frame_that_cannot_be_is_nowhere() -> None:
    series = studies.series()
    series = replace(series, images=(replace(series.images[0], sop_class_uid=DX),))
    study = studies.study(series)
    record = to_record(mark_of(Length((4, 4), (9, 4)), studies.picture(series)), study)
    assert record is not None
    for frames in ((-1,), (7,)):
        assert to_mark(replace(record, image=replace(record.image, frames=frames)), study) is None
