"""The second look at whole drafts, on the model: one pass to find weak sentences, one fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lacuna_models.canvas import Layout
from lacuna_models.context import Context
from lacuna_models.planning import Block
from lacuna_models.rows import Read, Row
from lacuna_models.scoring.noise import read
from lacuna_models.search.second_look import (
    HITS,
    Said,
    masks,
    opened,
    rewritten,
    sentences,
    unlikely,
)
from lacuna_models.tracks import Board

if TYPE_CHECKING:
    from lacuna_models.running import Run

_NEXT_LOOK = 2_750_159  # added to the seed: the look's draws are not the draft's


def look_over(run: Run, block: Block, row: Row, seen: Context, bound: float) -> bool:
    """Write a draft's unlikely sentences anew; return whether there were any.

    ``block`` holds nothing but the draft. ``bound`` is in nats a token. A run that is stopped
    meanwhile keeps the draft as it was.
    """
    span = block.layout.spans[0]
    said = row.said(span, run.words)
    spoken = sentences([each.token for each in said], run.words)
    if not spoken:
        return False
    nats = _read(run, row, seen, span.start, spoken)
    gaps = unlikely(spoken, nats, bound)
    tokens = [each.token for each in said]
    layout = opened(block.layout, tokens, gaps, run.loaded.canvas.default_gap, run.words)
    filled = None if layout is None else _filled(run, replace(block, layout=layout), row, seen)
    if filled is None:
        return False
    row.write_over(span, rewritten(said, gaps, filled), run.words)
    return True


def _read(
    run: Run, row: Row, seen: Context, start: int, spoken: Sequence[range]
) -> dict[int, float]:
    """Return each token's mean log-likelihood in the rows in which it was noise."""
    places = [start + i for sentence in spoken for i in sentence]
    noisy = masks(places, row.seed)
    likely = read(run.loaded, seen, row.ids, noisy, places, row.seed).likelihoods.cpu().numpy()
    hit = np.array([np.isin(places, noised) for noised in noisy])
    means = (likely * hit).sum(0) / HITS
    return {p - start: float(mean) for p, mean in zip(places, means, strict=True)}


def _filled(run: Run, block: Block, row: Row, seen: Context) -> list[list[Said]] | None:
    """Fill the gaps; return their tokens, or None if the run was stopped."""
    track = run.track(block, row, shift=_NEXT_LOOK)
    board = Board(run.loaded, seen, (track,))
    last: Read | None = None
    while not track.over:
        if run.pace.stopped:
            return None
        (output,) = board.advance()
        if output is not None:
            last = Read.of(output)
            row.count_step()
    return None if last is None else _spans(block.layout, last, run)


def _spans(layout: Layout, last: Read, run: Run) -> list[list[Said]]:
    doubt = last.doubt()
    filler = {run.words.marks.pad, *run.words.marks.ends}
    return [
        [
            Said(last.ids[p], doubt[p])
            for p in range(span.start, span.stop)
            if last.ids[p] not in filler
        ]
        for span in layout.spans
    ]
