"""The reader's hands: keys go in, the report comes out, anchors stay."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import create_autospec

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QClipboard, QGuiApplication, QInputMethodEvent, QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lacuna.report import edit, markup
from lacuna.report.draft_mark import DRAFT_MARK, MEANINGLESS
from lacuna.report.model import (
    Author,
    Fill,
    FillState,
    Fixed,
    Gap,
    Report,
    Section,
    Soft,
    Span,
)
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.theme import Look
from tests.desktop.report.builders import REPORTS, anchors, fill, fixed, gap, one, soft

ACCEPTED = FillState.ACCEPTED
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def editor(qtbot: QtBot, look: Look) -> ReportEditor:
    widget = ReportEditor(look)
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.show()
    return widget


def put(editor: ReportEditor, start: int, end: int | None = None) -> None:
    cursor = editor.textCursor()
    cursor.setPosition(start)
    if end is not None:
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    editor.setTextCursor(cursor)


def paste(editor: ReportEditor, text: str) -> None:
    data = QMimeData()
    data.setText(text)
    data.setHtml(f"<b>{text}</b>")
    editor.insertFromMimeData(data)


def text(editor: ReportEditor) -> str:
    return markup.render(editor.report())


def kinds(editor: ReportEditor) -> list[tuple[type[Span], str]]:
    return [
        (type(span), markup.marker(span.length) if isinstance(span, Gap) else span.text)
        for span in editor.report().spans()
    ]


@pytest.mark.parametrize(("position", "expected"), [(0, "xHeart"), (5, "Heartx")])
def test_typing_at_an_anchor_s_edge_is_typed_text(
    qtbot: QtBot, editor: ReportEditor, position: int, expected: str
) -> None:
    editor.load(one(fixed("Heart")))
    put(editor, position)
    qtbot.keyClicks(editor, "x")
    assert text(editor) == expected
    assert anchors(editor.report()) == ["Heart"]
    assert (Soft, "x") in kinds(editor)


@pytest.mark.parametrize("key", [Qt.Key.Key_X, Qt.Key.Key_Return, Qt.Key.Key_BracketRight])
def test_typing_inside_an_anchor_is_refused_with_a_hint(
    qtbot: QtBot, editor: ReportEditor, key: Qt.Key
) -> None:
    report = one(fixed("Heart"))
    editor.load(report)
    put(editor, 3)
    with qtbot.waitSignal(editor.hint) as said:
        qtbot.keyClick(editor, key)
    assert said.args == ["Unlock it first with Ctrl+L."]
    assert editor.report() == report
    assert not editor.document().isUndoAvailable()


@pytest.mark.parametrize(
    ("start", "end", "key", "modifier"),
    [
        (0, 12, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
        (4, 8, Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier),
        (0, 12, Qt.Key.Key_X, CTRL),
        (2, 9, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier),
        (9, None, Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier),
        (4, None, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
        (4, None, Qt.Key.Key_Delete, CTRL),
    ],
)
def test_no_deletion_takes_a_part_of_an_anchor(
    qtbot: QtBot,
    editor: ReportEditor,
    start: int,
    end: int | None,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
) -> None:
    report = one(soft("The "), fixed("heart"), soft(" is"))
    editor.load(report)
    put(editor, start, end)
    with qtbot.waitSignal(editor.hint):
        qtbot.keyClick(editor, key, modifier)
    assert editor.report() == report


def test_deleting_beside_an_anchor_works(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.load(one(soft("The "), fixed("heart"), soft(" is")))
    put(editor, 0, 4)
    qtbot.keyClick(editor, Qt.Key.Key_Delete)
    assert text(editor) == "heart is"


def test_headings_stay_and_their_bodies_do_not_merge(qtbot: QtBot, editor: ReportEditor) -> None:
    report = Report((Section("Findings", (soft("a"),)), Section("Impression", (soft("b"),))))
    editor.load(report)
    for position in (0, 4):
        put(editor, position)
        with qtbot.waitSignal(editor.hint):
            qtbot.keyClick(editor, Qt.Key.Key_X)
    put(editor, 9)
    with qtbot.waitSignal(editor.hint):
        qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    put(editor, 10)
    with qtbot.waitSignal(editor.hint):
        qtbot.keyClick(editor, Qt.Key.Key_Delete)
    assert editor.report() == report


def test_typing_in_a_proposal_edits_it_and_beside_it_does_not(
    qtbot: QtBot, editor: ReportEditor
) -> None:
    editor.load(one(fill("normal")))
    put(editor, 6)
    qtbot.keyClicks(editor, "!")
    assert [type(s) for s in editor.report().spans()] == [Fill, Soft]
    put(editor, 2)
    qtbot.keyClicks(editor, "x")
    first = next(editor.report().spans())
    assert isinstance(first, Fill)
    assert (first.text, first.state) == ("noxrmal", FillState.EDITED)


def test_typing_in_a_template_is_the_reader_s(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.load(one(soft("No lesion.", Author.TEMPLATE)))
    put(editor, 3)
    qtbot.keyClicks(editor, "bone ")
    assert [(s.text, s.author) for s in editor.report().spans() if isinstance(s, Soft)] == [
        ("No ", Author.TEMPLATE),
        ("bone ", Author.TYPED),
        ("lesion.", Author.TEMPLATE),
    ]


def test_a_typed_marker_becomes_a_gap_and_undo_gives_it_back(
    qtbot: QtBot, editor: ReportEditor
) -> None:
    qtbot.keyClicks(editor, "Heart: [... 12]")
    assert kinds(editor) == [(Soft, "Heart: "), (Gap, "[... 12]")]
    qtbot.keyClicks(editor, " and [...], [... 0]")
    assert [k for k, _ in kinds(editor)] == [Soft, Gap, Soft, Gap, Soft]
    assert text(editor) == "Heart: [... 12] and [...], [... 0]"
    qtbot.keyClick(editor, Qt.Key.Key_Z, CTRL)
    qtbot.keyClick(editor, Qt.Key.Key_Z, CTRL)
    assert "[... 12] and [.." in text(editor)


def test_typing_is_undone_by_the_run_not_by_the_letter(qtbot: QtBot, editor: ReportEditor) -> None:
    qtbot.keyClicks(editor, "normal")
    qtbot.keyClick(editor, Qt.Key.Key_Z, CTRL)
    assert text(editor) == ""
    qtbot.keyClick(editor, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert text(editor) == "normal"


def test_pasted_text_is_plain_and_its_markers_are_gaps(editor: ReportEditor) -> None:
    paste(editor, "Heart:\r\n[...] \ufffcand [... x]")
    assert kinds(editor) == [(Soft, "Heart:\n"), (Gap, "[...]"), (Soft, " and [... x]")]
    editor.document().undo()
    assert text(editor) == ""


def test_copied_gaps_are_markers_and_headings_have_colons(
    qtbot: QtBot, editor: ReportEditor
) -> None:
    editor.load(Report((Section("Findings", (soft("\U0001f469 a "), gap(3), soft("\nb"), gap())),)))
    qtbot.keyClick(editor, Qt.Key.Key_A, CTRL)
    qtbot.keyClick(editor, Qt.Key.Key_C, CTRL)
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text() == "Findings:\n\U0001f469 a [... 3]\nb[...]"
    assert not clipboard.mimeData().hasHtml()


def test_copying_and_cutting_again_and_again_is_safe(qtbot: QtBot, editor: ReportEditor) -> None:
    """Mime data that Python hands to Qt is freed twice: the application died in a cut."""
    for round_ in range(300):
        editor.load(one(soft(f"Heart {round_} "), gap(3)))
        qtbot.keyClick(editor, Qt.Key.Key_A, CTRL)
        qtbot.keyClick(editor, Qt.Key.Key_C if round_ % 2 else Qt.Key.Key_X, CTRL)
        assert QGuiApplication.clipboard().text() == f"Heart {round_} [... 3]"


def test_input_methods_cannot_reach_into_an_anchor(qtbot: QtBot, editor: ReportEditor) -> None:
    report = one(soft("The "), fixed("heart"))
    editor.load(report)
    event = QInputMethodEvent()
    event.setCommitString("é")
    put(editor, 6)
    with qtbot.waitSignal(editor.hint):
        QApplication.sendEvent(editor, event)
    put(editor, 0, 9)
    with qtbot.waitSignal(editor.hint):
        QApplication.sendEvent(editor, QInputMethodEvent("e", []))
    QApplication.sendEvent(editor, QInputMethodEvent())
    assert editor.report() == report
    put(editor, 4)
    event.setCommitString("é")
    QApplication.sendEvent(editor, event)
    assert text(editor) == "The éheart"


def test_words_cannot_be_dragged_past_the_guard(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.load(one(fixed("heart and lungs")))
    put(editor, 0, 15)
    place = editor.paper.span_boxes(next(editor.report().spans()).id)[0].center()
    qtbot.mousePress(editor.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not editor.textCursor().hasSelection()
    assert not editor.acceptDrops()


def test_ctrl_space_s_gap_takes_the_place_of_the_selection(editor: ReportEditor) -> None:
    editor.load(one(soft("Heart normal.")))
    put(editor, 6, 12)
    editor.insert_gap()
    assert text(editor) == "Heart [...]."
    editor.document().undo()
    assert text(editor) == "Heart normal."


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(report=REPORTS, data=st.data())
def test_whatever_is_typed_deleted_pasted_or_undone_anchors_stay(
    editor: ReportEditor, report: Report, data: st.DataObject
) -> None:
    editor.load(report)
    held = anchors(report)
    last = editor.document().characterCount() - 1
    for _ in range(6):
        start, end = (data.draw(st.integers(0, last)) for _ in range(2))
        put(editor, min(start, last), min(end, last))
        act = data.draw(st.sampled_from(["type", "cut", "paste", "undo", "redo", "line", "gap"]))
        if act == "type":
            editor._type(data.draw(st.sampled_from(["a", "]", "\U0001f469", "[...]"])))
        elif act == "cut":
            editor.cut_selection()
        elif act == "paste":
            paste(editor, "x\n[...]\u2029")
        elif act == "line":
            editor._type("\n")
        elif act == "gap":
            editor.insert_gap()
        else:
            editor.undo() if act == "undo" else editor.redo()
        last = editor.document().characterCount() - 1
        assert anchors(editor.report()) == held
        assert [s.title for s in editor.report().sections] == [s.title for s in report.sections]


def test_locking_unlocking_and_their_undo(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.load(one(soft("Heart mildly enlarged today")))
    put(editor, 5, 22)
    editor.toggle_lock()
    assert anchors(editor.report()) == ["mildly enlarged"]
    assert not editor.textCursor().hasSelection()
    editor.document().undo()
    assert kinds(editor) == [(Soft, "Heart mildly enlarged today")]
    editor.document().redo()
    put(editor, 8)
    editor.toggle_lock()
    assert anchors(editor.report()) == []
    put(editor, 1)
    editor.toggle_lock()
    assert anchors(editor.report()) == ["Heart"]
    put(editor, 5)
    editor.toggle_lock()
    assert anchors(editor.report()) == []


def test_locking_half_an_anchor_with_more_locks_the_rest(editor: ReportEditor) -> None:
    editor.load(one(fixed("mildly"), soft(" enlarged"), gap(), soft("\nlungs")))
    put(editor, 2, 19)
    editor.toggle_lock()
    assert [text for kind, text in kinds(editor) if kind is Fixed] == [
        "mildly",
        " enlarged",
        "\nlu",
    ]


def test_nothing_to_lock_says_so(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.load(one(gap()))
    put(editor, 0, 1)
    with qtbot.waitSignal(editor.hint) as said:
        editor.toggle_lock()
    assert said.args == ["Select the words to lock."]


def test_tab_walks_gaps_and_proposals_round_the_end(qtbot: QtBot, editor: ReportEditor) -> None:
    editor.load(one(soft("a "), gap(), soft(" b "), fill("fill"), soft(" c "), gap()))
    seen = []
    for key in (Qt.Key.Key_Tab,) * 4 + (Qt.Key.Key_Backtab,) * 2:
        qtbot.keyClick(editor, key)
        seen.append(editor.textCursor().selectionStart())
    assert seen == [2, 6, 13, 2, 13, 6]
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    qtbot.keyClicks(editor, "x")
    assert text(editor) == "a [...] b fill c x"


def test_accepting_and_rejecting_goes_from_one_proposal_to_the_next(editor: ReportEditor) -> None:
    first, second = fill("one"), fill("two")
    editor.load(one(soft("a "), first, soft(" "), second))
    editor.accept()
    assert not any(isinstance(s, Fill) and s.state is ACCEPTED for s in editor.report().spans())
    editor.accept()
    states = [s.state for s in editor.report().spans() if isinstance(s, Fill)]
    assert states == [ACCEPTED, FillState.PROPOSED]
    editor.reject()
    assert list(editor.report().spans())[3] == second.replaced
    editor.document().undo()
    editor.document().undo()
    assert list(editor.report().spans())[1] == first


def test_a_selection_of_proposals_is_judged_as_one_step(editor: ReportEditor) -> None:
    report = one(fill("one"), soft(" "), fill("two"))
    editor.load(report)
    put(editor, 0, 7)
    editor.accept()
    assert all(s.state is ACCEPTED for s in editor.report().spans() if isinstance(s, Fill))
    editor.document().undo()
    assert editor.report() == report


def test_the_selected_words_are_what_a_fill_may_rewrite(editor: ReportEditor) -> None:
    editor.load(one(soft("Heart mildly enlarged."), fixed(" Lungs")))
    put(editor, 6, 25)
    scope = editor.selection_scope()
    assert [s.text for s in editor.report().spans() if s.id in scope and isinstance(s, Soft)] == [
        "mildly enlarged."
    ]
    assert text(editor) == "Heart mildly enlarged. Lungs"
    put(editor, 3)
    assert editor.selection_scope() == frozenset()


def test_undo_at_the_end_leaves_the_caret_within_the_report(
    qtbot: QtBot, editor: ReportEditor
) -> None:
    """Qt adds up what it brought back and what it marked anew, and so points behind the end."""
    editor.load(one(soft("Heart "), gap()))
    before = editor.report()
    editor.apply(lambda report: one(*list(report.spans())[:-1], fill("is mildly enlarged.")))
    editor.accept()
    after = editor.report()
    for _ in range(2):
        qtbot.keyClick(editor, Qt.Key.Key_Z, CTRL)
    assert editor.report() == before
    assert editor.textCursor().position() == len("Heart ")
    for _ in range(2):
        qtbot.keyClick(editor, Qt.Key.Key_Y, CTRL)
    assert editor.report() == after
    assert editor.textCursor().atEnd()


def test_what_was_composed_leaves_no_ghost_where_the_line_ends(editor: ReportEditor) -> None:
    editor.load(one(soft("Heart ")))
    put(editor, len("Heart "))
    QApplication.sendEvent(editor, QInputMethodEvent("enl", []))
    commit = QInputMethodEvent()
    commit.setCommitString("enlarged\nLungs")
    QApplication.sendEvent(editor, commit)
    assert text(editor) == "Heart enlarged\nLungs"
    block = editor.document().begin()
    while block.isValid():
        assert block.layout().preeditAreaText() == ""
        block = block.next()


def test_a_long_report_keeps_all_its_lines_when_the_letters_grow(editor: ReportEditor) -> None:
    """Qt lays long reports out bit by bit; gaps marked behind that lost their lines."""
    last = gap()
    findings = Section("Findings", (soft("long " * 800), gap()))
    report = Report((findings, Section("Impression", (soft("None.\n"), last, soft("\n")))))
    editor.load(report)
    QApplication.processEvents()
    editor.paper.zoom(4)
    boxes = editor.paper.span_boxes(last.id)
    editor.load(report)
    assert boxes == editor.paper.span_boxes(last.id) != []


def test_a_long_paste_leaves_room_for_the_gaps_behind_it(editor: ReportEditor) -> None:
    last = gap()
    editor.resize(480, 262)
    impression = Section("Impression", (soft("no effusion\nno pneumothorax"), last))
    editor.load(Report((Section("Findings", (soft("abc"),)), impression)))
    QApplication.processEvents()
    put(editor, 9)
    paste(editor, "long " * 800)
    assert editor.paper.span_boxes(last.id)


def of_the_demonstrator(proposal: Fill) -> Fill:
    return replace(proposal, origin=replace(proposal.origin, demonstrator_on_patient=True))


def test_words_of_a_model_are_copied_under_the_draft_mark(editor: ReportEditor) -> None:
    clipboard = QGuiApplication.clipboard()
    editor.load(one(soft("Heart "), fill("enlarged."), soft(" End"), fill(" ok", ACCEPTED)))
    editor.selectAll()
    editor.copy()
    assert clipboard.text() == f"{DRAFT_MARK}\n\nHeart enlarged. End ok"
    put(editor, 0, 5)
    editor.copy()
    assert clipboard.text() == "Heart"
    editor.load(edit.lock(one(soft("a "), of_the_demonstrator(fill("b"))), 0, 2, 3))
    editor.selectAll()
    editor.copy()
    assert clipboard.text() == f"{DRAFT_MARK}\n[{MEANINGLESS}]\n\na b"


def test_words_that_a_selection_copies_by_itself_carry_the_mark_too(
    qtbot: QtBot, editor: ReportEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = create_autospec(QClipboard, instance=True)
    board.supportsSelection.return_value = True
    monkeypatch.setattr(QGuiApplication, "clipboard", lambda: board)
    editor.load(one(soft("Heart "), fill("enlarged.")))
    qtbot.keyClick(editor, Qt.Key.Key_A, CTRL)
    words, mode = board.setText.call_args.args
    assert (words, mode) == (f"{DRAFT_MARK}\n\nHeart enlarged.", QClipboard.Mode.Selection)


def test_a_report_pasted_into_a_report_brings_no_mark(editor: ReportEditor) -> None:
    editor.load(one(of_the_demonstrator(fill("No nodule."))))
    editor.selectAll()
    editor.cut()
    editor.paste()
    assert text(editor) == "No nodule."


def test_locked_words_that_mean_nothing_do_not_look_like_an_anchor(editor: ReportEditor) -> None:
    pictures = []
    for proposal in (fill("No nodule."), of_the_demonstrator(fill("No nodule."))):
        editor.load(edit.lock(one(proposal), 0, 0, len(proposal.text)))
        (span,) = editor.report().spans()
        assert isinstance(span, Fixed)
        pictures.append(editor.grab().toImage())
    assert pictures[0] != pictures[1]
    (box,) = editor.paper.span_boxes(span.id)
    assert "mean nothing" in editor.tip(box.center())
