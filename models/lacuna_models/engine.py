"""The engine: requests in, events out, on a loaded DiffusionGemma. One thread owns it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from lacuna_models import blocks, context, drafting
from lacuna_models.api import (
    CancelToken,
    Done,
    EngineError,
    Fill,
    FillRequest,
    Fixed,
    Gap,
    ModelInfo,
    Open,
    Reason,
    SamplerSettings,
    Segment,
    SpanDraft,
    StepEvent,
    TokenState,
)
from lacuna_models.canvas import Layout, Rule, lay_out
from lacuna_models.context import Context, Contexts
from lacuna_models.drafting import Reading
from lacuna_models.infill import Forward, budget, denoise, task_of
from lacuna_models.loading import Loaded, load
from lacuna_models.sampler import SeededDraws, StepOutput
from lacuna_models.weights import Progress

_SMALL = 100_000_000  # parameters; below, one CPU thread is the fastest


def load_engine(
    path: Path | None = None,
    *,
    device: str = "auto",
    dtype: str | None = None,
    adapter: Path | None = None,
    progress: Progress | None = None,
) -> DiffusionEngine:
    """Load a checkpoint folder, or the bundled one, as an engine. See ``loading.load``.

    Raises:
        EngineError: anything wrong with the folder, the device or the adapter, in one sentence.
    """
    loaded = load(
        path or _bundled(), device=device, dtype=dtype, adapter=adapter, progress=progress
    )
    _spare_threads(loaded)
    return DiffusionEngine(loaded)


def collect(events: Iterable[StepEvent | Done]) -> tuple[Done, ...]:
    """Run a fill to its end and return each row's ``Done``, in row order."""
    return tuple(event for event in events if isinstance(event, Done))


def _bundled() -> Path:
    from lacuna_phantom import checkpoint_path

    try:
        return checkpoint_path()
    except FileNotFoundError as error:
        raise EngineError("The bundled model is not installed.", "Install Lacuna again.") from error


def _spare_threads(loaded: Loaded) -> None:
    """Run a small model on one CPU thread, unless the user chose.

    Two spinning OpenMP threads beside any other busy process made steps fifty times slower.
    """
    small = sum(p.numel() for p in loaded.model.parameters()) < _SMALL
    if loaded.device.type == "cpu" and small and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)


@dataclass(frozen=True, slots=True)
class _Block:
    """One canvas of a request: its segments, its place among the others, its layout."""

    segments: tuple[Segment, ...]
    index: int
    count: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class _Run:
    """What holds for all of a request's blocks."""

    request: FillRequest
    settings: SamplerSettings
    began: float

    def elapsed(self) -> float:
        return time.perf_counter() - self.began


class DiffusionEngine:
    """A loaded model that fills gaps. Implements ``api.Engine``."""

    def __init__(self, loaded: Loaded) -> None:
        """Take over a loaded checkpoint; create, use and close the engine on one thread."""
        self._loaded: Loaded | None = loaded
        self._info = loaded.info
        self._contexts = Contexts(loaded)
        self._forbidden = _forbidden(loaded)

    @property
    def info(self) -> ModelInfo:
        """What answers."""
        return self._info

    def fill(
        self, request: FillRequest, cancel: CancelToken | None = None
    ) -> Iterator[StepEvent | Done]:
        """Denoise, yielding every step of every row, then one ``Done`` a row, in row order.

        Raises:
            EngineError: before the first event, if the request cannot be laid out.
        """
        loaded = self._at_work()
        plan = _plan(request, loaded)
        run = _Run(request, request.settings or self._info.settings, time.perf_counter())
        start = self._contexts.get(request.prompt)
        if len(plan) == 1:
            rows = tuple(_Row(i, seed) for i, seed in enumerate(request.seeds))
            yield from self._denoise(run, plan[0], rows, start, cancel)
        else:  # later blocks see what each row wrote before: the rows part company
            rows = tuple(_Row(i, seed) for i, seed in enumerate(request.seeds))
            for row in rows:
                yield from self._fill_blocks(run, plan, row, start, cancel)
        for row in rows:
            yield row.done(run, plan)

    def close(self) -> None:
        """Free the model's memory. The engine is of no use afterwards."""
        self._contexts.clear()
        self._loaded = None
        self._forbidden = torch.empty(0)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _at_work(self) -> Loaded:
        if self._loaded is None:
            raise EngineError("The model has been closed.", "Load it again.")
        return self._loaded

    def _fill_blocks(
        self,
        run: _Run,
        plan: Sequence[_Block],
        row: _Row,
        start: Context,
        cancel: CancelToken | None,
    ) -> Iterator[StepEvent]:
        seen = start
        for block in plan:
            if row.stopped or (cancel is not None and cancel.is_set()):
                row.stop()
                return
            if block.layout.free:
                yield from self._denoise(run, block, (row,), seen, cancel)
            else:
                row.pass_over(block, self._at_work())
            if block.index + 1 < block.count:
                seen = context.extend(self._at_work(), seen, row.ids)

    def _denoise(
        self,
        run: _Run,
        block: _Block,
        rows: Sequence[_Row],
        seen: Context,
        cancel: CancelToken | None,
    ) -> Iterator[StepEvent]:
        loaded = self._at_work()
        layout = block.layout
        rules = torch.tensor([layout.rules[p].value for p in layout.free], device=loaded.device)
        size = loaded.vocabulary.size
        task = task_of(
            layout.ids, layout.free, layout.seeded, self._forbidden[rules], size, loaded.device
        )
        draws = SeededDraws([row.seed for row in rows], len(layout.free), size, loaded.device)
        forward = forward_of(loaded, seen, len(rows), task.free)
        for row in rows:
            row.begin(block)
        for number, output in enumerate(denoise(forward, task, run.settings, draws, cancel), 1):
            read = _Read.of(output)
            for at, row in enumerate(rows):
                if not row.finished:
                    row.take(read, at, number)
                    yield row.event(run, block, loaded)
        for row in rows:
            row.end(block, loaded, budget(run.settings))


