"""Teach the language model to mend damaged canvases beside a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DiffusionGemmaForBlockDiffusion, DynamicCache, PreTrainedTokenizerFast
from transformers.modeling_outputs import BaseModelOutputWithPooling

from lacuna_models.api import Prompt
from lacuna_models.phantom.canvases import Batch, Damage, Vocabulary, damage, stack
from lacuna_models.phantom.cases import Findings, Rng
from lacuna_models.phantom.grammar import Report, Style, write
from lacuna_models.phantom.model import SOFT_TOKENS
from lacuna_models.phantom.phrases import CRITICAL, EXAMINATIONS, INDICATIONS
from lacuna_models.phantom.tokenizer import BOI, END_TURN, EOI, IMAGE
from lacuna_models.prompt import instruction

BALANCE = 0.02
GREY_SHARE = 0.15  # pictures replaced by a grey one: the words must then be read
SELF_CONDITIONING = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """One optimiser step's data.

    ``prompts`` is (pictures, tokens) int64; ``features`` (pictures, 64, hidden), or None where the
    prompts hold no picture; each prompt serves ``repeats`` canvases in a row.
    """

    prompts: Tensor
    features: Tensor | None
    canvases: Batch
    repeats: int


def vocabulary(tokenizer: PreTrainedTokenizerFast) -> Vocabulary:
    """Return the tokenizer as the canvas builder wants it; whole pieces are remembered."""
    backend = tokenizer.backend_tokenizer

    @lru_cache(maxsize=100_000)
    def encode(text: str) -> tuple[int, ...]:
        return tuple(backend.encode(text, add_special_tokens=False).ids)

    critical = np.zeros(len(tokenizer), bool)
    for word in CRITICAL:
        for form in (word, f" {word}", word.capitalize(), f" {word.capitalize()}"):
            if len(ids := encode(form)) == 1:
                critical[ids[0]] = True
    return Vocabulary(
        encode=lambda text: list(encode(text)),
        size=len(tokenizer),
        pad=int(tokenizer.pad_token_id),
        end=int(tokenizer.convert_tokens_to_ids(END_TURN)),
        critical=critical,
    )


def prompt_ids(tokenizer: PreTrainedTokenizerFast, prompt: Prompt, picture: bool) -> list[int]:
    """Return the tokens of the prompt, the picture's 64 places included."""
    content: list[dict[str, str]] = [{"type": "image"}] if picture else []
    content.append({"type": "text", "text": instruction(prompt)})
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
    )
    text = text.replace(IMAGE, BOI + IMAGE * SOFT_TOKENS + EOI)
    return list(tokenizer(text, add_special_tokens=False).input_ids)


