"""The denoising loop: one generator that yields step results. Everything else wraps it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from lacuna_models.api import CancelToken, SamplerSettings
from lacuna_models.sampler import StepOutput, Task, first_state, step, temperature
from lacuna_models.survey import Bans, Draws

# (R, C) canvas, (R, F, V) logits of the step before (None at first) -> (R, F, V) logits
Forward = Callable[[Tensor, Tensor | None], Tensor]


def budget(settings: SamplerSettings) -> int:
    """Return how many steps a run may take: a warm start skips the hot ones."""
    return max(1, settings.steps - math.floor(settings.start * settings.steps))


@torch.inference_mode()
def denoise(
    forward: Forward,
    task: Task,
    settings: SamplerSettings,
    draws: Draws,
    cancel: CancelToken | None = None,
) -> Iterator[StepOutput]:
    """Denoise one block, yielding each step of all rows, until every row stops.

    ``cancel`` is polled between steps. To stop iterating is to cancel as well.
    """
    state = first_state(task, settings, draws)
    for left in range(budget(settings), 0, -1):
        if cancel is not None and cancel.is_set():
            return
        logits = forward(state.canvas, state.conditioning)
        output = step(logits, task, state, settings, temperature(left, settings), draws)
        yield output
        state = output.state
        if bool(state.finished.all()):
            return


def task_of(
    ids: tuple[int, ...],
    free: tuple[int, ...],
    seeded: frozenset[int],
    forbidden: Tensor | None,
    device: torch.device,
) -> Task:
    """Put a layout's numbers on a device. ``forbidden`` is (F, V) bool, already there."""
    return Task(
        ids=torch.tensor(ids, dtype=torch.long, device=device),
        free=torch.tensor(free, dtype=torch.long, device=device),
        seeded=torch.tensor([p in seeded for p in free], dtype=torch.bool, device=device),
        bans=None if forbidden is None else Bans(forbidden, torch.arange(len(free), device=device)),
    )
