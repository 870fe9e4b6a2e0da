"""`lacuna-models bench --shape real --random-weights`: the real checkpoint's size, without it.

Weights are noise: what is measured is time and memory, which do not depend on them. Beside our loop
runs transformers' own, on the same model in the same run, and beside both stands the floor: what
a step must read, by the rate at which this device was found to copy.
"""

from __future__ import annotations

import datetime
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from lacuna_models import context
from lacuna_models.adapters import Adapters
from lacuna_models.api import SamplerSettings
from lacuna_models.bench.peers import InfillTask, run_transformers
from lacuna_models.bench.shapes import real_config
from lacuna_models.forwards import forward_of
from lacuna_models.infill import denoise, task_of
from lacuna_models.memory.measure import peak_of
from lacuna_models.quantise.scheme import Scheme
from lacuna_models.steady.rooms import Rooms, captures
from lacuna_models.streaming import pour_noise, skeleton
from lacuna_models.survey import SeededDraws

_COPIED = {"cuda": 1 << 31, "cpu": 1 << 27}  # bytes of the trial of the memory's rate
_WORDS = range(1000, 2000)  # ids of a prompt: any that are no marks


@dataclass(frozen=True, slots=True)
class Ask:
    """What is run: ``tokens`` of prompt, ``free`` of the canvas, ``steps`` a redraft."""

    scheme: Scheme | None = None
    tokens: int = 560
    free: int = 40
    steps: int = 16
    repeats: int = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """One contender: milliseconds a step, to the first event, of a redraft; bytes over weights."""

    name: str
    step: float
    first: float
    redraft: float
    peak: int | None

    def row(self, floor: float) -> str:
        """Return a row of the table."""
        peak = "" if self.peak is None else f"{self.peak / 1e9:.2f}"
        return (
            f"| {self.name} | {self.step:.1f} | {self.step / floor:.2f} | {self.first:.0f}"
            f" | {self.redraft:.0f} | {peak} |"
        )


def bench_real(ask: Ask, device: torch.device, config: Any | None = None) -> str:
    """Measure and return a table in Markdown. ``config`` is another shape than the real one."""
    config = config or real_config()
    model = noise_model(config, ask.scheme, device)
    seen, encoded = _timed(lambda: _context(model, ask.tokens), device)
    reads, rate = step_bytes(model), copy_rate(device)
    floor = reads / rate * 1000
    rows = [figures.row(floor) for figures in _contenders(model, seen, ask)]
    head = (
        f"{datetime.date.today().isoformat()}, {_machine(device)}, torch {torch.__version__}."
        f" {config.text_config.num_hidden_layers} layers, {config.text_config.num_experts} experts,"
        f" weights {weight_bytes(model) / 1e9:.2f} GB"
        f" ({ask.scheme.value if ask.scheme else str(model.dtype).removeprefix('torch.')}),"
        f" random. {ask.tokens} tokens of prompt (encoded in {encoded:.0f} ms), {ask.free} free"
        f" positions, {ask.steps} steps, medians of {ask.repeats}; graph"
        f" {'captured' if captures(model) else 'not captured here'}.\n\n"
        f"Floor: a step reads {reads / 1e9:.2f} GB, and this device copies {rate / 1e9:.0f} GB/s:"
        f" {floor:.2f} ms.\n\n"
        "| contender | ms a step | times the floor | first event, ms | redraft, ms | peak over"
        " weights, GB |\n|---|---|---|---|---|---|"
    )
    return "\n".join([head, *rows])


def noise_model(config: Any, scheme: Scheme | None, device: torch.device) -> Any:
    """Return a model of a shape, its weights noise, packed or in bfloat16."""
    model = skeleton(config, torch.bfloat16, scheme)
    pour_noise(model, device, torch.bfloat16)
    return model.eval()


def weight_bytes(model: Any) -> int:
    """Return the bytes of all weights, each counted once."""
    held = {t.data_ptr(): t.nbytes for t in model.state_dict().values()}
    return sum(held.values())


def step_bytes(model: Any) -> int:
    """Return what a step reads at the least: the decoder once, the embeddings once more as head."""
    held = {t.data_ptr(): t.nbytes for t in model.model.decoder.state_dict().values()}
    total: int = sum(held.values()) + model.lm_head.weight.nbytes
    return total


