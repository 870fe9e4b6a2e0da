"""The engine: requests in, events out, on a loaded DiffusionGemma. One thread owns it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from lacuna_models import asking, blocks, context
from lacuna_models.api import (
    AskRequest,
    CancelToken,
    Commands,
    Done,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    ModelInfo,
    StepEvent,
)
from lacuna_models.canvas import Layout, Rule, lay_out
from lacuna_models.context import Context, Contexts
from lacuna_models.forwards import forward_of
from lacuna_models.infill import budget, denoise, task_of
from lacuna_models.loading import Loaded, load
from lacuna_models.rows import Block, Job, Read, Row
from lacuna_models.sampler import SeededDraws
from lacuna_models.weights import Progress

_SMALL = 100_000_000  # parameters; below, one CPU thread is the fastest

_NEXT_BLOCK = 1_000_003  # added to the seed: the blocks of a row do not share their draws


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
        self,
        request: FillRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Denoise, yielding every step of every row, then one ``Done`` a row, in row order.

        Raises:
            EngineError: before the first event, if the request cannot be laid out.
        """
        loaded = self._at_work()
        plan = _plan(request, loaded)
        job = Job(request, request.settings or self._info.settings, time.perf_counter())
        rows = tuple(Row(i, seed) for i, seed in enumerate(request.seeds))
        with _within_memory():
            start = self._contexts.get(request.prompt)
            if len(plan) == 1:
                yield from self._denoise(job, plan[0], rows, start, cancel)
            else:  # later blocks see what each row wrote before: the rows part company
                for row in rows:
                    yield from self._fill_blocks(job, plan, row, start, cancel)
        for row in rows:
            yield row.done(job, plan)

    def ask(
        self,
        request: AskRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Answer a question about pictures; see ``api.Engine.ask``.

        Raises:
            EngineError: before the first event.
        """
        yield from self.fill(asking.as_fill(request), cancel, commands)

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
        job: Job,
        plan: Sequence[Block],
        row: Row,
        start: Context,
        cancel: CancelToken | None,
    ) -> Iterator[StepEvent]:
        seen = start
        for block in plan:
            if row.stopped or (cancel is not None and cancel.is_set()):
                row.stop()
                return
            if block.layout.free:
                yield from self._denoise(job, block, (row,), seen, cancel)
            else:
                row.pass_over(block, self._at_work().vocabulary)
            if block.index + 1 < block.count:
                seen = context.extend(
                    self._at_work(), seen, row.written(self._at_work().vocabulary)
                )

    def _denoise(
        self,
        job: Job,
        block: Block,
        rows: Sequence[Row],
        seen: Context,
        cancel: CancelToken | None,
    ) -> Iterator[StepEvent]:
        loaded = self._at_work()
        layout = block.layout
        rules = torch.tensor([layout.rules[p].value for p in layout.free], device=loaded.device)
        size = loaded.vocabulary.size
        task = task_of(
            layout.ids, layout.free, layout.seeded, self._forbidden[rules], loaded.device
        )
        seeds = [row.seed + _NEXT_BLOCK * block.index for row in rows]
        draws = SeededDraws(seeds, len(layout.free), size, loaded.device)
        forward = forward_of(loaded, seen, len(rows), task.free)
        for row in rows:
            row.begin(block)
        outputs = denoise(forward, task, job.settings, draws, cancel)
        for number, output in enumerate(outputs, 1):
            read = Read.of(output)
            for at, row in enumerate(rows):
                if not row.finished:
                    row.take(read, at, number)
                    yield row.event(job, block, loaded.vocabulary)
        for row in rows:
            row.end(block, loaded.vocabulary, budget(job.settings))


@contextmanager
def _within_memory() -> Iterator[None]:
    """Word it when the device runs out of memory: that is the reader's to know, and no bug."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise EngineError(
            "The device's memory is full.", "Ask for fewer alternatives, or choose another device."
        ) from error


def _forbidden(loaded: Loaded) -> Tensor:
    """Return (rules, V) bool: which ids may not stand under each rule."""
    vocabulary = loaded.vocabulary
    table = torch.zeros((len(Rule), vocabulary.size), dtype=torch.bool)
    table[:, sorted(vocabulary.unwritable)] = True
    table[Rule.ELASTIC.value, vocabulary.marks.pad] = False
    table[Rule.ENDING.value, [vocabulary.marks.pad, *vocabulary.marks.ends]] = False
    return table.to(loaded.device)


def _plan(request: FillRequest, loaded: Loaded) -> tuple[Block, ...]:
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
        Block(part, i, len(parts), _laid_out(parts, i, loaded)) for i, part in enumerate(parts)
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
