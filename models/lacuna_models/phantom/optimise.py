"""Muon for matrices, AdamW for the rest, in one small optimiser whose state is plain tensors.

Muon (Jordan et al. 2024) steps along the orthogonalised momentum; the step is scaled as by Liu et
al. 2025, so that one learning rate serves both halves. Stacks of matrices (experts) count as
matrices; equal shapes are orthogonalised together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def schedule(progress: float, peak: float, flat: float = 0.35, warm: float = 0.01) -> float:
    """Return the learning rate at a share of the run: warm-up, plateau, cosine to a fiftieth."""
    if progress < warm:
        return peak * (0.1 + 0.9 * progress / warm)
    if progress < flat:
        return peak
    falling = min((progress - flat) / (1 - flat), 1.0)
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * falling)))


def orthogonalise(matrices: Tensor, rounds: int = 5) -> Tensor:
    """Return the nearest matrices of orthonormal rows or columns, (..., rows, columns)."""
    a, b, c = _NEWTON_SCHULZ
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = (x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return torch.Tensor.float(x.mT if tall else x)


class Optimiser:
    """Steps named parameters. ``plain`` names those that AdamW takes whatever their shape."""

    def __init__(
        self, named: Iterable[tuple[str, nn.Parameter]], plain: tuple[str, ...] = ("embed_tokens",)
    ) -> None:
        self._matrices: dict[str, nn.Parameter] = {}
        self._others: dict[str, nn.Parameter] = {}
        for name, weight in named:
            small = weight.ndim < 2 or min(weight.shape[-2:]) < 8
            chosen = small or any(word in name for word in plain)
            (self._others if chosen else self._matrices)[name] = weight
        self._state = self._zeros()
        self._steps = 0

    def _zeros(self) -> dict[str, Tensor]:
        state = {f"m.{n}": torch.zeros_like(w) for n, w in self._matrices.items()}
        state |= {f"a.{n}": torch.zeros_like(w) for n, w in self._others.items()}
        return state | {f"v.{n}": torch.zeros_like(w) for n, w in self._others.items()}

    def state(self) -> dict[str, Tensor]:
        """Return momenta and step count, for a checkpoint."""
        return {**self._state, "steps": torch.tensor(self._steps, device="cpu")}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take up a saved state."""
        self._steps = int(state["steps"])
        for name, value in self._state.items():
            value.copy_(state[name])

    @torch.no_grad()
    def step(self, rate: float, clip: float = 1.0) -> float:
        """Clip, step and clear the gradients; return their norm before clipping."""
        weights = [*self._matrices.values(), *self._others.values()]
        norm = float(nn.utils.clip_grad_norm_([w for w in weights if w.grad is not None], clip))
        self._steps += 1
        self._step_matrices(rate)
        self._step_others(rate)
        for weight in weights:
            weight.grad = None
        return norm

    def _step_matrices(self, rate: float) -> None:
        groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for name, weight in self._matrices.items():
            if weight.grad is not None:
                self._state[f"m.{name}"].mul_(0.95).add_(weight.grad)
                groups[tuple(weight.shape)].append(name)
        for shape, names in groups.items():
            moved = [self._direction(name) for name in names]
            scale = 0.2 * math.sqrt(max(shape[-2:]))
            for name, update in zip(names, orthogonalise(torch.stack(moved)), strict=True):
                weight = self._matrices[name]
                weight.mul_(1 - rate * 0.02).add_(update, alpha=-rate * scale)

    def _direction(self, name: str) -> Tensor:
        gradient = self._matrices[name].grad
        assert gradient is not None  # noqa: S101  only those with a gradient are grouped
        return gradient + 0.95 * self._state[f"m.{name}"]

    def _step_others(self, rate: float) -> None:
        first, second = 1 - 0.9**self._steps, 1 - 0.98**self._steps
        for name, weight in self._others.items():
            if weight.grad is None:
                continue
            mean, square = self._state[f"a.{name}"], self._state[f"v.{name}"]
            mean.lerp_(weight.grad, 0.1)
            square.lerp_(weight.grad.square(), 0.02)
            weight.addcdiv_(mean / first, (square / second).sqrt() + 1e-8, value=-rate)
