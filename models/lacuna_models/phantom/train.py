"""Train the bundled checkpoint: vision first, then the words. Resumable, on one thread.

A run is a folder: cached pictures, ``state-*.safetensors`` (weights and momenta), ``run.json`` (the
recipe and how far it has come). The learning rate follows the clock, so ``--minutes`` is what it
costs; each step's chance is drawn from the seed and the step's number, so a resumed run goes on as
it would have.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import DiffusionGemmaForBlockDiffusion, PreTrainedTokenizerFast

from lacuna_models.api import EngineError
from lacuna_models.phantom.cases import GROUPS, draw_case
from lacuna_models.phantom.faster import hasten
from lacuna_models.phantom.language import (
    GREY_GAPS,
    PLANTED_SHARE,
    Balance,
    Tasks,
    language_loss,
    language_parameters,
)
from lacuna_models.phantom.model import Shape, make_config, make_model
from lacuna_models.phantom.optimise import Optimiser, schedule
from lacuna_models.phantom.pictures import (
    GREY,
    SIZE,
    held_out_seeds,
    load_pictures,
    training_seeds,
)
from lacuna_models.phantom.tokenizer import train_tokenizer
from lacuna_models.phantom.vision import (
    Reader,
    encode_all,
    read_accuracy,
    targets,
    vision_loss,
    vision_parameters,
)

log = logging.getLogger(__name__)

_RATE = 3e-3


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides a run's outcome. ``vision_minutes`` are part of ``minutes``."""

    minutes: float = 75.0
    vision_minutes: float = 10.0
    seed: int = 0
    pictures: int = 32_000
    held_out: int = 400
    shape: Shape = field(default_factory=Shape)
    batch_pictures: int = 16
    vision_batch: int = 32
    save_every: float = 180.0  # seconds


@dataclass(slots=True)
class Progress:
    """How far a run has come; seconds and steps of each phase."""

    vision_seconds: float = 0.0
    vision_steps: int = 0
    language_seconds: float = 0.0
    language_steps: int = 0
    reader_seconds: float = 0.0
    reader_steps: int = 0


class Run:
    """One training run in a folder; one thread uses it."""

    def __init__(self, folder: Path, recipe: Recipe, progress: Progress) -> None:
        self.folder = folder
        self.recipe = recipe
        self.progress = progress
        self.tokenizer: PreTrainedTokenizerFast = train_tokenizer()
        self.model = self._make_model()
        hasten(self.model)
        self.reader = Reader(recipe.shape.hidden)
        self.seeds = training_seeds(recipe.seed, recipe.pictures)

    def _make_model(self) -> DiffusionGemmaForBlockDiffusion:
        return make_model(make_config(self.recipe.shape, self.tokenizer), self.recipe.seed)

    def save(self, phase: str, optimiser: Optimiser) -> None:
        """Write weights and momenta, then the progress that vouches for them."""
        weights = {f"w.{n}": w.detach() for n, w in self.model.named_parameters()}
        weights |= {f"r.{n}": w.detach() for n, w in self.reader.named_parameters()}
        state = {f"o.{n}": value for n, value in optimiser.state().items()}
        path = self.folder / f"state-{phase}.safetensors"
        partial = path.with_suffix(".partial")
        save_file({n: value.contiguous() for n, value in (weights | state).items()}, partial)
        partial.replace(path)
        self.write_progress()

    def write_progress(self) -> None:
        """Write how far the run has come."""
        text = json.dumps({"recipe": asdict(self.recipe), "progress": asdict(self.progress)})
        partial = self.folder / "run.partial"
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(self.folder / "run.json")

    def summary(self) -> dict[str, Any]:
        """Return what the model card tells of this run."""
        recipe = self.recipe
        return {
            "minutes": recipe.minutes,
            "vision_minutes": recipe.vision_minutes,
            "seed": recipe.seed,
            "pictures": recipe.pictures,
            "grey_share": GREY_GAPS,
            "planted_share": PLANTED_SHARE,
            "parameters": sum(w.numel() for w in self.model.parameters()),
            **{name: round(value) for name, value in asdict(self.progress).items()},
        }

    def load(self, phase: str) -> dict[str, Tensor]:
        """Take up a phase's weights; return its momenta."""
        state = load_file(self.folder / f"state-{phase}.safetensors")
        with torch.no_grad():
            for name, weight in self.model.named_parameters():
                weight.copy_(state[f"w.{name}"])
            for name, weight in self.reader.named_parameters():
                weight.copy_(state[f"r.{name}"])
        return {n.removeprefix("o."): value for n, value in state.items() if n.startswith("o.")}


