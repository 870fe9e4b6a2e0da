"""The whole window on a scripted engine: what the parts promise each other across the threads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.draft import first_picture
from lacuna.log import NAME
from lacuna.paths import locate
from lacuna.report.model import Fill
from lacuna.settings import Settings
from lacuna.study.load import load_study
from lacuna.ui.desk.sending import IMAGE_CHIP
from lacuna.ui.editor.dock import SentChip
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.theme import dress, make_look
from lacuna.work.engine_worker import LoadProgress, ModelChoice
from lacuna_models.api import EngineError, FillRequest, StepEvent
from lacuna_models.scripted import INFO, ScriptedEngine
from lacuna_resources.samples import normal_study, sample_study
from tests.e2e import drive

SLOW, DAMAGED = Path("slow"), Path("damaged")
Start = Callable[..., Application]


def scripted(choice: ModelChoice, _progress: LoadProgress) -> ScriptedEngine:
    """A model named after its folder; one never ends by itself, one cannot be loaded."""
    if choice.path == DAMAGED:
        raise EngineError("It is damaged.")
    name = choice.path.name if choice.path else "first"
    endless = choice.path == SLOW
    info = dataclasses.replace(INFO, name=name, hash=name[0] * 64)
    return ScriptedEngine(steps=10_000 if endless else 4, delay=0.002, info=info)


@pytest.fixture
def start(qapp: QApplication, data_dir: Path) -> Iterator[Start]:
    look = make_look()
    dress(qapp, look)
    begun: list[Application] = []

    def begin(choice: ModelChoice | None = None, settings: Settings | None = None) -> Application:
        application = Application(look, settings or Settings(), locate(data_dir), scripted)
        begun.append(application)
        application.start(choice or ModelChoice(), sample=False)
        drive.wait_for_model(application)
        return application

    yield begin
    for application in begun:
        application.parts.window.set_close_guard(lambda: True)
        application.parts.window.close()
        application.close()
        # Destroyed here, by Qt and in its order: Python's collector would take widgets apart first.
        application.parts.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def open_study(application: Application, path: Path) -> None:
    application.parts.opening.open_paths([path])
    name = load_study([path]).patient.id
    session = application.parts.session
    drive.wait_for(lambda: session.case is not None and session.case.study.patient.id == name, name)
    drive.wait_for_picture(application)


def fill(application: Application) -> None:
    application.parts.filling.fill()
    drive.wait_for_end(application)


def sent(application: Application, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record what the window says that it sends, by the ids of the chips."""
    said: list[list[str]] = []

    def note(chips: Sequence[SentChip]) -> None:
        said.append([chip.id for chip in chips])

    monkeypatch.setattr(application.parts.panel, "set_sent_chips", note)
    return said


@pytest.mark.parametrize("next_model", [Path("other"), DAMAGED])
def test_a_run_ends_and_keeps_its_author_when_another_model_is_chosen(
    start: Start, monkeypatch: pytest.MonkeyPatch, next_model: Path
) -> None:
    application = start(ModelChoice(SLOW))
    parts = application.parts
    open_study(application, sample_study())
    steps: list[StepEvent] = []
    show = parts.panel.show_step
    monkeypatch.setattr(parts.panel, "show_step", lambda step: (steps.append(step), show(step)))
    parts.filling.fill()
    drive.wait_for(lambda: bool(steps), "a step")
    parts.modelling.load(ModelChoice(next_model))
    drive.wait_for_end(application)
    assert parts.panel.dock_state == "settled"
    fills = [span for span in parts.panel.report().spans() if isinstance(span, Fill)]
    assert {fill.origin.model for fill in fills} <= {"slow"}


def test_filling_again_rewrites_the_same_words_again(start: Start) -> None:
    application = start()
    open_study(application, sample_study())
    editor = application.parts.panel.editor
    for body in (1, 0):  # words instead of each of the two gaps
        put_caret(editor, body)
        editor.cut_selection()
        drive.type_text(editor, "Some words.")
    editor.selectAll()
    fill(application)
    put_caret(editor, 0, select=False)
    first = [span.id for span in application.parts.panel.report().spans()]
    fill(application)
    again = list(application.parts.panel.report().spans())
    assert all(isinstance(span, Fill) for span in again)
    assert first != [span.id for span in again]


