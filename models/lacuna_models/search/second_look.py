"""A whole draft looked over once more: sentences that do not stand up are written anew.

Sentences are denoised at the same time, so that two may collide: a word twice, a stop too many, a
phrase cut short. Each token is noised in some rows of one pass; a sentence whose tokens the rest
makes unlikely, on average, becomes a padded gap and is filled from both sides. Where its words lie
may shift, which no step of the first draft can do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lacuna_models.canvas import Layout, Rule, Span
from lacuna_models.vocabulary import Vocabulary

ROWS = 8  # of the pass; each token is noise in `HITS` of them
HITS = 3
MOST = 4  # sentences that are written anew; more, and too little is left to fill from

_SPARE = 8  # positions that a gap has beyond the sentence that it replaces, at least
_END = re.compile(r"[.!?]\s*$")


@dataclass(frozen=True, slots=True)
class Said:
    """A token of a draft, and its doubt in nats."""

    token: int
    doubt: float


def sentences(ids: Sequence[int], words: Vocabulary) -> list[range]:
    """Return the tokens of each sentence, with the space before it; headings are none."""
    texts = words.texts(ids, "ignore")
    found: list[range] = []
    start = 0
    for i, text in enumerate(texts):
        last = i + 1 == len(texts)
        if not (last or "\n" in text or _END.search(text)):
            continue
        stop = i if "\n" in text else i + 1
        spoken = "".join(texts[start:stop]).strip()
        if spoken and not spoken.endswith(":"):
            found.append(range(start, stop))
        start = i + 1
    return found


def masks(places: Sequence[int], seed: int) -> list[list[int]]:
    """Return which places are noise in each row: every one in as many rows."""
    rng = np.random.default_rng(seed)
    ranks = np.array([rng.permutation(ROWS) for _ in places])
    return [
        [p for p, rank in zip(places, column, strict=True) if rank < HITS] for column in ranks.T
    ]


def unlikely(spoken: Sequence[range], nats: Mapping[int, float], bound: float) -> list[range]:
    """Return the sentences whose tokens' mean is below -``bound``, the worst few, in order."""
    marks = [(sum(nats[i] for i in sentence) / len(sentence), sentence) for sentence in spoken]
    worst = sorted((m for m in marks if m[0] < -bound), key=lambda m: m[0])[:MOST]
    return sorted((sentence for _, sentence in worst), key=lambda s: s.start)


def opened(
    layout: Layout, said: Sequence[int], gaps: Sequence[range], default: int, words: Vocabulary
) -> Layout | None:
    """Lay out a draft with padded gaps in place of some sentences; None where there is none, or
    no room.

    ``said`` are the draft's tokens, without its end; neighbouring sentences share a gap.
    """
    span = layout.spans[0]
    runs = _joined(gaps)
    if not runs:
        return None
    spare = len(layout.ids) - span.start - len(said) - 1
    wider = min(default, spare // len(runs))
    if wider < 1:
        return None
    ids, rules = list(layout.ids[: span.start]), [Rule.HELD] * span.start
    parts: list[str | Span] = []
    at = 0
    for number, run in enumerate(runs):
        ids += said[at : run.start]
        rules += [Rule.HELD] * (run.start - at)
        length = min(len(run) + wider, max(default, len(run) + _SPARE))
        parts.append(Span(f"look-{number}", len(ids), len(ids) + length, auto=True))
        ids += [words.marks.pad] * length
        rules += [Rule.ELASTIC] * length
        at = run.stop
    ids += [*said[at:], words.marks.turn]
    ids += [words.marks.pad] * (len(layout.ids) - len(ids))
    rules += [Rule.HELD] * (len(ids) - len(rules))
    return replace(layout, ids=tuple(ids), rules=tuple(rules), parts=tuple(parts), shrunk=None)


def rewritten(
    before: Sequence[Said], gaps: Sequence[range], after: Sequence[Sequence[Said]]
) -> list[Said]:
    """Return a draft with what its gaps were filled with, padding left out."""
    told: list[Said] = []
    at = 0
    for run, filled in zip(_joined(gaps), after, strict=True):
        told += [*before[at : run.start], *filled]
        at = run.stop
    return [*told, *before[at:]]


def _joined(gaps: Sequence[range]) -> list[range]:
    """Join neighbouring ranges."""
    runs: list[range] = []
    for gap in gaps:
        if runs and runs[-1].stop == gap.start:
            runs[-1] = range(runs[-1].start, gap.stop)
        else:
            runs.append(gap)
    return runs