def forward_of(loaded: Loaded, seen: Context, rows: int, free: Tensor) -> Forward:
    """Return the model as a function of the canvas, for ``rows`` rows behind one context.

    The decoder is upstream's own; the output head is applied at the free positions only.
    """
    model = loaded.model
    cache = context.rows(seen, rows)
    cap = float(model.final_logit_softcapping)

    def forward(canvas: Tensor, conditioning: Tensor | None) -> Tensor:
        places = torch.arange(seen.length, seen.length + canvas.shape[1], device=canvas.device)
        hidden = model.model.decoder(
            decoder_input_ids=canvas,
            past_key_values=cache,
            self_conditioning_logits=None if conditioning is None else conditioning.to(model.dtype),
            decoder_position_ids=places[None],
        ).last_hidden_state
        logits: Tensor = model.lm_head(hidden[:, free]).float()
        return torch.tanh(logits / cap) * cap

    return forward


def _forbidden(loaded: Loaded) -> Tensor:
    """Return (rules, V) bool: which ids may not stand under each rule."""
    vocabulary = loaded.vocabulary
    table = torch.zeros((len(Rule), vocabulary.size), dtype=torch.bool)
    table[:, sorted(vocabulary.unwritable)] = True
    table[Rule.ELASTIC.value, vocabulary.marks.pad] = False
    table[Rule.ENDING.value, [vocabulary.marks.pad, *vocabulary.marks.ends]] = False
    return table.to(loaded.device)


def _plan(request: FillRequest, loaded: Loaded) -> tuple[_Block, ...]:
    """Cut and lay out a request.

    Raises:
        EngineError: nothing to fill, no rows, or no room.
    """
    if not request.seeds:
        raise EngineError("A run needs at least one seed.")
    ids = [segment.id for segment in request.segments if not isinstance(segment, Fixed)]
    if len(ids) != len(set(ids)):
        raise ValueError("gaps and soft spans need ids of their own")
    parts = blocks.split(request.segments, loaded.vocabulary, loaded.canvas)
    plan = tuple(
        _Block(part, i, len(parts), _laid_out(parts, i, loaded)) for i, part in enumerate(parts)
    )
    if not any(block.layout.free for block in plan):
        raise EngineError("There is no gap to fill.", "Put [...] where the model is to write.")
    return plan


