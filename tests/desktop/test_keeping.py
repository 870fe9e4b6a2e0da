"""What is drawn on a study is there again in the next sitting, and nobody else can read it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pydicom
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.errors import UserFacingError
from lacuna.paths import locate
from lacuna.report.markup import parse
from lacuna.settings import Settings
from lacuna.store import vault
from lacuna.store.vault import Vault
from lacuna.study.measure import Arrow, Bidirectional, EllipseRoi, Length, Note, Shape
from lacuna.study.model import Study
from lacuna.ui.desk import keeping_keys, leaving
from lacuna.ui.theme import dress, make_look
from lacuna.ui.viewer.board import Board, mark_of, spot_of
from lacuna.ui.viewer.hanging import Layout
from lacuna.ui.viewer.mark_words import label_lines
from lacuna.ui.viewer.stack import Reformat
from lacuna.work.engine_worker import ModelChoice
from tests.desktop.test_image_side import drop, scripted, settle
from tests.e2e import drive
from tests.helpers import demo_studies as demo
from tests.helpers.keyrings import MemoryKeyring

SHAPES: tuple[Shape, ...] = (
    Length((100, 100), (200, 100)),
    Bidirectional((100, 200), (180, 200), (140, 180), (140, 220)),
    EllipseRoi((300, 300), (360, 340)),
    Arrow((40, 40), (80, 80)),
    Note((50, 90), "Seen in DEMONSTRATION"),
)
Sitting = Callable[[], Application]


class AskingKeyring(MemoryKeyring):
    """Waits until its owner has answered."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.answered.wait()
        return self.kept.get((service, username))


@pytest.fixture
def sitting(qapp: QApplication, data_dir: Path) -> Iterator[Sitting]:
    """Start Lacuna; a second call ends the first sitting and begins another."""
    look = make_look()
    dress(qapp, look)
    begun: list[Application] = []  # all of them: a check after the test asks after their threads

    def end() -> None:
        for application in begun[-1:]:
            application.parts.window.set_close_guard(lambda: True)
            application.parts.window.close()
            application.parts.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def begin() -> Application:
        end()
        application = Application(look, Settings(), locate(data_dir), scripted)
        begun.append(application)
        application.parts.window.resize(1400, 900)
        application.start(ModelChoice(), sample=False)
        return application

    yield begin
    end()


def board_of(application: Application) -> Board:
    """Return the open case's board, once what was kept stands on it."""
    study = study_of(application)
    drive.wait_for(lambda: application._keeping.stands(study), "what was kept")
    return application.parts.window.image_view.board


def study_of(application: Application) -> Study:
    case = application.parts.session.case
    assert case is not None
    return case.study


def draw(application: Application, *shapes: Shape) -> None:
    view = application.parts.window.image_view
    assert view.picture is not None
    for shape in shapes:
        view.board.put(mark_of(shape, view.picture))


def said(application: Application) -> list[str]:
    notices = application.parts.window.notices.notices()
    return [f"{notice.title}. {notice.text}" for notice in notices]


def test_what_was_drawn_stands_again_in_the_next_sitting(
    sitting: Sitting, tmp_path: Path, data_dir: Path
) -> None:
    files = demo.radiograph(tmp_path, "dx")
    first = sitting()
    drop(first, *files)
    draw(first, *SHAPES)
    before = board_of(first).marks
    second = sitting()  # closed at once: nothing has been waited for
    drop(second, *files)
    board = board_of(second)
    assert board.marks == before
    assert [label_lines(mark) for mark in board.marks] == [label_lines(mark) for mark in before]
    assert board.undo() is None  # what was kept is the ground, not a step
    view = second.parts.window.image_view
    assert view.picture is not None
    with_marks = view.grab().toImage()
    board.remove(before[0].id)
    view.update()
    assert view.grab().toImage() != with_marks
    third = sitting()
    drop(third, *files)
    assert board_of(third).marks == before[1:]
    kept = b"".join(path.read_bytes() for path in (data_dir / "kept").iterdir())
    names = "".join(path.name for path in data_dir.rglob("*"))
    for secret in ("DEMONSTRATION", "DEMO-1", study_of(third).study_instance_uid, "Length"):
        assert secret.encode() not in kept
        assert secret not in names


