"""What a round of training asks: prompts of one form, and so of one length; tokens of both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from transformers import PreTrainedTokenizerFast

from lacuna_models.api import Prompt
from lacuna_models.phantom.canvases import Vocabulary
from lacuna_models.phantom.cases import Amount, Findings, Rng
from lacuna_models.phantom.grammar import Prior, Style, draw_prior, word_prior
from lacuna_models.phantom.model import SOFT_TOKENS
from lacuna_models.phantom.phrases import CRITICAL, EXAMINATIONS, INDICATIONS, PRIORS
from lacuna_models.phantom.questions import Question, draw_question
from lacuna_models.phantom.tokenizer import BOI, END_TURN, EOI, IMAGE
from lacuna_models.prompt import instruction


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
