"""Which keys type something: whatever a keyboard of any language sends, but no control."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from lacuna.ui.editor import keys

NONE = Qt.KeyboardModifier.NoModifier


def typed(text: str, held: Qt.KeyboardModifier = NONE) -> str:
    return keys.typed(QKeyEvent(QEvent.Type.KeyPress, 0, held, text))


@pytest.mark.parametrize(
    "text", ["a", "é", "漢", "\u00a0", "\u202f", "\u200c", "\u200d", "\u200f", "👩‍⚕️", "\U0001fae9"]
)
def test_no_letter_of_any_keyboard_is_lost(text: str) -> None:
    assert typed(text) == text


@pytest.mark.parametrize("text", ["", "\x00", "\x1b", "\x7f", "\x85", "\uf700"])
def test_controls_and_keys_without_a_letter_type_nothing(text: str) -> None:
    assert typed(text) == ""


def test_alt_gr_types_and_commands_do_not() -> None:
    control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    assert typed("€", control | alt) == "€"
    assert typed("g", control) == typed("g", alt) == ""
