"""The one loop of training: vision, language, the reader's adapter and the sibling all go round it.

The learning rate follows the clock, and each round's chance is drawn from the seed and the steps so
far: a run that was stopped goes on as it would have.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from lacuna_models.phantom.cases import Rng
from lacuna_models.phantom.display import Status
from lacuna_models.phantom.interrupts import Interrupts
from lacuna_models.phantom.machine import Machine
from lacuna_models.phantom.optimise import Optimiser, schedule
from lacuna_models.phantom.runs import Run

RATE = 3e-3
_LATEST = 60  # steps that the means are of

Lesson = TypeVar("Lesson")


@dataclass(frozen=True, slots=True)
class Phase(Generic[Lesson]):
    """A part of a run, and what is learnt in it.

    Attributes:
        name: as in the names of files and in ``Progress``.
        title: as people read it.
        salt: tells its chance from other phases'.
        minutes: how long it is, all in all.
        lessons: draws a round's lessons, one optimiser step each.
        loss: the loss of a lesson, and what was right, as a bool tensor.
        optimiser: steps what is learnt.
        flat: the share of the phase after which the rate falls.
        weights: what is saved; None: all weights of the run.
        saved: called after each checkpoint.
    """

    name: str
    title: str
    salt: int
    minutes: float
    lessons: Callable[[Rng], Iterable[Lesson]]
    loss: Callable[[Lesson, Rng], tuple[Tensor, Tensor]]
    optimiser: Optimiser
    flat: float = 0.35
    weights: Mapping[str, Tensor] | None = None
    saved: Callable[[], None] | None = None


def learn(run: Run, phase: Phase[Lesson]) -> None:
    """Use up what is left of a phase's minutes, and save.

    Raises:
        KeyboardInterrupt: after the round in which Ctrl+C was pressed, and its checkpoint.
        EngineError: a checkpoint could not be written.
    """
    if run.progress.steps(phase.name):
        phase.optimiser.load(run.load(phase.name, phase.weights))
    clock = Clock(run.machine, run.progress.seconds(phase.name), phase.minutes * 60)
    recent, saved = Recent(clock.share), time.monotonic()
    with Interrupts() as asked:
        while clock.share < 1 and not asked:
            _round(run, phase, clock.share, recent)
            run.progress.spend(phase.name, clock.tick())
            step = run.progress.steps(phase.name)
            run.machine.display.show(recent.status(phase.title, step, clock.share))
            if time.monotonic() - saved >= run.recipe.save_every and clock.share < 1:
                _save(run, phase)
                saved = time.monotonic()
        _save(run, phase)
    if asked:
        raise KeyboardInterrupt


def _round(run: Run, phase: Phase[Lesson], share: float, recent: Recent) -> None:
    rng = np.random.default_rng([run.recipe.seed, phase.salt, run.progress.steps(phase.name)])
    rate = schedule(share, RATE, phase.flat)
    for lesson in phase.lessons(rng):
        with torch.autocast(run.machine.device.type, torch.bfloat16):
            loss, right = phase.loss(lesson, rng)
        loss.backward()  # type: ignore[no-untyped-call]
        phase.optimiser.step(rate)
        recent.add(loss, right)
        run.progress.step(phase.name)


def _save(run: Run, phase: Phase[Lesson]) -> None:
    run.save(phase.name, phase.optimiser, phase.weights)
    if phase.saved is not None:
        phase.saved()


class Clock:
    """Counts a phase's seconds on a machine, on top of those of earlier runs."""

    def __init__(self, machine: Machine, spent: float, limit: float) -> None:
        self._machine, self._before, self._limit = machine, spent, limit
        self._start = machine.now()
        self._spent = spent

    @property
    def share(self) -> float:
        """How much of the phase was over at the last tick."""
        return self._spent / self._limit

    def tick(self) -> float:
        """Look at the machine's clock; return the phase's seconds so far."""
        self._spent = self._before + self._machine.now() - self._start
        return self._spent


class Recent:
    """Means over the latest steps, and the pace since a phase was begun or taken up."""

    def __init__(self, share: float) -> None:
        self._losses: deque[float] = deque(maxlen=_LATEST)
        self._right: deque[float] = deque(maxlen=_LATEST)
        self._start, self._share = time.monotonic(), share
        self._steps = 0

    def add(self, loss: Tensor, right: Tensor) -> None:
        """Take note of one step."""
        self._losses.append(float(loss.detach()))
        if right.numel():
            self._right.append(float(right.float().mean()))
        self._steps += 1

    def status(self, title: str, step: int, share: float) -> Status:
        """Return where the phase is; the time left is on the wall, at the pace so far."""
        gone, won = time.monotonic() - self._start, share - self._share
        return Status(
            title,
            step,
            share,
            float(np.mean(self._losses)),
            float(np.mean(self._right)) if self._right else 0.0,
            gone / self._steps,
            gone * (1 - share) / won if won > 0 else 0.0,
        )
