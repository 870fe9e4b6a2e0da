"""Driving the real window as a reader does: keys, mouse, and waiting for what must come."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from lacuna.app import Application
from lacuna.ui.editor.editor import ReportEditor

PATIENCE = 240.0  # seconds: the model loads on a busy machine


def pause(seconds: float) -> None:
    """Let the window live for a while. (``QTest.qWait`` would hold the interpreter's lock.)"""
    end = time.monotonic() + seconds
    while True:
        QApplication.processEvents()
        if time.monotonic() >= end:
            return
        time.sleep(0.002)


def wait_for(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Run the event loop until ``condition`` holds.

    Raises:
        TimeoutError: it did not in time; ``what`` says what was waited for.
    """
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        pause(0.005)


def wait_for_model(application: Application) -> None:
    """Wait until the model answers."""
    wait_for(lambda: application.parts.session.model is not None, "the model")


def wait_for_picture(application: Application) -> None:
    """Wait until a picture is on the screen."""
    view = application.parts.window.image_view
    wait_for(lambda: view.picture is not None, "the picture")


def wait_for_end(application: Application) -> None:
    """Wait until no run is under way."""
    wait_for(lambda: application.parts.session.run is None, "the end of the run")


def editor_of(application: Application) -> ReportEditor:
    """Return the report's editor."""
    return application.parts.panel.editor


def press(widget: QWidget, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    """Press a key, with Ctrl or others held."""
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    QTest.keyClick(widget, key, held)


def type_text(widget: QWidget, text: str) -> None:
    """Type any text. (``QTest.keyClicks`` aborts the process on what is not ASCII.)"""
    none = Qt.KeyboardModifier.NoModifier
    for character in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(widget, QKeyEvent(kind, 0, none, character))


def drop(window: QWidget, *paths: Path) -> None:
    """Drag files onto the window and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    point = QPoint(200, 200)
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(point, copy, data, left, none))
    QApplication.sendEvent(window, QDropEvent(QPointF(point), copy, data, left, none))
