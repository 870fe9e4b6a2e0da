"""`python -m tests.e2e.screens OUT`: the real window, driven through the main job, as pictures.

Keys and drops only, the bundled model, the real threads. Look at what it writes.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from lacuna.app import Application
from lacuna.settings import Settings
from lacuna_models.api import StepEvent
from tests.e2e import drive, stage, viewer_screens
from tests.e2e.stage import CTRL, KEY, SHIFT, Walker
from tests.helpers.not_a_phantom import write_not_a_phantom

TYPED = "The heart is enlarged. "
FRAMES = 3


class Tour(Walker):
    """Walks the window through the main job and takes a picture at each stop."""

    def __init__(self, application: Application, out: Path) -> None:
        super().__init__(application, out)
        self._wanted: list[int] = []
        self.parts.worker.stepped.connect(self._on_step)

    def frames_during(self, steps: list[int]) -> None:
        """Take a picture when each of these steps of the next run has arrived."""
        self._wanted = list(steps)

    def _on_step(self, step: StepEvent) -> None:
        if step.step in self._wanted:
            self._wanted.remove(step.step)
            self.save(f"denoising-step-{step.step}")

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
        self.lock_before_gap(TYPED)
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
    with (
        TemporaryDirectory() as place,
        stage.shown(Settings(steps=48), theme, (width, height)) as application,
    ):
        tour = Tour(application, out)
        tour.empty()
        tour.open()
        tour.lock()
        tour.stop()
        tour.fill()
        tour.replay()
        tour.accept()
        tour.rewrite()
        tour.refuse(Path(place))
        tour.not_a_phantom(Path(place))
    return tour.taken


if __name__ == "__main__":
    raise SystemExit(stage.main(__doc__, run, viewer_screens.run))
