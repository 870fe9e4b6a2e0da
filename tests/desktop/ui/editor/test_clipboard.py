"""Words that move within the report keep their authors; what comes from elsewhere is typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication, QTextCursor
from pytestqt.qtbot import QtBot

from lacuna.report import edit, markup
from lacuna.report.model import Author, Fill, FillState, Fixed, Gap, Report, Section, Soft, Span
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.theme import Look
from tests.desktop.report.builders import ORIGIN, fill, fixed, gap, one, soft

PROPOSED, ACCEPTED, EDITED = FillState.PROPOSED, FillState.ACCEPTED, FillState.EDITED


@pytest.fixture
def editor(qtbot: QtBot, look: Look) -> ReportEditor:
    widget = ReportEditor(look)
    qtbot.addWidget(widget)
    return widget


def put(editor: ReportEditor, start: int, end: int) -> None:
    cursor = editor.textCursor()
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    editor.setTextCursor(cursor)


def spans(editor: ReportEditor) -> list[Span]:
    return list(editor.report().spans())


def told(editor: ReportEditor) -> list[tuple[str, object]]:
    """Each span's words, and what became of a proposal or who wrote the rest."""
    return [
        (edit.shown(span), span.state if isinstance(span, Fill) else getattr(span, "author", None))
        for span in spans(editor)
    ]


@pytest.mark.parametrize("state", [PROPOSED, ACCEPTED, EDITED])
def test_a_model_s_words_that_are_moved_stay_the_model_s(
    editor: ReportEditor, state: FillState
) -> None:
    editor.load(one(soft("Heart. "), fill("No nodule.", state), soft(" End.")))
    put(editor, 7, 17)
    editor.cut()
    assert markup.render(editor.report()) == "Heart.  End."
    put(editor, 0, 0)
    editor.paste()
    assert markup.render(editor.report()) == "No nodule.Heart.  End."
    assert told(editor)[0] == ("No nodule.", state)
    assert isinstance(moved := spans(editor)[0], Fill)
    assert moved.origin == ORIGIN


def test_a_copy_is_a_span_of_its_own(editor: ReportEditor) -> None:
    editor.load(one(fill("No nodule."), soft(" ")))
    put(editor, 0, 10)
    editor.copy()
    put(editor, 11, 11)
    editor.paste()
    first, _, second = spans(editor)
    assert first.id != second.id
    editor.apply(lambda report: edit.accept(report, second.id))
    assert [state for _, state in told(editor)] == [PROPOSED, Author.TYPED, ACCEPTED]


def test_a_part_of_a_proposal_waits_for_review_as_the_whole_does(editor: ReportEditor) -> None:
    editor.load(one(fill("No nodule."), soft(" ")))
    put(editor, 3, 9)
    editor.copy()
    put(editor, 11, 11)
    editor.paste()
    assert told(editor)[-1] == ("nodule", PROPOSED)


def test_a_moved_rewriting_still_brings_back_what_it_replaced(editor: ReportEditor) -> None:
    rewritten = replace(fill("Clear lungs."), replaced=soft("Lungs are clear."))
    editor.load(one(soft("Heart. "), rewritten))
    put(editor, 7, 19)
    editor.cut()
    put(editor, 0, 0)
    editor.paste()
    moved = spans(editor)[0]
    editor.apply(lambda report: edit.reject(report, moved.id))
    assert told(editor)[0] == ("Lungs are clear.", Author.TYPED)


def test_template_words_gaps_and_line_ends_come_along(editor: ReportEditor) -> None:
    before = one(soft("Lungs\nclear. ", Author.TEMPLATE), gap(3), soft(" \U0001f469 typed"))
    editor.load(before)
    editor.selectAll()
    editor.cut()
    editor.paste()
    assert markup.render(editor.report()) == markup.render(before)
    assert told(editor)[0] == ("Lungs\nclear. ", Author.TEMPLATE)
    assert [span.length for span in spans(editor) if isinstance(span, Gap)] == [3]


def test_a_copied_anchor_is_not_locked_and_says_who_wrote_it(editor: ReportEditor) -> None:
    measured = Fixed("m", "12\u00a0mm", Author.MEASUREMENT)
    locked = replace(fixed("No nodule."), author=Author.MODEL, origin=ORIGIN)
    editor.load(one(measured, soft(" "), locked, soft(" ")))
    editor.selectAll()
    editor.copy()
    put(editor, 17, 17)
    editor.paste()
    assert ("12\u00a0mm", Author.MEASUREMENT) in told(editor)[3:]
    assert ("No nodule.", ACCEPTED) in told(editor)[3:]
    assert sum(isinstance(span, Fixed) for span in spans(editor)) == 2


def test_headings_come_along_as_words(editor: ReportEditor) -> None:
    editor.load(Report((Section("Findings", (fill("Clear."),)), Section("Impression", ()))))
    editor.selectAll()
    editor.copy()
    end = editor.binding.position(1, 0)
    put(editor, end, end)
    editor.paste()
    assert told(editor)[1:] == [
        ("Findings:\n", Author.TYPED),
        ("Clear.", PROPOSED),
        ("\nImpression:", Author.TYPED),
    ]


def test_in_another_report_only_the_model_stays_the_author(editor: ReportEditor) -> None:
    rewritten = replace(fill("No nodule."), replaced=soft("Of another patient."))
    measured = Fixed("m", "12\u00a0mm", Author.MEASUREMENT)
    editor.load(one(soft("Lungs. ", Author.TEMPLATE), measured, rewritten))
    editor.selectAll()
    editor.copy()
    editor.load(one())
    editor.paste()
    assert told(editor) == [("Lungs. 12\u00a0mm", Author.TYPED), ("No nodule.", PROPOSED)]
    pasted = spans(editor)[1]
    editor.apply(lambda report: edit.reject(report, pasted.id))
    assert markup.render(editor.report()) == "Lungs. 12\u00a0mm[...]"


def test_what_another_program_copied_is_typed(editor: ReportEditor) -> None:
    editor.load(one(fill("No nodule.")))
    editor.selectAll()
    editor.copy()
    QGuiApplication.clipboard().setText("No large nodule. [... 3]")
    editor.cut_selection()
    editor.paste()
    assert told(editor)[0] == ("No large nodule. ", Author.TYPED)
    assert [span.length for span in spans(editor) if isinstance(span, Gap)] == [3]


def test_a_paste_is_one_step_back(editor: ReportEditor) -> None:
    before = one(soft("Heart. "), fill("No nodule."), gap())
    editor.load(before)
    editor.selectAll()
    editor.copy()
    put(editor, 5, 5)
    editor.paste()
    editor.undo()
    assert editor.report() == before


def test_an_anchor_takes_no_paste(editor: ReportEditor) -> None:
    before = one(fixed("Heart"), fill(" No nodule."))
    editor.load(before)
    put(editor, 5, 16)
    editor.copy()
    put(editor, 2, 2)
    editor.paste()
    assert editor.report() == before


def test_typed_words_join_the_typed_words_around_them(editor: ReportEditor) -> None:
    editor.load(one(Soft("t", "Heart is large.")))
    put(editor, 5, 8)
    editor.cut()
    put(editor, 11, 11)
    editor.paste()
    assert told(editor) == [("Heart large is.", Author.TYPED)]
