"""With no anchors and the same draws, the loop's canvases equal ``generate``'s, step by step.

What is patched upstream is only its source of random numbers, and only to write them down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lacuna_models import context
from lacuna_models.api import ImageInput, Prompt, SamplerSettings
from lacuna_models.forwards import forward_of
from lacuna_models.infill import denoise, task_of
from lacuna_models.loading import Loaded

PICTURE = ImageInput(np.random.default_rng(3).integers(0, 255, (96, 128), dtype=np.uint8))
PROMPT = Prompt(images=(PICTURE,), indication="cough")


@dataclass
class Record:
    """One run of ``generate``: its draws, and the canvases that it went through."""

    randints: list[Tensor] = field(default_factory=list)
    samples: list[Tensor] = field(default_factory=list)
    inputs: list[Tensor] = field(default_factory=list)
    drafts: list[Tensor] = field(default_factory=list)
    conditioning: list[Tensor | None] = field(default_factory=list)

    def put(self, value: Tensor) -> None:
        """Take the streamer's prompt and end result, which are of no interest."""

    def put_draft(self, value: Tensor) -> None:
        self.drafts.append(value.clone())

    def end(self) -> None:
        """End the stream."""


class Replay:
    """Draws that were written down."""

    def __init__(self, record: Record) -> None:
        self._randints = iter(record.randints)
        self._samples = iter(record.samples)

    def canvas(self) -> Tensor:
        return next(self._randints)

    def tokens(self, shares: Tensor) -> Tensor:
        return next(self._samples).view(shares.shape[:2])

    def shares(self) -> Tensor:
        raise AssertionError("nothing is seeded here")


def generated(loaded: Loaded, settings: SamplerSettings, rows: int, record: Record) -> Any:
    """Run upstream's ``generate`` for one canvas and write down what it draws and sees."""
    from transformers.models.diffusion_gemma import generation_diffusion_gemma as upstream

    pixels = loaded.pictures.prepare(PROMPT.images)
    ids = context.prompt_ids(loaded, PROMPT, pixels.tokens).expand(rows, -1)
    patch = pytest.MonkeyPatch()
    multinomial, randint = torch.multinomial, torch.randint
    forward = loaded.model.forward

    def noted_multinomial(*args: Any, **kwargs: Any) -> Tensor:
        record.samples.append(multinomial(*args, **kwargs))
        return record.samples[-1]

    def noted_randint(*args: Any, **kwargs: Any) -> Tensor:
        record.randints.append(randint(*args, **kwargs))
        return record.randints[-1]

    def noted_forward(**kwargs: Any) -> Any:
        record.inputs.append(kwargs["decoder_input_ids"].clone())
        record.conditioning.append(kwargs["self_conditioning_logits"])
        return forward(**kwargs)

    patch.setattr(upstream.torch, "multinomial", noted_multinomial)
    patch.setattr(upstream.torch, "randint", noted_randint)
    patch.setattr(loaded.model, "forward", noted_forward)
    try:
        torch.manual_seed(11)
        return loaded.model.generate(
            ids,
            streamer=record,
            pixel_values=pixels.pixels.repeat(rows, 1, 1),
            image_position_ids=pixels.positions.repeat(rows, 1, 1),
            mm_token_type_ids=(ids == loaded.model.config.image_token_id).long(),
            max_new_tokens=loaded.canvas.length,
            max_denoising_steps=settings.steps,
            t_max=settings.t_max,
            t_min=settings.t_min,
            stability_threshold=settings.stability,
            confidence_threshold=settings.confidence,
            sampler_config=upstream.EntropyBoundSamplerConfig(settings.entropy_bound),
        )
    finally:
        patch.undo()


def ours(
    loaded: Loaded, settings: SamplerSettings, rows: int, record: Record
) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """Yield each step's input canvas, draft and conditioning of our loop."""
    everywhere = tuple(range(loaded.canvas.length))
    task = task_of((0,) * loaded.canvas.length, everywhere, frozenset(), None, loaded.device)
    stock = replace(loaded, lean=None)  # the lean step is measured against it in test_lean
    forward = forward_of(stock, context.encode(loaded, PROMPT), rows, task.free)
    seen: list[tuple[Tensor, Tensor | None]] = []

    def noted(canvas: Tensor, conditioning: Tensor | None) -> Tensor:
        seen.append((canvas, conditioning))
        return forward(canvas, conditioning)

    for output in denoise(noted, task, settings, Replay(record)):
        yield seen[-1][0], output.argmax, seen[-1][1]


SETTINGS = {
    "as given": SamplerSettings(steps=8, t_max=0.8, t_min=0.4, entropy_bound=0.1),
    "generous": SamplerSettings(steps=10, t_max=0.4, t_min=0.1, entropy_bound=40.0, stability=2),
    "never sure": SamplerSettings(steps=5, confidence=1e-9),
    "no stability asked": SamplerSettings(steps=6, stability=0, confidence=4.0),
}
STOPPING = [
    SamplerSettings(steps=40, t_max=0.5, t_min=0.1, entropy_bound=bound, confidence=0.05)
    for bound in (0.5, 0.01, 0.1)
]


def assert_equal_steps(loaded: Loaded, settings: SamplerSettings, rows: int) -> Record:
    record = Record()
    generated(loaded, settings, rows, record)
    steps = list(ours(loaded, settings, rows, record))
    assert len(steps) == len(record.inputs) == len(record.drafts)
    for number, (canvas, draft, conditioning) in enumerate(steps):
        assert torch.equal(canvas, record.inputs[number]), f"input of step {number + 1}"
        assert torch.equal(draft, record.drafts[number]), f"draft of step {number + 1}"
        theirs = record.conditioning[number]
        if theirs is None:
            assert conditioning is None
        else:
            assert conditioning is not None
            torch.testing.assert_close(conditioning, theirs, atol=1e-4, rtol=1e-4)
    return record


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", SETTINGS)
def test_canvases_equal_generates_step_by_step(loaded: Loaded, name: str, rows: int) -> None:
    assert_equal_steps(loaded, SETTINGS[name], rows)


def last_changes(record: Record) -> set[int]:
    drafts = torch.stack(record.drafts)
    changes = (drafts[1:] != drafts[:-1]).any(dim=-1)
    return {int(changes[:, row].nonzero().max()) for row in range(drafts.shape[1])}


def test_rows_stop_one_by_one_as_in_generate(shipped: Loaded) -> None:
    records = [assert_equal_steps(shipped, settings, 4) for settings in STOPPING]
    assert any(len(record.drafts) < 40 for record in records)
    assert any(len(last_changes(record)) > 1 for record in records)