def copy_rate(device: torch.device) -> float:
    """Return bytes a second that are read and written in a large copy."""
    size = _COPIED.get(device.type, _COPIED["cpu"])
    source = torch.zeros(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    spent = [_timed(lambda: target.copy_(source), device)[1] for _ in range(5)]
    return 2 * size / (statistics.median(spent) / 1000)


def _context(model: Any, tokens: int) -> context.Context:
    from transformers import DynamicCache

    empty = DynamicCache(config=model.config.get_text_config(decoder=True))
    ids = [_WORDS[i % len(_WORDS)] % model.config.text_config.vocab_size for i in range(tokens)]
    standin: Any = SimpleNamespace(model=model, device=model.device)
    return context.extend(standin, context.Context(empty, 0), ids)


def _contenders(model: Any, seen: context.Context, ask: Ask) -> Iterator[Figures]:
    for name, rooms in {"Lacuna": Rooms(model), "Lacuna, upstream's forward": None}.items():
        yield _measured(name, _ours(model, seen, ask, rooms), ask, model.device)
    peers = {"transformers generate + the paper's clamp": None, "the same, static cache": "static"}
    for name, cache in peers.items():
        yield _measured(name, _theirs(model, ask, cache), ask, model.device)


def _measured(
    name: str, run: Callable[[Callable[[], None]], object], ask: Ask, device: torch.device
) -> Figures:
    """Run once to warm up, then time; the peak is that of one more run."""
    run(lambda: None)
    stamps = [_stamps(run, device) for _ in range(ask.repeats)]
    gaps = [b - a for each in stamps for a, b in pairwise(each[1:])]
    return Figures(
        name,
        statistics.median(gaps or [stamps[0][-1]]),
        statistics.median(each[1] for each in stamps),
        statistics.median(each[-1] for each in stamps),
        peak_of(lambda: run(lambda: None), device),
    )


def _stamps(run: Callable[[Callable[[], None]], object], device: torch.device) -> list[float]:
    """Return milliseconds since the start: 0, then each step's end."""
    _wait(device)
    began = time.perf_counter()
    stamps = [0.0]

    def tick() -> None:
        _wait(device)
        stamps.append((time.perf_counter() - began) * 1000)

    run(tick)
    return stamps


def _ours(
    model: Any, seen: context.Context, ask: Ask, rooms: Rooms | None
) -> Callable[[Callable[[], None]], object]:
    length, size = int(model.config.canvas_length), int(model.config.text_config.vocab_size)
    standin: Any = SimpleNamespace(
        model=model, device=model.device, adapters=Adapters(model), lean=None, rooms=rooms
    )
    free = tuple(range(20, 20 + ask.free))
    forbidden = torch.zeros((ask.free, size), dtype=torch.bool, device=model.device)
    task = task_of((7,) * length, free, frozenset(), forbidden, model.device)

    def run(tick: Callable[[], None]) -> None:
        forward = forward_of(standin, seen, 1, task.free)
        draws = SeededDraws([1], ask.free, size, model.device)
        for output in denoise(forward, task, _settings(ask), draws):
            output.on_host()
            tick()

    return run


def _theirs(model: Any, ask: Ask, cache: str | None) -> Callable[[Callable[[], None]], object]:
    length = int(model.config.canvas_length)
    ids = torch.tensor([[_WORDS[i % len(_WORDS)] for i in range(ask.tokens)]], device=model.device)
    ids %= int(model.config.text_config.vocab_size)
    mask = torch.ones((1, length), dtype=torch.bool, device=model.device)
    mask[:, 20 : 20 + ask.free] = False
    prompt = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    prompt["mm_token_type_ids"] = torch.zeros_like(ids)
    task = InfillTask(prompt, torch.full_like(mask, 7, dtype=torch.long), mask, _settings(ask))

    def run(tick: Callable[[], None]) -> Tensor:
        # Where a pass begins, the step before it has ended.
        passes = 0

        def begins(*_: object) -> None:
            nonlocal passes
            passes += 1
            if passes > 1:
                tick()

        hook = model.model.decoder.register_forward_pre_hook(begins)
        try:
            canvas = run_transformers(model, task, 1, cache)
        finally:
            hook.remove()
        tick()
        return canvas

    return run


def _settings(ask: Ask) -> SamplerSettings:
    """Return settings under which no contender stops early."""
    return SamplerSettings(steps=ask.steps, stability=ask.steps + 1)


def _timed(run: Callable[[], Any], device: torch.device) -> tuple[Any, float]:
    _wait(device)
    began = time.perf_counter()
    result = run()
    _wait(device)
    return result, (time.perf_counter() - began) * 1000


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _machine(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
