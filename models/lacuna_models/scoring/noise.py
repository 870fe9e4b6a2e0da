"""One pass over a canvas, some of whose tokens are uniform draws: how likely is what stood there?

Shapes: R rows, C canvas positions, F positions that are read, V the vocabulary.
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


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """What was read.

    Attributes:
        likelihoods: (R, F) nats, of what stands at each position.
        expected: (F, V) probabilities, the rows' mean.
    """

    likelihoods: Tensor
    expected: Tensor


@torch.inference_mode()
def read(
    loaded: Loaded,
    seen: Context,
    ids: Sequence[int],
    noisy: Sequence[Sequence[int]],
    places: Sequence[int],
    seed: int,
) -> Readout:
    """Run one pass and read the likelihoods of ``ids`` (C,) at ``places``.

    ``noisy`` has one entry a row: the positions that hold uniform draws there.
    """
    canvas = _canvas(loaded, ids, noisy, seed)
    free = sorted({*places, *(p for row in noisy for p in row)})
    at = torch.tensor([free.index(p) for p in places], device=loaded.device)
    stood = torch.tensor([ids[p] for p in places], device=loaded.device)
    likelihoods, expected = [], torch.zeros((len(places), loaded.vocabulary.size))
    expected = expected.to(loaded.device)
    for part in _parts(canvas, max(1, _MOST // (len(free) * loaded.vocabulary.size))):
        forward = forward_of(loaded, seen, len(part), torch.tensor(free, device=loaded.device))
        logp = forward(part, None)[:, at].log_softmax(-1)
        likelihoods.append(logp.gather(-1, stood.expand(len(part), -1)[..., None])[..., 0])
        expected += logp.exp().sum(0)
    return Readout(torch.cat(likelihoods), expected / len(canvas))


def _parts(canvas: Tensor, rows: int) -> tuple[Tensor, ...]:
    return tuple(canvas[at : at + rows] for at in range(0, len(canvas), rows))


def _canvas(
    loaded: Loaded, ids: Sequence[int], noisy: Sequence[Sequence[int]], seed: int
) -> Tensor:
    """Return (R, C) tokens. A row's draws do not depend on the rows beside it."""
    rows = torch.tensor(ids).repeat(len(noisy), 1)
    for number, places in enumerate(noisy):
        dice = torch.Generator().manual_seed((seed * 1_000_003 + number) % (1 << 63))
        draws = torch.randint(loaded.vocabulary.size, (len(places),), generator=dice)
        rows[number, list(places)] = draws
    return rows.to(loaded.device)
