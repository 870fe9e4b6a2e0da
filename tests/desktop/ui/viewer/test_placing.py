"""True size, one pixel to one of the screen's, and how long they hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QTextEdit
from pytestqt.qtbot import QtBot

from lacuna.errors import UserFacingError
from lacuna.settings import Settings, load_settings, save_settings
from lacuna.study.softcopy import DisplayedArea, PresentationState
from lacuna.ui.main_window import MainWindow
from lacuna.ui.theme import Look
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.margins import margins_of
from lacuna.ui.viewer.placing import (
    NO_MILLIMETRES,
    NO_SCREEN,
    Screen,
    Size,
    screen_of,
    true_size_words,
)
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

DPI = 101.6  # four view pixels a millimetre


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> ImageView:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.screen_dpi = DPI
    view.resize(512, 512)
    activate(qtbot, view)
    view.show_picture(studies.picture())
    return view


def pixel(view: ImageView) -> float:
    """Return how wide one of the image's pixels is in the view."""
    sheet = view.sheet()
    assert sheet is not None
    return sheet.view_point((1, 0)).x() - sheet.view_point((0, 0)).x()


def test_a_true_size_holds_until_the_reader_zooms(qtbot: QtBot, view: ImageView) -> None:
    words = view.hold_size(Size.TRUE)
    assert words == "True size, by 102 dots an inch, as set in the settings."
    assert pixel(view) == pytest.approx(0.14 * DPI / 25.4)
    view.resize(700, 400)
    QApplication.processEvents()
    qtbot.mousePress(view, Qt.MouseButton.MiddleButton, pos=QPoint(200, 200))
    qtbot.mouseMove(view, QPoint(230, 210))
    qtbot.mouseRelease(view, Qt.MouseButton.MiddleButton, pos=QPoint(230, 210))
    assert pixel(view) == pytest.approx(0.14 * DPI / 25.4)  # it was only moved
    assert view.held_size is Size.TRUE
    view.zoom(1.0)
    assert view.held_size is None


def test_a_true_size_is_kept_on_another_screen(view: ImageView) -> None:
    view.hold_size(Size.TRUE)
    view.screen_dpi = 2 * DPI
    QApplication.sendEvent(view, QEvent(QEvent.Type.ScreenChangeInternal))
    assert pixel(view) == pytest.approx(0.14 * 2 * DPI / 25.4)


def test_one_to_one_is_one_pixel_of_the_screen(qtbot: QtBot, view: ImageView) -> None:
    assert view.hold_size(Size.ONE_TO_ONE) == ""
    assert pixel(view) == pytest.approx(1 / view.devicePixelRatioF())
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert pixel(view) == pytest.approx(509 / 256)  # fitted again


def test_the_corner_says_that_a_size_is_held(look: Look, view: ImageView) -> None:
    view.hold_size(Size.TRUE)
    sheet, state = view.sheet(), view.state
    assert sheet is not None
    assert state is not None
    held = view.held_size or ""
    found = margins_of(look, view.rect().toRectF(), sheet, state, view.extras, size=held)
    assert any(one.text.startswith("true size   ") for one in found.written)


def test_how_true_a_true_size_is_is_said() -> None:
    picture = studies.picture()
    told = screen_of(94.2, None, 1.0)
    assert "94 dots an inch, as the screen says of itself. A ruler" in true_size_words(
        picture, told
    )
    assert true_size_words(picture, screen_of(0.0, None, 1.0)) == NO_SCREEN
    assert screen_of(float("inf"), None, 1.0).pitch is None
    blind = replace(picture, image=replace(picture.image, pixel_spacing=None))
    assert true_size_words(blind, told) == NO_MILLIMETRES
    flat = replace(picture, image=replace(picture.image, at_detector=True))
    assert "at the detector" in true_size_words(flat, Screen(96.0))


def test_without_millimetres_nothing_changes(view: ImageView) -> None:
    picture = studies.picture()
    view.show_picture(replace(picture, image=replace(picture.image, pixel_spacing=None)))
    before = pixel(view)
    assert view.hold_size(Size.TRUE) == NO_MILLIMETRES
    assert pixel(view) == before
    assert view.held_size is None


def test_a_presentation_state_is_shown_at_its_true_size(view: ImageView) -> None:
    area = DisplayedArea((), (33, 17), (96, 48), "TRUE SIZE", spacing=(0.2, 0.2))
    view.present(PresentationState("1.9", "LABEL", "", "", "", (), areas=(area,)))
    assert pixel(view) == pytest.approx(0.2 * DPI / 25.4)
    assert view.held_size is Size.TRUE
    sheet = view.sheet()
    assert sheet is not None
    middle = sheet.view_point((64, 32))
    assert (middle.x(), middle.y()) == pytest.approx((256, 256.5), abs=1)
    view.present(None)
    assert view.held_size is None


def test_the_screen_s_dots_come_from_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    save_settings(Settings(screen_dpi=109.5), path)
    assert load_settings(path).screen_dpi == 109.5
    for wrong in (5, 5000, True, "fine"):
        with pytest.raises(UserFacingError, match="screen_dpi"):
            Settings(screen_dpi=wrong)  # type: ignore[arg-type]


def test_what_was_said_of_one_study_goes_with_it(qtbot: QtBot, look: Look) -> None:
    window = MainWindow(look, QTextEdit())
    qtbot.addWidget(window)
    window.show_study(studies.study(studies.series()))
    window.lightbox.hint.emit("True size, by 96 dots an inch.")
    assert [one.title for one in window.notices.notices()] == ["True size, by 96 dots an inch."]
    window.show_study(studies.study(studies.series(2)))
    assert window.notices.notices() == ()
