"""Train the autoregressive sibling on the same phantoms, and write it as a checkpoint folder.

A run is a folder as in ``train``, and resumes as one; its recipe's ``told`` tells the two apart.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import Gemma4ForConditionalGeneration, GenerationConfig

from lacuna_models.api import EngineError
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.language import Balance, language_parameters
from lacuna_models.phantom.model import Shape, make_image_processor
from lacuna_models.phantom.optimise import Optimiser, schedule
from lacuna_models.phantom.pictures import GREY, SIZE, load_pictures
from lacuna_models.phantom.sibling import make_sibling, sibling_config, take_tower
from lacuna_models.phantom.sibling_tasks import TOLD_SHARE, SiblingTasks, sibling_loss
from lacuna_models.phantom.tokenizer import END_TURN
from lacuna_models.phantom.train import (
    Clock,
    Progress,
    Recent,
    Recipe,
    Run,
    run_soft_tokens,
    train_vision,
)
from lacuna_models.phantom.vision import encode_all

log = logging.getLogger(__name__)

KIND = "sibling"
_RATE = 3e-3


@dataclass(frozen=True, slots=True)
class SiblingRecipe(Recipe):
    """What decides a sibling's outcome: the bundled model's recipe, and

    Attributes:
        told: share of the rows that tell what follows a sentence before they ask for it.
        tower: whether vision was taken from a diffusion run, and not trained here.
    """

    told: float = TOLD_SHARE
    tower: bool = False


class SiblingRun(Run):
    """A run of the sibling; one thread uses it."""

    recipe: SiblingRecipe

    def _make_model(self) -> Gemma4ForConditionalGeneration:
        return make_sibling(sibling_config(self.recipe.shape, self.tokenizer), self.recipe.seed)

    def summary(self) -> dict[str, Any]:
        """Return what a card tells of this run."""
        taken = {"told": self.recipe.told, "tower": self.recipe.tower}
        return {n: v for n, v in Run.summary(self).items() if "planted" not in n} | taken


def train_sibling(
    folder: Path, recipe: SiblingRecipe, resume: bool = False, tower: Path | None = None
) -> SiblingRun:
    """Run, or go on with, a sibling's training; blocks until its minutes are used.

    ``tower`` is a diffusion run whose vision is taken over; the vision minutes then count as used.

    Raises:
        EngineError: if the folder holds a run and ``resume`` is False, or the reverse; a tower of
            another shape.
    """
    torch.set_num_threads(1)
    if resume:
        run = open_sibling(folder)
        run.recipe = replace(run.recipe, minutes=recipe.minutes)
    elif (folder / "run.json").is_file():
        raise EngineError(f"{folder} holds a training run already.", "Go on with --resume.")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        run = SiblingRun(folder, replace(recipe, tower=tower is not None), Progress())
        if tower is not None:
            _take(run, tower)
    pictures = load_pictures(folder, run.seeds)
    train_vision(run, pictures)
    _train_words(run, pictures)
    return run


def is_sibling(folder: Path) -> bool:
    """Return whether a folder holds a sibling's run."""
    path = folder / "run.json"
    return path.is_file() and "told" in json.loads(path.read_text(encoding="utf-8"))["recipe"]


def open_sibling(folder: Path) -> SiblingRun:
    """Return a sibling's run with its latest weights.

    Raises:
        EngineError: the folder holds none.
    """
    if not is_sibling(folder):
        raise EngineError(f"{folder} holds no training run of a sibling.", "Start one anew.")
    saved = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    shape = Shape(**saved["recipe"].pop("shape"))
    recipe = SiblingRecipe(**saved["recipe"], shape=shape)
    run = SiblingRun(folder, recipe, Progress(**saved["progress"]))
    run.load("language" if run.progress.language_steps else "vision")
    return run


