"""A request's segments -> the canvases on which they are filled. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lacuna_models import blocks
from lacuna_models.api import EngineError, FillRequest, Fixed, Gap, Segment
from lacuna_models.canvas import CanvasSpec, Layout, lay_out
from lacuna_models.vocabulary import Vocabulary

Lengths = Mapping[str, int]  # segment id -> positions


@dataclass(frozen=True, slots=True)
class Block:
    """One canvas of a request: its segments, its place among the others, its layout."""

    segments: tuple[Segment, ...]
    index: int
    count: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class Planner:
    """Cuts and lays out, for one checkpoint."""

    vocabulary: Vocabulary
    canvas: CanvasSpec

    def plan(
        self, segments: Sequence[Segment], lengths: Lengths | None = None
    ) -> tuple[Block, ...]:
        """Cut and lay out segments; ``lengths`` are those of gaps that are to be as they were.

        Raises:
            EngineError: nothing to fill, or no room.
        """
        ids = [segment.id for segment in segments if not isinstance(segment, Fixed)]
        if len(ids) != len(set(ids)):
            raise ValueError("gaps and soft spans need ids of their own")
        parts = blocks.split(segments, self.vocabulary, self.canvas)
        plan = tuple(
            Block(part, i, len(parts), self._laid_out(parts, i, lengths))
            for i, part in enumerate(parts)
        )
        if not any(block.layout.free for block in plan):
            raise EngineError("There is no gap to fill.", "Put [...] where the model is to write.")
        return plan

    def again(self, block: Block, lengths: Lengths, *, padded: bool) -> Block:
        """Return a block with other lengths of its gaps.

        Raises:
            EngineError: there is no room for them.
        """
        layout = lay_out(
            block.segments,
            self.vocabulary,
            replace(self.canvas, preamble=()) if block.index else self.canvas,
            last=block.index + 1 == block.count,
            lengths=lengths,
            padded=padded,
        )
        return replace(
            block,
            layout=replace(layout, before=block.layout.before, after=block.layout.after),
        )

    def _laid_out(
        self, parts: Sequence[blocks.Block], index: int, lengths: Lengths | None
    ) -> Layout:
        spec = self.canvas if index == 0 else replace(self.canvas, preamble=())
        last = index + 1 == len(parts)
        layout = lay_out(parts[index], self.vocabulary, spec, last=last, lengths=lengths)
        before = parts[index - 1][-1] if index else None
        after = None if last else parts[index + 1][0]
        return replace(
            layout,
            before="" if before is None or isinstance(before, Gap) else before.text,
            after="" if last else after.text if isinstance(after, Fixed) else None,
        )


def plan_request(request: FillRequest, planner: Planner) -> tuple[Block, ...]:
    """Plan a request; one that goes on from a recorded step is laid out as it was then.

    Raises:
        EngineError: no rows, nothing to fill, no room, or a step of another run.
    """
    if not request.seeds:
        raise EngineError("A run needs at least one seed.")
    if request.start is None:
        return planner.plan(request.segments)
    start = request.start
    plan = planner.plan(request.segments, dict(start.lengths))
    fits = start.block < len(plan) and len(plan[start.block].layout.ids) == len(start.canvas)
    if not fits or len(start.accepted) != len(start.canvas):
        raise EngineError("That step belongs to another run.", "Fill again instead.")
    return plan
