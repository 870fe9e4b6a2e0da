"""How well each of several finished canvases stands up when parts of it are noised again.

*Half*: a random half of a span's tokens is replaced by uniform draws, then the other half; the mean
log-likelihood of what stood there is the score. What only supports itself falls. *Full*: all of the
span's tokens at once: what its surroundings and the picture alone expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lacuna_models.context import Context
from lacuna_models.forwards import forward_of
from lacuna_models.loading import Loaded

_MOST = 1 << 26  # logits that one pass may make: 256 MiB of them


@dataclass(frozen=True, slots=True)
class Written:
    """A finished canvas: ``ids`` (C,), and the positions of each span that is to be scored."""

    ids: tuple[int, ...]
    spans: tuple[tuple[int, ...], ...]


@torch.inference_mode()
def halves(
    loaded: Loaded, seen: Context, canvases: Sequence[Written], *, draws: int = 2, seed: int = 0
) -> list[list[float]]:
    """Return the half score of every span of every canvas, nats a token: higher is better."""
    dice = torch.Generator().manual_seed(seed % (1 << 63))
    noised: list[list[set[int]]] = []
    for canvas in canvases:
        rows: list[set[int]] = []
        for _ in range(draws):
            chosen = {p for span in canvas.spans for p in _half(span, dice)}
            everything = {p for span in canvas.spans for p in span}
            rows += [chosen, everything - chosen]
        noised.append(rows)
    return _scored(loaded, seen, canvases, noised, dice)


@torch.inference_mode()
def fulls(
    loaded: Loaded, seen: Context, canvases: Sequence[Written], *, draws: int = 2, seed: int = 0
) -> list[list[float]]:
    """Return the full score of every span of every canvas, nats a token."""
    dice = torch.Generator().manual_seed(seed % (1 << 63))
    rows = [[{p for span in canvas.spans for p in span}] * draws for canvas in canvases]
    return _scored(loaded, seen, canvases, rows, dice)


def _half(span: Sequence[int], dice: torch.Generator) -> list[int]:
    """Return a random half of a span's positions; of a single one, that one or none."""
    order = torch.randperm(len(span), generator=dice).tolist()
    return [span[i] for i in order[: (len(span) + 1) // 2]]


def _scored(
    loaded: Loaded,
    seen: Context,
    canvases: Sequence[Written],
    noised: Sequence[Sequence[set[int]]],
    dice: torch.Generator,
) -> list[list[float]]:
    """Return the mean log-likelihood of what was noised, a span."""
    ids = torch.tensor([c.ids for c, rows in zip(canvases, noised, strict=True) for _ in rows])
    flat = [places for rows in noised for places in rows]
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for row, places in enumerate(flat):
        mask[row, sorted(places)] = True
    drawn = torch.randint(loaded.vocabulary.size, ids.shape, generator=dice)
    likelihood = _likelihoods(loaded, seen, ids, torch.where(mask, drawn, ids))
    kept = torch.where(mask, likelihood, torch.zeros(()))
    scores, row = [], 0
    for canvas, rows in zip(canvases, noised, strict=True):
        mine = slice(row, row + len(rows))
        scores.append(
            [
                float(kept[mine, list(span)].sum() / mask[mine, list(span)].sum().clamp(min=1))
                for span in canvas.spans
            ]
        )
        row += len(rows)
    return scores


def _likelihoods(loaded: Loaded, seen: Context, ids: Tensor, canvas: Tensor) -> Tensor:
    """Return (R, C) log-likelihoods of ``ids`` given (R, C) canvases; 0 where all rows agree."""
    varied = (canvas != canvas[0]).any(0) | (canvas != ids).any(0)
    places = varied.nonzero().flatten()
    result = torch.zeros(ids.shape)
    if not len(places):
        return result
    at = places.to(loaded.device)
    size = max(1, _MOST // (len(places) * loaded.vocabulary.size))
    for start in range(0, len(canvas), size):
        part = canvas[start : start + size]
        forward = forward_of(loaded, seen, len(part), at)
        logp = forward(part.to(loaded.device), None).log_softmax(-1)
        stood = ids[start : start + size, places].to(loaded.device)
        read = logp.gather(-1, stood[..., None])[..., 0].cpu()
        result[start : start + size, places] = read
    return result
