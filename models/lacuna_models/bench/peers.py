"""The named peers of `bench step`: transformers' own loop with the paper's clamp, and diffusers.

Both are driven through their public entry points, with the clamp put where their users put it, so
that the figures are those of someone who uses them as they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from lacuna_models.api import SamplerSettings


@dataclass(frozen=True, slots=True)
class InfillTask:
    """One infill as tensors.

    ``prompt`` holds what ``generate`` takes: input_ids (1, prompt), attention_mask, and with images
    pixel_values, image_position_ids, mm_token_type_ids. ``fixed_ids`` int64 (1, canvas), valid
    where ``fixed_mask`` bool (1, canvas) is True.
    """

    prompt: dict[str, torch.Tensor]
    fixed_ids: torch.Tensor
    fixed_mask: torch.Tensor
    settings: SamplerSettings

    def clamp(self, canvas: torch.Tensor) -> torch.Tensor:
        """Re-impose the fixed tokens on a canvas, int64 (1, canvas)."""
        return torch.where(self.fixed_mask, self.fixed_ids, canvas)


@contextmanager
def paper_clamp(model: Any, task: InfillTask) -> Iterator[None]:
    """Clamp as the paper does (section 3.3): before the step, and after it on both canvases."""
    step = model._denoising_step

    def clamped(*, current_canvas: torch.Tensor, **rest: Any) -> tuple[torch.Tensor, ...]:
        canvas, argmax, logits, finished = step(current_canvas=task.clamp(current_canvas), **rest)
        return task.clamp(canvas), task.clamp(argmax), logits, finished

    model._denoising_step = clamped
    try:
        yield
    finally:
        del model._denoising_step


def run_transformers(model: Any, task: InfillTask, seed: int, cache: str | None) -> torch.Tensor:
    """Draft with ``generate`` and the paper's clamp; return the canvas, int64 (1, canvas).

    ``cache`` is None for the dynamic cache, or "static".
    """
    torch.manual_seed(seed)
    settings = task.settings
    with paper_clamp(model, task), torch.inference_mode():
        output = model.generate(
            **task.prompt,
            max_new_tokens=task.fixed_ids.shape[1],
            max_denoising_steps=settings.steps,
            t_min=settings.t_min,
            t_max=settings.t_max,
            stability_threshold=settings.stability,
            confidence_threshold=settings.confidence,
            cache_implementation=cache,
            disable_compile=True,
        )
    canvas: torch.Tensor = output.sequences[:, -task.fixed_ids.shape[1] :]
    return canvas


class _PreparedPrompt:
    """Stands where the pipeline expects a processor: hands over tensors that are ready.

    A stock processor for this family needs torchvision, which Lacuna does not install.
    """

    def __init__(self, task: InfillTask) -> None:
        self._prompt = task.prompt

    def apply_chat_template(self, *_messages: Any, **_options: Any) -> dict[str, torch.Tensor]:
        return dict(self._prompt)


def diffusers_pipeline(model: Any, task: InfillTask) -> Any:
    """Build diffusers' pipeline with its entropy-bound scheduler around the same model.

    Raises:
        ImportError: if the ``bench`` extra is not installed.
    """
    from diffusers import DiffusionGemmaPipeline, EntropyBoundScheduler

    settings = task.settings
    scheduler = EntropyBoundScheduler(
        entropy_bound=settings.entropy_bound, t_max=settings.t_max, t_min=settings.t_min
    )
    pipeline = DiffusionGemmaPipeline(model, scheduler, _PreparedPrompt(task))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def run_diffusers(pipeline: Any, task: InfillTask, seed: int) -> torch.Tensor:
    """Draft with diffusers, clamping in its step callback; return the canvas, int64 (1, canvas).

    The pipeline offers no hook before the first step, so that step cannot see the fixed tokens.
    """

    def clamp(_pipeline: Any, _step: int, _time: int, values: dict[str, Any]) -> dict[str, Any]:
        return {"canvas": task.clamp(values["canvas"])}

    settings = task.settings
    output = pipeline(
        prompt="",
        gen_length=task.fixed_ids.shape[1],
        num_inference_steps=settings.steps,
        stability_threshold=settings.stability,
        confidence_threshold=settings.confidence,
        eos_early_stop=False,
        generator=torch.Generator().manual_seed(seed),
        output_type="seq",
        callback_on_step_end=clamp,
        callback_on_step_end_tensor_inputs=["canvas"],
    )
    return task.clamp(output.sequences)
