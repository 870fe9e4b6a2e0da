"""The window: where things stand, what can be dropped, and what it never says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from lacuna.ui import main_window
from lacuna.ui.column_splitter import GRAB, Grip
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import demonstrator_notice
from lacuna.ui.theme import Look
from lacuna.ui.viewer.viewer_state import Act, Tool
from lacuna.ui.widgets import Button
from tests.desktop.ui.conftest import activate
from tests.helpers import studies


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> MainWindow:
    window = MainWindow(look, QTextEdit())
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    activate(qtbot, window)
    return window


def place(window: MainWindow, widget: QWidget) -> tuple[int, int, int, int]:
    """Return x, y, width and height of a widget in the window."""
    corner = widget.mapTo(window, QPoint(0, 0))
    return corner.x(), corner.y(), widget.width(), widget.height()


def urls(*paths: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(path) for path in paths])
    return data


def enter(window: MainWindow, data: QMimeData) -> bool:
    event = QDragEnterEvent(
        QPoint(400, 400),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def drop(window: MainWindow, data: QMimeData) -> None:
    event = QDropEvent(
        QPointF(400, 400),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)


def test_everything_stands_where_the_look_says(window: MainWindow) -> None:
    window.show_study(studies.study())
    QApplication.processEvents()
    assert place(window, window.case_bar) == (0, 0, 1600, 48)
    assert place(window, window.tool_rail) == (0, 48, 48, 924)
    assert place(window, window.series_strip) == (48, 48, 112, 924)
    assert place(window, window.status_bar) == (0, 972, 1600, 28)
    assert window.report_width == 640
    assert place(window, window.image_view) == (160, 48, 1600 - 160 - 640 - 1, 924)


def test_the_image_takes_all_growth(window: MainWindow) -> None:
    window.show_study(studies.study())
    window.resize(1900, 1000)
    QApplication.processEvents()
    assert window.report_width == 640
    assert window.image_view.width() == 1900 - 160 - 641


def test_a_narrow_window_narrows_the_report(window: MainWindow) -> None:
    window.show_study(studies.study())
    window.resize(1399, 800)
    assert window.report_width == 480
    window.resize(1400, 800)
    assert window.report_width == 640


def test_the_line_is_dragged_between_480_and_760(qtbot: QtBot, window: MainWindow) -> None:
    window.show_study(studies.study())
    QApplication.processEvents()
    grip = next(one for one in window.findChildren(Grip) if one.width() == GRAB == 8)
    for target, width in ((-60, 700), (-400, 760), (900, 480)):
        qtbot.mousePress(grip, Qt.MouseButton.LeftButton, pos=QPoint(4, 100))
        qtbot.mouseMove(grip, QPoint(4 + target, 100))
        qtbot.mouseRelease(grip, Qt.MouseButton.LeftButton)
        QApplication.processEvents()
        assert window.report_width == pytest.approx(width, abs=2)


def test_notices_never_move_the_image(window: MainWindow) -> None:
    window.show_study(studies.study())
    QApplication.processEvents()
    before = place(window, window.image_view)
    window.notices.show_notice(demonstrator_notice(about_patient=True))
    QApplication.processEvents()
    assert place(window, window.image_view) == before
    x, y, width, height = place(window, window.notices.cards()[0])
    assert x > before[0] + before[2]
    assert (y, height) == (60, 48)
    assert x + width <= 1600


def test_notices_stand_in_the_report_s_own_slot_if_it_has_one(qtbot: QtBot, look: Look) -> None:
    report = QWidget()
    slot = QVBoxLayout(report)
    window = MainWindow(look, report, slot)
    qtbot.addWidget(window)
    window.show_study(studies.study())
    assert window.notices.parent() is report


def test_a_refused_file_is_told_before_any_study_is_open(window: MainWindow) -> None:
    window.notices.show_notice(demonstrator_notice(about_patient=True))
    QApplication.processEvents()
    assert window.notices.cards()[0].isVisible()


def test_the_title_names_no_patient(window: MainWindow) -> None:
    window.show_study(studies.study())
    assert window.windowTitle() == "Lacuna"
    for secret in ("DOE", "0042317", "88213"):
        assert secret not in window.windowTitle() + window.windowIconText()


def test_files_folders_and_archives_can_be_dropped(qtbot: QtBot, window: MainWindow) -> None:
    data = urls("file:///cases/one.dcm", "file:///cases/folder", "file:///cases/two.zip")
    assert enter(window, data)
    with qtbot.waitSignal(window.open_requested) as opened:
        drop(window, data)
    names = [Path("/cases/one.dcm"), Path("/cases/folder"), Path("/cases/two.zip")]
    assert opened.args == [names]


@pytest.mark.parametrize(
    "data", [urls("https://example.org/x.dcm"), urls("file:///a", "http://b/c"), QMimeData()]
)
def test_nothing_from_elsewhere_can_be_dropped(
    qtbot: QtBot, window: MainWindow, data: QMimeData
) -> None:
    assert not enter(window, data)
    with qtbot.assertNotEmitted(window.open_requested):
        drop(window, data)


def test_the_drop_area_answers_what_is_held_over_it(window: MainWindow, look: Look) -> None:
    area = window.empty_state.drop_area
    before = area.grab().toImage().pixelColor(20, 100)
    enter(window, urls("file:///cases/one.dcm"))
    assert area.grab().toImage().pixelColor(20, 100) == QColor(look.theme.surface.raised) != before


def test_an_open_case_answers_what_is_held_over_it(window: MainWindow) -> None:
    data = urls("file:///cases/one.dcm")
    window.show_study(studies.study())
    enter(window, data)
    assert window.drop_welcome.isVisible()
    assert window.drop_welcome.size() == window.drop_welcome.parentWidget().size()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.drop_welcome.isVisible()
    enter(window, data)
    drop(window, data)
    assert not window.drop_welcome.isVisible()


def test_the_empty_window_offers_a_study_and_a_sample(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = window.empty_state.drop_area
    assert area.open_button.hasFocus()
    monkeypatch.setattr(main_window, "choose_files", lambda _: [Path("/a.dcm")])
    with qtbot.waitSignal(window.open_requested) as opened:
        qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert opened.args == [[Path("/a.dcm")]]
    with qtbot.waitSignal(window.sample_requested):
        qtbot.mouseClick(area.sample_button, Qt.MouseButton.LeftButton)


def test_a_dialog_that_was_cancelled_opens_nothing(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_window, "choose_folder", lambda _: [])
    with qtbot.assertNotEmitted(window.open_requested):
        window.browse_folder()


def test_a_study_asks_for_its_first_frame(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.frame_wanted) as wanted:
        window.show_study(studies.study())
    assert wanted.args == [0, 0]
    assert window.image_view.picture is None


def test_another_series_is_chosen_by_click_and_by_key(qtbot: QtBot, window: MainWindow) -> None:
    window.show_study(studies.study())
    with qtbot.waitSignal(window.frame_wanted) as wanted:
        qtbot.mouseClick(window.series_strip.thumbnails()[1], Qt.MouseButton.LeftButton)
    assert wanted.args == [1, 0]
    with qtbot.waitSignal(window.frame_wanted) as wanted:
        qtbot.keyClick(window.image_view, Qt.Key.Key_PageUp)
    assert wanted.args == [0, 0]
    assert window.series_strip.thumbnails()[0].isChecked()
    with qtbot.assertNotEmitted(window.frame_wanted):
        qtbot.keyClick(window.image_view, Qt.Key.Key_PageUp)


def test_a_picture_of_a_series_that_was_left_is_dropped(window: MainWindow) -> None:
    study = studies.study()
    window.show_study(study)
    window.show_series(1)
    window.show_picture(studies.picture(study.series[0]))
    assert window.image_view.picture is None
    late = studies.picture(study.series[1])
    window.show_picture(late)
    assert window.image_view.picture is late


def test_a_new_study_shows_nothing_of_the_old_one(window: MainWindow) -> None:
    study = studies.study()
    window.show_study(study)
    window.show_picture(studies.picture(study.series[0]))
    other = replace(studies.study(), patient=replace(study.patient, name="ROE, Mary"))
    window.show_study(other)
    assert window.image_view.picture is None
    assert "ROE, Mary" in window.case_bar.text()
    window.show_picture(studies.picture(study.series[0]))
    assert window.image_view.picture is None


def test_thumbnails_show_their_series_and_what_is_sent(window: MainWindow) -> None:
    study = studies.study()
    window.show_study(study)
    first = window.series_strip.thumbnails()[0]
    assert first.grab().toImage().pixelColor(60, 20).lightness() == 0
    window.set_thumbnail(studies.picture(study.series[0]))
    assert first.grab().toImage().pixelColor(60, 20).lightness() > 60
    window.series_strip.set_sent(frozenset({1}))
    assert [one.sent for one in window.series_strip.thumbnails()] == [False, True]
    assert "sent to the model" in window.series_strip.thumbnails()[1].accessibleName()


def test_f6_moves_the_keys_between_image_and_report(qtbot: QtBot, window: MainWindow) -> None:
    window.show_study(studies.study())
    report = window.findChild(QTextEdit)
    assert isinstance(report, QTextEdit)
    assert report.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert window.image_view.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert report.hasFocus()


def test_the_image_can_have_the_whole_width(qtbot: QtBot, window: MainWindow) -> None:
    window.show_study(studies.study())
    QApplication.processEvents()
    width = window.image_view.width()
    qtbot.mouseDClick(window.image_view, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert window.image_view.width() > width + 700
    qtbot.mouseDClick(window.image_view, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert window.image_view.width() == width


def test_rail_and_viewer_agree_on_the_tool(qtbot: QtBot, window: MainWindow) -> None:
    window.show_study(studies.study())
    qtbot.mouseClick(window.tool_rail.tool_button(Tool.PAN), Qt.MouseButton.LeftButton)
    assert window.image_view.tool is Tool.PAN
    qtbot.keyClick(window.image_view, Qt.Key.Key_Z)
    assert window.tool_rail.tool_button(Tool.ZOOM).isChecked()
    study = window.study
    assert study is not None
    window.show_picture(studies.picture(study.series[0]))
    qtbot.mouseClick(window.tool_rail.act_button(Act.INVERT), Qt.MouseButton.LeftButton)
    assert window.image_view.state is not None
    assert window.image_view.state.invert


def test_going_back_to_empty_forgets_the_case(window: MainWindow) -> None:
    study = studies.study()
    window.show_study(study)
    window.show_picture(studies.picture(study.series[0]))
    window.show_empty()
    assert window.study is None
    assert window.image_view.picture is None
    assert window.case_bar.text() == "Lacuna"
    assert window.status_bar.texts()[2] == "No case open"


def test_a_model_folder_is_chosen(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    dialog = window.model_dialog
    window.choose_model()
    assert dialog.isVisible()
    assert not dialog.load_button.isEnabled()
    qtbot.keyClicks(dialog.field, str(tmp_path / "missing"))
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    assert dialog.complaint() == "There is no such folder."
    dialog.field.setText(str(tmp_path))
    assert dialog.complaint() == ""
    with qtbot.waitSignal(window.model_chosen) as chosen:
        qtbot.mouseClick(dialog.load_button, Qt.MouseButton.LeftButton)
    assert chosen.args == [tmp_path]
    assert not dialog.isVisible()


def test_the_demonstrator_is_chosen(qtbot: QtBot, window: MainWindow) -> None:
    window.choose_model()
    with qtbot.waitSignal(window.model_chosen) as chosen:
        qtbot.mouseClick(window.model_dialog.demonstrator_button, Qt.MouseButton.LeftButton)
    assert chosen.args == [None]


def test_escape_leaves_the_model_as_it_is(qtbot: QtBot, window: MainWindow) -> None:
    window.show_study(studies.study())
    report = window.findChild(QTextEdit)
    assert isinstance(report, QTextEdit)
    window.choose_model()
    with qtbot.assertNotEmitted(window.model_chosen):
        qtbot.keyClick(window.model_dialog.field, Qt.Key.Key_Escape)
    assert not window.model_dialog.isVisible()
    assert report.hasFocus()


def test_tab_stays_within_the_dialog(qtbot: QtBot, window: MainWindow) -> None:
    window.choose_model()
    for _ in range(12):
        focused = QApplication.focusWidget()
        assert focused is not None
        assert window.model_dialog.isAncestorOf(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)


def test_the_demonstrator_s_notice_leads_to_the_dialog(qtbot: QtBot, window: MainWindow) -> None:
    window.notices.show_notice(demonstrator_notice(about_patient=True))
    button = window.notices.cards()[0].findChild(Button)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.model_dialog.isVisible()


def test_closing_is_announced_so_that_work_can_stop(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.closing):
        window.close()
