"""What a reader asks for, of phantom reports: as a request for us and as tensors for the peers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch

from lacuna_models import context
from lacuna_models.api import (
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Origin,
    Prompt,
    SamplerSettings,
    Segment,
    Soft,
)
from lacuna_models.bench.peers import InfillTask
from lacuna_models.canvas import lay_out
from lacuna_models.loading import Loaded
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.grammar import Report, write
from lacuna_models.phantom.picture import render

_MOST_TRIES = 1000
_WARM = 2 / 3  # of the schedule is skipped where words stand already


@dataclass(frozen=True, slots=True)
class Pair:
    """The same infill twice: as the engine takes it, and as the peers do.

    ``sentence`` is what was taken out, if one was.
    """

    request: FillRequest
    task: InfillTask
    sentence: str = ""


def fitting(loaded: Loaded, first: int, count: int, settings: SamplerSettings) -> list[int]:
    """Return so many seeds, from ``first`` on, whose reports fit one canvas of this checkpoint."""
    seeds: list[int] = []
    for seed in range(first, first + _MOST_TRIES):
        with suppress(EngineError):
            infill(loaded, seed, settings)
            seeds.append(seed)
        if len(seeds) == count:
            return seeds
    raise EngineError("No phantom's report fits this checkpoint's canvas.")


def infill(loaded: Loaded, seed: int, settings: SamplerSettings) -> Pair:
    """Mask the middle sentence of a phantom's findings, at its true length in tokens."""
    prompt, report = _phantom(seed)
    segments = _masked(loaded, report)
    request = FillRequest(f"bench-{seed}", prompt, segments, (seed,), settings)
    sentence = report.body[len(report.body) // 2]
    return Pair(request, _tensors(loaded, prompt, segments, settings), sentence)


def draft(loaded: Loaded, seed: int, settings: SamplerSettings) -> Pair:
    """Draft a whole report: nothing is fixed."""
    prompt, _ = _phantom(seed)
    segments = (Gap("draft"),)
    request = FillRequest(f"bench-{seed}", prompt, segments, (seed,), settings)
    return Pair(request, _tensors(loaded, prompt, segments, settings))


def five(loaded: Loaded, seed: int, settings: SamplerSettings) -> Pair:
    """Fill the sentence of ``infill`` five times, from five seeds."""
    pair = infill(loaded, seed, settings)
    seeds = tuple(range(seed, seed + 5))
    return Pair(dataclasses.replace(pair.request, seeds=seeds), pair.task)


def redraft(loaded: Loaded, seed: int, settings: SamplerSettings) -> Pair:
    """Fill the sentence of ``infill`` anew after the first sentence before it has been struck out.

    We start from the words that stood there, two thirds into the schedule; the peers cannot.
    """
    prompt, report = _phantom(seed)
    before, gap, after = _masked(loaded, report)
    edited = Fixed(before.id, before.text.split(". ", 1)[-1])
    stood = Soft(gap.id, report.text[len(before.text) : -len(after.text)])
    warm = dataclasses.replace(settings, start=_WARM)
    request = FillRequest(f"bench-{seed}", prompt, (edited, stood, after), (seed,), warm)
    return Pair(request, _tensors(loaded, prompt, (edited, gap, after), settings))


def with_settings(pair: Pair, settings: SamplerSettings) -> Pair:
    """Return the pair under other settings."""
    old = pair.request.settings
    warm = dataclasses.replace(settings, start=0.0 if old is None else old.start)
    return Pair(
        dataclasses.replace(pair.request, settings=warm),
        dataclasses.replace(pair.task, settings=settings),
    )


def _phantom(seed: int) -> tuple[Prompt, Report]:
    case = draw_case(seed)
    picture = ImageInput(render(case).astype(np.uint8), Origin.PHANTOM)
    report = write(case.findings, "full", np.random.default_rng([seed, 2]))
    return Prompt(images=(picture,)), report


def _masked(loaded: Loaded, report: Report) -> tuple[Fixed, Gap, Fixed]:
    sentence = report.body[len(report.body) // 2]
    before, after = report.text.split(sentence, 1)
    length = len(loaded.vocabulary.ids(f" {sentence}"))
    return Fixed("before", before), Gap("gap", length), Fixed("after", after)


def _tensors(
    loaded: Loaded, prompt: Prompt, segments: tuple[Segment, ...], settings: SamplerSettings
) -> InfillTask:
    pixels = loaded.pictures.prepare(prompt.images)
    ids = context.prompt_ids(loaded, prompt, pixels.tokens)
    layout = lay_out(segments, loaded.vocabulary, loaded.canvas)
    # The peers' canvas has one length, the checkpoint's; behind the reply they are clamped to pad.
    length = loaded.canvas.length
    fixed_ids = torch.full((1, length), loaded.vocabulary.marks.pad)
    fixed_ids[0, : len(layout.ids)] = torch.tensor(layout.ids)
    fixed_mask = torch.ones((1, length), dtype=torch.bool)
    fixed_mask[0, list(layout.free)] = False
    return InfillTask(
        prompt={
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "pixel_values": pixels.pixels.to(loaded.model.dtype),
            "image_position_ids": pixels.positions,
            "mm_token_type_ids": (ids == loaded.model.config.image_token_id).long(),
        },
        fixed_ids=fixed_ids,
        fixed_mask=fixed_mask,
        settings=settings,
    )


Make = Callable[[Loaded, int, SamplerSettings], Pair]
TASKS: dict[str, Make] = {
    "one-sentence infill": infill,
    "full draft": draft,
    "five alternatives of a sentence": five,
    "redraft after a struck anchor": redraft,
}