def test_it_is_on_the_disk_before_anything_is_closed(
    sitting: Sitting, tmp_path: Path, data_dir: Path
) -> None:
    application = sitting()
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board = board_of(application)
    draw(application, SHAPES[0])
    drive.wait_for(lambda: any((data_dir / "kept").glob("*.kept")), "the file")
    board.undo()
    drive.wait_for(lambda: not any((data_dir / "kept").glob("*.kept")), "nothing to keep")


@pytest.mark.parametrize(
    "other",
    [{"PatientID": "DEMO-2", "PatientName": "SECOND^Drawn"}, {"PatientBirthDate": "19010203"}],
)
def test_cases_are_kept_apart(sitting: Sitting, tmp_path: Path, other: dict[str, str]) -> None:
    jane = demo.radiograph(tmp_path / "jane", "dx")
    (john,) = demo.radiograph(tmp_path / "john", "dx")
    ds = pydicom.dcmread(john)
    ds.update(other)
    ds.save_as(john)  # the same UIDs, as some anonymisers leave them
    first = sitting()
    drop(first, *jane)
    draw(first, SHAPES[0])
    drop(first, john)
    assert board_of(first).marks == ()
    second = sitting()
    drop(second, john)
    assert board_of(second).marks == ()
    drop(second, *jane)
    assert len(board_of(second).marks) == 1


def test_a_mark_on_a_cut_comes_back_on_that_cut_only(sitting: Sitting, tmp_path: Path) -> None:
    files = demo.ct(tmp_path / "ct", slices=14, size=48)
    first = sitting()
    drop(first, *files)
    viewports = first.parts.window.viewports
    assert viewports.arrangement is Layout.FOUR
    viewports.activate(viewports.views()[2])
    assert isinstance(viewports.stack_of(viewports.active), Reformat)
    draw(first, Length((4, 4), (20, 4)))
    (mark,) = board_of(first).marks
    second = sitting()
    drop(second, *files)
    assert board_of(second).marks == (mark,)
    views = second.parts.window.viewports.views()
    settle(second)
    seen = [view for view in views if view.picture and view.board.on(spot_of(view.picture))]
    assert seen == [views[2]]


def test_a_damaged_file_is_set_aside_in_a_sentence(
    sitting: Sitting, tmp_path: Path, data_dir: Path
) -> None:
    files = demo.radiograph(tmp_path, "dx")
    first = sitting()
    drop(first, *files)
    draw(first, SHAPES[0])
    second = sitting()
    (kept,) = (data_dir / "kept").iterdir()
    kept.write_bytes(kept.read_bytes()[:-3])
    drop(second, *files)
    assert board_of(second).marks == ()
    assert any("could not be read. It was set aside" in one for one in said(second))
    draw(second, SHAPES[1])
    third = sitting()
    drop(third, *files)
    assert [mark.shape for mark in board_of(third).marks] == [SHAPES[1]]
    assert len(list((data_dir / "kept").glob("*.damaged"))) == 1


def test_without_a_keyring_it_is_said_and_the_marks_stand(
    sitting: Sitting, tmp_path: Path, data_dir: Path
) -> None:
    keyring.set_keyring(NoKeyring())
    application = sitting()
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board = board_of(application)
    assert said(application) == []  # before anything is drawn there is nothing to say
    draw(application, SHAPES[0])
    drive.wait_for(lambda: bool(said(application)), "a notice")
    assert any("will not be kept. This computer has no keyring" in one for one in said(application))
    assert len(board.marks) == 1
    assert not (data_dir / "kept").exists()
    window = application.parts.window
    window.close()
    assert window.isVisible()
    assert said(application)[0].startswith("Close and lose what was drawn?")
    board.undo()
    window.notices.acted.emit("leaving", "stay")
    window.close()  # nothing is lost now, and nobody asked
    assert not window.isVisible()


def test_a_question_stands_for_what_would_be_lost_when_it_was_asked(
    sitting: Sitting, tmp_path: Path
) -> None:
    keyring.set_keyring(NoKeyring())
    application = sitting()
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board_of(application)
    draw(application, SHAPES[0])
    drive.wait_for(lambda: bool(said(application)), "a notice")
    window = application.parts.window
    window.close()
    assert said(application)[0].startswith("Close and lose what was drawn?")
    application.parts.session.write(parse("Heart normal.", lock=False))
    window.close()  # about words nobody has asked yet
    assert window.isVisible()
    assert said(application)[0].startswith("Close and lose the report?")
    window.close()
    assert not window.isVisible()


