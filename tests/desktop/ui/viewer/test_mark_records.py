"""Marks and measurements: each keeps its own name, whatever finding it is of."""

from __future__ import annotations

from dataclasses import replace

from lacuna.study.measure import Length
from lacuna.ui.viewer.board import Board, mark_of
from lacuna.ui.viewer.mark_records import to_mark, to_record
from tests.helpers import studies

DX = "1.2.840.10008.5.1.4.1.1.1.1"
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
