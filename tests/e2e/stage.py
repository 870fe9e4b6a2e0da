"""The stage of every tour: the real window with the bundled model, a hand on its keys, a camera."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import keyring
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.paths import locate
from lacuna.settings import Settings
from lacuna.ui.theme import dress, make_look
from lacuna.work.engine_worker import ModelChoice
from lacuna_resources.themes import ThemeName
from tests.e2e import drive
from tests.helpers.keyrings import MemoryKeyring

ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key
SEED = 4181
SIZE = (1600, 1000)

Walk = Callable[[Path, str, int, int], list[Path]]


@contextmanager
def shown(
    settings: Settings,
    theme: str = "dark",
    size: tuple[int, int] = SIZE,
    seeds: Callable[[], int] = lambda: SEED,
) -> Iterator[Application]:
    """Show the window with its own data folder, while the bundled model loads; close it after."""
    existing = QApplication.instance()
    qt = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    keyring.set_keyring(MemoryKeyring())  # the machine's own is never asked
    look = make_look(ThemeName(theme))
    dress(qt, look)
    with tempfile.TemporaryDirectory() as folder:
        application = Application(look, settings, locate(Path(folder)), seeds=seeds)
        try:
            application.parts.window.resize(*size)
            application.start(ModelChoice(), sample=False)
            yield application
        finally:
            application.parts.window.set_close_guard(lambda: True)
            application.parts.window.close()
            application.close()


class Walker:
    """Presses keys in the report and takes numbered pictures of the window."""

    def __init__(self, application: Application, out: Path) -> None:
        self.application, self.parts = application, application.parts
        self.out = out
        self.taken: list[Path] = []

    def take(self, name: str) -> None:
        """Write what the window shows."""
        drive.pause(0.35)  # let a fade end
        self.save(name)

    def save(self, name: str) -> None:
        """Write what the window shows at this moment."""
        path = self.out / f"{len(self.taken) + 1:02}-{name}.png"
        # A picture is taken between two events: words that have just changed want their room first.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        self.parts.window.grab().save(str(path))
        self.taken.append(path)

    def keys(self, key: Qt.Key, *held: Qt.KeyboardModifier) -> None:
        """Press a key where the report has the focus."""
        drive.press(drive.editor_of(self.application), key, *held)

    def type(self, text: str) -> None:
        """Type into the report."""
        drive.type_text(drive.editor_of(self.application), text)

    def select_back(self, characters: int) -> None:
        """Select what was just typed."""
        for _ in range(characters):
            self.keys(KEY.Key_Left, SHIFT)

    def lock_before_gap(self, words: str) -> None:
        """Type a sentence, with a blank at its end, before the first gap, and lock it."""
        self.keys(KEY.Key_Home, CTRL)
        self.keys(KEY.Key_Down)
        self.keys(KEY.Key_Home)
        self.type(words)
        self.keys(KEY.Key_Left)
        self.select_back(len(words) - 1)
        self.keys(KEY.Key_L, CTRL)


def main(told: str | None, *walks: Walk) -> int:
    """Read the command line, walk and print the pictures' paths; return the exit code."""
    parser = argparse.ArgumentParser(description=told)
    parser.add_argument("out", type=Path)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--size", default="1600x1000")
    arguments = parser.parse_args()
    width, height = (int(part) for part in arguments.size.split("x"))
    for walk in walks:
        for path in walk(arguments.out, arguments.theme, width, height):
            print(path)
    return 0
