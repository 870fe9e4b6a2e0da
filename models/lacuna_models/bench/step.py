"""`lacuna-models bench step`: our loop beside its peers, same checkpoint, same infills, one run."""

from __future__ import annotations

import dataclasses
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch

from lacuna_models.api import Done, SamplerSettings
from lacuna_models.bench.peers import InfillTask, diffusers_pipeline, run_diffusers
from lacuna_models.bench.peers import run_transformers as generate
from lacuna_models.bench.tasks import TASKS, Pair, fitting, with_settings
from lacuna_models.engine import DiffusionEngine
from lacuna_models.loading import Loaded, load

Run = Callable[[Pair], int]  # fills, and returns how many passes that took
Clock = Callable[[], float]  # seconds


@dataclass(slots=True)
class Timing:
    """A contender's figures, one a repeat: milliseconds, and decoder passes."""

    name: str
    milliseconds: list[float] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median milliseconds a run."""
        return statistics.median(self.milliseconds)

    @property
    def step(self) -> float:
        """Median milliseconds a decoder pass, all else included."""
        pairs = zip(self.milliseconds, self.passes, strict=True)
        return statistics.median(ms / passes for ms, passes in pairs)


class Passes:
    """Counts the passes of upstream's decoder, whoever drives it; the lean step is not that one."""

    def __init__(self, model: Any) -> None:
        self._count = 0
        self._hook = model.model.decoder.register_forward_pre_hook(self._seen)

    def _seen(self, *_arguments: object) -> None:
        self._count += 1

    def take(self) -> int:
        """Return the passes since the last call."""
        count, self._count = self._count, 0
        return count

    def close(self) -> None:
        """Stop counting."""
        self._hook.remove()


def bench_step(
    path: Path,
    *,
    cases: int = 5,
    repeats: int = 3,
    steps: int = 8,
    peers: bool = True,
    tasks: Sequence[str] = tuple(TASKS),
    clock: Clock = time.perf_counter,
) -> str:
    """Measure and return tables in Markdown. Contenders take turns, so that drift hits all alike.

    Two settings: a fixed number of steps, early stopping off (same work); and as each one stops
    by itself under the checkpoint's settings. ``clock`` gives seconds: ``time.thread_time`` where
    other work shares the processor.

    Raises:
        EngineError: from loading.
        ImportError: with ``peers``, if the ``bench`` extra is not installed.
    """
    torch.set_num_threads(1)
    loaded = load(path, device="cpu")
    own = loaded.info.settings
    # A canvas cannot be the same for more steps than there are: so no contender stops early.
    fixed = dataclasses.replace(own, steps=steps, stability=steps + 1)
    ways = {
        f"{steps} steps, early stopping off": fixed,
        f"at most {own.steps} steps, each stops by itself": own,
    }
    seeds = fitting(loaded, 9_000_000, cases, own)
    passes, tables = Passes(loaded.model), []
    try:
        for task in tasks:
            pairs = [TASKS[task](loaded, seed, own) for seed in seeds]
            for title, settings in ways.items():
                race = _Race(loaded, repeats, passes, clock, peers=peers)
                tables.append(_table(f"{task}; {title}", race.run(pairs, settings)))
    finally:
        passes.close()
    kind = "CPU time" if clock is time.thread_time else "wall clock"
    head = (
        f"With a picture, {cases} phantoms x {repeats}, medians ({kind}), one CPU thread.\n"
        f"{platform.machine()}, torch {torch.__version__}, {loaded.info.name}"
        f" ({loaded.info.hash[:12]})"
    )
    return "\n\n".join([head, *tables])


@dataclass(frozen=True, slots=True)
class _Race:
    """One table's contenders, timed in turns."""

    loaded: Loaded
    repeats: int
    passes: Passes
    clock: Clock
    peers: bool = field(kw_only=True)

    def run(self, pairs: list[Pair], settings: SamplerSettings) -> list[Timing]:
        """Time all contenders on all pairs."""
        runs = _contenders(self.loaded, pairs[0].task, self.passes, peers=self.peers)
        timings = [Timing(name) for name in runs]
        for pair in pairs:  # one after the other: an engine keeps the latest few contexts only
            for round_ in range(self.repeats + 1):
                for timing, run in zip(timings, runs.values(), strict=True):
                    began = self.clock()
                    taken = run(with_settings(pair, settings))
                    spent = (self.clock() - began) * 1000
                    if round_:  # a case's first round warms caches up, ours of contexts too
                        timing.milliseconds.append(spent)
                        timing.passes.append(taken)
        return timings


def _contenders(loaded: Loaded, task: InfillTask, passes: Passes, *, peers: bool) -> dict[str, Run]:
    """Return the contenders; the first is the one that the others are compared with."""

    def ours_cold(pair: Pair) -> int:
        return _fill(DiffusionEngine(loaded), pair)

    def transformers(cache: str | None, pair: Pair) -> int:
        passes.take()
        for seed in pair.request.seeds:
            generate(loaded.model, pair.task, seed, cache)
        return passes.take()

    runs: dict[str, Run] = {
        "transformers generate + the paper's clamp": partial(transformers, None),
        "the same, static cache": partial(transformers, "static"),
        "Lacuna, context encoded each time": ours_cold,
        "Lacuna, warm context": partial(_fill, DiffusionEngine(loaded)),
    }
    if loaded.lean is not None:
        stock = DiffusionEngine(dataclasses.replace(loaded, lean=None))
        runs["Lacuna, stock forward, warm context"] = partial(_fill, stock)
    if peers:
        pipeline = diffusers_pipeline(loaded.model, task)

        def diffusers(pair: Pair) -> int:
            passes.take()
            pipeline.processor = type(pipeline.processor)(pair.task)
            for seed in pair.request.seeds:
                run_diffusers(pipeline, pair.task, seed)
            return passes.take()

        runs["diffusers pipeline + clamp in its callback"] = diffusers
    return runs


def _fill(engine: DiffusionEngine, pair: Pair) -> int:
    return sum(event.steps for event in engine.fill(pair.request) if isinstance(event, Done))


def _table(title: str, timings: list[Timing]) -> str:
    base = timings[0]
    lines = [
        f"| {title} | ms | passes | ms a pass | times faster |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {timing.name} | {timing.median:.1f} | {statistics.median(timing.passes):g} |"
        f" {timing.step:.1f} | {base.median / timing.median:.2f} |"
        for timing in timings
    ]
    return "\n".join(lines)
