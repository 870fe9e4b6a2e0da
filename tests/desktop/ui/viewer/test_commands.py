"""Keys of the image side: what is bound, what may be changed, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lacuna.errors import UserFacingError
from lacuna.settings import Settings, load_settings, save_settings
from lacuna.ui.theme import Look
from lacuna.ui.viewer.bindings import Bindings, bindings_from
from lacuna.ui.viewer.commands import DEFAULT_KEYS, WORDS, Command
from lacuna.ui.viewer.keys_dialog import NO_KEY, PRESS, KeysDialog
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.viewer.viewer_state import Act, Tool

LEFT = Qt.MouseButton.LeftButton


def test_every_command_has_words_and_a_key_of_its_own() -> None:
    orders = [*Command, *Tool, *Act]
    names = [*orders, *MouseAct]
    assert set(WORDS) == set(DEFAULT_KEYS) == set(orders)
    assert len(set(DEFAULT_KEYS.values())) == len(orders)
    assert len({name.value for name in names}) == len(names)  # one table in the settings file


def test_another_key_takes_the_place_of_the_usual_one() -> None:
    bindings = Bindings().with_key(Act.INVERT, "N")
    assert bindings.order("N") is Act.INVERT
    assert bindings.order("I") is None
    assert bindings.with_key(Act.INVERT, "I") == Bindings()
    assert Bindings().with_key(Command.CINE, "").order("") is None


@pytest.mark.parametrize("key", ["R", "Esc", "Ctrl+G", "F8"])
def test_a_key_that_is_taken_is_refused_in_a_sentence(key: str) -> None:
    with pytest.raises(UserFacingError, match=key.replace("+", r"\+")):
        Bindings().with_key(Act.INVERT, key)


def test_keys_come_back_from_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    save_settings(Settings(keys={"invert": "Shift+N", "cine": ""}, image_tokens=280), path)
    read = load_settings(path)
    assert read.image_tokens == 280
    bindings = bindings_from(read.keys)
    assert bindings.order("Shift+N") is Act.INVERT
    assert bindings.key(Command.CINE) == ""
    with pytest.raises(UserFacingError, match="sing"):
        bindings_from({"sing": "N"})


def test_a_key_is_changed_by_pressing_it(qtbot: QtBot, look: Look) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    ground.resize(900, 700)
    dialog = KeysDialog(look, ground)
    dialog.use(Bindings())
    ground.show()
    dialog.open()
    chosen: list[Bindings] = []
    dialog.changed.connect(chosen.append)
    qtbot.mouseClick(dialog.button(Act.INVERT), LEFT)
    assert dialog.button(Act.INVERT).text() == PRESS
    qtbot.keyClick(dialog, Qt.Key.Key_N)
    assert chosen[-1].order("N") is Act.INVERT
    assert dialog.button(Act.INVERT).text() == "N"
    qtbot.mouseClick(dialog.button(Act.INVERT), LEFT)
    qtbot.keyClick(dialog, Qt.Key.Key_R)
    assert "R would mean two things" in dialog.complaint()
    assert len(chosen) == 1
    qtbot.mouseClick(dialog.button(Act.INVERT), LEFT)
    qtbot.keyClick(dialog, Qt.Key.Key_Delete)
    assert dialog.button(Act.INVERT).text() == NO_KEY
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
