"""The main job in the real window: drop, lock, fill, stop, accept, refuse; nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from lacuna.app import Application
from lacuna.report.draft_mark import DRAFT_MARK, MEANINGLESS, marked
from lacuna.report.markup import render
from lacuna.report.model import Author, Fill, FillState, Fixed, Gap
from lacuna.report.provenance import author_of
from lacuna.ui.notices import NoticeKind
from lacuna_models.api import FillRequest, StepEvent
from lacuna_resources.samples import normal_study, sample_study
from tests.e2e import drive
from tests.helpers.not_a_phantom import write_not_a_phantom

pytestmark = pytest.mark.e2e

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


class Reader:
    """What a reader does at the window."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.parts = application.parts
        self.editor = drive.editor_of(application)

    def open(self, path: Path) -> None:
        drive.drop(self.parts.window, path)
        drive.wait_for_picture(self.application)

    def press(self, key: Qt.Key, *held: Qt.KeyboardModifier) -> None:
        drive.press(self.editor, key, *held)

    def type_and_lock(self, text: str) -> None:
        drive.type_text(self.editor, text)
        for _ in text:
            self.press(KEY.Key_Left, SHIFT)
        self.press(KEY.Key_L, CTRL)
        self.press(KEY.Key_Right)

    def fill(self) -> None:
        self.press(KEY.Key_G, CTRL)
        drive.wait_for_end(self.application)

    @property
    def text(self) -> str:
        return render(self.parts.panel.report())

    def spans(self, kind: type) -> list[Any]:
        return [span for span in self.parts.panel.report().spans() if isinstance(span, kind)]


@pytest.fixture
def reader(application: Application) -> Reader:
    return Reader(application)


def with_two_anchors(reader: Reader) -> None:
    """The chest template, an anchor before its first gap and one behind its last."""
    reader.open(sample_study())
    reader.press(KEY.Key_Home, CTRL)
    reader.press(KEY.Key_Down)
    reader.press(KEY.Key_Home)
    reader.type_and_lock("The heart is enlarged.")
    drive.type_text(reader.editor, " ")
    reader.press(KEY.Key_End, CTRL)
    drive.type_text(reader.editor, " ")
    reader.type_and_lock("Résumé: 3 x 2 mm \u2192 stable.")


def test_the_main_job_keeps_the_anchors_and_is_one_undo_step(reader: Reader) -> None:
    with_two_anchors(reader)
    before = reader.text
    assert len(reader.spans(Gap)) == 2
    reader.fill()
    anchors = [span.text for span in reader.spans(Fixed)]
    assert anchors == ["The heart is enlarged.", "Résumé: 3 x 2 mm \u2192 stable."]
    assert all(anchor in reader.text for anchor in anchors)
    fills = reader.spans(Fill)
    assert fills
    assert not reader.spans(Gap)
    for fill in fills:
        assert fill.state is FillState.PROPOSED
        assert author_of(fill) is Author.MODEL
        assert fill.origin.seed == 1
        assert len(fill.origin.model_hash) == 64
    reader.press(KEY.Key_Z, CTRL)
    assert reader.text == before
    reader.press(KEY.Key_Z, CTRL, SHIFT)
    assert [span.text for span in reader.spans(Fixed)] == anchors


def test_esc_keeps_what_has_settled_and_the_rest_goes_back_to_gaps(reader: Reader) -> None:
    with_two_anchors(reader)
    steps: list[StepEvent] = []
    worker = reader.parts.worker

    def stop_after_two(step: StepEvent) -> None:
        steps.append(step)
        if len(steps) == 2:
            reader.press(KEY.Key_Escape)

    worker.stepped.connect(stop_after_two)
    reader.fill()
    worker.stepped.disconnect(stop_after_two)
    assert reader.spans(Fixed)[0].text == "The heart is enlarged."
    assert reader.spans(Gap) or reader.spans(Fill)
    assert reader.parts.panel.dock_state == "settled"


