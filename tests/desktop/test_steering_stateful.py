"""Any sequence of acts on the scripted engine: anchors stand, letters stay, all text has an author.

Hypothesis chooses the acts and what they are done with; the window is the real one, with its
threads. One window serves all runs; each begins on a fresh case.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.paths import locate
from lacuna.settings import Settings
from lacuna.study.load import load_study
from lacuna.ui.theme import dress, make_look
from lacuna.work.engine_worker import LoadProgress, ModelChoice
from lacuna_models import api
from lacuna_models.scripted import INFO, ScriptedEngine
from lacuna_models.scripted_scores import Opinions
from lacuna_resources.samples import sample_study
from tests.e2e import drive
from tests.e2e.steering_monkey import SteeringMonkey

BOUNDS = api.ScoreBounds(1.0, 1.0, 1.0, 2.0, 1.0)
OPINIONS = Opinions(
    doubts={"enlarged": "normal", "pneumothorax": "effusion"},
    wordings={"no effusion": "No pleural effusion"},
    refusals={"stable": "The certainty would have changed."},
)
TEXTS = ("No effusion.\nNo pneumothorax.", "The heart is normal.", "Clear lungs. No nodule.")
TYPING = ("type", "type", "move", "select", "delete", "gap", "lock", "tab", "click")
JUDGING = ("fill", "fill", "stop", "accept", "reject", "undo", "redo", "undo_and_redo", "scrub")
STEERING = (
    *("alternative", "lock_word", "lock_word", "strike_word", "pause", "step", "go_on"),
    *("older_run", "look", "layer", "refill", "reword", "section", "trace"),
)
_SEEDS = st.integers(0, 2**32 - 1)
_CASES = count(1)


class Acts(RuleBasedStateMachine):
    """One reader's sitting at one case."""

    application: ClassVar[Application]

    def __init__(self) -> None:
        super().__init__()
        parts = self.application.parts
        parts.worker.stop_run()
        study = load_study([sample_study()])
        parts.session.open(dataclasses.replace(study, study_instance_uid=f"2.25.{next(_CASES)}"))
        self.monkey = SteeringMonkey(self.application, 0, [])
        self.monkey.editor.setFocus()

    @initialize(seed=_SEEDS)
    def begin(self, seed: int) -> None:
        """Type something, so that there is something to lose."""
        self._act("type", seed)

    @rule(act=st.sampled_from(TYPING), seed=_SEEDS)
    def write(self, act: str, seed: int) -> None:
        """Do something to the text."""
        self._act(act, seed)

    @rule(act=st.sampled_from(JUDGING), seed=_SEEDS)
    def judge(self, act: str, seed: int) -> None:
        """Fill, stop, judge, travel."""
        self._act(act, seed)

    @rule(act=st.sampled_from(STEERING), seed=_SEEDS)
    def steer(self, act: str, seed: int) -> None:
        """Steer."""
        self._act(act, seed)

    @rule(seconds=st.sampled_from((0.0, 0.004, 0.02)))
    def wait(self, seconds: float) -> None:
        """Let steps and answers come."""
        self.monkey.live(seconds)
        self.monkey.check()

    def teardown(self) -> None:
        """Stop; undo all: what stood at first comes back."""
        self.application.parts.worker.stop_run()
        drive.wait_for_end(self.application)
        self.monkey.check()

    def _act(self, act: str, seed: int) -> None:
        self.monkey._random = random.Random(seed)
        self.monkey.history.append(act)
        self.monkey._hints.clear()
        getattr(self.monkey, act)()
        self.monkey.check()
        self.monkey.live(0.0)


@contextmanager
def sittings(application: Application) -> Iterator[type[Acts]]:
    """Open a study in the real window, and close both when the sittings are over."""
    application.start(ModelChoice(), sample=False)
    drive.wait_for_model(application)
    application.parts.opening.open_paths([sample_study()])
    drive.wait_for_picture(application)
    Acts.application = application
    yield Acts
    application.parts.window.set_close_guard(lambda: True)
    application.parts.window.close()
    application.close()
    application.parts.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def machine(qapp: QApplication, data_dir: Path) -> Iterator[type[Acts]]:
    """Sittings with the scripted engine, which is quick and has something to say to all."""

    def make(_choice: ModelChoice, _progress: LoadProgress) -> ScriptedEngine:
        info = dataclasses.replace(INFO, bounds=BOUNDS)
        return Chatty(steps=6, delay=0.001, info=info, opinions=OPINIONS)

    look = make_look()
    dress(qapp, look)
    with sittings(Application(look, Settings(reduced_motion=True), locate(data_dir), make)) as acts:
        yield acts


@pytest.fixture
def thinking(qapp: QApplication, data_dir: Path) -> Iterator[type[Acts]]:
    """Sittings with the model that ships."""
    look = make_look()
    dress(qapp, look)
    with sittings(Application(look, Settings(reduced_motion=True), locate(data_dir))) as acts:
        yield acts


class Chatty(ScriptedEngine):
    """Has several things to say for every gap."""

    def fill(
        self,
        request: api.FillRequest,
        cancel: api.CancelToken | None = None,
        commands: api.Commands | None = None,
    ) -> Iterator[api.StepEvent | api.Done]:
        gaps = [s.id for s in request.segments if isinstance(s, api.Gap)]
        self._script = dict.fromkeys(gaps, TEXTS)
        yield from super().fill(request, cancel, commands)


def play(machine: type[Acts], runs: int, acts: int, errors: list[str]) -> None:
    """Play so many runs of so many acts."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=acts,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert not errors


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    def hook(kind: type[BaseException], error: BaseException, _trace: object) -> None:
        seen.append(f"{kind.__name__}: {error}")

    monkeypatch.setattr("sys.excepthook", hook)
    return seen


def test_some_sittings(machine: type[Acts], errors: list[str]) -> None:
    play(machine, 5, 20, errors)


@pytest.mark.slow
def test_a_thousand_sittings(machine: type[Acts], errors: list[str]) -> None:
    play(machine, 1000, 40, errors)


@pytest.mark.slow
def test_fifty_sittings_with_the_model_that_ships(thinking: type[Acts], errors: list[str]) -> None:
    play(thinking, 50, 30, errors)
