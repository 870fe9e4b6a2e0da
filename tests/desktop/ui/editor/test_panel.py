"""The report column through a run: what stands still, what is kept, what the keys do."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QKeySequence, QShortcut, QTextCursor
from pytestqt.qtbot import QtBot

from lacuna.report import edit, markup
from lacuna.report.apply import apply_done
from lacuna.report.model import Author, Fill, FillState, Fixed, Report, Section
from lacuna.report.request import build_request
from lacuna.ui.editor.dock import SentChip
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.theme import Look
from lacuna.ui.widgets import Button, Chip
from lacuna_models import api
from lacuna_models.scripted import INFO, ScriptedEngine
from tests.desktop.report.builders import anchors, fill, fixed, gap, one, soft
from tests.desktop.ui.conftest import activate

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def panel(qtbot: QtBot, look: Look) -> ReportPanel:
    widget = ReportPanel(look)
    qtbot.addWidget(widget)
    widget.set_reduced_motion(True)
    widget.resize(640, 860)
    activate(qtbot, widget)
    widget.editor.setFocus()
    return widget


def report() -> Report:
    return Report(
        (
            Section(
                "Findings",
                (
                    soft("Heart: ", Author.TEMPLATE),
                    fixed("Mildly enlarged"),
                    gap(4),
                    soft(".\nLungs: "),
                    fixed("Rounded nodule in the right mid zone"),
                    gap(),
                    fixed("well\ndefined"),
                ),
            ),
            Section("Impression", (gap(60),)),
        )
    )


def events(
    panel: ReportPanel, cancel_at: int | None = None, scope: frozenset[str] | None = None
) -> Iterator[api.StepEvent | api.Done]:
    """Begin a run on the panel's report and play it."""
    request = build_request(panel.report(), api.Prompt(), seeds=(3,), scope=scope)
    panel.begin_run(request)
    cancel = threading.Event()
    words = " moderate left pleural effusion with adjacent atelectasis." * 3
    engine = ScriptedEngine(steps=6, default=words)
    for event in engine.fill(request, cancel):
        if isinstance(event, api.StepEvent) and event.step == cancel_at:
            cancel.set()
        yield event


def play(panel: ReportPanel, cancel_at: int | None = None) -> api.Done:
    for event in events(panel, cancel_at):
        if isinstance(event, api.Done):
            panel.finish_run(event, apply_done(panel.report(), event, INFO))
            return event
        panel.show_step(event)
    raise AssertionError("a run ends with Done")


def boxes(panel: ReportPanel) -> list[list[QRect]]:
    return [
        panel.editor.paper.span_boxes(span.id)
        for span in panel.report().spans()
        if isinstance(span, Fixed)
    ]


def picture(panel: ReportPanel) -> QImage:
    return panel.editor.viewport().grab().toImage()


def test_anchors_keep_their_pixels_from_the_first_step_to_the_last(panel: ReportPanel) -> None:
    panel.load(report())
    before = panel.report()
    places, pictures = [], []
    for event in events(panel):
        if isinstance(event, api.StepEvent):
            panel.show_step(event)
            places.append(boxes(panel))
            pictures.append(picture(panel))
    assert len(places) == 6
    assert all(place == places[0] for place in places)
    assert all(rect.isValid() for rects in places[0] for rect in rects)
    for rect in (rect for rects in places[0] for rect in rects):
        assert all(image.copy(rect) == pictures[0].copy(rect) for image in pictures)
    assert pictures[0] != pictures[-1]
    assert panel.report() == before, "tokens are painted, not inserted"