def put_caret(editor: ReportEditor, gap: int, *, select: bool = True) -> None:
    """Select a gap, or put the caret where none is."""
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    for _ in range(gap + 1 if select else 0):
        editor.focus_next()


def test_a_report_that_comes_back_is_not_written_again(start: Start) -> None:
    application = start()
    session = application.parts.session
    open_study(application, sample_study())
    fill(application)
    assert session.case is not None
    before, ledger = session.case.report, session.case.ledger
    open_study(application, normal_study())
    assert session.case.ledger.events == ()
    open_study(application, sample_study())
    assert session.case.report == before
    assert application.parts.panel.report() == before
    assert session.case.ledger == ledger


@pytest.mark.parametrize("study", [sample_study(), normal_study()])
def test_the_window_sends_the_picture_that_the_command_line_sends(
    start: Start, monkeypatch: pytest.MonkeyPatch, study: Path
) -> None:
    application = start()
    open_study(application, study)
    requests: list[FillRequest] = []
    monkeypatch.setattr(application.parts.worker, "submit", requests.append)
    application.parts.filling.fill()
    (picture,) = requests[0].prompt.images
    twin = first_picture(load_study([study]))
    assert picture.digest() == twin.digest()
    assert (picture.origin, picture.label) == (twin.origin, twin.label)


def test_no_image_is_said_to_be_sent_that_is_not_on_the_screen(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = start()
    said = sent(application, monkeypatch)
    open_study(application, sample_study())
    assert said[-1][0] == IMAGE_CHIP
    application.parts.pixels.forget()
    application.parts.window.show_series(0)
    assert said[-1] == ["none"]
    drive.wait_for_picture(application)
    assert said[-1][0] == IMAGE_CHIP


def test_a_frame_that_cannot_be_read_is_not_said_to_be_sent(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    application = start()
    path = tmp_path / "PA.dcm"
    path.write_bytes(next(sample_study().glob("*.dcm")).read_bytes())
    open_study(application, path)
    said = sent(application, monkeypatch)
    path.unlink()
    application.parts.pixels.forget()
    application.parts.window.show_series(0)
    drive.wait_for(lambda: bool(said), "the chips")
    assert said[-1] == ["none"]


def test_the_log_tells_the_sitting_without_words(start: Start, data_dir: Path) -> None:
    application = start()
    open_study(application, sample_study())
    drive.type_text(drive.editor_of(application), "Enlarged heart.")
    fill(application)
    application.parts.modelling.load(ModelChoice(DAMAGED))
    drive.wait_for(lambda: bool(application.parts.window.notices.notices()), "the refusal")
    application.parts.window.set_close_guard(lambda: True)
    application.parts.window.close()
    text = (data_dir / "logs" / NAME).read_text(encoding="utf-8")
    events = [line.split()[3] for line in text.splitlines()]
    wanted = ["started", "model-loaded", "study-opened", "run-started", "run-ended"]
    assert events == [*wanted, "model-refused", "closed"]
    assert "steps=4" in text
    assert "Enlarged" not in text


def test_what_is_set_is_what_is_shown(start: Start) -> None:
    usual = drive.editor_of(start()).document().defaultFont().pixelSize()
    large = start(settings=Settings(report_zoom=24, reduced_motion=True))
    assert drive.editor_of(large).document().defaultFont().pixelSize() == usual + 8


def test_closing_asks_each_time_until_it_is_answered(start: Start) -> None:
    application = start()
    window = application.parts.window
    open_study(application, sample_study())
    drive.type_text(drive.editor_of(application), "Enlarged heart.")
    assert not window.close()
    window.notices.acted.emit("leaving", "stay")
    assert not any(notice.key == "leaving" for notice in window.notices.notices())
    assert not window.close()
    window.notices.acted.emit("leaving", "copy-report")
    assert "Enlarged heart." in QApplication.clipboard().text()
    assert not window.close()
    window.notices.acted.emit("leaving", "close-window")
    assert not window.isVisible()
    assert application.parts.worker.isFinished()
