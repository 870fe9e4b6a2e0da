"""One denoising step: tensors in, a dataclass out. No model, no clock, no text.

It is the entropy-bound sampler of DiffusionGemma's ``generate`` with five differences, each for the
sake of held positions (anchors): acceptance and stopping look at free positions only; ids that may
not stand at a place get no probability there; anchors condition the next step by themselves, not by
the model's opinion of them, so none is handed on; and each row draws from a stream of its own.

Shapes: R rows, C canvas positions, F free positions among them, V the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from lacuna_models.api import SamplerSettings

_NEVER = -1.0e9  # a logit without probability; finite, because 0 * -inf is no number


class Draws(Protocol):
    """Where random numbers come from. A test can hand in another run's."""

    def canvas(self) -> Tensor:
        """Return (R, F) ids, uniform over the vocabulary."""
        ...

    def tokens(self, logits: Tensor) -> Tensor:
        """Draw one id a position from (R, F, V) logits: (R, F)."""
        ...

    def shares(self) -> Tensor:
        """Return (R, F) numbers, uniform in 0..1."""
        ...


class SeededDraws:
    """One generator a row: what a row draws does not depend on the rows beside it."""

    def __init__(
        self, seeds: Sequence[int], free: int, vocabulary: int, device: torch.device
    ) -> None:
        """Open the streams. Seeds may be any integer; they are taken modulo 2**63."""
        self._generators = [torch.Generator(device).manual_seed(seed % (1 << 63)) for seed in seeds]
        self._free = free
        self._vocabulary = vocabulary
        self._device = device

    def resize(self, free: int) -> None:
        """Go on with another number of free positions, from the same streams."""
        self._free = free

    def canvas(self) -> Tensor:
        """Return (R, F) ids, uniform over the vocabulary."""
        return torch.stack(
            [
                torch.randint(self._vocabulary, (self._free,), generator=g, device=self._device)
                for g in self._generators
            ]
        )

    def tokens(self, logits: Tensor) -> Tensor:
        """Draw by the Gumbel-max trick: no probabilities, no host round trip."""
        noise = torch.empty_like(logits)
        for row, generator in zip(noise, self._generators, strict=True):
            row.uniform_(generator=generator)  # seven times faster on a CPU than exponential_
        return (logits - noise.log_().neg_().log_()).argmax(dim=-1)

    def shares(self) -> Tensor:
        """Return (R, F) numbers, uniform in 0..1."""
        return torch.stack(
            [torch.rand(self._free, generator=g, device=self._device) for g in self._generators]
        )


@dataclass(frozen=True, slots=True)
class Task:
    """What one block asks of the sampler; the same for every row.

    Attributes:
        ids: (C,) anchors and soft seeds.
        free: (F,) indices of the positions that may be written.
        seeded: (F,) bool, which of them start from ``ids``.
        forbidden: (F, V) bool, what may not stand there; None where anything may.
    """

    ids: Tensor
    free: Tensor
    seeded: Tensor
    forbidden: Tensor | None


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
        doubt: (R, C) nats, the same at temperature 1; 0 at anchors. A cold schedule hides it.
        mean_entropy: (R,) nats, over free positions.
        state: what the next step starts from; ``state.finished`` is the stop flag of each row.
    """

    argmax: Tensor
    sampled: Tensor
    accepted: Tensor
    entropy: Tensor
    doubt: Tensor
    mean_entropy: Tensor
    state: State


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


def temperature(step: int, settings: SamplerSettings, device: torch.device) -> Tensor:
    """Return the temperature with ``step`` steps left, this one counted: a float32 scalar.

    The schedule is ``t_min + (t_max - t_min) * step / steps``, in upstream's order of operations.
    """
    left = torch.tensor(step, dtype=torch.int32, device=device) / settings.steps
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
    doubts = doubt(logits, task)
    logits = _allowed(logits / heat, task)
    sampled = draws.tokens(logits)
    entropy = _entropy(logits)
    accepted = accept(entropy, settings.entropy_bound)
    canvas = torch.where(accepted, sampled, draws.canvas())
    argmax = logits.argmax(dim=-1)
    frozen = state.finished[:, None]
    argmax = torch.where(frozen, state.argmax, argmax)
    following = torch.where(frozen, state.canvas, _onto_canvas(task, canvas))
    mean = entropy.mean(dim=-1)
    # With a stability of 0 the history is empty, and an empty comparison holds.
    stable = (state.history == argmax).all(dim=-1).all(dim=0)
    finished = state.finished | (stable & (mean < settings.confidence))
    return StepOutput(
        argmax=_onto_canvas(task, argmax),
        sampled=sampled,
        accepted=_spread(task, accepted, fill=True),
        entropy=_spread(task, entropy, fill=0.0),
        doubt=_spread(task, doubts, fill=0.0),
        mean_entropy=mean,
        state=State(
            canvas=following,
            conditioning=_conditioning(logits, state),
            argmax=argmax,
            history=torch.cat([state.history, argmax[None]])[-settings.stability :]
            if settings.stability
            else state.history,
            finished=finished,
        ),
    )


def doubt(logits: Tensor, task: Task) -> Tensor:
    """Return (R, F) nats: the entropy of (R, F, V) logits at temperature 1."""
    return _entropy(_allowed(logits, task))


def accept(entropy: Tensor, bound: float) -> Tensor:
    """Return (R, F) bool: the surest tokens whose summed entropy, the last's aside, is in bounds.

    The sum without its largest term bounds the mutual information of the tokens accepted together
    (arXiv 2505.24857).
    """
    ordered, order = torch.sort(entropy, dim=-1)
    chosen = ordered.cumsum(dim=-1) - ordered <= bound
    return torch.zeros_like(chosen).scatter(-1, order, chosen)


def _allowed(logits: Tensor, task: Task) -> Tensor:
    return logits if task.forbidden is None else logits.masked_fill(task.forbidden, _NEVER)


def _entropy(logits: Tensor) -> Tensor:
    logp = logits - logits.logsumexp(dim=-1, keepdim=True)
    return -(logp * torch.softmax(logits, dim=-1)).sum(dim=-1)


def _conditioning(logits: Tensor, state: State) -> Tensor:
    if state.conditioning is None:
        return logits
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
