"""One look over the vocabulary: what a position thinks, how sure it is, what is drawn from it.

The planes of this, a float32 an entry and position, are what a step moves most of: 13 GB in
upstream's loop at 262,144 entries. Here they are cut into stretches of positions, on every device;
on CUDA one kernel (`survey_cuda`) reads each logit once and keeps no plane of probabilities.

Shapes: R rows, F free positions, n of them in a stretch, V the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from lacuna_models import survey_cuda

NEVER = -1.0e9  # a logit without probability; finite, because 0 * -inf is no number
_STRETCH = {"cpu": 1 << 20, "cuda": 1 << 24}  # logits in a stretch: 4 MB, and 64 MB


class Draws(Protocol):
    """Where random numbers come from. A test can hand in another run's."""

    def canvas(self) -> Tensor:
        """Return (R, F) ids, uniform over the vocabulary."""
        ...

    def tokens(self, shares: Tensor) -> Tensor:
        """Draw one id a position from (R, n, V) probabilities: (R, n), stretch after stretch."""
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
        return self._stacked(
            [
                torch.randint(self._vocabulary, (self._free,), generator=g, device=self._device)
                for g in self._generators
            ]
        )

    def tokens(self, shares: Tensor) -> Tensor:
        """Draw by a race: an exponential time over its probability, and the first one wins.

        It is the Gumbel-max trick with a logarithm less: no host round trip, and the same tokens.
        """
        times = torch.empty_like(shares, memory_format=torch.contiguous_format)
        for row, generator in zip(times, self._generators, strict=True):
            row.uniform_(generator=generator)  # seven times faster on a CPU than exponential_
        return torch.div(shares, times.log_(), out=times).argmin(dim=-1)

    def keys(self) -> Tensor:
        """Return (R,) int64, keys of streams for a kernel that draws by itself."""
        return torch.cat(
            [
                torch.randint(1 << 31, (1,), generator=g, device=self._device)
                for g in self._generators
            ]
        )

    def shares(self) -> Tensor:
        """Return (R, F) numbers, uniform in 0..1."""
        return self._stacked(
            [torch.rand(self._free, generator=g, device=self._device) for g in self._generators]
        )

    @staticmethod
    def _stacked(rows: list[Tensor]) -> Tensor:
        return rows[0][None] if len(rows) == 1 else torch.stack(rows)


class Bans:
    """What may not stand where: a row of a small table for each free position.

    To add a row is fifteen times faster on a CPU than to fill by a mask, and a table of the few
    rules is small where the vocabulary is large.
    """

    def __init__(self, table: Tensor, rows: Tensor) -> None:
        """Take (K, V) bool, True what is forbidden, and (F,) int64, the row of each position."""
        self.table = table.float().mul_(NEVER)
        self.rows = rows
        small = rows.shape[0] * table.shape[1] <= _STRETCH["cpu"]
        self._plane = self.table[rows] if small else None

    def of(self, start: int, stop: int) -> Tensor:
        """Return (n, V) float32 to be added to logits, of positions ``start`` to ``stop``."""
        if self._plane is not None:
            return self._plane[start:stop]
        return self.table[self.rows[start:stop]]


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    Attributes:
        thought: (R, F, V) logits by temperature, without what is forbidden.
        best: (R, F) the most likely ids.
        drawn: (R, F) ids drawn.
        entropy: (R, F) nats.
    """

    thought: Tensor
    best: Tensor
    drawn: Tensor
    entropy: Tensor


def survey(logits: Tensor, bans: Bans | None, heat: Tensor, draws: Draws) -> Survey:
    """Look over (R, F, V) float32 logits at temperature ``heat``, a scalar."""
    if survey_cuda.serves(logits) and isinstance(draws, SeededDraws):
        table, rows = (None, None) if bans is None else (bans.table, bans.rows)
        return Survey(*survey_cuda.look(logits, table, rows, heat, draws.keys()))
    thought = torch.empty_like(logits)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for start, stop in _stretches(logits):
        part = torch.div(logits[:, start:stop], heat, out=thought[:, start:stop])
        if bans is not None:
            part += bans.of(start, stop)
        shares = part.softmax(dim=-1)
        top, best = part.max(dim=-1)
        found.append((best, draws.tokens(shares), _entropy(part, shares, top, best)))
    best, drawn, entropy = (_joined(each) for each in zip(*found, strict=True))
    return Survey(thought, best, drawn, entropy)


def entropy_of(logits: Tensor, bans: Bans | None = None) -> Tensor:
    """Return (R, F) nats: the entropy of (R, F, V) logits as they are."""
    found = []
    for start, stop in _stretches(logits):
        part = logits[:, start:stop]
        part = part if bans is None else part + bans.of(start, stop)
        found.append(_entropy(part, part.softmax(dim=-1), *part.max(dim=-1)))
    return _joined(found)


def _entropy(logits: Tensor, shares: Tensor, top: Tensor, best: Tensor) -> Tensor:
    """Return nats from logits and their softmax: the log of the sum, less the mean logit.

    Both are counted from the largest logit: cold logits are large, and their rounding would show.
    """
    summed = shares.gather(-1, best[..., None])[..., 0].log_().neg_()
    mean: Tensor = torch.linalg.vecdot(shares, logits - top[..., None])
    return (summed - mean).clamp_min_(0.0)


def _stretches(logits: Tensor) -> list[tuple[int, int]]:
    rows, free, size = logits.shape
    most = max(1, _STRETCH.get(logits.device.type, _STRETCH["cpu"]) // (rows * size))
    return [(start, min(start + most, free)) for start in range(0, free, most)]


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(tuple(parts), dim=1)
