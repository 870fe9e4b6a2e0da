"""The viewport under mouse and keys, and what it paints."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lacuna.study.model import Window
from lacuna.ui.theme import Look
from lacuna.ui.viewer.annotations import corner_texts
from lacuna.ui.viewer.image_painter import to_qimage
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.picture import Picture, frame_at, frame_count, picture_of
from lacuna.ui.viewer.viewer_state import Act, Tool, ViewState, apply_act
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> ImageView:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(512, 512)
    activate(qtbot, view)
    view.show_picture(studies.picture())
    return view


def state(view: ImageView) -> ViewState:
    assert view.state is not None
    return view.state


def shown(view: ImageView) -> Picture:
    assert view.picture is not None
    return view.picture


def drag(qtbot: QtBot, view: ImageView, button: Qt.MouseButton, dx: int, dy: int) -> None:
    start = QPoint(250, 250)
    qtbot.mousePress(view, button, pos=start)
    qtbot.mouseMove(view, start + QPoint(dx, dy))
    qtbot.mouseRelease(view, button, pos=start + QPoint(dx, dy))


def turn_wheel(view: ImageView, notches: int, *, ctrl: bool = False) -> None:
    keys = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        view,
        QWheelEvent(
            QPointF(300, 200),
            QPointF(300, 200),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def brightness(view: ImageView, x: int, y: int) -> int:
    return view.grab().toImage().pixelColor(x, y).lightness()


def test_a_picture_opens_fitted_through_its_own_window(view: ImageView) -> None:
    assert state(view) == ViewState(shown(view).window)
    assert brightness(view, 40, 300) < brightness(view, 470, 300)


def test_left_drag_changes_the_window(qtbot: QtBot, view: ImageView) -> None:
    before = state(view).window
    with qtbot.waitSignal(view.window_changed):
        drag(qtbot, view, LEFT, 80, 0)
    assert state(view).window.width > before.width
    light = brightness(view, 250, 380)
    drag(qtbot, view, LEFT, 0, 120)
    assert state(view).window.center > before.center
    assert brightness(view, 250, 380) < light


def test_right_drag_zooms_and_middle_drag_pans(qtbot: QtBot, view: ImageView) -> None:
    drag(qtbot, view, RIGHT, 0, -60)
    assert state(view).zoom > 1
    drag(qtbot, view, MIDDLE, 30, 12)
    assert state(view).pan == (30, 12)
    assert state(view).window == shown(view).window


def test_the_chosen_tool_is_what_the_left_button_does(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.PAN)
    drag(qtbot, view, LEFT, 30, 12)
    assert state(view).pan == (30, 12)


def test_the_wheel_scrolls_and_with_ctrl_zooms(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series(count=5)
    view.show_picture(studies.picture(series))
    with qtbot.waitSignal(view.index_wanted) as wanted:
        turn_wheel(view, -1)
    assert wanted.args == [1]
    with qtbot.assertNotEmitted(view.index_wanted):
        turn_wheel(view, 2, ctrl=True)
    assert state(view).zoom > 1


def test_scrolling_does_not_wait_for_the_picture(qtbot: QtBot, view: ImageView) -> None:
    view.show_picture(studies.picture(studies.series(count=9)))
    asked: list[int] = []
    view.index_wanted.connect(asked.append)
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_End)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert asked == [1, 2, 3, 8, 0, 8]


def test_page_keys_ask_for_another_series(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.waitSignal(view.series_wanted) as wanted:
        qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert wanted.args == [1]
    with qtbot.waitSignal(view.series_wanted) as wanted:
        qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert wanted.args == [-1]


def test_the_view_of_a_series_stays_from_image_to_image(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series(count=2)
    view.show_picture(studies.picture(series, 0))
    drag(qtbot, view, RIGHT, 0, -60)
    seen = state(view)
    view.show_picture(studies.picture(series, 1))
    assert state(view) == seen
    view.show_picture(studies.picture(studies.series(2)))
    assert state(view).zoom == 1


def test_digits_set_windows_of_ct_only_where_they_mean_something(
    qtbot: QtBot, view: ImageView
) -> None:
    qtbot.keyClick(view, Qt.Key.Key_3)
    assert state(view).window == shown(view).window
    view.show_picture(studies.picture(studies.series(modality="CT")))
    qtbot.keyClick(view, Qt.Key.Key_3)
    assert (state(view).window.center, state(view).window.width) == (-600, 1500)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert state(view).window == shown(view).auto
    qtbot.keyClick(view, Qt.Key.Key_1)
    assert state(view).window == shown(view).window


def test_invert_and_reset(qtbot: QtBot, view: ImageView) -> None:
    dark = brightness(view, 40, 300)
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert brightness(view, 40, 300) > dark + 100
    drag(qtbot, view, RIGHT, 0, -60)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert state(view) == ViewState(shown(view).window)


def test_a_flip_swaps_the_sides(view: ImageView) -> None:
    left, right = brightness(view, 40, 400), brightness(view, 470, 400)
    view.act(Act.FLIP_HORIZONTAL)
    assert brightness(view, 40, 400) == pytest.approx(right, abs=12)
    assert brightness(view, 470, 400) == pytest.approx(left, abs=12)


def test_low_values_of_monochrome1_are_bright(view: ImageView) -> None:
    picture = studies.picture()
    negative = replace(picture, image=replace(picture.image, photometric="MONOCHROME1"))
    view.show_picture(negative)
    assert brightness(view, 40, 300) > brightness(view, 470, 300)


def test_a_colour_picture_has_no_window(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series()
    values = np.zeros((64, 64, 3), np.uint8)
    values[:, :, 0] = 200
    view.show_picture(picture_of(values, series.images[0], series, 0))
    before = state(view)
    drag(qtbot, view, LEFT, 50, 50)
    assert state(view) == before
    assert "W " not in corner_texts(shown(view), before).bottom_left
    assert view.grab().toImage().pixelColor(250, 250).red() == 200


def test_pixels_that_are_not_square_are_shown_in_true_proportion(view: ImageView) -> None:
    series = studies.series()
    image = replace(series.images[0], pixel_spacing=(0.5, 1.0))
    values = np.full((100, 100), 4000, np.uint16)
    view.show_picture(picture_of(values, image, series, 0))
    assert brightness(view, 256, 100) == 0
    assert brightness(view, 256, 256) > 200


def test_the_corners_say_what_is_seen() -> None:
    picture = studies.picture(studies.series(4, count=12), index=2)
    corners = corner_texts(picture, ViewState(Window(1200, 2500)))
    assert corners.top_left == "PA   se 4  im 3/12"
    assert corners.top_right == "20 Nov 2026"
    assert corners.bottom_left == "W 2500  L 1200   lossless"
    assert corners.bottom_right == "Fit   0.14 mm/px"
    zoomed = corner_texts(picture, ViewState(Window(0.5, 1), zoom=1.5))
    assert zoomed.bottom_right.startswith("150 %")
    assert zoomed.bottom_left.startswith("W 1.00  L 0.50")


def test_it_is_said_that_a_picture_is_mirrored_which_without_letters_nothing_else_tells() -> None:
    picture, state = studies.picture(), ViewState(Window(1200, 2500))
    seen = []
    for act in (Act.FLIP_HORIZONTAL, Act.ROTATE_LEFT, Act.FLIP_VERTICAL):
        state = apply_act(state, act, picture.window)
        seen.append("mirrored" in corner_texts(picture, state).bottom_left)
    assert seen == [True, True, False]  # flipped twice it is only turned


def test_lossy_and_missing_spacing_are_said_or_left_out() -> None:
    picture = studies.picture()
    image = replace(picture.image, lossy=True, pixel_spacing=None)
    corners = corner_texts(replace(picture, image=image), ViewState(picture.window))
    assert corners.bottom_left.endswith("   lossy")
    assert corners.bottom_right == "Fit"
    flat = replace(picture.image, at_detector=True)
    corners = corner_texts(replace(picture, image=flat), ViewState(picture.window))
    assert corners.bottom_right == "Fit   0.14 mm/px at the detector"


def test_a_side_is_only_lettered_where_the_file_names_it(view: ImageView) -> None:
    def left_edge() -> QImage:
        return view.grab().toImage().copy(10, 236, 30, 40)

    lettered = left_edge()
    picture = shown(view)
    view.show_picture(replace(picture, image=replace(picture.image, sides=None)))
    assert left_edge() != lettered


def test_no_image_is_left_when_there_is_a_message(view: ImageView) -> None:
    view.show_message("This image cannot be read")
    assert view.picture is None
    image = view.grab().toImage()
    assert image.pixelColor(100, 400).lightness() == 0
    inner = image.copy(100, 240, 312, 32)
    assert any(inner.pixelColor(x, y).lightness() > 150 for x in range(312) for y in range(32))


def test_keys_that_mean_nothing_here_go_on_to_the_window(qtbot: QtBot, view: ImageView) -> None:
    before = state(view)
    for key in (Qt.Key.Key_Q, Qt.Key.Key_9, Qt.Key.Key_Escape):
        qtbot.keyClick(view, key)
    qtbot.keyClick(view, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert state(view) == before


def test_an_empty_view_takes_every_key_and_drag(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    activate(qtbot, view)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_I, Qt.Key.Key_3, Qt.Key.Key_Space):
        qtbot.keyClick(view, key)
    drag(qtbot, view, LEFT, 50, 50)
    turn_wheel(view, 3)
    turn_wheel(view, 3, ctrl=True)
    assert view.picture is None


def test_a_double_click_asks_for_the_whole_width(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.waitSignal(view.maximise_wanted):
        qtbot.mouseDClick(view, LEFT)


def test_a_drag_at_full_size_is_quick(qtbot: QtBot, view: ImageView) -> None:
    """One frame at 60 Hz is 16 ms; a slow test machine gets four, of its processor's time."""
    series = studies.series()
    rng = np.random.default_rng(1)
    values = rng.integers(0, 4096, (1024, 1024), dtype=np.uint16)
    view.resize(800, 900)
    view.show_picture(picture_of(values, series.images[0], series, 0))
    canvas = QImage(view.size(), QImage.Format.Format_RGB32)
    qtbot.mousePress(view, LEFT, pos=QPoint(200, 200))
    times = []
    for step in range(12):
        start = time.thread_time()
        qtbot.mouseMove(view, QPoint(200 + step, 220))
        view.render(canvas)
        times.append(time.thread_time() - start)
    qtbot.mouseRelease(view, LEFT)
    assert min(times) < 0.064