def _take(run: SiblingRun, tower: Path) -> None:
    """Start from the vision of a diffusion run, and count its minutes and steps as this run's."""
    found = [p for p in ("language", "vision") if (tower / f"state-{p}.safetensors").is_file()]
    if not found:
        raise EngineError(f"{tower} holds no training run.", "Name a run of the bundled model.")
    saved = json.loads((tower / "run.json").read_text(encoding="utf-8"))
    try:
        taken = take_tower(run.model, load_file(tower / f"state-{found[0]}.safetensors"))
    except ValueError as error:
        raise EngineError(f"The vision of {tower} does not fit: {error}.") from error
    run.progress.vision_seconds = run.recipe.vision_minutes * 60
    run.progress.vision_steps = saved["progress"]["vision_steps"]
    log.info("took %d tensors of vision from %s", taken, tower.name)
    same = all(saved["recipe"][n] == getattr(run.recipe, n) for n in ("seed", "pictures"))
    if same and saved["progress"]["language_steps"]:  # its vision is finished
        _share(run.folder, tower)


def _share(folder: Path, tower: Path) -> None:
    """Link the pictures and soft tokens of a run with the same phantoms, to spare making them."""
    for pattern in ("pictures-*.npy", "soft-tokens-*.safetensors"):
        for file in tower.glob(pattern):
            try:
                os.link(file, folder / file.name)
            except OSError as error:  # another file system: they are made anew
                log.info("%s is not shared: %s", file.name, error.strerror)


def _train_words(run: SiblingRun, pictures: np.ndarray) -> None:
    minutes = run.recipe.minutes - run.recipe.vision_minutes
    if run.progress.language_seconds >= minutes * 60:
        return
    run.model.requires_grad_(requires_grad=True)
    tasks = _tasks(run, pictures)
    optimiser = Optimiser(language_parameters(run.model))
    if run.progress.language_steps:
        optimiser.load(run.load("language"))
    for name, weight in run.model.named_parameters():
        weight.requires_grad_("vision" not in name)
    clock = Clock(run, "language", minutes * 60)  # encoding the pictures is not training
    balance, recent = Balance(run.model), Recent()
    while (share := clock.share) < 1:
        rng = np.random.default_rng([run.recipe.seed, 4, run.progress.language_steps])
        for task in tasks.round(rng):
            with torch.autocast("cpu", torch.bfloat16):
                loss, right = sibling_loss(run.model, task, balance)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step(schedule(share, _RATE))
            recent.add(loss, right)
            run.progress.language_steps += 1
        if run.progress.language_steps % 60 == 0:
            log.info("sibling %s", recent.line(run.progress.language_steps, share))
        if clock.due():
            run.save("language", optimiser)
    run.save("language", optimiser)


def _tasks(run: SiblingRun, pictures: np.ndarray) -> SiblingTasks:
    grey = np.full((1, SIZE, SIZE), GREY, dtype=np.uint8)
    return SiblingTasks(
        run.tokenizer,
        [draw_case(seed).findings for seed in run.seeds],
        run_soft_tokens(run, pictures),
        encode_all(run.model, grey)[0],
        run.recipe.shape.canvas,
        run.recipe.batch_pictures,
        told=run.recipe.told,
    )


def export_sibling(run: SiblingRun, folder: Path) -> None:
    """Write weights (bf16), configuration, tokenizer and image processor into a folder.

    Plain transformers loads it: ``Gemma4ForConditionalGeneration``, ``AutoTokenizer`` and
    ``Gemma4ImageProcessorPil``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy = Gemma4ForConditionalGeneration(run.model.config)
    copy.load_state_dict(run.model.state_dict())
    ends = [run.tokenizer.eos_token_id, run.tokenizer.convert_tokens_to_ids(END_TURN)]
    copy.generation_config = GenerationConfig(
        max_new_tokens=run.recipe.shape.canvas,
        do_sample=False,
        pad_token_id=run.tokenizer.pad_token_id,
        bos_token_id=run.tokenizer.bos_token_id,
        eos_token_id=ends,
    )
    copy.to(torch.bfloat16).save_pretrained(folder, max_shard_size="1GB")
    run.tokenizer.save_pretrained(folder)
    make_image_processor().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # safetensors leaves it to its owner alone
    said = {"kind": KIND, "name": "Lacuna phantom's sibling", "training": run.summary()}
    (folder / "lacuna.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
