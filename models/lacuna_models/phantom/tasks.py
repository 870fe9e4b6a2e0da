"""The lessons of language: reports and answers to cached pictures, damaged, in even batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from lacuna_models.api import Prompt
from lacuna_models.phantom.canvases import (
    DRAFT_SHARE,
    Batch,
    Damage,
    answered,
    damage,
    stack,
)
from lacuna_models.phantom.cases import Findings, Rng
from lacuna_models.phantom.counterfactual import draw_altered, plant
from lacuna_models.phantom.followed import Teller, draw_followed
from lacuna_models.phantom.grammar import STYLES, Report, write
from lacuna_models.phantom.prompts import Form, draw_form, prompt_ids, vocabulary
from lacuna_models.phantom.questions import Question

GREY_GAPS = 0.4  # pictures replaced by a grey one: the words must then be read
GREY_DRAFTS = 0.03
PLANTED_SHARE = 0.16  # of canvases with gaps: one anchor contradicts the picture
GREY_FOLLOWED = 0.1
SLIPS = 0.3  # of the reader's canvases: words that decide stand wrong between solved ones


class Shown(NamedTuple):
    """A batch of canvases as tensors on a device, (rows, length); see ``Batch``."""

    target: Tensor
    noisy: Tensor
    hit: Tensor
    kept: Tensor
    weight: Tensor


@dataclass(frozen=True, slots=True)
class Task:
    """One optimiser step's data, made on the CPU.

    ``prompts`` is (pictures, tokens) int64; ``features`` (pictures, 64, hidden), or None where the
    prompts hold no picture; each prompt serves ``repeats`` canvases in a row.
    """

    prompts: Tensor
    features: Tensor | None
    canvases: Batch
    repeats: int

    def asked(self, device: torch.device) -> tuple[Tensor, Tensor | None]:
        """Return prompts and features on a device."""
        features = None if self.features is None else self.features.to(device)
        return self.prompts.to(device), features

    def shown(self, device: torch.device) -> Shown:
        """Return the canvases on a device."""
        batch = self.canvases
        arrays = (batch.target, batch.noisy, batch.hit, batch.kept, batch.weight)
        return Shown(*(torch.from_numpy(array).to(device) for array in arrays))


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
            prompts=torch.from_numpy(np.array(prompts)),
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
        features[[i for i, row in enumerate(rows) if row.grey]] = self._grey.float()
        return features

    def _length(self, canvases: list[Damage], rng: Rng) -> int:
        """Return the whole canvas, or mostly just enough of it."""
        if rng.random() < 0.2:
            return self._canvas
        needed = max(len(canvas.target) for canvas in canvases)
        return min(-(-(needed + 4) // 16) * 16, self._canvas)