class Tasks:
    """Draws steps of training: reports of cached pictures, damaged, in even batches."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        findings: list[Findings],
        features: Tensor,
        grey: Tensor,
        canvas: int,
        pictures: int = 16,
        repeats: int = 2,
    ) -> None:
        self._tokenizer = tokenizer
        self._words = vocabulary(tokenizer)
        self._findings = findings
        self._features = features
        self._grey = grey
        self._canvas = canvas
        self._pictures = pictures
        self._repeats = repeats

    def round(self, rng: Rng, steps: int = 3) -> Iterator[Task]:
        """Yield a few steps whose canvases are sorted by length, so that little is padding."""
        rows = sorted(
            (self._row(rng) for _ in range(steps * self._pictures)),
            key=lambda row: max(len(canvas.target) for canvas in row[2]),
        )
        for start in rng.permutation(steps) * self._pictures:
            yield self._task(rows[start : start + self._pictures], rng)

    def _row(self, rng: Rng) -> tuple[int, Style, list[Damage]]:
        index = int(rng.integers(len(self._findings)))
        style: Style = "full" if rng.random() < 0.6 else "terse"
        findings = self._findings[index]
        reports = [self._report(findings, style, rng) for _ in range(self._repeats)]
        return index, style, [damage(r, self._words, rng, self._canvas) for r in reports]

    def _report(self, findings: Findings, style: Style, rng: Rng) -> Report:
        """Word a report that fits the canvas; nearly all do."""
        while True:
            report = write(findings, style, rng)
            if len(self._words.encode(report.text)) < self._canvas:
                return report

    def _task(self, rows: list[tuple[int, Style, list[Damage]]], rng: Rng) -> Task:
        examination = EXAMINATIONS[int(rng.choice(3, p=(0.7, 0.15, 0.15)))]
        known = rng.random() < 0.25
        indication = INDICATIONS[int(rng.integers(len(INDICATIONS)))] if known else ""
        picture = bool(rng.random() >= 0.04)
        prompts = [
            prompt_ids(
                self._tokenizer,
                Prompt(examination=examination, style=style, indication=indication),
                picture,
            )
            for _, style, _ in rows
        ]
        canvases = [canvas for row in rows for canvas in row[2]]
        return Task(
            prompts=torch.tensor(prompts),
            features=self._seen([row[0] for row in rows], rng) if picture else None,
            canvases=stack(canvases, self._words, rng, self._length(canvases, rng)),
            repeats=self._repeats,
        )

    def _seen(self, indices: list[int], rng: Rng) -> Tensor:
        features = self._features[indices].float()
        blank = torch.from_numpy(rng.random(len(indices)) < GREY_SHARE)
        features[blank] = self._grey.float()
        return features

    def _length(self, canvases: list[Damage], rng: Rng) -> int:
        """Return the whole canvas, or half of the time just enough of it."""
        if rng.random() < 0.4:
            return self._canvas
        needed = max(len(canvas.target) for canvas in canvases)
        return min(-(-(needed + 4) // 16) * 16, self._canvas)


def prompt_mask(prompts: Tensor, image: int) -> dict[str, Tensor]:
    """Return the encoder's masks: causal, but a picture's tokens see each other.

    Upstream's plain forward forgets the second half, which its ``generate`` applies. The prompts of
    a batch have their pictures at the same places, so that one mask serves all: (1, 1, P, P), 0
    where seen, else very negative.
    """
    length = prompts.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    seen = prompts[0] == image
    allowed = causal | (seen[:, None] & seen[None, :])
    mask = torch.zeros(length, length).masked_fill(~allowed, torch.finfo(torch.float32).min)
    mask = mask[None, None]
    return {"full_attention": mask, "sliding_attention": mask}


def encode_prompts(model: DiffusionGemmaForBlockDiffusion, task: Task) -> DynamicCache:
    """Encode prompts and pictures; return the cache with each row repeated for its canvases."""
    seen = None
    if task.features is not None:
        flat = task.features.reshape(-1, task.features.shape[-1])
        seen = {"image": BaseModelOutputWithPooling(pooler_output=flat)}
    cache: DynamicCache = model.model.encoder(
        input_ids=task.prompts,
        attention_mask=prompt_mask(task.prompts, model.config.image_token_id),
        mm_encoder_outputs=seen,
    ).past_key_values
    cache.batch_repeat_interleave(task.repeats)
    return cache


class Balance:
    """Watches the routers and tells how unevenly they use their experts."""

    def __init__(self, model: DiffusionGemmaForBlockDiffusion) -> None:
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
    canvas = task.canvases
    noisy, target = torch.from_numpy(canvas.noisy), torch.from_numpy(canvas.target)
    cache = encode_prompts(model, task)
    before = None
    if rng.random() < SELF_CONDITIONING:
        before = _first_pass(model, noisy, canvas, cache, rng)
    logits = model(
        decoder_input_ids=noisy, past_key_values=cache, self_conditioning_logits=before
    ).logits
    weight = torch.from_numpy(canvas.weight)
    each = functional.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none")
    loss = (each * weight.flatten()).sum() / weight.sum()
    judged = torch.from_numpy(canvas.hit) & (target != model.config.text_config.pad_token_id)
    right = (logits.detach().argmax(-1) == target)[judged]
    return loss + BALANCE * balance.loss(), right


@torch.no_grad()
def _first_pass(
    model: DiffusionGemmaForBlockDiffusion,
    noisy: Tensor,
    canvas: Batch,
    cache: DynamicCache,
    rng: Rng,
) -> Tensor:
    """Return logits for self-conditioning, at a drawn temperature, at times sure of anchors."""
    logits: Tensor = model(decoder_input_ids=noisy, past_key_values=cache).logits
    logits = logits / float(rng.uniform(0.12, 1.0))
    if rng.random() < 0.5:
        kept = torch.from_numpy(canvas.kept)
        sure = functional.one_hot(noisy, logits.shape[-1]).float() * 100.0
        logits = torch.where(kept[..., None], sure, logits)
    return logits


def language_parameters(
    model: DiffusionGemmaForBlockDiffusion,
) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield what the language phase trains: all but vision, each tied tensor once."""
    for name, weight in model.named_parameters():
        if "vision" not in name:
            yield name, weight
