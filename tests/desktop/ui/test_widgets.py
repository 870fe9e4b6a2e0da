"""Buttons keep their words whole, show who has the keys, and leave the caret where it is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from lacuna.ui.theme import Look, Role
from lacuna.ui.widgets import Button, Chip, IconButton, Kind, Words
from tests.desktop.ui.conftest import activate


def test_a_button_is_never_squeezed(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    button = Button(look, "Insert normals", icon="check", key="Ctrl+Shift+N")
    row.addWidget(button)
    row.addWidget(Words(look, Role.UI, "#FFFFFF", "words that yield " * 9, keeps=24))
    window.resize(240, 60)
    window.show()
    assert button.width() == button.sizeHint().width() > 170


def test_a_click_leaves_the_caret_in_the_text(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    text, button = QLineEdit(), Button(look, "Accept")
    row.addWidget(text)
    row.addWidget(button)
    activate(qtbot, window)
    text.setFocus()
    with qtbot.waitSignal(button.clicked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert text.hasFocus()
    qtbot.keyClick(text, Qt.Key.Key_Tab)
    assert button.hasFocus()
    with qtbot.waitSignal(button.clicked):
        qtbot.keyClick(button, Qt.Key.Key_Space)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_focus_is_ringed(qtbot: QtBot, look: Look, kind: Kind) -> None:
    button = Button(look, "Fill", kind=kind)
    qtbot.addWidget(button)
    activate(qtbot, button)
    button.clearFocus()
    ring = QColor(look.theme.line.focus)
    assert button.grab().toImage().pixelColor(button.width() // 2, 0) != ring
    button.setFocus()
    image = button.grab().toImage()
    column = [image.pixelColor(button.width() // 2, y) for y in range(4)]
    assert column[:2] == [ring, ring]
    assert ring not in column[2:]


def test_new_words_get_the_room_they_need(qtbot: QtBot, look: Look) -> None:
    button = Button(look, "Fill 5 gaps", key="Ctrl+G")
    qtbot.addWidget(button)
    before = button.sizeHint().width()
    button.set_text("Fill 12 gaps")
    assert button.sizeHint().width() > before
    assert button.accessibleName() == "Fill 12 gaps"


def test_an_icon_button_says_what_it_does(qtbot: QtBot, look: Look) -> None:
    button = IconButton(look, "x", "Close")
    qtbot.addWidget(button)
    assert button.toolTip() == button.accessibleName() == "Close"


def test_a_closable_chip_makes_room_for_its_cross(qtbot: QtBot, look: Look) -> None:
    plain, closable = Chip(look, "3 images"), Chip(look, "3 images", closable=True)
    qtbot.addWidget(plain)
    qtbot.addWidget(closable)
    assert closable.sizeHint().width() > plain.sizeHint().width()
    assert plain.height() == 24
    assert closable.accessibleName() == "Leave out 3 images"


def test_words_know_what_they_say_even_where_they_are_cut(qtbot: QtBot, look: Look) -> None:
    words = Words(look, Role.UI, "#FFFFFF", "a long name", keeps=24)
    qtbot.addWidget(words)
    words.resize(20, 20)
    assert words.text() == words.accessibleName() == "a long name"
    assert words.minimumSizeHint().width() <= 24
