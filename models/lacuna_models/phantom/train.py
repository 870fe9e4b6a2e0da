"""Train the bundled checkpoint: vision first, then the words. Resumable.

The learning rate follows the clock, so ``--minutes`` is what a run costs. The parts: ``runs`` (the
folder), ``phases`` (what is learnt), ``loop`` (how).
"""

from __future__ import annotations

from pathlib import Path

from lacuna_models.phantom.language import language_loss
from lacuna_models.phantom.machine import Machine
from lacuna_models.phantom.phases import draw, learn_vision, learn_words, make_tasks
from lacuna_models.phantom.runs import Recipe, Run
from lacuna_models.phantom.tasks import Tasks


def train(
    folder: Path, recipe: Recipe, resume: bool = False, machine: Machine | None = None
) -> Run:
    """Run, or go on with, a training run; blocks until its minutes are used.

    Raises:
        EngineError: if the folder holds a run and ``resume`` is False, or the reverse, or what is
            no run's; the disk is full.
        KeyboardInterrupt: Ctrl+C; what was learnt is saved.
    """
    run = Run.enter(folder, recipe, resume, machine)
    pictures = draw(run)
    learn_vision(run, pictures)
    learn_words(
        run,
        "language",
        lambda: make_tasks(run, pictures, Tasks),
        lambda task, balance, rng: language_loss(run.model, task, balance, rng),
    )
    return run
