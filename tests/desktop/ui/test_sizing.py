"""The model dialog says what a folder needs before it is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QTextEdit
from pytestqt.qtbot import QtBot

from lacuna import model_memory
from lacuna.doctor import Health, examine
from lacuna.paths import locate
from lacuna.ui.desk.sizing import Sizing
from lacuna.ui.main_window import MainWindow
from lacuna.ui.theme import Look
from lacuna.work.jobs import JobPool
from lacuna_phantom import checkpoint_path
from tests.desktop.ui.conftest import activate

GB = 10**9


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> MainWindow:
    window = MainWindow(look, QTextEdit())
    qtbot.addWidget(window)
    activate(qtbot, window)
    return window


@pytest.fixture
def pool() -> Iterator[JobPool]:
    pool = JobPool()
    yield pool
    pool.close()


def test_a_folder_that_was_named_is_sized(
    qtbot: QtBot, window: MainWindow, pool: JobPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(model_memory, "room", lambda: (8 * GB, True))
    sizing = Sizing(window, pool)
    window.choose_model()
    dialog = window.model_dialog
    dialog.field.setText(str(checkpoint_path()))
    qtbot.waitUntil(lambda: dialog.memory().startswith("This model fits at bfloat16:"))
    (tmp_path / "config.json").write_text("{")
    dialog.field.setText(str(tmp_path))
    assert dialog.memory() == "", "what was said of another folder does not stay"
    qtbot.waitUntil(lambda: "damaged" in dialog.memory())
    assert sizing.parent() is window


def test_an_answer_for_another_folder_is_not_shown(window: MainWindow) -> None:
    window.choose_model()
    window.model_dialog.field.setText("/models/one")
    window.model_dialog.tell_memory(Path("/models/two"), "This model fits.")
    assert window.model_dialog.memory() == ""


@pytest.mark.parametrize(
    ("free", "health", "words"),
    [(24 * GB, Health.GOOD, "fits at 4bit"), (8 * GB, Health.NOTE, "does not fit: 21.7 GB")],
)
def test_the_doctor_says_whether_the_real_checkpoint_fits(
    monkeypatch: pytest.MonkeyPatch, free: int, health: Health, words: str
) -> None:
    monkeypatch.setattr(model_memory, "room", lambda: (free, True))
    findings = {finding.name: finding for finding in examine(locate())}
    assert findings["26 B checkpoint"].health is health
    assert words in findings["26 B checkpoint"].value
