"""The loop of training: stopped and taken up it learns the same; nothing is left on a device."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.display import Lines, Status
from lacuna_models.phantom.faster import hasten
from lacuna_models.phantom.following import follow
from lacuna_models.phantom.language import Balance, language_loss, language_parameters
from lacuna_models.phantom.loop import Clock
from lacuna_models.phantom.machine import CPU, Machine
from lacuna_models.phantom.optimise import Optimiser
from lacuna_models.phantom.pictures import draw_pictures
from lacuna_models.phantom.runs import Progress, Run
from lacuna_models.phantom.sibling import make_sibling, sibling_config
from lacuna_models.phantom.sibling_tasks import SiblingTasks, sibling_loss
from lacuna_models.phantom.tasks import Tasks
from lacuna_models.phantom.train import train
from lacuna_models.phantom.vision import encode_all, targets, vision_loss
from tests.models.phantom.test_train import RECIPE, TINY, Ticks, ticking

META = torch.device("meta")


class Impatient(Lines):
    """A reader who presses Ctrl+C after so many rounds."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self._left = rounds

    def show(self, status: Status) -> None:
        self._left -= 1
        if self._left == 0:
            signal.raise_signal(signal.SIGINT)


def _impatient(rounds: int) -> Machine:
    return Machine(display=Impatient(rounds), clock=Ticks())


def _same(one: Run, other: Run) -> None:
    weights = dict(other.model.named_parameters())
    for name, weight in one.model.named_parameters():
        assert torch.equal(weight, weights[name]), name
    assert one.progress == other.progress


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tmp_path_factory.mktemp("straight"), RECIPE, machine=ticking())


@pytest.fixture(scope="module")
def stopped(straight: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("stopped")
    for pictures in straight.folder.glob("pictures-*.npy"):
        shutil.copy(pictures, folder)
    with pytest.raises(KeyboardInterrupt):
        train(folder, RECIPE, machine=_impatient(1))
    with pytest.raises(KeyboardInterrupt):
        train(folder, RECIPE, resume=True, machine=_impatient(3))
    half = Run.open(folder)
    assert 0 < half.progress.language_steps < straight.progress.language_steps
    return train(folder, RECIPE, resume=True, machine=ticking())


def test_stopped_and_taken_up_it_learns_the_same(straight: Run, stopped: Run) -> None:
    _same(stopped, straight)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_adapter_too(straight: Run, stopped: Run) -> None:
    at_once = follow(straight.folder, 0.06, ticking())
    with pytest.raises(KeyboardInterrupt):
        follow(stopped.folder, 0.06, _impatient(2))
    assert 0 < Run.open(stopped.folder).progress.reader_steps < at_once.progress.reader_steps
    _same(follow(stopped.folder, 0.06, ticking()), at_once)


def test_a_cpu_counts_what_it_computes_and_a_gpu_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "process_time", lambda: 7.0)
    monkeypatch.setattr(time, "monotonic", lambda: 9.0)
    assert Machine().now() == 7.0
    assert Machine(torch.device("cuda")).now() == 9.0


def test_a_clock_goes_on_from_what_was_spent() -> None:
    clock = Clock(ticking(), spent=6.0, limit=10.0)
    assert clock.share == 0.6
    assert [clock.tick(), clock.tick()] == [7.0, 8.0]
    assert clock.share == 0.8


def test_a_run_lives_on_its_machines_device(tmp_path: Path) -> None:
    run = Run(tmp_path, RECIPE, Progress(), Machine(META))
    assert {weight.device for weight in run.weights().values()} == {META}
    assert {buffer.device for buffer in run.model.buffers()} == {META}
    assert run.model.device == META  # where the losses move their lessons


def test_all_of_a_lesson_goes_to_the_device(straight: Run) -> None:
    for task in _tasks(straight, Tasks).round(np.random.default_rng(1)):
        assert all(tensor.device.type == "cpu" for tensor in task.shown(CPU))
        prompts, features = task.asked(META)
        assert prompts.device == META
        assert features is None or features.device == META
        assert {tensor.device for tensor in task.shown(META)} == {META}


class Makers(TorchFunctionMode):
    """Takes note of which of our lines make a tensor without saying on which device.

    Upstream's lines are its own affair: they move what they make.
    """

    _MAKE = (
        torch.tensor, torch.zeros, torch.ones, torch.empty, torch.full, torch.arange, torch.eye,
        torch.linspace, torch.rand, torch.randn, torch.randint,
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.careless: set[str] = set()
        self.seen = 0

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in self._MAKE:
            self.seen += 1
            frame = sys._getframe(1)
            if kwargs.get("device") is None and "lacuna_models" in frame.f_code.co_filename:
                self.careless.add(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        return func(*args, **kwargs)


def test_nothing_is_made_on_the_default_device(straight: Run) -> None:
    run, answers = Run.open(straight.folder), targets(range(4))
    pictures = draw_pictures([draw_case(seed) for seed in range(4)])
    sister = make_sibling(sibling_config(TINY, run.tokenizer), seed=1)
    hasten(sister)
    tasks, told = _tasks(run, Tasks), _tasks(run, SiblingTasks)
    optimiser = Optimiser(language_parameters(run.model))
    balance, sisters = Balance(run.model), Balance(sister)
    with Makers() as makers:
        vision_loss(run.model, run.reader, pictures, answers, np.random.default_rng(0))
        encode_all(run.model, pictures)
        for seed in range(4):
            rng = np.random.default_rng(seed)
            for task in tasks.round(rng):
                language_loss(run.model, task, balance, rng)[0].backward()  # type: ignore[no-untyped-call]
                optimiser.step(1e-4)
        for task in told.round(np.random.default_rng(0)):
            sibling_loss(sister, task, sisters)
        assert makers.careless == set()
        assert makers.seen > 20


def _tasks(run: Run, kind: type[Tasks]) -> Tasks:
    findings = [draw_case(seed).findings for seed in range(20)]
    features = torch.zeros(20, 64, TINY.hidden, dtype=torch.float16)
    return kind(run.tokenizer, findings, features, features[0], TINY.canvas, 2)
