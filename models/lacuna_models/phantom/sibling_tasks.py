"""The sibling's lessons: the bundled model's reports and answers, to be written from the left.

No gaps: a left-to-right model has none. A small share of the replies tells first what follows a
sentence and then asks for it, so that the sibling knows the form in which an infill may be prompted
with its right side.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import Gemma4ForConditionalGeneration

from lacuna_models.phantom.canvases import Damage, Ids, stack
from lacuna_models.phantom.cases import Rng
from lacuna_models.phantom.grammar import Report
from lacuna_models.phantom.language import BALANCE, Balance, weighed
from lacuna_models.phantom.prompts import Form, prompt_ids
from lacuna_models.phantom.sibling import Told, encode_prompt, reply_logits
from lacuna_models.phantom.tasks import GREY_DRAFTS, GREY_GAPS, Row, Task, Tasks

TOLD_SHARE = 0.1  # of the rows


class SiblingTasks(Tasks):
    """Draws steps of training as ``Tasks`` does; canvases hold replies to be written, undamaged.

    ``told`` is the share of rows whose replies begin with what follows a sentence. ``hit`` marks
    what is to be learnt, and ``weight`` is 0 elsewhere.
    """

    def __init__(self, *arguments: Any, told: float = TOLD_SHARE, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._share = told

    def _row(self, form: Form, rng: Rng) -> Row:
        if form.question is not None:
            row = self._asked(form, form.question, rng)
            return Row(row.index, row.prompt, [_whole(c.target) for c in row.canvases], row.grey)
        index = int(rng.integers(len(self._findings)))
        told = rng.random() < self._share
        prompt, tell = self._told(form, index, rng)
        canvases = [
            self._lesson(tell(self._findings[index], rng), told, rng) for _ in range(self._repeats)
        ]
        grey = bool(rng.random() < (GREY_GAPS if told else GREY_DRAFTS))
        return Row(index, prompt, canvases, grey)

    def _lesson(self, report: Report, told: bool, rng: Rng) -> Damage:
        if told:
            return self._told_first(report, rng)
        return _whole(np.array([*self._words.encode(report.text), self._words.end]))

    def _told_first(self, report: Report, rng: Rng) -> Damage:
        """Ask for one sentence behind what follows it and what stands before it."""
        said = (report.body, report.impression)[int(rng.random() < 0.35)]
        sentence = said[int(rng.integers(len(said)))]
        before, asked, after = part(report.text, sentence)
        given = Told(before, after).ids(self._tokenizer)
        wanted = self._words.encode(asked)
        target = np.array([*given, *wanted])
        hit = np.arange(len(target)) >= len(given)
        return Damage(target, hit, ~hit, 0.0)

    def _task(self, form: Form, rows: list[Row], rng: Rng) -> Task:
        prompts = [prompt_ids(self._tokenizer, row.prompt, form.picture) for row in rows]
        canvases = [canvas for row in rows for canvas in row.canvases]
        length = -(-max(len(canvas.target) for canvas in canvases) // 16) * 16
        batch = stack(canvases, self._words, rng, length)
        return Task(
            prompts=torch.from_numpy(np.array(prompts)),
            features=self._seen(rows) if form.picture else None,
            canvases=replace(batch, weight=batch.weight * batch.hit),
            repeats=self._repeats,
        )


def part(text: str, sentence: str) -> tuple[str, str, str]:
    """Part a text around a sentence; the space before it is the sentence's, as in a gap."""
    start = text.index(sentence)
    lead = text[start - 1 : start] == " "
    stop = start + len(sentence)
    return text[: start - lead], text[start - lead : stop], text[stop:]


def _whole(target: Ids) -> Damage:
    everything = np.ones(len(target), bool)
    return Damage(target, everything, ~everything, 0.0)


def sibling_loss(
    model: Gemma4ForConditionalGeneration, task: Task, balance: Balance
) -> tuple[Tensor, Tensor]:
    """Return the next-token loss, and which of the learnt tokens were right (a flat bool tensor).

    A prompt is encoded once for its replies, all but its last token, from which the first token of
    each reply is told.
    """
    canvas = task.shown(model.device)
    prompts, features = task.asked(model.device)
    cache = encode_prompt(model, prompts, features)
    cache.batch_repeat_interleave(task.repeats)
    first = prompts[:, -1:].repeat_interleave(task.repeats, dim=0)
    logits = reply_logits(model, cache, torch.cat((first, canvas.target[:, :-1]), dim=1))
    right = (logits.detach().argmax(-1) == canvas.target)[canvas.hit]
    return weighed(logits, canvas) + BALANCE * balance.loss(), right