def _laid_out(parts: Sequence[blocks.Block], index: int, loaded: Loaded) -> Layout:
    spec = loaded.canvas if index == 0 else replace(loaded.canvas, preamble=())
    last = index + 1 == len(parts)
    layout = lay_out(parts[index], loaded.vocabulary, spec, last=last)
    before = parts[index - 1][-1] if index else None
    after = None if last else parts[index + 1][0]
    return replace(
        layout,
        before="" if before is None or isinstance(before, Gap) else before.text,
        after="" if last else after.text if isinstance(after, Fixed) else None,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """A step's numbers on the host: one list a row."""

    ids: list[list[int]]
    accepted: list[list[bool]]
    entropy: list[list[float]]
    mean: list[float]
    finished: list[bool]

    @staticmethod
    def of(output: StepOutput) -> _Read:
        return _Read(
            output.argmax.tolist(),
            output.accepted.tolist(),
            output.entropy.tolist(),
            output.mean_entropy.tolist(),
            output.state.finished.tolist(),
        )


class _Row:
    """One row's way through the blocks: what it has written, and how far it got."""

    def __init__(self, index: int, seed: int) -> None:
        self.index = index
        self.seed = seed
        self.ids: list[int] = []
        self.finished = False
        self.stopped = False
        self._fills: list[Fill] = []
        self._blocks = 0
        self._steps = 0
        self._settled = True

    def begin(self, block: _Block) -> None:
        """Open a block: nothing is accepted yet."""
        length = len(block.layout.ids)
        self.ids = list(block.layout.ids)
        self.finished = False
        self._number = 0
        self._accepted = [rule is Rule.HELD for rule in block.layout.rules]
        self._entropy = [0.0] * length
        self._states = [TokenState.CHANGING] * length
        self._held: list[int | None] = [None] * length
        self._mean = 0.0

    def take(self, read: _Read, at: int, number: int) -> None:
        """Take over one step's numbers."""
        self._number = number
        self._steps += 1
        self.ids, self._accepted = read.ids[at], read.accepted[at]
        self._entropy, self._mean = read.entropy[at], read.mean[at]
        self.finished = read.finished[at]
        for p, token in enumerate(self.ids):
            same = self._held[p] == token
            if self._accepted[p]:
                self._states[p] = TokenState.SETTLED if same else TokenState.ACCEPTED
                self._held[p] = token
            else:
                self._states[p] = TokenState.CHANGING
                self._held[p] = token if same else None

    def event(self, run: _Run, block: _Block, loaded: Loaded) -> StepEvent:
        """Word the step just taken."""
        layout = block.layout
        states = [self._states[p] for p in layout.free]
        spans: tuple[SpanDraft, ...] = drafting.drafts(layout, loaded.vocabulary, self._reading())
        return StepEvent(
            request_id=run.request.id,
            row=self.index,
            block=block.index,
            blocks=block.count,
            step=self._number,
            steps=budget(run.settings),
            spans=spans,
            free=len(states),
            settled=states.count(TokenState.SETTLED),
            accepted=states.count(TokenState.ACCEPTED),
            mean_entropy=self._mean,
            elapsed=run.elapsed(),
            canvas=tuple(self.ids),
            accepted_mask=tuple(self._accepted),
            entropy=tuple(self._entropy),
        )

    def end(self, block: _Block, loaded: Loaded, steps: int) -> None:
        """Close a block: all is kept, unless it was stopped on the way."""
        self.stopped = not self.finished and self._number < steps
        self._settled = self._settled and self.finished
        self._read(block, loaded, keep=not self.stopped)

    def pass_over(self, block: _Block, loaded: Loaded) -> None:
        """Read a block that has nothing to be written."""
        self.begin(block)
        self._read(block, loaded, keep=True)

    def stop(self) -> None:
        """Note that the blocks still to come will not be begun."""
        self.stopped = True

    def _read(self, block: _Block, loaded: Loaded, *, keep: bool) -> None:
        self._blocks += 1
        if not keep and self._number == 0:
            self._fills += _untouched(block)
            return
        reading = self._reading()
        if keep:
            reading = replace(reading, kept=[True] * len(self.ids))
        self._fills += drafting.fills(block.layout, loaded.vocabulary, reading)

    def _reading(self) -> Reading:
        return Reading(self.ids, self._accepted, self._states, self._entropy)

    def done(self, run: _Run, plan: Sequence[_Block]) -> Done:
        """Word the end of the row."""
        for block in plan[self._blocks :]:
            self._fills += _untouched(block)
        reason = Reason.SETTLED if self._settled else Reason.STEPS
        return Done(
            request_id=run.request.id,
            row=self.index,
            seed=self.seed,
            reason=Reason.CANCELLED if self.stopped else reason,
            fills=drafting.merge(self._fills),
            steps=self._steps,
            elapsed=run.elapsed(),
            settings=run.settings,
            notes=_notes(plan),
        )


def _untouched(block: _Block) -> list[Fill]:
    """Return the fills of a block that was not begun: gaps stay open, soft text stands."""
    return [
        Fill(span.segment_id, (Open(span.length),), 0.0)
        for span in block.layout.spans
        if not span.soft
    ]


def _notes(plan: Sequence[_Block]) -> tuple[str, ...]:
    notes = [blocks.note(len(plan))] if len(plan) > 1 else []
    shrunk = [block.layout.shrunk for block in plan if block.layout.shrunk is not None]
    if shrunk:
        notes.append(f"There was little room: some gaps were held to {min(shrunk)} tokens.")
    return tuple(notes)
