"""Several viewports: which is active, what moves together, what is remembered, what is cut."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QTextEdit
from pytestqt.qtbot import QtBot

from lacuna.study.geometry import Plane
from lacuna.study.model import Image, Series, Study
from lacuna.study.volume import Axis
from lacuna.ui.main_window import MainWindow
from lacuna.ui.theme import Look
from lacuna.ui.viewer.annotations import corner_texts
from lacuna.ui.viewer.hanging import Layout
from lacuna.ui.viewer.image_menu import build_menu
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.stack import Reformat
from lacuna.ui.viewer.viewer_state import CT_PRESETS, Tool
from lacuna.ui.viewer.viewports import SERIES_MIME
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

LEFT = Qt.MouseButton.LeftButton
KEY = Qt.Key
SIZE = 32


class AtHand:
    """Frames that are there at once: each is as bright as its place in the series."""

    budget = 1 << 30

    def peek(self, image: Image, frame: int = 0) -> NDArray[Any]:
        values = np.full((image.rows, image.columns), 10 * image.instance_number, np.int16)
        values[0, 0] = 4000
        return values

    def values(self, image: Image, frame: int = 0, given_up: object = None) -> NDArray[Any]:
        return self.peek(image, frame)

    def kept(self, key: Hashable) -> Any:
        return None

    def keep(self, key: Hashable, thing: object, size: int) -> None:
        pass


def stack(
    number: int = 1, count: int = 12, step: float = 3.0, start: float = 0.0, world: str = "1.9"
) -> Series:
    """Return axial CT slices ``step`` mm apart, the first at ``start``."""
    series = studies.series(number, count=count, modality="CT")
    images = tuple(
        replace(
            image,
            sop_instance_uid=f"1.{number}.{place}",
            rows=SIZE,
            columns=SIZE,
            view="",
            windows=(CT_PRESETS[2],),
            value_unit="HU",
            frame_of_reference=world,
            planes=(Plane((0.0, 0.0, start + step * place), (1.0, 0, 0), (0, 1.0, 0), (1.0, 1.0)),),
            pixel_spacing=(1.0, 1.0),
        )
        for place, image in enumerate(series.images)
    )
    return replace(series, description=f"Axial {number}", images=images)


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> MainWindow:
    window = MainWindow(look, QTextEdit())
    window.lightbox.frames = AtHand()
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    activate(qtbot, window)
    return window


def show(window: MainWindow, study: Study, *priors: Study) -> tuple[ImageView, ...]:
    window.show_study(study, priors)
    QApplication.processEvents()
    return window.viewports.views()


def shown(view: ImageView) -> Picture:
    assert view.picture is not None
    return view.picture


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, *held: Qt.KeyboardModifier) -> None:
    modifiers = Qt.KeyboardModifier.NoModifier
    for one in held:
        modifiers |= one
    qtbot.keyClick(window.image_view, key, modifiers)


def test_a_key_shows_more_viewports_with_the_series_not_yet_on_show(
    qtbot: QtBot, window: MainWindow
) -> None:
    series = [studies.series(n, view) for n, view in enumerate(("PA", "Lateral", "Oblique"), 1)]
    show(window, studies.study(*series))
    assert window.viewports.arrangement is Layout.ONE
    press(qtbot, window, KEY.Key_G)
    assert window.viewports.arrangement is Layout.TWO
    press(qtbot, window, KEY.Key_G)
    press(qtbot, window, KEY.Key_G)
    views = window.viewports.views()
    assert [shown(view).series.number for view in views] == [1, 2, 3]
    QApplication.processEvents()
    assert len({view.x() for view in views}) == 3
    for _ in range(5):
        press(qtbot, window, KEY.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert window.viewports.arrangement is Layout.ONE
    assert shown(window.image_view).series.number == 1


def test_a_click_and_the_arrow_keys_choose_the_viewport_that_is_meant(
    qtbot: QtBot, window: MainWindow
) -> None:
    show(window, studies.study())
    window.lightbox.set_layout(Layout.TWO)
    first, second = window.viewports.views()
    qtbot.mouseClick(second, LEFT)
    assert window.image_view is second
    assert window.series_strip.thumbnails()[1].isChecked()
    press(qtbot, window, KEY.Key_I)
    assert second.state is not None
    assert first.state is not None
    assert (first.state.invert, second.state.invert) == (False, True)
    press(qtbot, window, KEY.Key_Right)
    assert window.image_view is first
    press(qtbot, window, KEY.Key_Left)
    assert window.image_view is second


def test_six_viewports_leave_the_report_whole_in_the_least_window(
    qtbot: QtBot, window: MainWindow
) -> None:
    show(window, studies.study(stack(1), stack(2)))
    window.lightbox.set_layout(Layout.SIX)
    window.resize(window.minimumSize())
    report = window.findChildren(QTextEdit)[0]

    def whole() -> None:
        assert report.mapTo(window, report.rect().bottomRight()).x() < window.minimumWidth()
        assert window.report_width == 480

    qtbot.waitUntil(whole)


def test_a_tool_is_every_viewport_s(qtbot: QtBot, window: MainWindow) -> None:
    show(window, studies.study())
    window.lightbox.set_layout(Layout.TWO)
    qtbot.keyClick(window.viewports.views()[1], KEY.Key_D)
    assert {view.tool for view in window.viewports.views()} == {Tool.LENGTH}
    assert window.tool_rail.tool_button(Tool.LENGTH).isChecked()
    qtbot.keyClick(window.image_view, KEY.Key_B)
    assert not window.tool_rail.tool_button(Tool.LENGTH).isChecked()
    window.lightbox.set_layout(Layout.FOUR)
    assert {view.tool for view in window.viewports.views()} == {Tool.BIDIRECTIONAL}


def test_a_thumbnail_dragged_into_a_viewport_is_shown_there(window: MainWindow) -> None:
    show(window, studies.study())
    window.lightbox.set_layout(Layout.TWO)
    QApplication.processEvents()
    first, second = window.viewports.views()
    data = QMimeData()
    data.setData(SERIES_MIME, b"1")
    place = QPointF(first.geometry().center())
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place.toPoint(), Qt.DropAction.CopyAction, data, LEFT, none)
    QApplication.sendEvent(window.viewports, enter)
    drop = QDropEvent(place, Qt.DropAction.CopyAction, data, LEFT, none)
    QApplication.sendEvent(window.viewports, drop)
    assert shown(first).series.number == 2
    assert window.image_view is first
    assert shown(second).series.number == 2


def test_viewports_scroll_together_by_position(qtbot: QtBot, window: MainWindow) -> None:
    study = studies.study(stack(1, 12, 3.0), stack(2, 7, 6.0, 3.0))
    first, second, *_ = show(window, study)
    first.go_to(9)  # at 27 mm
    assert shown(second).index == 4
    assert first.extras.linked
    assert "synced" not in corner_texts(shown(first), first.state).bottom_right  # type: ignore[arg-type]
    window.viewports.activate(second)
    second.go_to(0)
    assert shown(first).index == 1
    press(qtbot, window, KEY.Key_S)
    second.go_to(6)
    assert shown(first).index == 1


def test_whether_viewports_scroll_together_is_seen_and_kept_for_the_next_study(
    qtbot: QtBot, window: MainWindow
) -> None:
    def ticked(words: str) -> bool:
        actions = build_menu(window.image_view, window.lightbox).actions()
        (found,) = (one for one in actions if one.text().split("\t")[0] == words)
        assert found.isCheckable()
        return found.isChecked()

    study = studies.study(stack(1, 12, 3.0), stack(2, 7, 6.0, 3.0))
    show(window, study)
    assert ticked("Scroll together")
    press(qtbot, window, KEY.Key_S)
    assert not ticked("Scroll together")
    assert ticked("Reference lines")
    show(window, studies.study(stack(3)))
    first, second, *_ = show(window, study)
    first.go_to(9)
    assert shown(second).index == 0
    assert not ticked("Scroll together")
    press(qtbot, window, KEY.Key_S)
    assert ticked("Scroll together")


def test_a_prior_keeps_its_distance(window: MainWindow) -> None:
    now = studies.study(stack(1))
    then = studies.study(stack(5, start=500.0, world="1.7"))
    views = show(window, now, then)
    assert shown(views[3]).prior
    views[0].go_to(5)
    assert shown(views[3]).index == 5


def test_a_prior_is_brought_into_line_unlinked_and_scrolls_along_from_there(
    qtbot: QtBot, window: MainWindow
) -> None:
    views = show(window, studies.study(stack(1)), studies.study(stack(5, start=500.0, world="1.7")))
    now, prior = views[0], views[3]
    now.go_to(2)
    press(qtbot, window, KEY.Key_S)
    window.viewports.activate(prior)
    prior.go_to(6)
    assert shown(now).index == 2
    press(qtbot, window, KEY.Key_S)
    window.viewports.activate(now)
    now.go_to(5)
    assert shown(prior).index == 9


def test_the_line_of_the_active_image_is_drawn_on_images_across_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    first, second, coronal, sagittal = show(window, studies.study(stack(1)))
    assert not first.extras.lines
    assert not second.extras.lines
    first.go_to(0)
    ((start, end),) = coronal.extras.lines
    assert start[1] == end[1] == pytest.approx(11.5)  # the lowest slice: the last row
    first.go_to(11)
    assert coronal.extras.lines[0][0][1] == pytest.approx(0.5)
    window.viewports.activate(coronal)
    assert first.extras.lines
    assert sagittal.extras.lines
    press(qtbot, window, KEY.Key_X)
    assert not first.extras.lines


def test_cuts_show_the_volume_from_three_sides(qtbot: QtBot, window: MainWindow) -> None:
    show(window, studies.study(stack(1)))
    window.lightbox.set_layout(Layout.ONE)
    press(qtbot, window, KEY.Key_M)
    views = window.viewports.views()
    found = [window.viewports.stack_of(view) for view in views]
    assert [one.axis for one in found if one is not None] == [None, *Axis]
    coronal = shown(views[2])
    assert coronal.values.shape == (12, SIZE)
    assert coronal.values[:, 5].tolist() == [10 * n for n in range(12, 0, -1)]
    assert coronal.image.sides == ("L", "F")
    assert coronal.aspect == pytest.approx(3.0)
    assert shown(views[3]).image.sides == ("P", "F")


def test_a_slab_says_what_it_really_is(qtbot: QtBot, window: MainWindow) -> None:
    view, *_ = show(window, studies.study(stack(1)))
    view.go_to(5)
    press(qtbot, window, KEY.Key_M, Qt.KeyboardModifier.ShiftModifier)
    cut = window.viewports.stack_of(view)
    assert isinstance(cut, Reformat)
    assert shown(view).name == "Axial   mean 6 mm"
    assert shown(view).index == 5
    press(qtbot, window, KEY.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert shown(view).name == "Axial   MIP 9 mm"
    assert shown(view).values[5, 5] == 70  # the highest of three slices about the sixth


def test_slices_that_make_no_volume_are_not_cut(qtbot: QtBot, window: MainWindow) -> None:
    show(window, studies.study())
    with qtbot.waitSignal(window.lightbox.hint):
        press(qtbot, window, KEY.Key_M)
    assert window.viewports.arrangement is Layout.ONE


def test_a_series_comes_back_through_the_window_it_was_left_in(
    qtbot: QtBot, window: MainWindow
) -> None:
    show(window, studies.study(studies.series(1, count=3), studies.series(2, "Lateral")))
    window.image_view.set_window(CT_PRESETS[4])
    window.show_series(1)
    assert window.image_view.state is not None
    assert window.image_view.state.window != CT_PRESETS[4]
    window.show_series(0)
    assert window.image_view.state is not None
    assert window.image_view.state.window == CT_PRESETS[4]


def test_a_double_click_gives_one_viewport_all_the_room(qtbot: QtBot, window: MainWindow) -> None:
    views = show(window, studies.study(stack(1)))
    width = views[1].width()
    qtbot.mouseDClick(views[1], LEFT)
    QApplication.processEvents()
    assert views[1].width() > 1.8 * width
    assert not views[0].isVisible()
    qtbot.mouseDClick(views[1], LEFT)
    QApplication.processEvents()
    assert views[0].isVisible()
    assert views[1].width() == pytest.approx(width, abs=2)


def test_corner_texts_can_be_put_away(qtbot: QtBot, window: MainWindow) -> None:
    show(window, studies.study())
    before = window.image_view.grab().toImage().copy(5, 5, 300, 30)
    press(qtbot, window, KEY.Key_T, Qt.KeyboardModifier.ShiftModifier)
    QApplication.processEvents()
    assert window.image_view.grab().toImage().copy(5, 5, 300, 30) != before


def test_a_study_that_grows_stays_where_the_reader_is(window: MainWindow) -> None:
    whole = stack(1, count=6)
    part = replace(whole, images=whole.images[2:4])
    show(window, studies.study(part))
    window.image_view.go_to(1)
    name = shown(window.image_view).image.sop_instance_uid
    window.update_study(studies.study(whole), last=False)
    assert shown(window.image_view).image.sop_instance_uid == name
    assert (shown(window.image_view).index, shown(window.image_view).count) == (3, 6)
    assert window.series_strip.entries()[0].badge == "6"


def test_a_study_is_hung_by_its_whole_once_it_is_read(window: MainWindow) -> None:
    whole = stack(1)
    show(window, studies.study(replace(whole, images=whole.images[:1])))
    assert window.viewports.arrangement is Layout.ONE
    window.update_study(studies.study(whole), last=True)
    assert window.viewports.arrangement is Layout.FOUR


def test_what_the_reader_hung_is_left_alone(qtbot: QtBot, window: MainWindow) -> None:
    whole = stack(1)
    show(window, studies.study(replace(whole, images=whole.images[:1])))
    press(qtbot, window, KEY.Key_G)
    window.update_study(studies.study(whole), last=True)
    assert window.viewports.arrangement is Layout.TWO


def test_the_prior_can_be_hung_beside_the_study(qtbot: QtBot, window: MainWindow) -> None:
    prior = studies.study(studies.series(7, "PA"))
    show(window, studies.study(studies.series(1, modality="US")), prior)
    with qtbot.waitSignal(window.lightbox.frame_wanted):
        press(qtbot, window, KEY.Key_O)
        window.show_series(0)
    assert shown(window.viewports.views()[1]).series.number == 7
    headings = [entry.heading for entry in window.series_strip.entries()]
    assert headings == ["This study", "Prior, 20 Nov"]


def test_a_volume_without_room_in_memory_is_not_cut(qtbot: QtBot, window: MainWindow) -> None:
    window.lightbox.frames.budget = 10  # type: ignore[misc]
    views = show(window, studies.study(stack(1)))
    assert [window.viewports.stack_of(view).axis for view in views] == [None] * 4  # type: ignore[union-attr]
    with qtbot.waitSignal(window.lightbox.hint) as told:
        press(qtbot, window, KEY.Key_M)
    assert "larger than the memory" in told.args[0]


def test_a_prior_without_images_is_not_compared_with(qtbot: QtBot, window: MainWindow) -> None:
    show(window, studies.study(), replace(studies.study(), series=()))
    with qtbot.waitSignal(window.lightbox.hint):
        press(qtbot, window, KEY.Key_O)
    assert window.viewports.arrangement is Layout.ONE


def test_mammograms_stand_back_to_back_until_they_are_moved(
    qtbot: QtBot, window: MainWindow
) -> None:
    def breast(number: int, side: str, code: str) -> Series:
        series = studies.series(number, code, modality="MG")
        way = ("P", "L") if side == "R" else ("A", "R")
        image = replace(series.images[0], laterality=side, position_code=code, sides=way)
        return replace(series, images=(replace(image, columns=SIZE // 2, rows=SIZE),))

    pairs = [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")]
    views = show(window, studies.study(*(breast(n, *one) for n, one in enumerate(pairs, 1))))
    edges = []
    for view in views:
        sheet = view.sheet()
        assert sheet is not None
        edges.append((sheet.view_point((0, 0)).x(), sheet.view_point((SIZE / 2, 0)).x()))
    for number, view in enumerate(views):
        left, right = edges[number]
        assert (view.width() - right if number % 2 == 0 else left) == pytest.approx(1, abs=1)
    view = views[0]
    qtbot.mousePress(view, Qt.MouseButton.MiddleButton, pos=view.rect().center())
    qtbot.mouseMove(view, view.rect().center() - QPoint(40, 0))
    qtbot.mouseRelease(view, Qt.MouseButton.MiddleButton)
    assert view.state is not None
    moved = view.state.pan
    window.resize(1500, 900)
    QApplication.processEvents()
    assert view.state.pan == moved
    qtbot.keyClick(view, KEY.Key_Space)
    sheet = view.sheet()
    assert sheet is not None
    assert sheet.view_point((SIZE / 2, 0)).x() == pytest.approx(view.width() - 1, abs=1)


def test_a_late_frame_does_not_take_the_reader_back(window: MainWindow) -> None:
    view = show(window, studies.study(stack()))[0]
    held = window.viewports.stack_of(view)
    assert held is not None
    late = held.peek(9)
    assert late is not None
    view.go_to(2)
    window.viewports.deliver(view, held, late)
    assert shown(view).index == view.index == 2
