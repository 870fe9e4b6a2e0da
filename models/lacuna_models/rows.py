"""A row's way through a request: steps in, events and the end out. Torch stays outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from lacuna_models import blocks, drafting
from lacuna_models.api import (
    Done,
    Fill,
    FillRequest,
    ModelInfo,
    Open,
    Provenance,
    Reason,
    SamplerSettings,
    Stage,
    StepEvent,
    TokenState,
)
from lacuna_models.canvas import Rule, Span
from lacuna_models.drafting import Reading
from lacuna_models.planning import Block
from lacuna_models.sampler import StepOutput
from lacuna_models.search.second_look import Said
from lacuna_models.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Job:
    """What holds for all of a request's blocks."""

    request: FillRequest
    settings: SamplerSettings
    began: float
    info: ModelInfo
    adapter: str | None

    def elapsed(self) -> float:
        """Return the seconds since it began."""
        return time.perf_counter() - self.began

    def origin(self, seed: int, step: int) -> Provenance:
        """Return which run, and which step of it, wrote some words."""
        return Provenance(self.info.name, self.info.hash, self.adapter, seed, step, self.settings)


@dataclass(frozen=True, slots=True)
class Read:
    """One row's step on the host: one entry a position. ``doubt`` is made when it is asked for."""

    ids: list[int]
    accepted: list[bool]
    entropy: list[float]
    doubt: Callable[[], Sequence[float]]
    mean: float
    finished: bool

    @staticmethod
    def of(output: StepOutput) -> Read:
        """Copy the step of a single row from the device."""
        ids, accepted, entropy, mean, finished = output.on_host()
        return Read(
            [int(token) for token in ids],
            [one > 0 for one in accepted],
            entropy,
            lambda: output.doubt()[0].tolist(),
            mean[0],
            finished[0] > 0,
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """What an event tells beside the row's own state."""

    stage: Stage
    edition: int
    paused: bool
    left: int


class Row:
    """One row's way through the blocks: what it has written, and how far it got."""

    def __init__(self, index: int, seed: int) -> None:
        """Start at the first block."""
        self.index = index
        self.seed = seed
        self.ids: list[int] = []
        self.finished = False
        self.stopped = False
        self.notes: list[str] = []
        self._fills: list[Fill] = []
        self._blocks = 0
        self._steps = 0
        self._settled = True

    @property
    def steps(self) -> int:
        """How many steps it has taken, in all blocks."""
        return self._steps

    @property
    def accepted(self) -> list[bool]:
        """Which positions hold what was accepted."""
        return self._accepted

    def begin(self, block: Block, number: int = 0) -> None:
        """Open a block, ``number`` steps of which were taken before: nothing is accepted yet."""
        length = len(block.layout.ids)
        self.ids = list(block.layout.ids)
        self.finished = False
        self._number = number
        self._accepted = [rule is Rule.HELD for rule in block.layout.rules]
        self._entropy = [0.0] * length
        self._doubt: Callable[[], Sequence[float]] = lambda: [0.0] * length
        self._states = [TokenState.CHANGING] * length
        self._held: list[int | None] = [None] * length
        self._locked: frozenset[int] = frozenset()
        self._mean = 0.0

    def keep(self, tokens: Mapping[int, int]) -> None:
        """Note what was accepted before the block was opened again."""
        for p, token in tokens.items():
            self.ids[p], self._held[p], self._accepted[p] = token, token, True
            self._states[p] = TokenState.SETTLED

    def take(self, read: Read, locked: Collection[int] = (), struck: Collection[int] = ()) -> None:
        """Take over one step's numbers; ``struck`` positions are thrown out again."""
        self.count_step()
        self.ids, self._accepted = read.ids, read.accepted
        self._entropy, self._mean, self._doubt = read.entropy, read.mean, read.doubt
        self._locked = frozenset(locked)
        self.finished = read.finished and not struck
        for p in struck:
            self._accepted[p] = False
        for p, token in enumerate(self.ids):
            same = self._held[p] == token
            if p in self._locked:
                self._states[p] = TokenState.LOCKED
                self._held[p] = token
            elif self._accepted[p]:
                self._states[p] = TokenState.SETTLED if same else TokenState.ACCEPTED
                self._held[p] = token
            else:
                self._states[p] = TokenState.CHANGING
                self._held[p] = token if same else None

    def event(self, job: Job, block: Block, words: Vocabulary, moment: Moment) -> StepEvent:
        """Word the step just taken."""
        layout = block.layout
        states = [self._states[p] for p in layout.free if p not in self._locked]
        return StepEvent(
            request_id=job.request.id,
            row=self.index,
            block=block.index,
            blocks=block.count,
            step=self._number,
            steps=self._number + moment.left,
            spans=drafting.drafts(layout, words, self._reading()),
            free=len(states),
            settled=states.count(TokenState.SETTLED),
            accepted=states.count(TokenState.ACCEPTED),
            mean_entropy=self._mean,
            elapsed=job.elapsed(),
            canvas=tuple(self.ids),
            accepted_mask=tuple(self._accepted),
            entropy=tuple(self._entropy),
            locked=tuple(sorted(self._locked)),
            edition=moment.edition,
            stage=moment.stage,
            paused=moment.paused,
        )

    def end(self, job: Job, block: Block, words: Vocabulary, *, left: int) -> None:
        """Close a block: all is kept, unless it was stopped with steps ``left``."""
        self.stopped = not self.finished and left > 0
        self._settled = self._settled and self.finished
        self._read(job, block, words, keep=not self.stopped)

    def take_over(self, other: Row) -> None:
        """Become what another row of the same search wrote, as one more step."""
        self.ids, self.finished = other.ids, other.finished
        self._accepted, self._states, self._held = other._accepted, other._states, other._held
        self._entropy, self._doubt, self._mean = other._entropy, other._doubt, other._mean
        self.count_step()

    def said(self, span: Span, words: Vocabulary) -> list[Said]:
        """Return what stands in a span, up to the reply's end, padding left out."""
        doubt = self._doubt()
        found: list[Said] = []
        for p in range(span.start, span.stop):
            if self.ids[p] in words.marks.ends:
                break
            if self.ids[p] != words.marks.pad:
                found.append(Said(self.ids[p], doubt[p]))
        return found

    def count_step(self) -> None:
        """Count a step that shows nothing by itself."""
        self._number += 1
        self._steps += 1

    def write_over(self, span: Span, said: Sequence[Said], words: Vocabulary) -> None:
        """Put other words into a span, then the reply's end; they count as accepted."""
        doubt = list(self._doubt())
        pad = Said(words.marks.pad, 0.0)
        tail = [Said(words.marks.turn, 0.0)] + [pad] * span.length
        for p, each in zip(range(span.start, span.stop), [*said, *tail], strict=False):
            self.ids[p], doubt[p], self._entropy[p] = each.token, each.doubt, 0.0
            self._held[p], self._accepted[p] = each.token, True
            self._states[p] = TokenState.SETTLED
        self._doubt = lambda: doubt

    def leave_out(self, positions: Collection[int], pad: int) -> None:
        """Take tokens out of what was written."""
        self.ids = [pad if p in positions else token for p, token in enumerate(self.ids)]

    def end_as(self, fills: Sequence[Fill], *, settled: bool) -> None:
        """Close a block with fills that were chosen elsewhere."""
        self._blocks += 1
        self._settled = self._settled and settled
        self._fills += fills

    def pass_over(self, job: Job, block: Block, words: Vocabulary) -> None:
        """Read a block that has nothing to be written."""
        self.begin(block)
        self._read(job, block, words, keep=True)

    def written(self, words: Vocabulary) -> list[int]:
        """Return the block's tokens as the next block is to see them: without filler."""
        filler = {words.marks.pad, *words.marks.ends}
        return [token for token in self.ids if token not in filler]

    def stop(self) -> None:
        """Note that the blocks still to come will not be begun."""
        self.stopped = True

    def refuse(self, job: Job, plan: Sequence[Block], words: Vocabulary, why: str) -> None:
        """End at an edit that cannot be laid out, keeping what was accepted."""
        self.stopped = True
        self.notes.append(why)
        if self._blocks < len(plan):
            self._read(job, plan[self._blocks], words, keep=self.finished)

    def start_over(self) -> None:
        """Forget the blocks that were closed: the report was laid out anew."""
        self._fills, self._blocks, self._settled = [], 0, True

    def fills(self, job: Job, block: Block, words: Vocabulary, *, keep: bool) -> tuple[Fill, ...]:
        """Return the block's proposals; without ``keep``, open where nothing was accepted."""
        # What the reader is told of a proposal is the doubt, not the cold sampler's entropy.
        reading = replace(self._reading(), entropy=self._doubt())
        if keep:
            reading = replace(reading, kept=[True] * len(self.ids))
        origin = job.origin(self.seed, self._steps)
        told = drafting.fills(block.layout, words, reading)
        return tuple(replace(fill, provenance=origin) for fill in told)

    def _read(self, job: Job, block: Block, words: Vocabulary, *, keep: bool) -> None:
        self._blocks += 1
        begun = keep or self._number > 0
        self._fills += self.fills(job, block, words, keep=keep) if begun else _untouched(block)

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
            notes=(*_notes(plan), *self.notes),
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