def test_an_image_of_its_own_outlives_its_pixels() -> None:
    pixels = np.full((3, 5), 200, np.uint8)
    image = to_qimage(pixels)
    pixels[:] = 0
    assert (image.width(), image.height(), image.pixelColor(4, 2).red()) == (5, 3, 200)


def test_frames_are_counted_over_all_images_of_a_series() -> None:
    one, two = studies.image(number=1), studies.image(number=2)
    series = replace(studies.series(), images=(replace(one, frames=3), two))
    assert frame_count(series) == 4
    assert frame_at(series, 2) == (series.images[0], 2)
    assert frame_at(series, 3) == (two, 0)
    with pytest.raises(IndexError):
        frame_at(series, 4)


def test_no_picture_is_ever_shown_in_place_of_another(qtbot: QtBot, view: ImageView) -> None:
    """A freed picture's address goes to the next one: what was painted must not go with it."""
    of = studies.series()
    for brightness in (3000, 200) * 20:
        view.show_message("Opening the image")
        values = np.full((64, 64), brightness, dtype=np.uint16)
        values[0, 0], values[0, 1] = 0, 4095
        view.show_picture(picture_of(values, of.images[0], of, 0))
        grey = view.grab().toImage().pixelColor(view.width() // 2, view.height() // 2).red()
        assert (grey > 128) == (brightness > 2048)
