"""Train the autoregressive sibling on the same phantoms, and write it as a checkpoint folder.

A run is a folder as in ``train``, and resumes as one; its recipe's ``told`` tells the two apart.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from transformers import Gemma4ForConditionalGeneration, GenerationConfig

from lacuna_models.api import EngineError
from lacuna_models.phantom.files import read_tensors
from lacuna_models.phantom.machine import Machine
from lacuna_models.phantom.model import make_image_processor
from lacuna_models.phantom.phases import draw, learn_vision, learn_words, make_tasks
from lacuna_models.phantom.runs import Recipe, Run, saved_run
from lacuna_models.phantom.sibling import make_sibling, sibling_config, take_tower
from lacuna_models.phantom.sibling_tasks import TOLD_SHARE, SiblingTasks, sibling_loss
from lacuna_models.phantom.tokenizer import END_TURN

KIND = "sibling"


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
    recipe_type: ClassVar[type[Recipe]] = SiblingRecipe
    kind: ClassVar[str] = "training run of a sibling"
    other: ClassVar[str] = "It holds the bundled model's run: leave out --sibling."

    @classmethod
    def owns(cls, recipe: Mapping[str, Any]) -> bool:
        """Return whether a saved recipe is a sibling's."""
        return not Run.owns(recipe)

    def _make_model(self) -> Gemma4ForConditionalGeneration:
        return make_sibling(sibling_config(self.recipe.shape, self.tokenizer), self.recipe.seed)

    def summary(self) -> dict[str, Any]:
        """Return what a card tells of this run."""
        taken = {"told": self.recipe.told, "tower": self.recipe.tower}
        return {n: v for n, v in Run.summary(self).items() if "planted" not in n} | taken


def train_sibling(
    folder: Path,
    recipe: SiblingRecipe,
    resume: bool = False,
    tower: Path | None = None,
    machine: Machine | None = None,
) -> SiblingRun:
    """Run, or go on with, a sibling's training; blocks until its minutes are used.

    ``tower`` is a diffusion run whose vision a new run takes over; the vision minutes then count as
    used.

    Raises:
        EngineError: if the folder holds a run and ``resume`` is False, or the reverse, or what is
            no run's; a tower of another shape; the disk is full.
        KeyboardInterrupt: Ctrl+C; what was learnt is saved.
    """
    if resume or tower is None:
        run = SiblingRun.enter(folder, recipe, resume, machine)
    else:
        saved = _saved_tower(tower)
        run = SiblingRun.enter(folder, replace(recipe, tower=True), resume, machine)
        _take(run, tower, saved)
    pictures = draw(run)
    learn_vision(run, pictures)
    learn_words(
        run,
        "sibling",
        lambda: make_tasks(run, pictures, SiblingTasks, told=run.recipe.told),
        lambda task, balance, _: sibling_loss(run.model, task, balance),
    )
    return run


def is_sibling(folder: Path) -> bool:
    """Return whether a folder holds a sibling's run."""
    saved = saved_run(folder)
    return saved is not None and SiblingRun.owns(saved["recipe"])


def _saved_tower(tower: Path) -> dict[str, Any]:
    saved = saved_run(tower)
    if saved is None or not Run.owns(saved["recipe"]):
        raise EngineError(f"{tower} holds no training run.", "Name a run of the bundled model.")
    return saved


def _take(run: SiblingRun, tower: Path, saved: dict[str, Any]) -> None:
    """Start from the vision of a diffusion run, and count its minutes and steps as this run's."""
    phase = "language" if saved["progress"]["language_steps"] else "vision"
    try:
        taken = take_tower(run.model, read_tensors(tower / f"state-{phase}.safetensors"))
    except ValueError as error:
        raise EngineError(f"The vision of {tower} does not fit: {error}.") from error
    run.progress.vision_seconds = run.recipe.vision_minutes * 60
    run.progress.vision_steps = saved["progress"]["vision_steps"]
    run.machine.display.say(f"took {taken} tensors of vision from {tower.name}")
    same = all(saved["recipe"][n] == getattr(run.recipe, n) for n in ("seed", "pictures"))
    if same and saved["progress"]["language_steps"]:  # its vision is finished
        _share(run, tower)


def _share(run: SiblingRun, tower: Path) -> None:
    """Link the pictures and soft tokens of a run with the same phantoms, to spare making them."""
    for pattern in ("pictures-*.npy", "soft-tokens-*.safetensors"):
        for file in tower.glob(pattern):
            if (run.folder / file.name).exists():  # linked before a first checkpoint was written
                continue
            try:
                os.link(file, run.folder / file.name)
            except OSError as error:  # another file system: they are made anew
                run.machine.display.say(f"{file.name} is not shared: {error.strerror}")


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