def train(folder: Path, recipe: Recipe, resume: bool = False) -> Run:
    """Run, or go on with, a training run; blocks until its minutes are used.

    Raises:
        EngineError: if the folder holds a run and ``resume`` is False, or the reverse.
    """
    torch.set_num_threads(1)
    run = _open(folder, recipe, resume)
    pictures = load_pictures(folder, run.seeds)
    train_vision(run, pictures)
    _train_language(run, pictures)
    return run


def open_run(folder: Path) -> Run:
    """Return a run with its latest weights, for export or evaluation."""
    if not (folder / "run.json").is_file():
        raise EngineError(f"{folder} holds no training run.", "Start one without --resume.")
    saved = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if "told" in saved["recipe"]:
        raise EngineError(f"{folder} holds a sibling's run.", "Add --sibling to go on with it.")
    shape = Shape(**saved["recipe"].pop("shape"))
    run = Run(folder, Recipe(**saved["recipe"], shape=shape), Progress(**saved["progress"]))
    phase = "language" if run.progress.language_steps else "vision"
    run.load(phase)
    return run


def _open(folder: Path, recipe: Recipe, resume: bool) -> Run:
    if resume:
        run = open_run(folder)
        run.recipe = replace(run.recipe, minutes=recipe.minutes)
        return run
    if (folder / "run.json").is_file():
        raise EngineError(f"{folder} holds a training run already.", "Go on with --resume.")
    folder.mkdir(parents=True, exist_ok=True)
    return Run(folder, recipe, Progress())


class Clock:
    """Counts a phase's seconds, across resumes, and says when to save."""

    def __init__(self, run: Run, phase: str, limit: float) -> None:
        self._run, self._phase, self._limit = run, phase, limit
        self._spent = getattr(run.progress, f"{phase}_seconds")
        self._start = self._saved = time.monotonic()

    @property
    def share(self) -> float:
        """How much of the phase is over."""
        spent: float = self._spent + time.monotonic() - self._start
        setattr(self._run.progress, f"{self._phase}_seconds", spent)
        return spent / self._limit

    def due(self) -> bool:
        """Return whether a checkpoint is due, and count from now if so."""
        if time.monotonic() - self._saved < self._run.recipe.save_every:
            return False
        self._saved = time.monotonic()
        return True


def train_vision(run: Run, pictures: np.ndarray) -> None:
    """Use up what is left of a run's minutes of vision."""
    clock = Clock(run, "vision", run.recipe.vision_minutes * 60)
    if clock.share >= 1 or run.progress.language_steps:
        return
    optimiser = Optimiser(vision_parameters(run.model, run.reader), plain=("position", "reader"))
    if run.progress.vision_steps:
        optimiser.load(run.load("vision"))
    answers, recent = targets(run.seeds), Recent()
    while (share := clock.share) < 1:
        rng = np.random.default_rng([run.recipe.seed, 3, run.progress.vision_steps])
        chosen = np.sort(rng.choice(len(pictures), run.recipe.vision_batch, replace=False))
        with torch.autocast("cpu", torch.bfloat16):
            loss, right = vision_loss(run.model, run.reader, pictures[chosen], answers[chosen], rng)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step(schedule(share, _RATE, flat=0.3))
        recent.add(loss, right)
        run.progress.vision_steps += 1
        if run.progress.vision_steps % 50 == 0:
            log.info("vision %s", recent.line(run.progress.vision_steps, share))
        if clock.due():
            run.save("vision", optimiser)
            _report_vision(run)
    run.save("vision", optimiser)
    _report_vision(run)


