"""Cine, the image's menu, the magnifier, and the wheel turned over the report."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget
from pytestqt.qtbot import QtBot

from lacuna.study.measure import Length
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.theme import Look
from lacuna.ui.viewer.annotations import corner_texts
from lacuna.ui.viewer.board import mark_of
from lacuna.ui.viewer.cine import DEFAULT_RATE
from lacuna.ui.viewer.image_menu import build_menu
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.picture import picture_of
from lacuna.ui.viewer.viewer_state import Tool, ViewState
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> ImageView:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(514, 515)
    activate(qtbot, view)
    view.show_picture(studies.picture(studies.series(count=3)))
    return view


def answer(view: ImageView) -> list[int]:
    """Give the view each frame that it asks for at once; return the frames in order."""
    asked: list[int] = []

    def show(index: int) -> None:
        asked.append(index)
        assert view.picture is not None
        view.show_picture(studies.picture(view.picture.series, index))

    view.index_wanted.connect(show)
    return asked


def fast(view: ImageView, rate: float = 100.0) -> None:
    series = studies.series(count=3)
    images = tuple(replace(image, frame_rate=rate) for image in series.images)
    view.show_picture(studies.picture(replace(series, images=images)))


def action(menu: QMenu, words: str) -> QAction:
    (found,) = (action for action in menu.actions() if action.text().split("\t")[0] == words)
    return found


def test_cine_runs_round_the_series_until_it_is_stopped(qtbot: QtBot, view: ImageView) -> None:
    fast(view)
    asked = answer(view)
    qtbot.keyClick(view, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: len(asked) >= 4)
    assert asked[:4] == [1, 2, 0, 1]
    qtbot.keyClick(view, Qt.Key.Key_C)
    assert not view.cine.running


def test_cine_keeps_the_file_s_rate_or_its_own(view: ImageView) -> None:
    view.toggle_cine()
    assert view.cine.rate == DEFAULT_RATE
    view.toggle_cine()
    fast(view, 25)
    view.toggle_cine()
    assert view.cine.rate == 25
    assert view.picture is not None
    assert view.state is not None
    assert corner_texts(view.picture, view.state, 25).top_left.endswith("25 a second")


def test_cine_waits_for_a_slow_frame(qtbot: QtBot, view: ImageView) -> None:
    fast(view)
    asked: list[int] = []
    view.index_wanted.connect(asked.append)
    view.toggle_cine()
    qtbot.waitUntil(lambda: bool(asked))
    for _ in range(3):
        with qtbot.waitSignal(view.cine.due):
            pass
    assert asked == [1]


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Escape, Qt.Key.Key_End])
def test_the_reader_s_hand_stops_cine(qtbot: QtBot, view: ImageView, key: Qt.Key) -> None:
    view.toggle_cine()
    qtbot.keyClick(view, key)
    assert not view.cine.running


def test_cine_ends_with_its_series(view: ImageView) -> None:
    view.toggle_cine()
    view.show_message("Opening the image")
    assert not view.cine.running
    view.toggle_cine()
    assert not view.cine.running
    view.show_picture(studies.picture(studies.series(count=1)))
    view.toggle_cine()
    assert not view.cine.running


def test_a_right_click_asks_for_the_menu_and_a_right_drag_zooms(
    qtbot: QtBot, view: ImageView
) -> None:
    assert view.state is not None
    with qtbot.waitSignal(view.menu_wanted) as wanted:
        qtbot.mousePress(view, RIGHT, pos=QPoint(200, 200))
        qtbot.mouseMove(view, QPoint(201, 202))
        qtbot.mouseRelease(view, RIGHT, pos=QPoint(201, 202))
    assert wanted.args == [view.mapToGlobal(QPoint(201, 202))]
    assert view.state.zoom == 1
    with qtbot.assertNotEmitted(view.menu_wanted):
        qtbot.mousePress(view, RIGHT, pos=QPoint(200, 200))
        for y in (198, 150, 200):
            qtbot.mouseMove(view, QPoint(200, y))
        qtbot.mouseMove(view, QPoint(200, 160))
        qtbot.mouseRelease(view, RIGHT, pos=QPoint(200, 160))
    assert view.state.zoom > 1


def test_an_empty_view_has_no_menu(qtbot: QtBot, view: ImageView) -> None:
    view.show_message("This image cannot be read")
    with qtbot.assertNotEmitted(view.menu_wanted):
        qtbot.mouseClick(view, RIGHT)


def test_the_menu_does_what_the_keys_do(view: ImageView) -> None:
    menu = build_menu(view)
    action(menu, "Invert").trigger()
    action(menu, "Rotate right").trigger()
    assert view.state == replace(ViewState(studies.picture().window), invert=True, turns=1)
    action(menu, "Reset").trigger()
    assert view.state == ViewState(studies.picture().window)
    tools = action(menu, "Left button").menu()
    assert isinstance(tools, QMenu)
    assert [one.text() for one in tools.actions() if one.isChecked()] == ["Window\tW"]
    action(tools, "Length").trigger()
    assert view.tool is Tool.LENGTH
    action(menu, "Cine").trigger()
    assert view.cine.running
    action(build_menu(view), "Stop cine").trigger()
    assert not view.cine.running


def test_the_menu_offers_windows_of_ct_for_ct_only(view: ImageView) -> None:
    def names() -> list[str]:
        return [action.text().split("\t")[0] for action in build_menu(view).actions()]

    assert "Lung 1500/-600" not in names()
    view.show_picture(studies.picture(studies.series(modality="CT")))
    action(build_menu(view), "Lung 1500/-600").trigger()
    assert view.state is not None
    assert (view.state.window.center, view.state.window.width) == (-600, 1500)
    series = studies.series()
    colour = np.zeros((64, 64, 3), np.uint8)
    view.show_picture(picture_of(colour, series.images[0], series, 0))
    assert "Automatic window" not in names()
    assert "Cine" not in names()


def test_the_menu_of_a_mark(qtbot: QtBot, view: ImageView) -> None:
    assert view.picture is not None
    view.board.put(mark_of(Length((40, 60), (120, 60)), view.picture))
    qtbot.mouseClick(view, RIGHT, pos=QPoint(1 + 160, 2 + 120))
    assert view.selected_mark is not None
    menu = build_menu(view)
    with qtbot.waitSignal(view.quote_wanted):
        action(menu, "Insert into the report").trigger()
    action(menu, "Delete this").trigger()
    assert not view.board.marks
    qtbot.mouseClick(view, RIGHT, pos=QPoint(400, 400))
    assert not any("Delete" in one.text() for one in build_menu(view).actions())


def test_the_magnifier_enlarges_what_is_under_it(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series()
    values = np.zeros((256, 256), np.uint16)
    values[120:136, 120:136] = 4000
    view.show_picture(picture_of(values, series.images[0], series, 0))
    view.set_tool(Tool.MAGNIFY)

    def width() -> int:
        image = view.grab().toImage()
        return sum(image.pixelColor(x, 258).lightness() > 128 for x in range(160, 350))

    plain = width()
    qtbot.mousePress(view, LEFT, pos=QPoint(257, 258))
    assert width() == pytest.approx(2 * plain, abs=4)
    qtbot.mouseRelease(view, LEFT, pos=QPoint(257, 258))
    assert width() == plain


def wheel(widget: QWidget, keys: Qt.KeyboardModifier, *, sideways: bool = False) -> None:
    """Turn the wheel as the system does: unlike a sent event, it goes on to the parents."""
    handle = widget.window().windowHandle()
    place = QPointF(widget.mapTo(widget.window(), QPoint(50, 50)))
    turn = QPoint(-120, 0) if sideways else QPoint(0, -120)
    QTest.wheelEvent(handle, place, turn, QPoint(), keys)


@pytest.mark.parametrize("sideways", [False, True])
def test_alt_and_the_wheel_over_the_report_scroll_the_image(
    qtbot: QtBot, look: Look, sideways: bool
) -> None:
    panel = ReportPanel(look)
    window = MainWindow(look, panel, panel.notice_slot)
    qtbot.addWidget(window)
    activate(qtbot, window)
    study = studies.study(studies.series(count=3))
    window.show_study(study)
    window.show_picture(studies.picture(study.series[0]))
    with qtbot.waitSignal(window.frame_wanted) as wanted:
        wheel(panel.editor.viewport(), Qt.KeyboardModifier.AltModifier, sideways=sideways)
    assert wanted.args == [0, 1]
    with qtbot.assertNotEmitted(window.frame_wanted):
        wheel(panel.editor.viewport(), Qt.KeyboardModifier.NoModifier)
    assert panel.editor.hasFocus()


def test_the_rail_s_cine_button_tells_whether_it_runs(qtbot: QtBot, look: Look) -> None:
    panel = ReportPanel(look)
    window = MainWindow(look, panel, panel.notice_slot)
    qtbot.addWidget(window)
    activate(qtbot, window)
    study = studies.study(studies.series(1, count=3), studies.series(2))
    window.show_study(study)
    window.show_picture(studies.picture(study.series[0]))
    button = window.tool_rail.cine_button
    qtbot.mouseClick(button, LEFT)
    assert window.image_view.cine.running
    assert button.isChecked()
    window.show_series(1)
    assert not button.isChecked()
    window.show_picture(studies.picture(study.series[1]))
    qtbot.mouseClick(button, LEFT)
    assert not button.isChecked()


def test_all_tools_have_room_in_the_smallest_window(qtbot: QtBot, look: Look) -> None:
    panel = ReportPanel(look)
    window = MainWindow(look, panel, panel.notice_slot)
    qtbot.addWidget(window)
    window.resize(window.minimumSize())
    activate(qtbot, window)
    window.show_study(studies.study())
    rail = window.tool_rail
    assert window.height() <= 640
    boxes = [button.geometry() for button in rail.findChildren(QAbstractButton)]
    assert all(rail.rect().contains(box) for box in boxes)
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
