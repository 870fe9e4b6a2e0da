"""The image side of the whole window on drawn studies: opening, priors, documents, key images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QMenu

from lacuna.app import Application
from lacuna.errors import Cancelled
from lacuna.paths import locate
from lacuna.settings import Settings, load_settings
from lacuna.study import cache, conflicts, pdf, video
from lacuna.study.document import Document, DocumentContent
from lacuna.study.measure import Bidirectional, EllipseRoi, Length
from lacuna.study.model import Image
from lacuna.study.voi import render
from lacuna.ui import main_window
from lacuna.ui.desk import frames
from lacuna.ui.theme import dress, make_look
from lacuna.ui.viewer.bindings import Bindings
from lacuna.ui.viewer.board import mark_of
from lacuna.ui.viewer.commands import Command
from lacuna.ui.viewer.hanging import Layout
from lacuna.ui.viewer.image_menu import build_menu
from lacuna.ui.viewer.mark_words import label_lines
from lacuna.ui.viewer.pdf_page import PdfPage
from lacuna.ui.viewer.stack import Reformat
from lacuna.ui.viewer.viewer_state import CT_PRESETS, Act
from lacuna.ui.widgets import Words
from lacuna.work.engine_worker import LoadProgress, ModelChoice
from lacuna_models.api import FillRequest
from lacuna_models.scripted import ScriptedEngine
from tests.e2e import drive
from tests.helpers import demo_studies as demo
from tests.helpers import films

KEY, SHIFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier


def scripted(_choice: ModelChoice, _progress: LoadProgress) -> ScriptedEngine:
    return ScriptedEngine(steps=3, delay=0.0)


@pytest.fixture
def application(qapp: QApplication, data_dir: Path) -> Iterator[Application]:
    look = make_look()
    dress(qapp, look)
    application = Application(look, Settings(), locate(data_dir), scripted)
    application.parts.window.resize(1400, 900)
    application.start(ModelChoice(), sample=False)
    drive.wait_for_model(application)
    yield application
    pdf.close()
    application.parts.window.set_close_guard(lambda: True)
    application.parts.window.close()
    application.close()
    application.parts.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def drop(application: Application, *paths: Path) -> None:
    """Drop files; wait until all is read and every viewport shows something whole."""
    parts = application.parts
    drive.drop(parts.window, *paths)
    drive.wait_for(lambda: not parts.opening.under_way, "the end of reading")
    drive.wait_for(lambda: parts.session.case is not None, "a case")
    settle(application)


def settle(application: Application) -> None:
    viewports = application.parts.window.viewports

    def whole() -> bool:
        for view in viewports.views():
            stack = viewports.stack_of(view)
            if stack is None:
                continue
            if view.picture is None or (isinstance(stack, Reformat) and not stack.told):
                return False
        return True

    drive.wait_for(whole, "pictures")


def show_document(application: Application, title: str) -> str:
    window = application.parts.window
    titles = [entry.title for entry in window.series_strip.entries()]
    window.show_series(titles.index(title))
    drive.wait_for(lambda: window.image_view.page is not None, "a document")
    assert window.image_view.page is not None
    return window.image_view.page.words()


def words(menu: QMenu) -> list[str]:
    return [action.text().split("\t")[0] for action in menu.actions()]


def test_a_ct_hangs_whole_with_cuts_that_are_complete(
    application: Application, tmp_path: Path
) -> None:
    drop(application, *demo.ct(tmp_path / "ct", slices=14, size=48))
    viewports = application.parts.window.viewports
    assert viewports.arrangement is Layout.FOUR
    coronal = viewports.views()[2].picture
    assert coronal is not None
    truth = np.stack(
        [
            pydicom.dcmread(path).pixel_array[24].astype(np.int16) - 1024
            for path in sorted((tmp_path / "ct").iterdir())
        ]
    )
    assert np.array_equal(coronal.values, truth[::-1])


@pytest.mark.parametrize("named", [True, False])
def test_a_stack_is_whole_though_its_last_slice_comes_first(
    application: Application, tmp_path: Path, named: bool
) -> None:
    folder = tmp_path / "feet-first"
    folder.mkdir()
    for number, path in enumerate(sorted(demo.ct(tmp_path / "ct", slices=14, size=48))):
        ds = pydicom.dcmread(path)
        ds.SeriesNumber = 1
        ds.SeriesInstanceUID = "1.2.3" if named else None
        ds.save_as(folder / f"{99 - number:02}.dcm")
    drop(application, folder)
    window = application.parts.window
    assert [len(one.origin.images) for one in window.viewports.stacks()] == [14] * 4
    (thumbnail,) = window.series_strip.thumbnails()
    drive.wait_for(lambda: not thumbnail.image.isNull(), "the thumbnail")


def test_a_prior_comes_along_and_stands_beside(application: Application, tmp_path: Path) -> None:
    now = demo.radiograph(tmp_path, "now", seed=1)
    drop(application, *now, *demo.radiograph(tmp_path, "then", demo.BEFORE))
    window = application.parts.window
    assert window.viewports.arrangement is Layout.TWO
    dates = [view.picture.date[:11] for view in window.viewports.views() if view.picture]
    assert [date.rstrip(",") for date in dates] == ["20 Nov 2026", "2 Mar 2026"]
    case = application.parts.session.case
    assert case is not None
    assert case.study.date.startswith("20 Nov 2026")


def test_the_newest_study_is_shown_whichever_file_comes_first(
    application: Application, tmp_path: Path
) -> None:
    then = demo.radiograph(tmp_path / "a", "then", demo.BEFORE)
    drop(application, *then, *demo.radiograph(tmp_path / "b", "now", seed=1))
    case, window = application.parts.session.case, application.parts.window
    assert case is not None
    assert case.study.date.startswith("20 Nov 2026")
    headings = [entry.heading for entry in window.series_strip.entries()]
    assert headings == ["This study", "Prior, 2 Mar"]


def test_several_patients_are_opened_and_never_mixed(
    application: Application, tmp_path: Path
) -> None:
    (other,) = demo.radiograph(tmp_path, "other", demo.BEFORE)
    ds = pydicom.dcmread(other)
    ds.PatientID, ds.PatientName = "DEMO-2", "SECOND^Drawn"
    ds.save_as(other)
    drop(application, other, *demo.radiograph(tmp_path, "one"))
    parts = application.parts
    assert parts.session.case is not None
    first = parts.session.case.study.patient.id
    assert len(parts.window.series_strip.entries()) == 1
    notice = next(n for n in parts.window.notices.notices() if n.key == "open-patients")
    assert "2 patients" in notice.title
    parts.window.notices.acted.emit(notice.key, notice.actions[0].id)
    assert {first, parts.session.case.study.patient.id} == {"DEMO-1", "DEMO-2"}
    parts.opening.next_patient()
    assert parts.session.case.study.patient.id == first


@pytest.mark.parametrize("up", [1, -1])
def test_cuts_are_made_of_cuts_and_stay_at_their_level(
    application: Application, tmp_path: Path, up: int
) -> None:
    for path in demo.ct(tmp_path, slices=10, size=48):
        ds = pydicom.dcmread(path)
        ds.ImageOrientationPatient = [1, 0, 0, 0, up, 0]
        ds.save_as(path)
    drop(application, tmp_path)
    window, viewports = application.parts.window, application.parts.window.viewports
    viewports.activate(viewports.views()[2])
    window.image_view.scroll(48)
    window.lightbox.orders.obey(Command.REFORMAT)
    settle(application)
    window.image_view.scroll_far(to_end=False)
    settle(application)
    before = window.image_view.picture
    assert before is not None
    assert before.plane is not None
    window.lightbox.orders.obey(Command.SLAB)
    settle(application)
    after = window.image_view.picture
    assert after is not None
    assert after.plane is not None
    assert isinstance(viewports.stack_of(window.image_view), Reformat)
    assert after.plane.position[2] == before.plane.position[2]


def test_a_drop_that_is_refused_takes_nothing_away(
    application: Application, tmp_path: Path
) -> None:
    parts, folder = application.parts, tmp_path / "both"
    demo.ct(folder, slices=150, size=32)
    (folder / "notes.txt").write_text("no picture")
    ds = pydicom.dcmread(*demo.radiograph(folder, "other", demo.BEFORE))
    ds.PatientID, ds.PatientName = "DEMO-2", "SECOND^Drawn"
    ds.save_as(folder / "z.dcm")
    drive.drop(parts.window, folder)
    drive.wait_for(lambda: parts.session.case is not None, "a case")
    drop(application, folder / "notes.txt")
    case = parts.session.case
    assert case is not None
    assert case.study.image_count == 150
    parts.opening.next_patient()
    assert parts.session.case is not case
    keys = {notice.key for notice in parts.window.notices.notices()}
    assert keys == {"refused", "open-refused", "open-patients"}
    drop(application, *demo.ultrasound(tmp_path, frames=3))
    assert parts.window.notices.notices() == ()


def test_documents_are_shown_as_words(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = demo.radiograph(tmp_path, "dx")
    drop(
        application, *files, demo.report_document(tmp_path, "dx"), demo.pdf_document(tmp_path, "dx")
    )
    said = show_document(application, "Diagnostic imaging report")
    assert "Nodule in the right mid zone, 12 mm." in said
    assert "Unverified" in said
    assert "3 pages" in show_document(application, "Letter")
    window, target = application.parts.window, tmp_path / "letter.pdf"
    menu = build_menu(window.image_view, window.lightbox)
    assert words(menu)[-1] == "Save this PDF"
    monkeypatch.setattr(main_window, "choose_new_file", lambda *_: target)
    menu.actions()[-1].trigger()
    assert target.read_bytes().startswith(b"%PDF")
    window.show_series(0)
    settle(application)
    assert window.image_view.page is None


def test_a_broken_file_is_told_and_the_rest_stands(
    application: Application, tmp_path: Path
) -> None:
    drop(application, *demo.radiograph(tmp_path, "dx"), demo.broken(tmp_path))
    window = application.parts.window
    assert window.image_view.picture is not None
    assert any("1 of 2 files" in notice.title for notice in window.notices.notices())


def test_what_is_previewed_counted_and_sent_is_the_same(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = demo.radiograph(tmp_path, "now", seed=1)
    drop(application, *files, *demo.radiograph(tmp_path, "then", demo.BEFORE))
    parts, window = application.parts, application.parts.window
    for view in window.viewports.views():
        window.viewports.activate(view)
        drive.press(view, KEY.Key_K)
    assert [chip.text for chip in parts.sending.chips()] == ["2 images", "128 tokens"]
    assert [one.sent for one in window.series_strip.thumbnails()] == [True, True]
    drive.press(window.image_view, KEY.Key_K, SHIFT)
    assert window.preview.isVisible()
    requests: list[FillRequest] = []
    monkeypatch.setattr(parts.worker, "submit", requests.append)
    parts.filling.fill()
    sent = [image.digest() for image in requests[0].prompt.images]
    tiles = window.preview.tiles()
    assert [tile.key_image.picture.digest() for tile in tiles] == sent
    shown = tiles[0].image
    pixels = requests[0].prompt.images[0].pixels
    assert shown.pixelColor(100, 200).red() == pixels[200, 100]
    tiles[0].drop_button.click()
    assert len(parts.sending.images()) == 1
    assert len(window.preview.tiles()) == 1
    parts.session.end_run()


def test_what_the_model_saw_of_one_study_is_not_shown_over_the_next(
    application: Application, tmp_path: Path
) -> None:
    drop(application, *demo.radiograph(tmp_path, "one"))
    window = application.parts.window
    drive.press(window.image_view, KEY.Key_K, SHIFT)
    assert window.preview.isVisible()
    drop(application, *demo.radiograph(tmp_path, "two", seed=1))
    assert not window.preview.isVisible()


def test_measurements_are_saved_and_come_back(application: Application, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    drop(application, *demo.radiograph(folder, "dx"))
    window = application.parts.window
    view = window.image_view
    assert view.picture is not None
    for shape in (
        Length((100, 100), (200, 100)),
        Bidirectional((100, 200), (180, 200), (140, 180), (140, 220)),
        EllipseRoi((300, 300), (360, 340)),
    ):
        view.board.put(mark_of(shape, view.picture))
    before = [label_lines(mark) for mark in view.board.marks]
    application._measurements.save(folder / "measured.dcm")
    drive.wait_for(lambda: (folder / "measured.dcm").exists(), "the file")
    notices = window.notices
    drive.wait_for(lambda: any("3 meas" in n.title for n in notices.notices()), "a notice")
    for mark in view.board.marks:
        view.board.remove(mark.id)
    drop(application, folder)
    drive.wait_for(lambda: len(view.board.marks) == 3, "the measurements")
    assert [label_lines(mark) for mark in view.board.marks] == before
    drop(application, folder)
    assert len(view.board.marks) == 3


def test_measurements_that_come_before_their_image_are_put_on_it(
    application: Application, tmp_path: Path
) -> None:
    parts, folder = application.parts, tmp_path / "case"
    drop(application, *demo.ct(folder, slices=150, size=32))
    view = parts.window.image_view
    view.scroll_far(to_end=True)
    drive.wait_for(lambda: view.picture is not None and view.picture.index == 149, "the last one")
    assert view.picture is not None
    view.board.put(mark_of(Length((4, 4), (20, 4)), view.picture))
    application._measurements.save(folder / "0-first.dcm")
    drive.wait_for(lambda: (folder / "0-first.dcm").exists(), "the file")
    drive.wait_for(lambda: bool(parts.window.notices.notices()), "a notice")
    view.board.remove(view.board.marks[0].id)
    drop(application, folder)
    drive.wait_for(lambda: len(view.board.marks) == 1, "the measurement", 20)
    for path in sorted(folder.iterdir()):
        ds = pydicom.dcmread(path)
        ds.PatientID, ds.PatientName = "DEMO-2", "SECOND^Drawn"
        ds.save_as(folder / path.name)
    parts.opening.open_paths([folder])
    drop(application, folder)
    drive.wait_for(lambda: len(parts.window.image_view.board.marks) == 1, "the other's own", 20)


def test_a_key_that_was_chosen_is_kept(application: Application, data_dir: Path) -> None:
    window = application.parts.window
    window.keys_dialog.use(Bindings())
    window.keys_dialog.changed.emit(Bindings().with_key(Act.INVERT, "N"))
    assert window.viewports.bindings.order("N") is Act.INVERT
    assert load_settings(locate(data_dir).settings).keys == {"invert": "N"}


def test_a_pdf_is_drawn_page_by_page(application: Application, tmp_path: Path) -> None:
    files = demo.radiograph(tmp_path, "dx")
    drop(application, *files, demo.pdf_document(tmp_path, "dx"))
    show_document(application, "Letter")
    view = application.parts.window.image_view
    page = view.page
    assert isinstance(page, PdfPage)
    drive.wait_for(lambda: {0, 1} <= page.drawn, "the first pages")
    first = view.grab().toImage()
    drive.press(view, KEY.Key_End)
    drive.wait_for(lambda: 2 in page.drawn, "the last page")
    assert view.grab().toImage() != first
    drive.press(view, KEY.Key_Home)
    assert view.grab().toImage() == first


def test_a_damaged_pdf_says_so_and_can_be_saved(application: Application, tmp_path: Path) -> None:
    letter = demo.pdf_document(tmp_path, "dx")
    ds = pydicom.dcmread(letter)
    ds.EncapsulatedDocument = b"%PDF-1.4\n1 0 obj\n%%EOF\n"
    ds.save_as(letter)
    drop(application, *demo.radiograph(tmp_path, "dx"), letter)
    said = show_document(application, "Letter")
    assert "This PDF is damaged, and cannot be drawn." in said
    window = application.parts.window
    assert words(build_menu(window.image_view, window.lightbox))[-1] == "Save this PDF"


def test_a_patient_and_a_study_are_chosen_from_a_list(
    application: Application, tmp_path: Path
) -> None:
    (other,) = demo.radiograph(tmp_path, "other", demo.BEFORE)
    ds = pydicom.dcmread(other)
    ds.PatientID, ds.PatientName = "DEMO-2", "SECOND^Drawn"
    ds.save_as(other)
    files = [*demo.radiograph(tmp_path, "one"), *demo.radiograph(tmp_path, "then", demo.BEFORE)]
    drop(application, *files, other)
    parts = application.parts
    dialog, notices = parts.window.patients_dialog, parts.window.notices
    notice = next(n for n in notices.notices() if n.key == "open-patients")
    notices.acted.emit(notice.key, notice.actions[1].id)
    assert dialog.isVisible()
    listed = {(row.record.patient.id, row.words()[0].partition(",")[0]) for row in dialog.rows()}
    assert listed == {
        ("DEMO-1", "20 Nov 2026"),
        ("DEMO-1", "2 Mar 2026"),
        ("DEMO-2", "2 Mar 2026"),
    }
    row = next(row for row in dialog.rows() if row.record.patient.id == "DEMO-2")
    row.click()
    assert not dialog.isVisible()
    assert parts.session.case is not None
    assert parts.session.case.study.patient.id == "DEMO-2"
    settle(application)
    assert "All patients and studies" in words(
        build_menu(parts.window.image_view, parts.window.lightbox)
    )
    parts.opening.list_patients()
    at = next(n for n, one in enumerate(dialog.rows()) if one.current)
    drive.press(dialog, KEY.Key_Up if at else KEY.Key_Down)
    drive.press(dialog, KEY.Key_Return)
    assert parts.session.case.study.patient.id == "DEMO-1"


def test_a_frame_is_sent_through_a_preset(application: Application, tmp_path: Path) -> None:
    drop(application, *demo.ct(tmp_path / "ct", slices=10, size=48))
    parts = application.parts
    view = parts.window.image_view
    assert view.picture is not None
    assert view.state is not None
    before = view.state.window
    menu = build_menu(view, parts.window.lightbox)
    offered = next(
        menu_.menu() for menu_ in menu.actions() if menu_.text() == "Send it through a preset"
    )
    assert isinstance(offered, QMenu)
    bone = next(action for action in offered.actions() if action.text().startswith("Bone"))
    for _ in range(2):  # a second time changes nothing
        bone.trigger()
        (sent,) = parts.sending.images()
        assert np.array_equal(sent.pixels, render(view.picture.values, CT_PRESETS[4]))
    assert view.state.window == before
    assert "bone" in parts.sending.key_images.images[0].title


def test_a_document_takes_no_image_away_from_the_model(
    application: Application, tmp_path: Path
) -> None:
    files = demo.radiograph(tmp_path, "dx")
    drop(application, *files, demo.report_document(tmp_path, "dx"))
    sending, window = application.parts.sending, application.parts.window
    before = [image.digest() for image in sending.images()]
    assert len(before) == 1
    show_document(application, "Diagnostic imaging report")
    assert [image.digest() for image in sending.images()] == before
    assert [chip.text for chip in sending.chips()][:1] == ["1 image"]
    sending.leave_out()
    assert sending.images() == ()
    window.show_series(0)
    settle(application)
    assert [image.digest() for image in sending.images()] == before


def test_a_document_that_comes_late_is_dropped(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = demo.radiograph(tmp_path, "dx")
    drop(application, *files, demo.report_document(tmp_path, "dx"))
    begun, go, read = threading.Event(), threading.Event(), frames.read_document

    def slow(document: Document) -> DocumentContent:
        begun.set()
        assert go.wait(30)
        return read(document)

    monkeypatch.setattr(frames, "read_document", slow)
    window = application.parts.window
    titles = [entry.title for entry in window.series_strip.entries()]
    window.show_series(titles.index("Diagnostic imaging report"))
    drive.wait_for(begun.is_set, "the reading of a document")
    window.viewports.clear("Nothing is shown.")
    ended: list[object] = []
    for job in application.parts.opening._frames._jobs.values():
        job.ended.connect(ended.append)
    go.set()
    drive.wait_for(lambda: bool(ended), "the end of reading")
    assert window.image_view.page is None


def test_thumbnails_never_keep_a_frame_waiting(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, read, gone_on = threading.Event(), cache._Files.read, list[Image]()
    paths = [
        path for number in range(6) for path in demo.ct(tmp_path / f"{number}", slices=2, size=32)
    ]
    for number, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        ds.SeriesInstanceUID, ds.SeriesNumber = f"1.2.3.{number // 2}", number // 2
        ds.SOPInstanceUID = f"1.2.4.{number}"
        ds.FrameOfReferenceUID = "1.2.5"
        ds.save_as(path)

    def slow(self: cache._Files, image: Image, frame: int, given_up: object) -> object:
        if 2 <= int(image.sop_instance_uid.rpartition(".")[2]) < 8 and not go.wait(30):
            gone_on.append(image)  # without this a frame that waits would come in the end
        return read(self, image, frame, given_up)

    monkeypatch.setattr(cache._Files, "read", slow)
    drop(application, *paths)
    window = application.parts.window
    window.show_series(4)
    settle(application)
    picture = window.image_view.picture
    go.set()
    assert picture is not None
    assert picture.series.number == 4
    assert not gone_on


def test_far_jumps_in_a_film_that_were_superseded_hold_nothing_up(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, begun, dropped = cache._Files.read, set[int](), set[int]()
    pause = threading.Event()

    def far(self: cache._Files, image: Image, frame: int, given_up: Callable[[], bool]) -> object:
        while frame >= 20 and not given_up():
            begun.add(frame)
            pause.wait(0.01)
        if frame >= 20:
            dropped.add(frame)
            raise Cancelled
        return read(self, image, frame, given_up)

    monkeypatch.setattr(cache._Files, "read", far)
    drop(application, films.write(tmp_path / "film.dcm", "avc.h264"))
    view = application.parts.window.image_view
    for place in range(29, 19, -1):  # more often than there are threads for jobs
        view.go_to(place)
        drive.wait_for(lambda place=place: place in begun, "the film to be sent there")
    application.parts.pixels.forget()
    view.go_to(12)
    drive.wait_for(lambda: view.picture is not None and view.picture.frame == 12, "frame 13")
    assert dropped >= set(range(21, 30))
    video.close()


def test_hidden_identifiers_hide_the_names_of_refused_files(
    application: Application, tmp_path: Path
) -> None:
    window = application.parts.window
    (tmp_path / "DOE JANE.txt").write_text("no picture")
    drive.drop(window, tmp_path / "DOE JANE.txt")
    told = lambda: " ".join(f"{one.title} {one.text}" for one in window.notices.notices())  # noqa: E731
    drive.wait_for(lambda: "DOE JANE.txt is not DICOM" in told(), "a notice")
    drop(application, *demo.radiograph(tmp_path / "a", "dx"), tmp_path / "DOE JANE.txt")
    assert "DOE JANE.txt is not DICOM" in told()
    window.case_bar.toggle_identifiers()
    assert "This file is not DICOM" in told()
    assert "JANE" not in told()
    drive.drop(window, tmp_path / "DOE JANE.txt")
    drive.wait_for(lambda: not application.parts.opening.under_way, "the end of reading")
    assert "JANE" not in told()
    window.case_bar.toggle_identifiers()
    assert "DOE JANE.txt is not DICOM" in told()


def test_a_file_that_was_replaced_is_not_shown_anew_without_a_word(
    application: Application, tmp_path: Path
) -> None:
    (path,) = demo.radiograph(tmp_path, "dx")
    window = application.parts.window
    drop(application, path)
    drop(application, path)
    assert not any("changed" in notice.title for notice in window.notices.notices())
    path.write_bytes(path.read_bytes() + b"\0\0")
    drop(application, path)
    (notice,) = [one for one in window.notices.notices() if "changed" in one.title]
    assert notice.text.startswith(f"{path.name} is shown as found on the disk now")
    window.lightbox.orders.obey(Command.TEXTS)
    assert not any(path.name in one.text for one in window.notices.notices())


def test_two_of_one_name_and_id_are_two_and_the_list_says_why(
    application: Application, tmp_path: Path
) -> None:
    (other,) = demo.radiograph(tmp_path, "other", demo.BEFORE)
    ds = pydicom.dcmread(other)
    ds.PatientBirthDate = "19010203"
    ds.save_as(other)
    drop(application, *demo.radiograph(tmp_path, "one"), other)
    window, opening = application.parts.window, application.parts.opening
    assert window.lightbox.priors == ()
    opening.list_patients()
    dialog = window.patients_dialog
    assert len(dialog.rows()) == 2
    reasons = [one.text() for one in dialog.findChildren(Words) if "birth date" in one.text()]
    assert reasons == [conflicts.OTHER_BIRTH] * 2
