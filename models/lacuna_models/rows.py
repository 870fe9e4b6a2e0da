"""A row's way through a request: steps in, events and the end out. Torch stays outside."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lacuna_models import blocks, drafting
from lacuna_models.api import (
    Done,
    Fill,
    FillRequest,
    Open,
    Reason,
    SamplerSettings,
    Segment,
    StepEvent,
    TokenState,
)
from lacuna_models.canvas import Layout, Rule
from lacuna_models.drafting import Reading
from lacuna_models.infill import budget
from lacuna_models.sampler import StepOutput
from lacuna_models.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Block:
    """One canvas of a request: its segments, its place among the others, its layout."""

    segments: tuple[Segment, ...]
    index: int
    count: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class Job:
    """What holds for all of a request's blocks."""

    request: FillRequest
    settings: SamplerSettings
    began: float

    def elapsed(self) -> float:
        """Return the seconds since it began."""
        return time.perf_counter() - self.began


@dataclass(frozen=True, slots=True)
class Read:
    """A step's numbers on the host: one list a row."""

    ids: list[list[int]]
    accepted: list[list[bool]]
    entropy: list[list[float]]
    doubt: list[list[float]]
    mean: list[float]
    finished: list[bool]

    @staticmethod
    def of(output: StepOutput) -> Read:
        """Copy a step from the device."""
        return Read(
            output.argmax.tolist(),
            output.accepted.tolist(),
            output.entropy.tolist(),
            output.doubt.tolist(),
            output.mean_entropy.tolist(),
            output.state.finished.tolist(),
        )


class Row:
    """One row's way through the blocks: what it has written, and how far it got."""

    def __init__(self, index: int, seed: int) -> None:
        """Start at the first block."""
        self.index = index
        self.seed = seed
        self.ids: list[int] = []
        self.finished = False
        self.stopped = False
        self._fills: list[Fill] = []
        self._blocks = 0
        self._steps = 0
        self._settled = True

    def begin(self, block: Block) -> None:
        """Open a block: nothing is accepted yet."""
        length = len(block.layout.ids)
        self.ids = list(block.layout.ids)
        self.finished = False
        self._number = 0
        self._accepted = [rule is Rule.HELD for rule in block.layout.rules]
        self._entropy = [0.0] * length
        self._doubt = [0.0] * length
        self._states = [TokenState.CHANGING] * length
        self._held: list[int | None] = [None] * length
        self._mean = 0.0

    def take(self, read: Read, at: int, number: int) -> None:
        """Take over one step's numbers."""
        self._number = number
        self._steps += 1
        self.ids, self._accepted = read.ids[at], read.accepted[at]
        self._entropy, self._mean = read.entropy[at], read.mean[at]
        self._doubt = read.doubt[at]
        self.finished = read.finished[at]
        for p, token in enumerate(self.ids):
            same = self._held[p] == token
            if self._accepted[p]:
                self._states[p] = TokenState.SETTLED if same else TokenState.ACCEPTED
                self._held[p] = token
            else:
                self._states[p] = TokenState.CHANGING
                self._held[p] = token if same else None

    def event(self, job: Job, block: Block, words: Vocabulary) -> StepEvent:
        """Word the step just taken."""
        layout = block.layout
        states = [self._states[p] for p in layout.free]
        return StepEvent(
            request_id=job.request.id,
            row=self.index,
            block=block.index,
            blocks=block.count,
            step=self._number,
            steps=budget(job.settings),
            spans=drafting.drafts(layout, words, self._reading()),
            free=len(states),
            settled=states.count(TokenState.SETTLED),
            accepted=states.count(TokenState.ACCEPTED),
            mean_entropy=self._mean,
            elapsed=job.elapsed(),
            canvas=tuple(self.ids),
            accepted_mask=tuple(self._accepted),
            entropy=tuple(self._entropy),
        )

    def end(self, block: Block, words: Vocabulary, steps: int) -> None:
        """Close a block: all is kept, unless it was stopped on the way."""
        self.stopped = not self.finished and self._number < steps
        self._settled = self._settled and self.finished
        self._read(block, words, keep=not self.stopped)

    def pass_over(self, block: Block, words: Vocabulary) -> None:
        """Read a block that has nothing to be written."""
        self.begin(block)
        self._read(block, words, keep=True)

    def written(self, words: Vocabulary) -> list[int]:
        """Return the block's tokens as the next block is to see them: without filler."""
        filler = {words.marks.pad, *words.marks.ends}
        return [token for token in self.ids if token not in filler]

    def stop(self) -> None:
        """Note that the blocks still to come will not be begun."""
        self.stopped = True

    def _read(self, block: Block, words: Vocabulary, *, keep: bool) -> None:
        self._blocks += 1
        if not keep and self._number == 0:
            self._fills += _untouched(block)
            return
        # What the reader is told of a proposal is the doubt, not the cold sampler's entropy.
        reading = replace(self._reading(), entropy=self._doubt)
        if keep:
            reading = replace(reading, kept=[True] * len(self.ids))
        self._fills += drafting.fills(block.layout, words, reading)

    def _reading(self) -> Reading:
        return Reading(self.ids, self._accepted, self._states, self._entropy)

    def done(self, job: Job, plan: Sequence[Block]) -> Done:
        """Word the end of the row."""
        for block in plan[self._blocks :]:
            self._fills += _untouched(block)
        reason = Reason.SETTLED if self._settled else Reason.STEPS
        return Done(
            request_id=job.request.id,
            row=self.index,
            seed=self.seed,
            reason=Reason.CANCELLED if self.stopped else reason,
            fills=drafting.merge(self._fills),
            steps=self._steps,
            elapsed=job.elapsed(),
            settings=job.settings,
            notes=_notes(plan),
        )


def _untouched(block: Block) -> list[Fill]:
    """Return the fills of a block that was not begun: gaps stay open, soft text stands."""
    return [
        Fill(span.segment_id, (Open(span.length, span.auto),), 0.0)
        for span in block.layout.spans
        if not span.soft
    ]


def _notes(plan: Sequence[Block]) -> tuple[str, ...]:
    said = [blocks.note(len(plan))] if len(plan) > 1 else []
    shrunk = [block.layout.shrunk for block in plan if block.layout.shrunk is not None]
    if shrunk:
        said.append(f"There was little room: some gaps were held to {min(shrunk)} tokens.")
    return tuple(said)