def test_typing_while_it_runs_loses_no_keystroke(reader: Reader) -> None:
    with_two_anchors(reader)
    seen: list[StepEvent] = []

    def type_once(step: StepEvent) -> None:
        if not seen:
            reader.press(KEY.Key_End, CTRL)
            drive.type_text(reader.editor, " Typed meanwhile.")
        seen.append(step)

    reader.parts.worker.stepped.connect(type_once)
    reader.fill()
    reader.parts.worker.stepped.disconnect(type_once)
    assert reader.text.endswith("stable. Typed meanwhile.")
    assert reader.spans(Fill)


def test_accepting_makes_it_the_readers_and_rejecting_brings_the_gap_back(reader: Reader) -> None:
    with_two_anchors(reader)
    reader.fill()
    reader.press(KEY.Key_Home, CTRL)
    reader.press(KEY.Key_Tab)
    reader.press(KEY.Key_Return, CTRL)
    states = [fill.state for fill in reader.spans(Fill)]
    assert FillState.ACCEPTED in states
    reader.press(KEY.Key_Tab)
    reader.press(KEY.Key_Backspace, CTRL)
    assert reader.spans(Gap)


def test_a_refused_file_leaves_the_report_as_it_is(reader: Reader, tmp_path: Path) -> None:
    with_two_anchors(reader)
    before = reader.text
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(b"")
    drive.drop(reader.parts.window, bad)
    notices = reader.parts.window.notices
    drive.wait_for(lambda: any(n.key == "open-refused" for n in notices.notices()), "a notice")
    said = next(n for n in notices.notices() if n.key == "open-refused")
    assert "Traceback" not in said.title + said.text
    assert reader.text == before


def test_what_the_model_refuses_is_a_notice_and_the_report_stands(reader: Reader) -> None:
    with_two_anchors(reader)
    drive.type_text(reader.editor, " [... 999]")
    before = reader.text
    assert before.endswith("[... 999]")
    reader.fill()
    said = [n for n in reader.parts.window.notices.notices() if n.key == "run"]
    assert "A gap of 999 tokens is longer than the model's canvas" in said[0].title
    assert reader.text == before
    assert reader.parts.panel.dock_state == "idle"


def test_a_picture_that_is_no_phantom_marks_every_word(reader: Reader, tmp_path: Path) -> None:
    reader.open(write_not_a_phantom(tmp_path / "other.dcm"))
    warned = [n for n in reader.parts.window.notices.notices() if n.key == "demonstrator"]
    assert "mean nothing" in warned[0].text
    assert not warned[0].closable
    assert warned[0].kind is NoticeKind.DEMONSTRATOR
    reader.fill()
    fills = reader.spans(Fill)
    assert fills
    assert all(fill.origin.demonstrator_on_patient for fill in fills)
    assert MEANINGLESS in marked(reader.parts.panel.report())


def test_another_study_brings_its_own_report_and_the_first_comes_back(reader: Reader) -> None:
    with_two_anchors(reader)
    mine = reader.text
    reader.open(normal_study())
    drive.wait_for(lambda: "enlarged" not in reader.text, "the other report")
    drive.wait_for_picture(reader.application)
    drive.drop(reader.parts.window, sample_study())
    drive.wait_for(lambda: "enlarged" in reader.text, "the first report")
    assert reader.text == mine


def test_closing_mid_run_is_clean_and_asks_before_words_are_lost(reader: Reader) -> None:
    with_two_anchors(reader)
    reader.press(KEY.Key_G, CTRL)
    assert isinstance(reader.parts.session.run, FillRequest)
    window = reader.parts.window
    assert not window.close()
    assert any(notice.key == "leaving" for notice in window.notices.notices())
    assert window.close()
    assert reader.parts.worker.isFinished()


def test_what_is_copied_says_that_it_is_a_draft(reader: Reader) -> None:
    with_two_anchors(reader)
    copied = marked(reader.parts.panel.report())
    assert copied.startswith(DRAFT_MARK)
    assert "The heart is enlarged." in copied
    assert MEANINGLESS not in copied


def test_no_title_names_a_patient(reader: Reader) -> None:
    reader.open(sample_study())
    assert reader.parts.window.windowTitle() == "Lacuna"
