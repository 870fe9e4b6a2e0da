"""Teach the language model to mend damaged canvases beside a picture: its passes and its loss."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DiffusionGemmaForBlockDiffusion, DynamicCache, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from lacuna_models.phantom.cases import Rng
from lacuna_models.phantom.tasks import Shown, Task

BALANCE = 0.02
SELF_CONDITIONING = 0.5


def prompt_mask(prompts: Tensor, image: int) -> dict[str, Tensor]:
    """Return the encoder's masks: causal, but a picture's tokens see each other.

    Upstream's plain forward forgets the second half, which its ``generate`` applies. The prompts of
    a batch have their pictures at the same places, so that one mask serves all: (1, 1, P, P), 0
    where seen, else very negative.
    """
    length = prompts.shape[1]
    seen = prompts[0] == image
    causal = torch.ones(length, length, dtype=torch.bool, device=prompts.device).tril()
    allowed = causal | (seen[:, None] & seen[None, :])
    mask = torch.zeros(length, length, device=prompts.device)
    mask = mask.masked_fill(~allowed, torch.finfo(torch.float32).min)[None, None]
    return {"full_attention": mask, "sliding_attention": mask}


def encode_prompts(model: DiffusionGemmaForBlockDiffusion, task: Task) -> DynamicCache:
    """Encode prompts and pictures; return the cache with each row repeated for its canvases."""
    prompts, features = task.asked(model.device)
    seen = None
    if features is not None:
        flat = features.reshape(-1, features.shape[-1])
        seen = {"image": BaseModelOutputWithPooling(pooler_output=flat)}
    cache: DynamicCache = model.model.encoder(
        input_ids=prompts,
        attention_mask=prompt_mask(prompts, model.config.image_token_id),
        mm_encoder_outputs=seen,
    ).past_key_values
    cache.batch_repeat_interleave(task.repeats)
    return cache


class Balance:
    """Watches the routers and tells how unevenly they use their experts."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._seen: list[Tensor] = []
        for name, module in model.named_modules():
            if name.endswith(".router"):
                module.register_forward_hook(self._watch)

    def _watch(self, router: nn.Module, inputs: object, outputs: tuple[Tensor, ...]) -> None:
        if torch.is_grad_enabled():
            probabilities, _, chosen = outputs
            count = probabilities.shape[-1]
            used = functional.one_hot(chosen, count).float().mean((0, 1))
            self._seen.append(count * (used * probabilities.mean(0)).sum())

    def loss(self) -> Tensor:
        """Return the mean over routers since the last call: 1 when even."""
        seen, self._seen = self._seen, []
        return torch.stack(seen).mean()


def language_loss(
    model: DiffusionGemmaForBlockDiffusion, task: Task, balance: Balance, rng: Rng
) -> tuple[Tensor, Tensor]:
    """Return the loss, and which of the damaged text tokens were mended (a flat bool tensor)."""
    canvas = task.shown(model.device)
    cache = encode_prompts(model, task)
    before = None
    if rng.random() < SELF_CONDITIONING:
        before = _first_pass(model, canvas, cache, rng)
    logits = model(
        decoder_input_ids=canvas.noisy, past_key_values=cache, self_conditioning_logits=before
    ).logits
    judged = canvas.hit & (canvas.target != model.config.text_config.pad_token_id)
    right = (logits.detach().argmax(-1) == canvas.target)[judged]
    return weighed(logits, canvas) + BALANCE * balance.loss(), right


def weighed(logits: Tensor, canvas: Shown) -> Tensor:
    """Return the mean cross-entropy of logits (rows, length, V), by the canvases' weights."""
    each = functional.cross_entropy(logits.flatten(0, 1), canvas.target.flatten(), reduction="none")
    return (each * canvas.weight.flatten()).sum() / canvas.weight.sum()


@torch.no_grad()
def _first_pass(
    model: DiffusionGemmaForBlockDiffusion,
    canvas: Shown,
    cache: DynamicCache,
    rng: Rng,
) -> Tensor:
    """Return logits for self-conditioning, at a drawn temperature, at times sure of anchors."""
    logits: Tensor = model(decoder_input_ids=canvas.noisy, past_key_values=cache).logits
    logits = logits / float(rng.uniform(0.12, 1.0))
    if rng.random() < 0.5:
        sure = functional.one_hot(canvas.noisy, logits.shape[-1]).float() * 100.0
        logits = torch.where(canvas.kept[..., None], sure, logits)
    return logits


def language_parameters(model: PreTrainedModel) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield what the language phase trains: all but vision, each tied tensor once."""
    for name, weight in model.named_parameters():
        if "vision" not in name:
            yield name, weight
