"""One-sentence infills of phantom reports, as a request for us and as tensors for the peers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from lacuna_models import context
from lacuna_models.api import (
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Origin,
    Prompt,
    SamplerSettings,
    Segment,
)
from lacuna_models.bench.peers import InfillTask
from lacuna_models.canvas import lay_out
from lacuna_models.loading import Loaded
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.grammar import Report, write
from lacuna_models.phantom.picture import render


@dataclass(frozen=True, slots=True)
class Pair:
    """The same infill twice: as the engine takes it, and as the peers do."""

    request: FillRequest
    task: InfillTask


def infill(loaded: Loaded, seed: int, settings: SamplerSettings) -> Pair:
    """Mask the middle sentence of a phantom's findings, at its true length in tokens."""
    case = draw_case(seed)
    picture = ImageInput(render(case).astype(np.uint8), Origin.PHANTOM)
    report = write(case.findings, "full", np.random.default_rng([seed, 2]))
    prompt = Prompt(images=(picture,))
    segments = _masked(loaded, report)
    request = FillRequest(f"bench-{seed}", prompt, segments, (seed,), settings)
    return Pair(request, _tensors(loaded, prompt, segments, settings))


def with_settings(pair: Pair, settings: SamplerSettings) -> Pair:
    """Return the pair under other settings."""
    return Pair(
        dataclasses.replace(pair.request, settings=settings),
        dataclasses.replace(pair.task, settings=settings),
    )


def _masked(loaded: Loaded, report: Report) -> tuple[Segment, ...]:
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
