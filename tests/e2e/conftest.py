"""The real application, with the real bundled model, driven by keys and drops."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.paths import locate
from lacuna.settings import Settings
from lacuna.ui.theme import dress, make_look
from lacuna.work.engine_worker import ModelChoice
from tests.e2e import drive


@pytest.fixture
def application(qapp: QApplication, data_dir: Path) -> Iterator[Application]:
    look = make_look()
    dress(qapp, look)
    seeds = count(1)
    application = Application(look, Settings(), locate(data_dir), seeds=lambda: next(seeds))
    application.parts.window.resize(1600, 1000)
    application.start(ModelChoice(), sample=False)
    drive.wait_for_model(application)
    yield application
    application.parts.window.set_close_guard(lambda: True)
    application.parts.window.close()
    application.close()
    # Destroyed here, by Qt and in its order: Python's collector would take widgets apart first.
    application.parts.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
