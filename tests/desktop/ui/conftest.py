"""A dressed application for the widgets' tests."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from lacuna.ui.theme import Look, dress, make_look


def activate(qtbot: QtBot, widget: QWidget) -> None:
    """Show a window and give it the keyboard."""
    with qtbot.waitActive(widget):
        widget.show()
        widget.activateWindow()


@pytest.fixture
def look(qapp: QApplication) -> Look:
    look = make_look()
    dress(qapp, look)
    qapp.setCursorFlashTime(0)  # pictures are compared: a caret that blinks tells them apart
    return look
