"""Buttons and the wheel: what is bound, what may be changed, what is refused, what then happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from lacuna.errors import UserFacingError
from lacuna.settings import Settings, load_settings, save_settings
from lacuna.study.measure import Length
from lacuna.ui.theme import Look
from lacuna.ui.viewer.bindings import Bindings, bindings_from
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.keys_dialog import NO_KEY, PRESS_BUTTON, KeysDialog
from lacuna.ui.viewer.mouse import WORDS, MouseAct
from lacuna.ui.viewer.viewer_state import Tool, ViewState
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> ImageView:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(512, 512)
    activate(qtbot, view)
    view.show_picture(studies.picture(studies.series(count=40)))
    return view


def state(view: ImageView) -> ViewState:
    assert view.state is not None
    return view.state


def drag(
    qtbot: QtBot,
    view: ImageView,
    button: Qt.MouseButton,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    start, end = QPoint(200, 200), QPoint(240, 260)
    qtbot.mousePress(view, button, keys, start)
    qtbot.mouseMove(view, end)
    qtbot.mouseRelease(view, button, keys, end)


def turn(view: ImageView, keys: Qt.KeyboardModifier) -> None:
    at, none = QPointF(200, 200), Qt.MouseButton.NoButton
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, -120), none, keys, phase, False)
    QApplication.sendEvent(view, event)


def test_pan_and_zoom_change_buttons(qtbot: QtBot, view: ImageView) -> None:
    swapped = bindings_from({"mouse-pan": "Right", "mouse-zoom": "Middle"})
    view.bindings = swapped
    drag(qtbot, view, RIGHT)
    assert state(view).pan == (40, 60)
    assert state(view).zoom == 1.0
    drag(qtbot, view, MIDDLE)
    assert state(view).zoom != 1.0


def test_a_button_with_a_key_held_may_mean_something_else(qtbot: QtBot, view: ImageView) -> None:
    window, held = state(view).window, Bindings().with_input(MouseAct.PAN, "Ctrl+Left")
    view.bindings = held
    drag(qtbot, view, LEFT, CONTROL)
    assert state(view).pan == (40, 60)
    assert state(view).window == window
    drag(qtbot, view, LEFT, Qt.KeyboardModifier.ShiftModifier)  # means nothing: as without it
    assert state(view).window != window


def test_a_drag_scrolls(qtbot: QtBot, view: ImageView) -> None:
    view.bindings = Bindings().with_input(MouseAct.SCROLL, "Shift+Left")
    asked: list[int] = []
    view.index_wanted.connect(asked.append)
    drag(qtbot, view, LEFT, Qt.KeyboardModifier.ShiftModifier)
    assert asked == [7]  # 60 pixels, a frame every eight
    assert state(view) == ViewState(state(view).window)


def test_the_wheel_zooms_and_scrolls_as_it_is_bound(view: ImageView) -> None:
    turned = bindings_from({"wheel-zoom": "Wheel", "wheel-scroll": "Ctrl+Wheel"})
    view.bindings = turned.with_input(MouseAct.WHEEL_FAR, "Shift+Wheel")
    asked: list[int] = []
    view.index_wanted.connect(asked.append)
    turn(view, Qt.KeyboardModifier.NoModifier)
    assert state(view).zoom < 1.0
    turn(view, CONTROL)
    turn(view, Qt.KeyboardModifier.ShiftModifier)
    assert asked == [1, 11]


def test_another_button_draws_and_another_one_asks_for_the_menu(
    qtbot: QtBot, view: ImageView
) -> None:
    view.bindings = bindings_from(
        {"mouse-tool": "Right", "mouse-menu": "Left", "mouse-zoom": "Left"}
    )
    asked: list[QPoint] = []
    view.menu_wanted.connect(asked.append)
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, RIGHT)
    assert [type(mark.shape) for mark in view.board.marks] == [Length]
    assert asked == []
    qtbot.mouseClick(view, LEFT, pos=QPoint(60, 400))
    assert len(asked) == 1
    assert len(view.board.marks) == 1


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (
            {"mouse-pan": "Right"},
            "two things: Pan by dragging, and Zoom by dragging",
        ),
        ({"mouse-menu": "Left"}, "Left would mean two things"),
        ({"wheel-zoom": "Wheel"}, "Wheel would mean two things"),
        ({"mouse-pan": "Wheel"}, "Wheel cannot do this: Pan by dragging"),
        ({"wheel-zoom": "Left"}, "Left cannot do this: Zoom by turning"),
        ({"mouse-pan": "Nose"}, "Nose is no button of a mouse"),
        ({"mouse-pan": "Shift+Ctrl+Left"}, r"Shift\+Ctrl\+Left is no button"),
        ({"mouse-tool": ""}, "The chosen tool needs a button"),
        ({"mouse-sing": "Left"}, "mouse-sing"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(stored: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserFacingError, match=sentence):
        bindings_from(stored)


def test_buttons_and_keys_come_back_from_one_table_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    own = {"invert": "J", "mouse-pan": "Right", "mouse-zoom": ""}
    save_settings(Settings(keys=own), path)
    bindings = bindings_from(load_settings(path).keys)
    assert bindings.mouse.input(MouseAct.PAN) == "Right"
    assert bindings.stored() == own
    assert bindings.with_input(MouseAct.PAN, "Middle").stored() == {"invert": "J", "mouse-zoom": ""}


def test_a_button_is_changed_by_pressing_it(qtbot: QtBot, look: Look) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    ground.resize(900, 700)
    dialog = KeysDialog(look, ground)
    dialog.use(Bindings())
    ground.show()
    dialog.open()
    chosen: list[Bindings] = []
    dialog.changed.connect(chosen.append)
    zoom, pan = dialog.button(MouseAct.ZOOM), dialog.button(MouseAct.PAN)
    qtbot.mouseClick(zoom, LEFT)
    assert zoom.text() == PRESS_BUTTON
    qtbot.keyClick(dialog, Qt.Key.Key_Delete)
    assert zoom.text() == NO_KEY
    qtbot.mouseClick(pan, LEFT)
    qtbot.mouseClick(dialog.catcher, RIGHT, CONTROL)
    assert pan.text() == "Ctrl+Right"
    assert chosen[-1].stored() == {"mouse-zoom": "", "mouse-pan": "Ctrl+Right"}
    qtbot.mouseClick(zoom, LEFT)
    qtbot.mouseClick(dialog.catcher, LEFT)
    assert "Left would mean two things" in dialog.complaint()
    assert len(chosen) == 2
    assert not dialog.catcher.isVisible()


def test_every_act_of_the_mouse_has_words() -> None:
    assert set(WORDS) == set(MouseAct)
