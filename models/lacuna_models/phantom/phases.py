"""The phases of a run: what vision and language learn from, whichever model learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from lacuna_models.phantom.cases import GROUPS, Rng, draw_case
from lacuna_models.phantom.files import written_whole
from lacuna_models.phantom.language import Balance, language_parameters
from lacuna_models.phantom.loop import Phase, learn
from lacuna_models.phantom.optimise import Optimiser
from lacuna_models.phantom.pictures import GREY, SIZE, held_out_seeds, load_pictures
from lacuna_models.phantom.runs import Run
from lacuna_models.phantom.tasks import Task, Tasks
from lacuna_models.phantom.vision import (
    encode_all,
    read_accuracy,
    targets,
    vision_loss,
    vision_parameters,
)

Pictures = NDArray[np.uint8]
Loss = Callable[[Task, Balance, Rng], tuple[Tensor, Tensor]]
Drawer = TypeVar("Drawer", bound=Tasks)


def draw(run: Run) -> Pictures:
    """Return a run's pictures, (count, 128, 128) uint8, mapped from its folder."""
    display = run.machine.display
    return load_pictures(
        run.folder, run.seeds, lambda done, count: display.making("drawing pictures", done, count)
    )


def learn_vision(run: Run, pictures: Pictures) -> None:
    """Use up what is left of a run's minutes of vision; words that were learnt need it as it is."""
    minutes = run.recipe.vision_minutes
    if run.progress.seconds("vision") >= minutes * 60 or run.progress.language_steps:
        return
    answers, size = targets(run.seeds), run.recipe.vision_batch

    def lessons(rng: Rng) -> Iterator[NDArray[np.int64]]:
        yield np.sort(rng.choice(len(pictures), size, replace=False))

    def loss(chosen: NDArray[np.int64], rng: Rng) -> tuple[Tensor, Tensor]:
        return vision_loss(run.model, run.reader, pictures[chosen], answers[chosen], rng)

    parameters = vision_parameters(run.model, run.reader)
    optimiser = Optimiser(parameters, plain=("position", "reader"))
    learn(
        run,
        Phase(
            "vision",
            "vision",
            3,
            minutes,
            lessons,
            loss,
            optimiser,
            flat=0.3,
            saved=lambda: _tell_vision(run),
        ),
    )


def _tell_vision(run: Run) -> None:
    seeds = held_out_seeds(run.recipe.held_out, seed=1)
    pictures = load_pictures(run.folder, seeds)
    accuracy = read_accuracy(run.model, run.reader, pictures, targets(seeds))
    words = ", ".join(f"{g} {float(a):.3f}" for g, a in zip(GROUPS, accuracy, strict=True))
    run.machine.display.say(f"vision held out: {words}")


def learn_words(run: Run, title: str, tasks: Callable[[], Tasks], loss: Loss) -> None:
    """Use up what is left of a run's minutes of language, vision frozen.

    ``tasks`` is asked once, and only where minutes are left: encoding the pictures takes some.
    """
    minutes = run.recipe.minutes - run.recipe.vision_minutes
    if run.progress.seconds("language") >= minutes * 60:
        return
    for name, weight in run.model.named_parameters():
        weight.requires_grad_("vision" not in name)
    balance, optimiser = Balance(run.model), Optimiser(language_parameters(run.model))
    learn(
        run,
        Phase(
            "language",
            title,
            4,
            minutes,
            tasks().round,
            lambda task, rng: loss(task, balance, rng),
            optimiser,
        ),
    )


def make_tasks(run: Run, pictures: Pictures, kind: type[Drawer], **named: Any) -> Drawer:
    """Return what draws a run's lessons of language, from pictures that its vision encodes once."""
    grey = np.full((1, SIZE, SIZE), GREY, dtype=np.uint8)
    return kind(
        run.tokenizer,
        [draw_case(seed).findings for seed in run.seeds],
        _soft_tokens(run, pictures),
        encode_all(run.model, grey)[0],
        run.recipe.shape.canvas,
        run.recipe.batch_pictures,
        **named,
    )


def _soft_tokens(run: Run, pictures: Pictures) -> Tensor:
    """Return the pictures as the finished vision sees them, (count, 64, hidden) float16.

    Encoded once; then the file is mapped, and only what is drawn from it is read.
    """
    path = run.folder / f"soft-tokens-{run.progress.vision_steps}.safetensors"
    if not path.is_file():
        display = run.machine.display
        encoded = encode_all(
            run.model,
            pictures,
            lambda done, count: display.making("encoding pictures", done, count),
        )
        with written_whole(path) as partial:
            save_file({"pictures": encoded}, partial)
    return load_file(path)["pictures"]
