"""The kernel of `survey_cuda`. Imported only where Triton is; a program looks over one position."""

from __future__ import annotations

from typing import Any

import triton.language as tl


def look(
    logits: Any,
    table: Any,
    rows: Any,
    heat: Any,
    keys: Any,
    thought: Any,
    best: Any,
    drawn: Any,
    entropy: Any,
    free: Any,
    size: Any,
    banned: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """Read a position's logits once; keep the largest, the drawn, and two running sums.

    ``total`` sums exponentials, each counted from the largest logit so far; ``mean`` the same times
    how far their logits lie under it.
    """
    place = tl.program_id(0)
    at = place.to(tl.int64) * size
    degree = tl.load(heat)
    key = tl.load(keys + place // free)
    ban = tl.load(rows + place % free) * size if banned else 0
    top = -float("inf")
    total = 0.0
    mean = 0.0
    first = 0
    lead = -float("inf")
    winner = 0
    for start in range(0, size, block):
        entry = start + tl.arange(0, block)
        inside = entry < size
        x = tl.load(logits + at + entry, mask=inside, other=0.0) / degree
        if banned:
            x += tl.load(table + ban + entry, mask=inside, other=0.0)
        tl.store(thought + at + entry, x, mask=inside)
        x = tl.where(inside, x, -float("inf"))
        above = tl.max(x, axis=0)
        where = start + tl.argmax(x, axis=0)
        first = tl.where(above > top, where, first)
        higher = tl.maximum(above, top)
        share = tl.exp(x - higher)
        fade = tl.exp(top - higher)
        # Counted from the largest so far: when that rises, all that was counted falls with it.
        fallen = tl.where(total > 0, (top - higher) * total, 0.0)
        mean = (mean + fallen) * fade + tl.sum(tl.where(inside, share * (x - higher), 0.0), axis=0)
        total = total * fade + tl.sum(share, axis=0)
        top = higher
        even = tl.rand(key, (place % free) * size + entry)
        race = x - tl.log(-tl.log(tl.maximum(even, 1e-12)))
        race = tl.where(inside, race, -float("inf"))
        ahead = tl.max(race, axis=0)
        runner = start + tl.argmax(race, axis=0)
        winner = tl.where(ahead > lead, runner, winner)
        lead = tl.maximum(ahead, lead)
    nats = tl.log(total) - mean / total
    tl.store(best + place, first)
    tl.store(drawn + place, winner)
    tl.store(entropy + place, tl.maximum(nats, 0.0))
