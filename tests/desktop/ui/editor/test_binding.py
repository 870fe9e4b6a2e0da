from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication

from lacuna.errors import UserFacingError
from lacuna.report import edit, markup
from lacuna.report.model import Author, Fill, FillState, Report, Section, Soft
from lacuna.ui.editor.binding import Binding
from tests.desktop.report.builders import REPORTS, fill, fixed, gap, one, soft

QUICK = settings(max_examples=60)


@pytest.fixture(scope="module", autouse=True)
def _application(qapp: QApplication) -> None:
    """Documents need fonts, and those an application."""


def bound(report: Report) -> Binding:
    binding = Binding(QTextDocument())
    binding.load(report)
    return binding


@QUICK
@given(REPORTS)
def test_a_report_comes_back_from_the_document_as_it_went_in(report: Report) -> None:
    binding = bound(report)
    assert binding.read() == report
    assert binding.read() == report
    assert not binding.document.isUndoAvailable()


@QUICK
@given(REPORTS, st.data())
def test_writing_an_edit_is_one_undo_step_and_nothing_else_moves(
    report: Report, data: st.DataObject
) -> None:
    binding = bound(report)
    section = data.draw(st.integers(0, len(report.sections) - 1))
    places = st.integers(0, len(edit.body(report.sections[section].spans)))
    start, end = sorted((data.draw(places), data.draw(places)))
    act = data.draw(st.sampled_from(["lock", "accept", "reject", "gap"]))
    after = {
        "lock": edit.lock(report, section, start, end),
        "accept": edit.accept_all(report),
        "reject": edit.reject_all(report),
        "gap": edit.insert_gap(report, section, start),
    }[act]
    binding.write(after)
    assert binding.read() == after
    if after != report:
        binding.document.undo()
        assert binding.read() == report
        binding.document.redo()
        assert binding.read() == after


@QUICK
@given(REPORTS, st.data())
def test_places_and_positions_are_inverse(report: Report, data: st.DataObject) -> None:
    binding = bound(report)
    section = data.draw(st.integers(0, len(report.sections) - 1))
    offset = data.draw(st.integers(0, len(edit.body(report.sections[section].spans))))
    assert binding.place(binding.position(section, offset)) == (section, offset)


def test_text_that_the_document_would_change_is_refused_and_nothing_happens() -> None:
    binding = bound(one(soft("kept")))
    with pytest.raises(UserFacingError, match=r"U\+000D"):
        binding.load(one(fixed("a\r\nb")))
    assert markup.render(binding.read()) == "kept"


def test_an_edited_proposal_says_so_until_the_edit_is_undone() -> None:
    proposal = fill("normal")
    binding = bound(one(proposal))
    cursor = QTextCursor(binding.document)
    cursor.setPosition(3)
    cursor.insertText("x")
    (edited,) = binding.read().spans()
    assert isinstance(edited, Fill)
    assert (edited.text, edited.state) == ("norxmal", FillState.EDITED)
    assert edited.id != proposal.id
    assert binding.read().sections[0].spans[0].id == edited.id
    binding.document.undo()
    assert list(binding.read().spans()) == [proposal]


def test_a_template_that_is_cut_keeps_its_author() -> None:
    binding = bound(one(soft("No acute bone lesion.", Author.TEMPLATE)))
    cursor = QTextCursor(binding.document)
    cursor.setPosition(2)
    cursor.setPosition(8, QTextCursor.MoveMode.KeepAnchor)
    cursor.removeSelectedText()
    (span,) = binding.read().spans()
    assert isinstance(span, Soft)
    assert (span.text, span.author) == ("No bone lesion.", Author.TEMPLATE)


def test_equal_runs_never_share_an_id() -> None:
    binding = bound(one(gap(), gap()))
    cursor = QTextCursor(binding.document)
    for position in (2, 1, 0):
        cursor.setPosition(position)
        cursor.insertText(" ", cursor.blockCharFormat())
    ids = [span.id for span in binding.read().spans()]
    assert len(set(ids)) == len(ids) == 5


def test_other_sections_cannot_be_written_as_an_edit() -> None:
    binding = bound(one(soft("a")))
    with pytest.raises(ValueError, match="sections"):
        binding.write(Report((Section("Findings"),)))


def test_a_report_is_loaded_at_one_stroke() -> None:
    binding, heard = bound(one(soft("a"))), []
    binding.document.contentsChanged.connect(lambda: heard.append(binding.read()))
    report = Report((Section("Findings", (gap(), soft(" b"))), Section("Impression", (gap(),))))
    binding.load(report)
    assert heard == [report]
    assert not binding.document.isUndoAvailable()
