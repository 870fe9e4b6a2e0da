"""The engine: requests in, events out, on a loaded DiffusionGemma. One thread owns it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lacuna_models import asking
from lacuna_models.api import (
    AskRequest,
    CancelToken,
    Commands,
    Done,
    EngineError,
    FillRequest,
    ModelInfo,
    Rewrite,
    RewriteRequest,
    ScoreRequest,
    Scores,
    StepEvent,
)
from lacuna_models.canvas import Rule
from lacuna_models.context import Contexts
from lacuna_models.loading import Loaded, load
from lacuna_models.pace import Pace
from lacuna_models.rows import Job
from lacuna_models.running import Run
from lacuna_models.scoring.desk import Desk
from lacuna_models.scoring.fitting import Fitting
from lacuna_models.scoring.measures import score
from lacuna_models.scoring.restyle import rewrites
from lacuna_models.vocabulary import Vocabulary
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

    @property
    def vocabulary(self) -> Vocabulary:
        """The checkpoint's tokens."""
        return self._at_work().vocabulary

    @property
    def searched(self) -> bool:
        """Whether gaps of unknown length are tried at several lengths, or padded."""
        return self._at_work().canvas.searched

    def variant(self, **canvas: Any) -> DiffusionEngine:
        """Return an engine on the same model with other fields of its ``CanvasSpec``.

        For measuring one way beside another. Close this one, not the variant.
        """
        loaded = self._at_work()
        return DiffusionEngine(replace(loaded, canvas=replace(loaded.canvas, **canvas)))

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
        settings = request.settings or self._info.settings
        adapter = request.adapter or loaded.adapters.active
        job = Job(request, settings, time.perf_counter(), self._info, adapter)
        run = Run(loaded, self._forbidden, job, Pace(cancel, commands))
        with _within_memory(), loaded.thinking_with(request.adapter):
            yield from run.events(self._contexts.get(asking.told(request)))

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

    def score(self, request: ScoreRequest, cancel: CancelToken | None = None) -> Scores:
        """Read the likelihood of text that stands; see ``api.Engine.score``.

        Raises:
            EngineError: if the request cannot be laid out.
        """
        loaded = self._at_work()
        desk = Desk(loaded, self._contexts)
        with _within_memory(), loaded.thinking_with(request.adapter):
            return score(desk, request, cancel)

    def rewrite(
        self, request: RewriteRequest, cancel: CancelToken | None = None
    ) -> Iterator[Rewrite]:
        """Word soft segments in the prompt's style; see ``api.Engine.rewrite``.

        Raises:
            EngineError: before the first segment, if the request cannot be laid out.
        """
        fit = Fitting(Desk(self._at_work(), self._contexts))
        return rewrites(self, request, cancel, fit)

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
