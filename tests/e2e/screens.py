"""`python -m tests.e2e.screens OUT`: the real window, driven through the main job, as pictures.

Keys and drops only, the bundled model, the real threads. Look at what it writes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
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
from lacuna_models.api import StepEvent
from lacuna_resources.themes import ThemeName
from tests.e2e import drive, viewer_screens
from tests.helpers.keyrings import MemoryKeyring
from tests.helpers.not_a_phantom import write_not_a_phantom

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key
TYPED = "The heart is enlarged. "
FRAMES = 3


class Tour:
    """Walks the window through the main job and takes a picture at each stop."""

    def __init__(self, application: Application, out: Path) -> None:
        self.application = application
        self.parts = application.parts
        self.out = out
        self.taken: list[Path] = []
        self._wanted: list[int] = []
        self.parts.worker.stepped.connect(self._on_step)

    def take(self, name: str) -> None:
        """Write what the window shows."""
        drive.pause(0.35)  # let a fade end
        self._save(name)

    def _save(self, name: str) -> None:
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

    def frames_during(self, steps: list[int]) -> None:
        """Take a picture when each of these steps of the next run has arrived."""
        self._wanted = list(steps)

    def _on_step(self, step: StepEvent) -> None:
        if step.step in self._wanted:
            self._wanted.remove(step.step)
            self._save(f"denoising-step-{step.step}")

    # -- stops ---------------------------------------------------------------------------------

    def empty(self) -> None:
        """Nothing is open."""
        drive.wait_for_model(self.application)
        self.take("empty")

    def open(self) -> None:
        """The bundled study, dropped."""
        from lacuna_resources.samples import sample_study

        drive.drop(self.parts.window, sample_study())
        drive.wait_for_picture(self.application)
        self.take("opened")

    def lock(self) -> None:
        """A sentence typed before the gap and locked; another in the impression."""
        self.keys(KEY.Key_Home, CTRL)
        self.keys(KEY.Key_Down)
        self.keys(KEY.Key_Home)
        self.type(TYPED)
        self.keys(KEY.Key_Left)
        self.select_back(len(TYPED) - 1)
        self.keys(KEY.Key_L, CTRL)
        self.keys(KEY.Key_End, CTRL)
        self.type(" Follow-up is recommended.")
        self.select_back(len("Follow-up is recommended."))
        self.keys(KEY.Key_L, CTRL)
        self.keys(KEY.Key_End, CTRL)
        self.take("locked")

    def stop(self) -> None:
        """A run stopped with Esc on its way; what has settled stays."""
        self.keys(KEY.Key_G, CTRL)
        seen: list[int] = []
        self.parts.worker.stepped.connect(lambda step: seen.append(step.step))
        drive.wait_for(lambda: len(seen) >= 2, "two steps")
        self.keys(KEY.Key_Escape)
        drive.wait_for_end(self.application)
        self.take("stopped")

    def fill(self) -> None:
        """A whole run, from the gaps as they were before the stopped one."""
        self.keys(KEY.Key_Z, CTRL)
        self.frames_during([3, 4, 5, 6, 8, 12])  # by the third, the gaps are open
        self.keys(KEY.Key_G, CTRL)
        drive.wait_for_end(self.application)
        self.take("settled")

    def replay(self) -> None:
        """An earlier step of the run that has ended, then its end again."""
        for _ in range(3):
            self.keys(KEY.Key_Comma, CTRL)
        self.take("replayed")
        for _ in range(3):
            self.keys(KEY.Key_Period, CTRL)

    def accept(self) -> None:
        """The first proposal accepted; it stays the model's in the ribbon."""
        self.keys(KEY.Key_Home, CTRL)
        self.keys(KEY.Key_Tab)
        self.keys(KEY.Key_Return, CTRL)
        self.take("accepted")

    def rewrite(self) -> None:
        """The second proposal selected and written anew; the rest stands."""
        self.keys(KEY.Key_Tab)
        self.keys(KEY.Key_End, SHIFT)
        self.frames_during([2])
        self.keys(KEY.Key_G, CTRL)
        drive.wait_for_end(self.application)
        self.take("rewritten")

    def refuse(self, folder: Path) -> None:
        """A file that is no study; the report stands."""
        path = folder / "notes.dcm"
        path.write_bytes(b"not a picture")
        drive.drop(self.parts.window, path)
        notices = self.parts.window.notices
        drive.wait_for(lambda: any(n.key == "open-refused" for n in notices.notices()), "a notice")
        self.take("refused")
        notices.withdraw("open-refused")

    def not_a_phantom(self, folder: Path) -> None:
        """A picture the demonstrator knows nothing about: said, and marked on every word."""
        drive.drop(self.parts.window, write_not_a_phantom(folder / "other.dcm"))
        name = "NOT^A PHANTOM"
        drive.wait_for(lambda: _patient(self.application) != "" and _is_other(self), name)
        drive.wait_for_picture(self.application)
        self.frames_during([5])
        self.keys(KEY.Key_G, CTRL)
        drive.wait_for_end(self.application)
        self.take("not-a-phantom")
        self.keys(KEY.Key_Return, CTRL)
        self.take("not-a-phantom-accepted")


def _patient(application: Application) -> str:
    case = application.parts.session.case
    return case.study.patient.name if case is not None else ""


def _is_other(tour: Tour) -> bool:
    case = tour.parts.session.case
    return case is not None and not case.study.is_phantom


def run(out: Path, theme: str = "dark", width: int = 1600, height: int = 1000) -> list[Path]:
    """Walk the tour and return the pictures' paths."""
    out.mkdir(parents=True, exist_ok=True)
    existing = QApplication.instance()
    qt = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    keyring.set_keyring(MemoryKeyring())  # the machine's own is never asked
    look = make_look(ThemeName(theme))
    dress(qt, look)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        settings = Settings(steps=48)
        application = Application(look, settings, locate(place / "data"), seeds=lambda: 4181)
        try:
            application.parts.window.resize(width, height)
            application.start(ModelChoice(), sample=False)
            tour = Tour(application, out)
            tour.empty()
            tour.open()
            tour.lock()
            tour.stop()
            tour.fill()
            tour.replay()
            tour.accept()
            tour.rewrite()
            tour.refuse(place)
            tour.not_a_phantom(place)
        finally:
            application.parts.window.set_close_guard(lambda: True)
            application.parts.window.close()
            application.close()
    return tour.taken


def main() -> int:
    """Read the command line and walk the tour."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--size", default="1600x1000")
    arguments = parser.parse_args()
    width, height = (int(part) for part in arguments.size.split("x"))
    for walk in (run, viewer_screens.run):
        for path in walk(arguments.out, arguments.theme, width, height):
            print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
