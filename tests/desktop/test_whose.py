"""Whose it is: marks, key images and words never turn up with another patient's study."""

from __future__ import annotations

from pathlib import Path

import pydicom
from PySide6.QtCore import Qt

from lacuna.study.measure import Note
from lacuna.ui.viewer.board import spot_of
from tests.desktop import test_keeping
from tests.desktop.test_image_side import drop
from tests.desktop.test_keeping import SHAPES, Sitting, board_of, draw, said
from tests.e2e import drive
from tests.helpers import demo_studies as demo

sitting = test_keeping.sitting
BLANK = dict.fromkeys(
    (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "SOPInstanceUID",
    ),
    "",
)


def copy(path: Path, target: Path, **other: str) -> Path:
    """Write a file again that says something else."""
    ds = pydicom.dcmread(path)
    ds.update(other)
    target.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(target)
    return target


def test_patients_born_on_different_days_share_no_marks(sitting: Sitting, tmp_path: Path) -> None:
    (jane,) = demo.radiograph(tmp_path / "jane", "dx")
    june = copy(jane, tmp_path / "june" / "a.dcm", PatientBirthDate="19991231")
    first = sitting()
    drop(first, jane)
    board_of(first)
    draw(first, SHAPES[0])
    drop(first, june)
    assert board_of(first).marks == ()
    draw(first, SHAPES[1])
    drop(first, jane)
    assert [mark.shape for mark in board_of(first).marks] == [SHAPES[0]]
    second = sitting()
    drop(second, june)
    assert [mark.shape for mark in board_of(second).marks] == [SHAPES[1]]


def test_words_come_back_where_the_birth_date_comes_late(sitting: Sitting, tmp_path: Path) -> None:
    (whole,) = demo.radiograph(tmp_path / "x", "dx")
    folder = tmp_path / "study"
    copy(whole, folder / "a.dcm", PatientBirthDate="", SOPInstanceUID="1.2.3.4")
    copy(whole, folder / "b.dcm")
    application = sitting()
    drop(application, folder)
    drive.type_text(drive.editor_of(application), "The heart is large. ")
    draw(application, SHAPES[0])
    drive.press(application.parts.window.image_view, Qt.Key.Key_K)
    board, before = board_of(application), application.parts.panel.report()
    drop(application, folder)  # at first it has no birth date, as if it were another case
    assert application.parts.panel.report() == before
    assert application.parts.session.case is not None
    assert application.parts.session.case.report == before
    assert board_of(application).marks == board.marks
    assert len(board.marks) == 1
    assert len(application.parts.sending.key_images.images) == 1


def test_a_file_without_names_that_was_replaced_is_another_case(
    sitting: Sitting, tmp_path: Path
) -> None:
    stick = tmp_path / "stick" / "IM1.dcm"
    copy(*demo.radiograph(tmp_path / "x", "dx"), stick, **BLANK)
    first = sitting()
    drop(first, stick)
    draw(first, SHAPES[0])
    drive.press(first.parts.window.image_view, Qt.Key.Key_K)
    board_of(first)
    copy(*demo.radiograph(tmp_path / "y", "dy", seed=5), stick, **BLANK)
    drop(first, stick)
    assert board_of(first).marks == ()
    assert first.parts.sending.key_images.images == ()
    second = sitting()
    drop(second, stick)
    view = second.parts.window.image_view
    assert view.picture is not None
    assert board_of(second).on(spot_of(view.picture)) == ()
    assert second.parts.sending.key_images.images == ()


def test_half_a_character_keeps_nothing_from_being_kept(sitting: Sitting, tmp_path: Path) -> None:
    files = demo.radiograph(tmp_path, "dx")
    first = sitting()
    drop(first, *files)
    board_of(first)
    draw(first, Note((50, 90), "a\ud800b"), SHAPES[0])
    second = sitting()
    drop(second, *files)
    assert len(board_of(second).marks) == 2
    assert said(first) == []
