"""An edit in the middle of a run: what of the canvas before it still holds. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lacuna_models.api import EngineError, Fixed, Gap, Segment
from lacuna_models.canvas import Span
from lacuna_models.planning import Block, Planner


@dataclass(frozen=True, slots=True)
class Carried:
    """What a span held when the report was edited: one entry a position of the span.

    ``beside`` are the fixed texts next to it; ``held`` are offsets of tokens that were locked.
    """

    segment: Segment
    beside: tuple[str, str]
    ids: tuple[int, ...]
    accepted: tuple[bool, ...]
    held: frozenset[int]


@dataclass(frozen=True, slots=True)
class Fresh:
    """How a span begins after an edit, by canvas position: what stands, and what is locked.

    ``touched`` says that the text beside it was changed, so that it is to be thought over.
    """

    stands: Mapping[int, int]
    held: Mapping[int, int]
    touched: bool


def beside(segments: Sequence[Segment]) -> dict[str, tuple[str, str]]:
    """Return the fixed texts next to each segment, by its id."""
    texts = ["", *(s.text if isinstance(s, Fixed) else "" for s in segments), ""]
    return {s.id: (texts[i], texts[i + 2]) for i, s in enumerate(segments)}


def carry(
    block: Block,
    ids: Sequence[int],
    accepted: Sequence[bool],
    held: Mapping[int, int],
    around: Mapping[str, tuple[str, str]],
) -> dict[str, Carried]:
    """Return what a block's spans hold, by segment id; ``around`` is ``beside`` of the report."""
    segments = {segment.id: segment for segment in block.segments}
    return {
        span.segment_id: Carried(
            segments[span.segment_id],
            around.get(span.segment_id, ("", "")),
            tuple(ids[span.start : span.stop]),
            tuple(accepted[span.start : span.stop]),
            frozenset(p - span.start for p in held if span.start <= p < span.stop),
        )
        for span in block.layout.spans
    }


def plan_anew(
    planner: Planner, segments: Sequence[Segment], known: Mapping[str, Carried]
) -> tuple[Block, ...]:
    """Plan an edited report, gaps that are as they were at the length that they had.

    Raises:
        EngineError: nothing to fill, or no room.
    """
    lengths = {
        segment.id: len(known[segment.id].ids)
        for segment in segments[:-1]
        if isinstance(segment, Gap) and segment.id in known and known[segment.id].segment == segment
    }
    try:
        return planner.plan(segments, lengths)
    except EngineError:
        return planner.plan(segments)


def fresh(span: Span, segment: Segment, around: tuple[str, str], known: Carried | None) -> Fresh:
    """Return how a span begins, given what it held before, if it is still the same span.

    A soft span whose text was changed begins from its new text.
    """
    if known is None or known.segment != segment:
        return Fresh({}, {}, touched=True)
    fits = [(i, span.start + i) for i in range(min(len(known.ids), span.length))]
    return Fresh(
        {p: known.ids[i] for i, p in fits if known.accepted[i]},
        {p: known.ids[i] for i, p in fits if i in known.held},
        touched=known.beside != around,
    )