def test_a_keyring_that_waits_for_its_owner_holds_up_no_image(
    sitting: Sitting, tmp_path: Path
) -> None:
    first = sitting()
    drop(first, *demo.radiograph(tmp_path / "0", "dx"))
    draw(first, SHAPES[0])
    second, asking = sitting(), AskingKeyring()
    keyring.set_keyring(asking)
    try:
        for number in range(1, 4):  # more cases than half the jobs that run at a time
            (file,) = demo.radiograph(tmp_path / f"{number}", "dx")
            ds = pydicom.dcmread(file)
            ds.PatientID = f"DEMO-{number}"
            ds.save_as(file)
            drop(second, file)
        assert asking.asked
        assert not second._keeping.stands(study_of(second))
    finally:
        asking.answered.set()
    board_of(second)


def test_what_fails_again_is_said_again(
    sitting: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    write = vault.write_whole

    def write_whole(path: Path, content: bytes) -> None:
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(vault, "write_whole", write_whole)
    application = sitting()
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board_of(application)
    for shape in (Length((100, 100), (200, 100)), Length((100, 200), (180, 200))):
        full.set()
        draw(application, shape)
        drive.wait_for(lambda: any("no space left" in one for one in said(application)), "a notice")
        full.clear()
        draw(application, Note(shape.start, "Seen"))
        drive.wait_for(lambda: not said(application), "that it was kept after all")


def test_a_full_disk_is_told_to_whoever_draws_and_closes_at_once(
    sitting: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_whole(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    application = sitting()
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board_of(application)
    monkeypatch.setattr(vault, "write_whole", write_whole)
    draw(application, SHAPES[0])
    application.parts.window.close()
    assert application.parts.window.isVisible()
    asked = "Close and lose what was drawn?"
    drive.wait_for(lambda: any(asked in one for one in said(application)), "the question")


def test_what_was_just_drawn_is_kept_before_the_window_closes_by_itself(
    sitting: Sitting, tmp_path: Path, data_dir: Path
) -> None:
    application = sitting()
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board_of(application)
    draw(application, SHAPES[0])
    application.parts.window.close()
    drive.wait_for(lambda: not application.parts.window.isVisible(), "the end")
    assert any((data_dir / "kept").glob("*.kept"))


def test_a_keyring_that_does_not_answer_freezes_no_closing(
    sitting: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = AskingKeyring()
    keyring.set_keyring(asking)
    monkeypatch.setattr(leaving, "_PATIENCE_MS", 1)
    application = sitting()
    window = application.parts.window
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board_of(application)  # nothing is kept yet: the keyring is not asked
    draw(application, SHAPES[0])
    not_yet = "Close before all is kept?. What was drawn could not be kept yet."
    try:
        assert not window.close()
        drive.wait_for(lambda: any(not_yet in one for one in said(application)), "the question")
        drive.wait_for(lambda: asking.asked == 1, "the keyring")
        window.notices.acted.emit("leaving", "stay")
        assert not said(application)
        assert not window.close()
        drive.wait_for(lambda: any(not_yet in one for one in said(application)), "the question")
        window.notices.acted.emit("leaving", "close-window")
        assert not window.isVisible()  # and all its threads have ended, but the keyring's
    finally:
        asking.answered.set()


def test_a_keyring_that_answers_after_all_settles_the_question(
    sitting: Sitting, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = AskingKeyring()
    keyring.set_keyring(asking)
    monkeypatch.setattr(leaving, "_PATIENCE_MS", 1)
    application = sitting()
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board_of(application)
    draw(application, SHAPES[0])
    try:
        assert not application.parts.window.close()
        drive.wait_for(lambda: bool(said(application)), "the question")
    finally:
        asking.answered.set()
    drive.wait_for(lambda: not said(application), "an answer")
    assert application.parts.window.isVisible()  # it stays, as nobody has said otherwise
    assert any((data_dir / "kept").glob("*.kept"))


def test_key_images_that_could_not_be_kept_are_asked_about(
    sitting: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_images: object) -> bytes:
        raise UserFacingError("There is no room for pictures.")

    application = sitting()
    window = application.parts.window
    drop(application, *demo.radiograph(tmp_path, "dx"))
    board_of(application)
    monkeypatch.setattr(keeping_keys, "encode", refuse)
    drive.press(window.image_view, Qt.Key.Key_K)
    drive.wait_for(lambda: any("no room" in one for one in said(application)), "a notice")
    draw(application, SHAPES[0])  # that is kept, and puts nothing right about the other
    board = window.image_view.board
    drive.wait_for(lambda: not waits(application), "the mark")
    assert len(board.marks) == 1
    assert any("no room" in one for one in said(application))
    assert not window.close()
    asked = "Close and lose the key images?"
    drive.wait_for(lambda: any(asked in one for one in said(application)), "the question")
    application.parts.sending.drop(0)
    window.notices.acted.emit("leaving", "stay")
    assert window.close()


def waits(application: Application) -> bool:
    shelves = application._keeping._shelves.values()
    return bool(application._shelving.waiting) or any(shelf.changed for shelf in shelves)


def test_two_windows_keep_what_both_draw(sitting: Sitting, tmp_path: Path, data_dir: Path) -> None:
    files = demo.radiograph(tmp_path, "dx")
    first = sitting()
    drop(first, *files)
    draw(first, SHAPES[0])
    board = board_of(first)
    drive.wait_for(lambda: any((data_dir / "kept").glob("*.kept")), "the first writing")
    other = Vault(data_dir / "kept")
    about = ("marks", *study_of(first).key)
    content = other.get(about)
    assert content is not None
    elsewhere = content.replace(board.marks[0].id.encode(), b"f" * 32)
    other.put(about, elsewhere)  # another window has deleted ours, and drawn one of its own
    draw(first, SHAPES[1])
    drive.wait_for(lambda: len(board.marks) == 3, "the other window's")
    second = sitting()
    drop(second, *files)
    assert {mark.id for mark in board_of(second).marks} == {mark.id for mark in board.marks}


def test_key_images_are_sent_in_the_next_sitting_as_they_were(
    sitting: Sitting, tmp_path: Path, data_dir: Path
) -> None:
    files = demo.ct(tmp_path / "ct", slices=6, size=48)
    first = sitting()
    drop(first, *files)
    view = first.parts.window.image_view
    for number in range(2):
        drive.wait_for(lambda at=number: view.picture and view.picture.index == at, "the frame")
        drive.press(view, Qt.Key.Key_K)
        view.scroll(1)
    before = first.parts.sending.key_images.images
    assert len(before) == 2
    second = sitting()
    drop(second, *files)
    sending = second.parts.sending
    drive.wait_for(lambda: len(sending.key_images.images) == 2, "the key images")
    again = sending.key_images.images
    assert [one.picture.digest() for one in again] == [one.picture.digest() for one in before]
    assert [(one.spot, one.title) for one in again] == [(one.spot, one.title) for one in before]
    assert sending.chips()[0].text == "2 images"
    sending.drop(0)
    sending.drop(0)
    drive.wait_for(lambda: not any((data_dir / "kept").glob("*.kept")), "nothing to keep")
    third = sitting()
    drop(third, *files)
    board_of(third)
    assert third.parts.sending.key_images.images == ()


def test_what_a_report_leaves_out_is_said_as_it_is(sitting: Sitting, tmp_path: Path) -> None:
    application, target = sitting(), tmp_path / "measured.dcm"
    now = demo.radiograph(tmp_path, "now", seed=1)
    drop(application, *now, *demo.radiograph(tmp_path, "then", demo.BEFORE))
    board_of(application)
    viewports = application.parts.window.viewports
    prior = viewports.views()[1]
    viewports.activate(prior)
    draw(application, SHAPES[0])
    application._measurements.save(target)
    assert said(application) == [
        "What was measured has no place in a DICOM report."
        " 1 on another study was left out: a report names images of this study only."
    ]
    viewports.activate(viewports.views()[0])
    draw(application, SHAPES[0])
    application._measurements.save(target)
    drive.wait_for(lambda: "1 measurement saved" in said(application)[0], "a notice")
    assert "1 on another study was left out" in said(application)[0]


def test_a_report_of_measurements_is_taken_up_once(sitting: Sitting, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    demo.radiograph(folder, "dx")
    first = sitting()
    drop(first, folder)
    draw(first, *SHAPES[:2])
    first._measurements.save(folder / "measured.dcm")
    drive.wait_for(lambda: (folder / "measured.dcm").exists(), "the file")
    second = sitting()
    drop(second, folder)
    board = board_of(second)
    drive.wait_for(lambda: bool(second._keeping.taken(study_of(second))), "the report")
    assert len(board.marks) == 2  # known from here, and not doubled
    board.remove(board.marks[0].id)
    third = sitting()
    drop(third, folder)
    settle(third)
    drive.wait_for(lambda: not third._measurements._waiting, "the report")
    assert len(board_of(third).marks) == 1  # what was deleted stays so
