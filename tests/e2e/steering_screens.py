"""`python -m tests.e2e.steering_screens OUT`: each act of steering in the real window, as pictures.

Keys only, the bundled model, the real threads. What is wrong in the report was typed wrong, to be
found. Look at what it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint

from lacuna.app import Application
from lacuna.settings import Settings
from lacuna.ui.editor.layers import Layer
from lacuna_models.api import StepEvent
from lacuna_resources.samples import sample_study
from tests.e2e import drive, stage
from tests.e2e.stage import ALT, CTRL, KEY, SHIFT, Walker

STATED = "The heart is enlarged. "
WRONG = " Large right pleural effusion."
QUESTION = "Is there a pleural effusion?"


class SteeringTour(Walker):
    """Walks through the acts of steering."""

    def __init__(self, application: Application, out: Path) -> None:
        super().__init__(application, out)
        self.panel, self.kit = self.parts.panel, self.parts.panel.kit
        self.steps: list[StepEvent] = []
        self.parts.worker.stepped.connect(self.steps.append)

    def begin(self) -> None:
        """The sample study, with one sentence typed and locked before the gap."""
        drive.wait_for_model(self.application)
        self.parts.opening.open_paths([sample_study()])
        drive.wait_for_picture(self.application)
        self.lock_before_gap(STATED)

    def lengths(self) -> None:
        """A gap with a length of its own, and the menu of acts."""
        before = self.panel.report()
        self.keys(KEY.Key_End, CTRL)
        self.type(" [... sentence]")
        self.keys(KEY.Key_Backtab, SHIFT)
        self.take("gap-length")
        while self.panel.report() != before:
            self.keys(KEY.Key_Z, CTRL)
        menu = self.kit.build_menu()
        menu.popup(self.parts.window.mapToGlobal(QPoint(700, 80)))
        drive.pause(0.2)
        menu.grab().save(str(self.out / "acts-menu.png"))
        menu.close()

    def hold(self) -> None:
        """A run paused on its way: one word held, one struck out, one more step."""
        self.steps.clear()
        self.keys(KEY.Key_G, CTRL)
        drive.wait_for(lambda: bool(self.steps), "a step")
        self.keys(KEY.Key_P, CTRL)
        drive.pause(0.3)
        for _ in range(2):
            self.keys(KEY.Key_Right, ALT)
        self.take("pointed-at")
        self.keys(KEY.Key_L, CTRL)
        for _ in range(2):
            self.keys(KEY.Key_Right, ALT)
        self.keys(KEY.Key_X, CTRL, SHIFT)
        self.take("struck-out")
        count = len(self.steps)
        self.keys(KEY.Key_Period, CTRL)
        ended = self.parts.session
        drive.wait_for(lambda: len(self.steps) > count or ended.run is None, "one more step")
        self.take("held")
        self.keys(KEY.Key_P, CTRL)
        drive.wait_for_end(self.application)
        self.take("held-settled")

    def alternatives(self) -> None:
        """The impression from the findings: its proposals, and the second one in place."""
        self.keys(KEY.Key_Z, CTRL)
        self.keys(KEY.Key_G, CTRL)
        drive.wait_for_end(self.application)
        self.keys(KEY.Key_I, CTRL, SHIFT)
        drive.wait_for_end(self.application)
        self.go_to_impression()
        self.keys(KEY.Key_Down, ALT)
        self.take("alternatives")
        self.keys(KEY.Key_Down, ALT)
        self.take("second-alternative")
        self.keys(KEY.Key_Up, ALT)
        self.keys(KEY.Key_Escape)

    def go_to_impression(self) -> None:
        """Put the focus on the last proposal."""
        self.keys(KEY.Key_End, CTRL)
        self.keys(KEY.Key_Backtab, SHIFT)

    def evidence(self) -> None:
        """Which sentences come from the image; nothing is told where nobody measured it."""
        self.panel._header._switch.choose(Layer.EVIDENCE)
        self._answered("evidence")
        self.take("evidence")
        self.panel._header._switch.choose(Layer.AUTHORS)
        self.take("authors")
        self.panel._header._switch.choose(Layer.CERTAINTY)

    def contradiction(self) -> None:
        """A finding on the wrong side, found at rest, and its card on F7."""
        self.keys(KEY.Key_End, CTRL)
        self.type(WRONG)
        drive.wait_for(lambda: bool(self.parts.steering.reviewing.open_marks()), "a mark")
        self.take("marked")
        self.walk_to_wrong()
        self.take("contradiction")
        self.keys(KEY.Key_Backspace, CTRL)

    def walk_to_wrong(self) -> None:
        """Press F7 until what was typed wrong is reached."""
        for _ in range(3 * len(self.parts.steering.reviewing.open_marks())):
            self.kit.foot.withdraw()
            self.keys(KEY.Key_F7)
            drive.wait_for(lambda: self.kit.foot.card is not None, "the card")
            standing = self.parts.steering.reviewing._at_caret()
            if standing is not None and standing.mark.text.strip() in WRONG:
                return

    def origin(self) -> None:
        """Who wrote the first proposal, by which run."""
        self.keys(KEY.Key_Home, CTRL)
        self.keys(KEY.Key_Tab)
        self.keys(KEY.Key_I, CTRL)
        self.take("who-wrote-this")
        self.keys(KEY.Key_Escape)

    def timeline(self) -> None:
        """An earlier step of the last run, of the run before, and going on from there."""
        self.keys(KEY.Key_Comma, CTRL)
        self.keys(KEY.Key_Comma, CTRL)
        self.take("replayed")
        self.panel.player.choose(self.panel.player.runs.all[0].number)
        self.panel.player.go(1)
        self.take("older-run")
        self.panel._dock.continue_clicked.emit()
        drive.wait_for_end(self.application)
        self.take("gone-on")

    def ask(self) -> None:
        """A question about the image, and its answers."""
        self.keys(KEY.Key_A, CTRL, SHIFT)
        drive.type_text(self.kit.ask.line, QUESTION)
        drive.press(self.kit.ask.line, KEY.Key_Return)
        drive.wait_for(lambda: bool(self.kit.ask.texts), "the answer")
        self.take("asked")
        drive.press(self.kit.ask.line, KEY.Key_Escape)

    def style(self) -> None:
        """The soft text in house style."""
        self.keys(KEY.Key_H, CTRL, SHIFT)
        restyling = self.parts.steering.restyling
        drive.wait_for(lambda: restyling._asked is None, "the wording")
        self.take("house-style")

    def _answered(self, group: str) -> None:
        answered: list[str] = []
        self.parts.steering.checking.checked.connect(answered.append)
        drive.wait_for(lambda: group in answered, group)

    def walk(self) -> None:
        """Go through all of it."""
        stops: tuple[Callable[[], None], ...] = (
            self.begin,
            self.lengths,
            self.hold,
            self.alternatives,
            self.evidence,
            self.contradiction,
            self.origin,
            self.timeline,
            self.ask,
            self.style,
        )
        for stop in stops:
            stop()


def run(out: Path, theme: str = "dark", width: int = 1600, height: int = 1000) -> list[Path]:
    """Walk through the acts and return the pictures' paths."""
    out.mkdir(parents=True, exist_ok=True)
    with stage.shown(Settings(reduced_motion=True), theme, (width, height)) as application:
        tour = SteeringTour(application, out)
        tour.walk()
    return tour.taken


if __name__ == "__main__":
    raise SystemExit(stage.main(__doc__, run))
