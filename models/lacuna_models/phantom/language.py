"""Teach the language model to mend damaged canvases beside a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DiffusionGemmaForBlockDiffusion, DynamicCache, PreTrainedTokenizerFast
from transformers.modeling_outputs import BaseModelOutputWithPooling

from lacuna_models.api import Prompt
from lacuna_models.phantom.canvases import (
    DRAFT_SHARE,
    Batch,
    Damage,
    Vocabulary,
    answered,
    damage,
    stack,
)
from lacuna_models.phantom.cases import Amount, Findings, Rng
from lacuna_models.phantom.counterfactual import draw_altered, plant
from lacuna_models.phantom.followed import Teller, draw_followed
from lacuna_models.phantom.grammar import (
    STYLES,
    Prior,
    Report,
    Style,
    draw_prior,
    word_prior,
    write,
)
from lacuna_models.phantom.model import SOFT_TOKENS
from lacuna_models.phantom.phrases import CRITICAL, EXAMINATIONS, INDICATIONS, PRIORS
from lacuna_models.phantom.questions import Question, draw_question
from lacuna_models.phantom.tokenizer import BOI, END_TURN, EOI, IMAGE
from lacuna_models.prompt import instruction

BALANCE = 0.02
GREY_GAPS = 0.4  # pictures replaced by a grey one: the words must then be read
GREY_DRAFTS = 0.03
PLANTED_SHARE = 0.16  # of canvases with gaps: one anchor contradicts the picture
GREY_FOLLOWED = 0.1
SLIPS = 0.3  # of the reader's canvases: words that decide stand wrong between solved ones
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


@dataclass(frozen=True, slots=True)
class Form:
    """What the prompts of a round have in common, so that all are as long.

    ``dry`` tells whether the priors had no fluid; None: there are no priors.
    """

    picture: bool
    examination: str
    indication: str
    question: Question | None
    impression_first: bool
    counted: bool
    dry: bool | None
    wording: int

    def draw_prior(self, findings: Findings, rng: Rng) -> Prior | None:
        """Draw a prior of this form."""
        if self.dry is None:
            return None
        prior = draw_prior(findings, rng)
        if self.dry:
            return Prior(prior.side, Amount.NONE)
        wet = tuple(Amount)[1:]
        before = prior.before if prior.before in wet else wet[int(rng.integers(len(wet)))]
        return Prior(prior.side, before)

    def prompt(self, style: Style, prior: Prior | None = None) -> Prompt:
        """Return the prompt of one picture."""
        return Prompt(
            examination=self.examination,
            style=style,
            indication=self.indication,
            impression_first=self.impression_first,
            prior=word_prior(prior, self.wording) if prior else "",
            question=self.question.text if self.question else "",
        )


def draw_form(rng: Rng) -> Form:
    """Draw what a round's prompts have in common."""
    picture = bool(rng.random() >= 0.03)
    known = rng.random() < 0.2
    return Form(
        picture=picture,
        examination=EXAMINATIONS[int(rng.choice(3, p=(0.7, 0.15, 0.15)))],
        indication=INDICATIONS[int(rng.integers(len(INDICATIONS)))] if known else "",
        question=draw_question(rng) if picture and rng.random() < 0.11 else None,
        impression_first=bool(rng.random() < 0.2),
        counted=bool(rng.random() < 0.2),
        dry=bool(rng.random() < 0.3) if rng.random() < 0.16 else None,
        wording=int(rng.integers(len(PRIORS))),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A picture's prompt and damaged canvases; ``grey``: the picture is not shown."""

    index: int
    prompt: Prompt
    canvases: list[Damage]
    grey: bool


def _again(tell: Teller, seed: int) -> Teller:
    """Word every report from one seed."""
    return lambda shown, _: tell(shown, np.random.default_rng(seed))


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
    """Draws steps of training: reports or answers to cached pictures, damaged, in even batches.

    ``follow`` draws the reader's tasks instead: what stands is right, whatever the picture shows.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        findings: list[Findings],
        features: Tensor,
        grey: Tensor,
        canvas: int,
        pictures: int = 16,
        repeats: int = 2,
        follow: bool = False,
    ) -> None:
        self._tokenizer = tokenizer
        self._words = vocabulary(tokenizer)
        self._findings = findings
        self._features = features
        self._grey = grey
        self._canvas = canvas
        self._pictures = pictures
        self._repeats = repeats
        self._follow = follow

    def round(self, rng: Rng, steps: int = 3) -> Iterator[Task]:
        """Yield a few steps whose canvases are sorted by length, so that little is padding.

        Their prompts are of one form, and so of one length.
        """
        form = draw_form(rng)
        if self._follow:
            form = replace(form, question=None, counted=False)
        rows = sorted(
            (self._row(form, rng) for _ in range(steps * self._pictures)),
            key=lambda row: max(len(canvas.target) for canvas in row.canvases),
        )
        for start in rng.permutation(steps) * self._pictures:
            yield self._task(form, rows[start : start + self._pictures], rng)

    def _row(self, form: Form, rng: Rng) -> Row:
        if form.question is not None:
            return self._asked(form, form.question, rng)
        index = int(rng.integers(len(self._findings)))
        draft = bool(rng.random() < DRAFT_SHARE)
        planted = not draft and form.picture and rng.random() < PLANTED_SHARE
        grey = not planted and rng.random() < (GREY_DRAFTS if draft else GREY_GAPS)
        prompt, told = self._told(form, index, rng)
        if self._follow:
            followed = [self._following(index, told, rng) for _ in range(self._repeats)]
            return Row(index, prompt, followed, grey=bool(rng.random() < GREY_FOLLOWED))
        canvases = [
            self._planted(index, told, rng)
            if planted
            else damage(told(self._findings[index], rng), self._words, rng, self._canvas, draft)
            for _ in range(self._repeats)
        ]
        return Row(index, prompt, canvases, grey)

    def _asked(self, form: Form, question: Question, rng: Rng) -> Row:
        """Ask of a picture; all answers are as frequent, as far as a hundred pictures hold them."""
        drawn = rng.integers(len(self._findings), size=100)
        answers: dict[str, list[int]] = {}
        for index in drawn:
            answers.setdefault(question.answer(self._findings[index]), []).append(int(index))
        answers.pop("", None)
        answer = sorted(answers)[int(rng.integers(len(answers)))]
        damaged = [answered(answer, self._words, rng) for _ in range(self._repeats)]
        return Row(answers[answer][0], form.prompt("full"), damaged, grey=False)

    def _told(self, form: Form, index: int, rng: Rng) -> tuple[Prompt, Teller]:
        """Return a prompt, and what words the reports that it asks for; nearly all fit."""
        findings = self._findings[index]
        style = STYLES[int(rng.choice(3, p=(0.4, 0.34, 0.26)))]
        prior = form.draw_prior(findings, rng)

        def tell(shown: Findings, chance: Rng) -> Report:
            while True:
                report = write(
                    shown, style, chance, prior=prior, impression_first=form.impression_first
                )
                if len(self._words.encode(report.text)) < self._canvas - 2:
                    return report

        prompt = form.prompt(style, prior)
        if not form.counted:
            return prompt, tell
        while True:  # the prompt tells the length of what is written from one seed
            seed = int(rng.integers(2**31))
            words = round(len(tell(findings, np.random.default_rng(seed)).text.split()), -1)
            if 10 <= words <= 90:
                told = replace(prompt, style=style, words=words)
                return told, _again(tell, seed)
            style = "terse" if words > 90 else "full"

    def _planted(self, index: int, tell: Teller, rng: Rng) -> Damage:
        """Let one anchor contradict the picture, and the rest follow the picture."""
        findings = self._findings[index]
        altered = draw_altered(findings, rng)
        seed = int(rng.integers(2**31))
        report, other = (
            tell(shown, np.random.default_rng(seed)) for shown in (findings, altered.findings)
        )
        found = plant(report, other, altered.groups, rng)
        if found is None or len(self._words.encode(found[0].text)) > self._canvas - 12:
            return damage(report, self._words, rng, self._canvas, draft=False)
        planted, pin = found
        return damage(planted, self._words, rng, self._canvas, pins=frozenset({pin}))

    def _following(self, index: int, tell: Teller, rng: Rng) -> Damage:
        """Let some sentences stand, mostly against the picture, and all others agree with them."""
        report, pins = draw_followed(self._findings[index], tell, rng)
        return damage(report, self._words, rng, self._canvas, pins=pins)

    def _task(self, form: Form, rows: list[Row], rng: Rng) -> Task:
        prompts = [prompt_ids(self._tokenizer, row.prompt, form.picture) for row in rows]
        canvases = [canvas for row in rows for canvas in row.canvases]
        return Task(
            prompts=torch.tensor(prompts),
            features=self._seen(rows) if form.picture else None,
            canvases=stack(
                canvases,
                self._words,
                rng,
                self._length(canvases, rng),
                slips=SLIPS if self._follow else 0.0,
            ),
            repeats=self._repeats,
        )

    def _seen(self, rows: list[Row]) -> Tensor:
        features = self._features[[row.index for row in rows]].float()
        features[torch.tensor([row.grey for row in rows])] = self._grey.float()
        return features

    def _length(self, canvases: list[Damage], rng: Rng) -> int:
        """Return the whole canvas, or mostly just enough of it."""
        if rng.random() < 0.2:
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
