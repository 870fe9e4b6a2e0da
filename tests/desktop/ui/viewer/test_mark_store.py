"""Marks at rest: they come back equal, and nothing that is none of ours comes back at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.errors import UserFacingError
from lacuna.study.measure import (
    Angle,
    Arrow,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Probe,
    Scale,
    Shape,
    Statistics,
)
from lacuna.ui.viewer.board import Board, Mark, Spot
from lacuna.ui.viewer.mark_store import KeptMarks, decode, encode, joined

HERE = Spot("1.2.1", "1.2.3.1:coronal", 4)
SHAPES: tuple[Shape, ...] = (
    Length((1.5, 2.25), (10.1, 7.7)),
    Bidirectional((3, 3), (3, 9), (1, 5.5), (8, 5.5)),
    Angle((1, 1), (5, 5), (9, 1.3)),
    Cobb((1, 1), (8, 2), (1, 9), (8, 12)),
    EllipseRoi((12.3, 9.1), (3.3, 4.4)),
    FreehandRoi(((2, 2), (9, 3), (8, 11), (3.3, 7.7))),
    Probe((4.5, 6.5)),
    Arrow((3, 3), (12, 1)),
    Note((5, 5), "Look here: 12 % less, Ærø \U0001f9b4"),
)


def mark(shape: Shape, name: str = "a") -> Mark:
    return Mark(name, HERE, shape, Scale(0.5, 0.25, "mm"))


def test_every_kind_comes_back_equal() -> None:
    marks = tuple(mark(shape, f"{number:032x}") for number, shape in enumerate(SHAPES))
    region = replace(
        marks[4], statistics=Statistics(9, 1.5, 0.1, -3.0, 7.25), value_unit="HU", tracking="1.2"
    )
    probe = replace(marks[6], values=(77.125, 3.0, 1.0), label="Lesion 1")
    kept = KeptMarks((*marks, region, probe), ("2.25.7",))
    assert decode(encode(kept)) == kept


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
def test_points_keep_every_bit(found: list[float]) -> None:
    one = mark(Length((found[0], found[1]), (found[2], found[3])))
    assert decode(encode(KeptMarks((one,)))).marks == (one,)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"is":"KeptMarks","marks":[1],"taken":[],"version":1}',
        b'{"is":"KeptMarks","marks":[],"taken":[1],"version":1}',
        b'{"is":"KeptMarks","marks":[],"taken":[],"more":0,"version":1}',
        encode(KeptMarks((mark(SHAPES[0]),))).replace(b'"is":"Length"', b'"is":"Path"'),
        encode(KeptMarks((mark(SHAPES[0]),))).replace(b"[1.5,2.25]", b"[1.5,1" + b"0" * 400 + b"]"),
        encode(KeptMarks((mark(SHAPES[0]),))).replace(b"[1.5,2.25]", b"[1.5]"),
        encode(KeptMarks((mark(SHAPES[0]),))).replace(b'"frame":4', b'"frame":"4"'),
        encode(KeptMarks((mark(SHAPES[0]),))).replace(b',"frame":4', b""),
    ],
)
def test_what_is_none_of_ours_is_refused(said: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says, it is not shown
        decode(said)


def test_a_later_versions_marks_are_left_to_it() -> None:
    later = json.loads(encode(KeptMarks((mark(SHAPES[0]),))))
    later["version"], later["marks"][0]["glow"] = 2, 1
    with pytest.raises(UserFacingError, match="later version"):
        decode(json.dumps(later).encode())


def test_fields_that_came_later_may_be_missing() -> None:
    early = json.loads(encode(KeptMarks((mark(SHAPES[0]),))))
    for name in ("label", "tracking", "values"):
        del early["marks"][0][name]
    assert decode(json.dumps(early).encode()).marks == (mark(SHAPES[0]),)


def test_two_windows_lose_nothing_and_raise_nothing_from_the_dead() -> None:
    ours, theirs, gone = (mark(SHAPES[0], name) for name in "otg")
    found = joined(KeptMarks((ours,), ("1",)), KeptMarks((theirs, gone, ours), ("2",)), {"o", "g"})
    assert [one.id for one in found.marks] == ["t", "o"]
    assert found.taken == ("1", "2")


def test_what_stood_before_is_the_ground_of_undo() -> None:
    board, told = Board(), list[int]()
    drawn, old = mark(SHAPES[0], "new"), mark(SHAPES[1], "old")
    board.put(drawn)
    board.observe(lambda: told.append(len(board.marks)))
    board.stand((old,))
    assert board.marks == (old, drawn)
    board.undo()
    assert board.marks == (old,)
    assert board.undo() is None
    board.redo()
    assert board.marks == (old, drawn)
    board.remove("old")
    board.undo()
    assert board.get("old") == old
    assert told == [2, 1, 2, 1, 2]