def _report_vision(run: Run) -> None:
    seeds = held_out_seeds(run.recipe.held_out, seed=1)
    accuracy = read_accuracy(
        run.model, run.reader, load_pictures(run.folder, seeds), targets(seeds)
    )
    words = ", ".join(f"{g} {float(a):.3f}" for g, a in zip(GROUPS, accuracy, strict=True))
    log.info("vision held out: %s", words)


def _train_language(run: Run, pictures: np.ndarray) -> None:
    minutes = run.recipe.minutes - run.recipe.vision_minutes
    if run.progress.language_seconds >= minutes * 60:
        return
    run.model.requires_grad_(requires_grad=True)
    tasks = make_tasks(run, pictures)
    optimiser = Optimiser(language_parameters(run.model))
    if run.progress.language_steps:
        optimiser.load(run.load("language"))
    for name, weight in run.model.named_parameters():
        weight.requires_grad_("vision" not in name)
    clock = Clock(run, "language", minutes * 60)  # encoding the pictures is not training
    balance, recent = Balance(run.model), Recent()
    while (share := clock.share) < 1:
        rng = np.random.default_rng([run.recipe.seed, 4, run.progress.language_steps])
        torch.manual_seed(int(rng.integers(2**31)))
        for task in tasks.round(rng):
            with torch.autocast("cpu", torch.bfloat16):
                loss, right = language_loss(run.model, task, balance, rng)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step(schedule(share, _RATE))
            recent.add(loss, right)
            run.progress.language_steps += 1
        if run.progress.language_steps % 60 == 0:
            log.info("language %s", recent.line(run.progress.language_steps, share))
        if clock.due():
            run.save("language", optimiser)
    run.save("language", optimiser)


def make_tasks(run: Run, pictures: np.ndarray, follow: bool = False) -> Tasks:
    """Return what draws a run's tasks; ``follow``: the reader's."""
    grey = np.full((1, SIZE, SIZE), GREY, dtype=np.uint8)
    return Tasks(
        run.tokenizer,
        [draw_case(seed).findings for seed in run.seeds],
        run_soft_tokens(run, pictures),
        encode_all(run.model, grey)[0],
        run.recipe.shape.canvas,
        run.recipe.batch_pictures,
        follow=follow,
    )


def run_soft_tokens(run: Run, pictures: np.ndarray) -> Tensor:
    """Return the pictures as the finished vision sees them; encoded once, then read from a file."""
    path = run.folder / f"soft-tokens-{run.progress.vision_steps}.safetensors"
    if not path.is_file():
        log.info("encoding %d pictures", len(pictures))
        partial = path.with_suffix(".partial")
        save_file({"pictures": encode_all(run.model, pictures)}, partial)
        partial.replace(path)
    return load_file(path)["pictures"]


class Recent:
    """Means over the latest steps, for the progress line."""

    def __init__(self) -> None:
        self._losses: deque[float] = deque(maxlen=60)
        self._right: deque[float] = deque(maxlen=60)
        self._start = time.monotonic()
        self._steps = 0

    def add(self, loss: Tensor, right: Tensor) -> None:
        """Take note of one step."""
        self._losses.append(float(loss.detach()))
        if right.numel():
            self._right.append(float(right.float().mean()))
        self._steps += 1

    def line(self, step: int, share: float) -> str:
        """Return the progress line."""
        pace = (time.monotonic() - self._start) / self._steps
        loss, right = np.mean(self._losses), np.mean(self._right)
        return f"step {step} {share:.0%} loss {loss:.3f} right {right:.3f} {pace:.2f} s/step"