def test_a_run_is_one_undo_step(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.load(report())
    before = panel.report()
    changes = []
    panel.report_changed.connect(lambda: changes.append(panel.report()))
    play(panel)
    after = panel.report()
    assert changes == [after]
    assert not list(edit.gaps(after))
    assert anchors(after) == anchors(before)
    assert panel.dock_state == "settled"
    qtbot.keyClick(panel.editor, Qt.Key.Key_Z, CTRL)
    assert panel.report() == before
    qtbot.keyClick(panel.editor, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert panel.report() == after


def test_stopping_keeps_what_was_accepted_and_leaves_the_rest_open(panel: ReportPanel) -> None:
    panel.load(report())
    held = anchors(panel.report())
    done = play(panel, cancel_at=3)
    assert done.reason is api.Reason.CANCELLED
    kept = "".join(f.text for f in panel.report().spans() if isinstance(f, Fill))
    assert kept == "".join(fill.text for fill in done.fills)
    assert list(edit.gaps(panel.report()))
    assert anchors(panel.report()) == held


def test_typing_during_a_run_is_kept(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.load(one(soft("Heart: "), gap(), soft(".")))
    for event in events(panel):
        if isinstance(event, api.Done):
            panel.finish_run(event, apply_done(panel.report(), event, INFO))
            break
        panel.show_step(event)
        if event.step == 2:
            qtbot.keyClick(panel.editor, Qt.Key.Key_End, CTRL)
        qtbot.keyClicks(panel.editor, str(event.step))
    assert markup.render(panel.report()).endswith(".23456")
    assert panel.editor.textCursor().atEnd(), "the caret stays where the reader types"


def test_a_gap_deleted_during_a_run_is_not_filled(panel: ReportPanel) -> None:
    panel.load(one(soft("a "), gap(), soft(" b "), gap()))
    for event in events(panel):
        if isinstance(event, api.Done):
            panel.finish_run(event, apply_done(panel.report(), event, INFO))
            break
        panel.show_step(event)
        if event.step == 3:
            cursor = panel.editor.textCursor()
            cursor.setPosition(3)
            panel.editor.setTextCursor(cursor)
            panel.editor._delete(cursor.MoveOperation.PreviousCharacter)
    sources = {span.replaced.id for span in panel.report().spans() if isinstance(span, Fill)}
    assert len(sources) == 1
    assert markup.render(panel.report()).startswith("a  b ")


def test_a_run_that_fails_leaves_the_report_as_it_was(panel: ReportPanel) -> None:
    panel.load(report())
    before = panel.report()
    for event in events(panel):
        if isinstance(event, api.StepEvent):
            panel.show_step(event)
    panel.finish_run(None, None)
    assert panel.report() == before
    assert panel.dock_state == "idle"


def test_steps_of_another_request_are_not_shown(panel: ReportPanel) -> None:
    panel.load(one(gap(), fixed("x")))
    stale = [e for e in events(panel) if isinstance(e, api.StepEvent)]
    panel.finish_run(None, None)
    list(events(panel))
    place = boxes(panel)
    panel.editor.run.show_step(stale[-1])
    assert boxes(panel) == place


def test_the_keys_of_the_panel(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.load(one(soft("Heart normal "), fill("one"), soft(" "), fill("two")))
    with qtbot.waitSignal(panel.fill_requested):
        qtbot.keyClick(panel.editor, Qt.Key.Key_G, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_L, CTRL)
    assert anchors(panel.report()) == ["Heart"]
    qtbot.keyClick(panel.editor, Qt.Key.Key_Tab)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Return, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Backspace, CTRL)
    assert [s.state for s in panel.report().spans() if isinstance(s, Fill)] == [FillState.ACCEPTED]
    assert len(list(edit.gaps(panel.report()))) == 1
    qtbot.keyClick(panel.editor, Qt.Key.Key_Space, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Home, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Space, CTRL)
    assert markup.render(panel.report()).startswith("[...]Heart")


def test_escape_stops_only_while_something_runs(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.load(one(gap()))
    with qtbot.assertNotEmitted(panel.stop_requested):
        qtbot.keyClick(panel.editor, Qt.Key.Key_Escape)
    run = events(panel)
    next(run)
    with qtbot.waitSignal(panel.stop_requested):
        qtbot.keyClick(panel.editor, Qt.Key.Key_Escape)
    with qtbot.assertNotEmitted(panel.fill_requested):
        qtbot.keyClick(panel.editor, Qt.Key.Key_G, CTRL)
    run.close()


def test_digits_and_letters_are_typed_even_where_the_window_has_keys_for_them(
    qtbot: QtBot, panel: ReportPanel
) -> None:
    pressed: list[str] = []
    for key in ("1", "I", "Shift+A"):
        QShortcut(QKeySequence(key), panel).activated.connect(lambda key=key: pressed.append(key))
    panel.load(one())
    qtbot.keyClicks(panel.editor, "1iA")
    assert markup.render(panel.report()) == "1iA"
    assert pressed == []


def test_the_last_proposal_closes_the_review(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.load(one(soft("Heart: "), gap()))
    play(panel)
    for waiting in (3, 2, 1):
        assert len(list(edit.proposals(panel.report()))) == waiting
        assert panel.dock_state == "settled"
        qtbot.keyClick(panel.editor, Qt.Key.Key_Return, CTRL)
    assert panel.dock_state == "idle"


def test_the_recorded_steps_can_be_walked_and_change_nothing(
    qtbot: QtBot, panel: ReportPanel
) -> None:
    panel.load(one(soft("Heart: "), gap()))
    play(panel)
    after, shown = panel.report(), picture(panel)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Comma, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Comma, CTRL)
    assert picture(panel) != shown
    assert panel.report() == after
    qtbot.keyClick(panel.editor, Qt.Key.Key_Period, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Period, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Period, CTRL)
    assert picture(panel) == shown


def test_a_proposal_never_looks_accepted(panel: ReportPanel) -> None:
    proposal = fill("No pleural effusion")
    for layer in Layer:
        panel.editor.paper.set_layer(layer)
        pictures = []
        for report in (one(proposal), edit.accept_all(one(proposal))):
            panel.load(report)
            panel.editor.clearFocus()
            pictures.append(picture(panel).copy(40, 0, 300, 60))
        assert pictures[0] != pictures[1], layer


def test_the_demonstrator_s_words_about_a_patient_are_hatched_and_explained(
    qtbot: QtBot, panel: ReportPanel
) -> None:
    panel.load(one(gap()))
    request = build_request(panel.report(), api.Prompt(), seeds=(1,))
    (done,) = (e for e in ScriptedEngine().fill(request) if isinstance(e, api.Done))
    plain = apply_done(panel.report(), done, INFO)
    marked = apply_done(panel.report(), done, INFO, demonstrator_on_patient=True)
    pictures = []
    for report in (plain, marked):
        panel.load(report)
        pictures.append(picture(panel))
    assert pictures[0] != pictures[1]
    (box,) = panel.editor.paper.span_boxes(next(panel.report().spans()).id)
    assert "mean nothing" in panel.editor.tip(box.center())


def test_accepting_does_not_clean_what_means_nothing(panel: ReportPanel) -> None:
    before = one(gap())
    request = build_request(before, api.Prompt(), seeds=(1,))
    (done,) = (e for e in ScriptedEngine().fill(request) if isinstance(e, api.Done))
    pictures = []
    for meaningless in (False, True):
        report = apply_done(before, done, INFO, demonstrator_on_patient=meaningless)
        panel.load(edit.accept_all(report))
        panel.editor.clearFocus()
        pictures.append(picture(panel))
    assert pictures[0] != pictures[1]


def test_a_run_that_means_nothing_looks_different_while_it_goes_on(panel: ReportPanel) -> None:
    pictures = []
    for meaningless in (False, True):
        panel.set_meaningless(meaningless)
        panel.load(one(gap()))
        panel.show_step(next(e for e in events(panel) if isinstance(e, api.StepEvent)))
        pictures.append(panel.grab().toImage())
    assert pictures[0] != pictures[1]


def test_no_proposal_is_judged_while_an_earlier_step_is_on_show(
    qtbot: QtBot, panel: ReportPanel
) -> None:
    panel.load(one(soft("Heart: "), gap()))
    play(panel)
    after, shown = panel.report(), picture(panel)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Comma, CTRL)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Return, CTRL)
    assert panel.report() == after
    assert picture(panel) == shown
    qtbot.keyClick(panel.editor, Qt.Key.Key_Return, CTRL)
    assert panel.report() != after


def test_undo_leaves_the_caret_at_the_change_not_in_a_heading(
    qtbot: QtBot, panel: ReportPanel
) -> None:
    def place() -> tuple[int, int] | None:
        return panel.editor._binding.place(panel.editor.textCursor().position())

    panel.load(Report((Section("Findings", (soft("Clear. "), fill("No nodule."), soft(" Ok"))),)))
    panel.editor.focus_next()
    stood = place()
    panel.editor.accept()
    qtbot.keyClick(panel.editor, Qt.Key.Key_Z, CTRL)
    assert place() == stood
    panel.editor.reject()
    qtbot.keyClick(panel.editor, Qt.Key.Key_Z, CTRL)
    assert place() == (0, len("Clear. No nodule."))
    qtbot.keyClick(panel.editor, Qt.Key.Key_Y, CTRL)
    assert place() == (0, len("Clear. "))


def test_a_rewritten_selection_is_readable_while_it_runs_and_in_focus_after(
    panel: ReportPanel,
) -> None:
    panel.load(one(fill("No nodule."), soft(" The heart is large.")))
    cursor = panel.editor.textCursor()
    cursor.setPosition(len("No nodule."))
    cursor.setPosition(len("No nodule. The heart is large."), QTextCursor.MoveMode.KeepAnchor)
    panel.editor.setTextCursor(cursor)
    for event in events(panel, scope=panel.selection_scope()):
        assert not panel.editor.textCursor().hasSelection()
        if isinstance(event, api.StepEvent):
            panel.show_step(event)
        else:
            panel.finish_run(event, apply_done(panel.report(), event, INFO))
    assert panel.editor.textCursor().position() >= len("No nodule.")


def test_no_caret_as_high_as_a_room_stands_beside_it(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.load(report())
    run = events(panel)
    panel.show_step(next(e for e in run if isinstance(e, api.StepEvent)))
    assert panel.editor.cursorWidth() == 0
    qtbot.keyClick(panel.editor, Qt.Key.Key_Right)
    assert panel.editor.cursorWidth() > 0
    panel.finish_run(None, None)
    assert panel.editor.cursorWidth() > 0


def test_a_key_pressed_during_a_run_shows_the_caret_but_not_beside_a_tall_room(
    qtbot: QtBot, panel: ReportPanel
) -> None:
    panel.load(report())
    run = events(panel)
    qtbot.keyClick(panel.editor, Qt.Key.Key_End, CTRL)  # behind the gap of 60 words
    assert panel.editor.cursorWidth() > 0, "no room is open yet"
    panel.show_step(next(e for e in run if isinstance(e, api.StepEvent)))
    assert panel.editor.cursorWidth() == 0
    qtbot.keyClick(panel.editor, Qt.Key.Key_Home)  # before it
    assert panel.editor.cursorWidth() == 0
    qtbot.keyClick(panel.editor, Qt.Key.Key_Home, CTRL)
    assert panel.editor.cursorWidth() > 0
    qtbot.keyClick(panel.editor, Qt.Key.Key_End, CTRL)
    assert panel.editor.cursorWidth() == 0
    panel.finish_run(None, None)
    assert panel.editor.cursorWidth() > 0


def test_a_run_whose_text_no_longer_stands_together_is_replayed_on_a_page_of_its_own(
    qtbot: QtBot, panel: ReportPanel
) -> None:
    panel.load(one(soft("Heart: "), gap()))
    play(panel)
    fills = [span for span in panel.report().spans() if isinstance(span, Fill)]
    assert len(fills) > 1
    panel.apply(lambda report: edit.reject(report, fills[0].id))
    after = panel.report()
    qtbot.keyClick(panel.editor, Qt.Key.Key_Comma, CTRL)
    assert panel.player.page.isVisible()
    assert not panel.editor.isVisible()
    assert panel.report() == after
    qtbot.keyClick(panel, Qt.Key.Key_Period, CTRL)
    assert panel.editor.isVisible()
    assert panel.report() == after


def test_zoom_stays_within_its_bounds_and_outside_undo(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.load(one(fixed("Heart")))
    width = boxes(panel)[0][0].width()
    for _ in range(20):
        qtbot.keyClick(panel.editor, Qt.Key.Key_Equal, CTRL)
    assert 1.4 * width < boxes(panel)[0][0].width() < 1.6 * width
    for _ in range(20):
        qtbot.keyClick(panel.editor, Qt.Key.Key_Minus, CTRL)
    assert boxes(panel)[0][0].width() < width
    assert not panel.editor.document().isUndoAvailable()


def test_a_chip_that_is_left_out_says_which(qtbot: QtBot, panel: ReportPanel) -> None:
    panel.set_sent_chips([SentChip("image", "1 image", "images", closable=True)])
    (chip,) = panel.findChildren(Chip)
    with qtbot.waitSignal(panel.chip_left_out) as said:
        chip.click()
    assert said.args == ["image"]


@pytest.mark.parametrize("width", [480, 640, 760])
def test_chips_take_another_line_rather_than_leave_the_column(
    qtbot: QtBot, panel: ReportPanel, width: int
) -> None:
    panel.resize(width, 860)
    words = ("2 images", "128 tokens", "Say nothing of the lin ...", "Model's own view")
    panel.set_sent_chips([SentChip(one, one, "image", closable=True) for one in words])
    chips = [chip for chip in panel.findChildren(Chip) if not chip.isHidden()]
    assert [chip.text() for chip in chips] == list(words)

    def laid_out() -> None:
        boxes = [QRect(chip.mapTo(panel, QPoint(0, 0)), chip.size()) for chip in chips]
        assert all(chip.width() == chip.sizeHint().width() for chip in chips)
        assert all(box.left() >= 40 and box.right() <= width - 32 for box in boxes)
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
        flow = chips[0].parentWidget()
        assert flow is not None
        assert all(flow.rect().contains(chip.geometry()) for chip in chips)
        (fill,) = (one for one in panel.findChildren(Button) if one.text() == "Fill")
        top = fill.mapTo(panel, QPoint(0, 0)).y()
        assert max(box.bottom() for box in boxes) < top
        assert fill.height() == 32

    qtbot.waitUntil(laid_out)
    panel.set_sent_chips([SentChip(one, one, "image", closable=True) for one in words[:2]])
    chips = [chip for chip in panel.findChildren(Chip) if not chip.isHidden()]
    qtbot.waitUntil(laid_out)
    assert len({chip.y() for chip in chips}) == 1


@pytest.mark.parametrize("width", [480, 640, 760])
@pytest.mark.parametrize("state", ["idle", "running", "settled"])
def test_no_button_of_the_dock_is_squeezed(
    qtbot: QtBot, panel: ReportPanel, width: int, state: str
) -> None:
    panel.resize(width, 860)
    panel.load(one(gap(), soft(" "), gap()))
    if state == "running":
        run = events(panel)
        panel.show_step(next(e for e in run if isinstance(e, api.StepEvent)))
    elif state == "settled":
        play(panel, cancel_at=4)
    qtbot.waitUntil(lambda: panel.width() == width)
    buttons = [b for b in panel.findChildren(Button) if b.isVisible()]
    assert buttons
    for button in buttons:
        qtbot.waitUntil(lambda shown=button: shown.width() == shown.sizeHint().width())
        right = button.mapTo(panel, button.rect().topRight()).x()
        assert right <= width - 32


def test_a_rewrite_that_fails_leaves_the_selection(panel: ReportPanel) -> None:
    panel.load(one(soft("The heart is large.")))
    panel.editor.selectAll()
    for event in events(panel, scope=panel.selection_scope()):
        if isinstance(event, api.StepEvent):
            panel.show_step(event)
    assert not panel.editor.textCursor().hasSelection()
    panel.finish_run(None, None)
    assert panel.editor.textCursor().selectedText() == "The heart is large."
