"""One denoising step: tensors in, a dataclass out. No model, no clock, no text.

It is the entropy-bound sampler of DiffusionGemma's ``generate`` with five differences, each for the
sake of held positions (anchors): acceptance and stopping look at free positions only; ids that may
not stand at a place get no probability there; anchors condition the next step by themselves, not by
the model's opinion of them, so none is handed on; and each row draws from a stream of its own.

Shapes: R rows, C canvas positions, F free positions among them, V the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lacuna_models.api import SamplerSettings
from lacuna_models.survey import Bans, Draws, entropy_of, survey
from lacuna_models.survey import SeededDraws as SeededDraws


@dataclass(frozen=True, slots=True)
class Task:
    """What one block asks of the sampler; the same for every row.

    Attributes:
        ids: (C,) anchors and soft seeds.
        free: (F,) indices of the positions that may be written.
        seeded: (F,) bool, which of them start from ``ids``.
        bans: what may not stand there; None where anything may.
    """

    ids: Tensor
    free: Tensor
    seeded: Tensor
    bans: Bans | None


@dataclass(frozen=True, slots=True)
class State:
    """What one step hands to the next.

    Attributes:
        canvas: (R, C) the tokens that the model sees next.
        conditioning: (R, F, V) logits of the step before, None before the first.
        argmax: (R, F) the most likely tokens of the step before.
        history: (S, R, F) the last S of those, -1 where there were none yet; S is ``stability``.
        finished: (R,) bool.
    """

    canvas: Tensor
    conditioning: Tensor | None
    argmax: Tensor
    history: Tensor
    finished: Tensor


@dataclass(frozen=True, slots=True)
class StepOutput:
    """One step of all rows. Rows that had finished before keep what they had.

    Attributes:
        argmax: (R, C) the draft: the most likely token a position, anchors in place.
        sampled: (R, F) what was drawn at the free positions.
        accepted: (R, C) bool; anchors count as accepted.
        entropy: (R, C) nats, of what the sampler drew from; 0 at anchors.
        doubt: makes (R, C) nats, the same at temperature 1; 0 at anchors. A cold schedule hides
            it. It is one more look over the vocabulary, so it waits until someone asks.
        mean_entropy: (R,) nats, over free positions.
        state: what the next step starts from; ``state.finished`` is the stop flag of each row.
    """

    argmax: Tensor
    sampled: Tensor
    accepted: Tensor
    entropy: Tensor
    doubt: Callable[[], Tensor]
    mean_entropy: Tensor
    state: State

    def on_host(self) -> list[list[float]]:
        """Copy the first row in one piece, so that the host waits but once.

        Returns draft, accepted, entropy, mean entropy and whether it has finished, an entry a
        position each. Ids are below 2**24: float32 holds them as they are.
        """
        mean = self.mean_entropy[0].expand_as(self.entropy[0])
        over = self.state.finished[0].expand_as(self.entropy[0])
        parts = (self.argmax[0], self.accepted[0], self.entropy[0], mean, over)
        copied: list[list[float]] = torch.stack([part.float() for part in parts]).tolist()
        return copied


def first_state(task: Task, settings: SamplerSettings, draws: Draws) -> State:
    """Lay noise at the free positions; of soft tokens only at the share ``settings.noise``."""
    noise = draws.canvas()
    rows = noise.shape[0]
    standing = task.ids[task.free].expand_as(noise)
    if bool(task.seeded.any()):
        keep = task.seeded & ~_renoised(draws.shares(), task.seeded, settings.noise)
        noise = torch.where(keep, standing, noise)
    return State(
        canvas=_onto_canvas(task, noise),
        conditioning=None,
        argmax=noise,
        history=torch.full((settings.stability, *noise.shape), -1, device=noise.device),
        finished=torch.zeros(rows, dtype=torch.bool, device=noise.device),
    )


def temperature(step: int, settings: SamplerSettings) -> Tensor:
    """Return the temperature with ``step`` steps left, this one counted: a float32 scalar.

    The schedule is ``t_min + (t_max - t_min) * step / steps``, in upstream's order of operations.
    It stays on the host: a scalar there goes along with a kernel's call, on any device.
    """
    left = torch.tensor(step, dtype=torch.int32) / settings.steps
    return settings.t_min + (settings.t_max - settings.t_min) * left


def step(
    logits: Tensor,
    task: Task,
    state: State,
    settings: SamplerSettings,
    heat: Tensor,
    draws: Draws,
) -> StepOutput:
    """Accept, renoise, clamp, stop.

    ``logits`` are (R, F, V) float32, at the free positions only; ``heat`` is the temperature.
    """
    seen = survey(logits, task.bans, heat, draws)
    accepted = accept(seen.entropy, settings.entropy_bound)
    canvas = torch.where(accepted, seen.drawn, draws.canvas())
    argmax, entropy = seen.best, seen.entropy
    frozen = state.finished[:, None]
    argmax = torch.where(frozen, state.argmax, argmax)
    following = torch.where(frozen, state.canvas, _onto_canvas(task, canvas))
    mean = entropy.mean(dim=-1)
    # With a stability of 0 the history is empty, and an empty comparison holds.
    stable = (state.history == argmax).all(dim=-1).all(dim=0)
    finished = state.finished | (stable & (mean < settings.confidence))
    return StepOutput(
        argmax=_onto_canvas(task, argmax),
        sampled=seen.drawn,
        accepted=_spread(task, accepted, fill=True),
        entropy=_spread(task, entropy, fill=0.0),
        doubt=lambda: _spread(task, entropy_of(seen.thought * heat), fill=0.0),
        mean_entropy=mean,
        state=State(
            canvas=following,
            conditioning=_conditioning(seen.thought, state),
            argmax=argmax,
            history=torch.cat([state.history, argmax[None]])[-settings.stability :]
            if settings.stability
            else state.history,
            finished=finished,
        ),
    )


@torch.inference_mode()
def doubt(logits: Tensor, task: Task) -> Tensor:
    """Return (R, F) nats: the entropy of (R, F, V) logits at temperature 1."""
    return entropy_of(logits, task.bans)


def accept(entropy: Tensor, bound: float) -> Tensor:
    """Return (R, F) bool: the surest tokens whose summed entropy, the last's aside, is in bounds.

    The sum without its largest term bounds the mutual information of the tokens accepted together
    (arXiv 2505.24857).
    """
    ordered, order = torch.sort(entropy, dim=-1)
    chosen = ordered.cumsum(dim=-1) - ordered <= bound
    return torch.zeros_like(chosen).scatter(-1, order, chosen)


def _conditioning(logits: Tensor, state: State) -> Tensor:
    if state.conditioning is None or logits.shape[0] == 1:
        return logits  # a lone row that has finished is stepped no more
    return torch.where(state.finished[:, None, None], state.conditioning, logits)


def _renoised(shares: Tensor, seeded: Tensor, noise: float) -> Tensor:
    """Return (R, F) bool: the given share of the seeded positions, at least one if any."""
    count = int(seeded.sum())
    chosen = min(count, max(1, round(noise * count))) if noise > 0 else 0
    ranked = shares.masked_fill(~seeded, 2.0).argsort(dim=-1)
    return torch.zeros_like(shares, dtype=torch.bool).scatter(-1, ranked[:, :chosen], True)


def _onto_canvas(task: Task, tokens: Tensor) -> Tensor:
    """Return (R, C): (R, F) tokens at the free positions, anchors at the others."""
    return task.ids.expand(tokens.shape[0], -1).index_copy(1, task.free, tokens)


def _spread(task: Task, values: Tensor, fill: float) -> Tensor:
    """Return (R, C): (R, F) values at the free positions, ``fill`` at the others."""
    full = torch.full(
        (values.shape[0], task.ids.shape[0]), fill, dtype=values.dtype, device=values.device
    )
    return full.index_copy(1, task.free, values)
