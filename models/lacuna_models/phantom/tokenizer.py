"""The bundled checkpoint's tokenizer: byte-fallback BPE over the grammar's own words.

Every string comes back exactly: nothing is normalised, a space is a space (Gemma's metaspace would
turn U+2581 into one), and what the alphabet lacks falls back to bytes. A word carries the single
space before it, as in ``' heart'``; a word at the start of a line or of a piece of text has none
and is another token, ``'heart'``; a further space, a line end and a tab are tokens of their own.
So text cut before a space or at a line end has the same tokens as the whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from lacuna_models.api import Prompt
from lacuna_models.phantom.cases import Amount, Rng, Side, draw_findings
from lacuna_models.phantom.grammar import (
    STYLES,
    Prior,
    draw_prior,
    language,
    word_prior,
    write,
)
from lacuna_models.phantom.phrases import EXAMINATIONS, INDICATIONS, PRIORS
from lacuna_models.phantom.questions import QUESTIONS, draw_question
from lacuna_models.prompt import instruction

VOCABULARY = 1470  # all that the corpus merges into

PAD, EOS, BOS, UNK, MASK = "<pad>", "<eos>", "<bos>", "<unk>", "<mask>"
TURN, END_TURN = "<|turn>", "<turn|>"
BOI, IMAGE, EOI = "<|image>", "<|image|>", "<image|>"

_NAMED = {
    "sot_token": TURN,
    "eot_token": END_TURN,
    "soc_token": "<|channel>",
    "eoc_token": "<channel|>",
    "think_token": "<|think|>",
    "boi_token": BOI,
    "image_token": IMAGE,
    "eoi_token": EOI,
    "boa_token": "<|audio>",
    "audio_token": "<|audio|>",
    "eoa_token": "<audio|>",
}
SPECIALS = (PAD, EOS, BOS, UNK, MASK, *_NAMED.values(), "<|video|>")

_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
_ALPHABET = ["\n", "\t", *map(chr, range(32, 127))]
_PIECES = Regex(r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]|\s")


def train_tokenizer(reports: int = 4000) -> PreTrainedTokenizerFast:
    """Train on reports and prompts of the grammar; the same tokenizer every time."""
    vocabulary, merges = _merges(reports)
    tokens = [*SPECIALS, *_BYTES, *sorted(vocabulary, key=lambda token: vocabulary[token])]
    core = Tokenizer(
        models.BPE(
            vocab={token: index for index, token in enumerate(tokens)},
            merges=merges,
            byte_fallback=True,
            unk_token=UNK,
            fuse_unk=True,
        )
    )
    core.pre_tokenizer = pre_tokenizers.Split(_PIECES, behavior="isolated")
    core.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    core.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIALS])
    return _wrap(core)


def _wrap(core: Tokenizer) -> PreTrainedTokenizerFast:
    template = files("lacuna_models.phantom").joinpath("chat_template.jinja").read_text("utf-8")
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=EOS,
        bos_token=BOS,
        unk_token=UNK,
        mask_token=MASK,
        model_specific_special_tokens=_NAMED,
        chat_template=template,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


@cache
def _merges(reports: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return the learnt tokens with their ranks, and the merges that make them."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Split(_PIECES, behavior="isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(SPECIALS) - len(_BYTES),
        initial_alphabet=_ALPHABET,
        show_progress=False,
    )
    core.train_from_iterator(_corpus(reports), trainer)
    learnt: dict[str, int] = core.get_vocab()
    merges = json.loads(core.to_str())["model"]["merges"]
    return learnt, [(left, right) for left, right in merges]


def _corpus(reports: int) -> Iterator[str]:
    """Yield reports, prompts, questions, and the grammar's words without the space before them."""
    rng = np.random.default_rng(0)
    for index in range(reports):
        findings = draw_findings(rng)
        prior = draw_prior(findings, rng) if index % 4 == 0 else None
        yield write(findings, STYLES[index % 3], rng, prior=prior, unseen=index % 8 == 0).text
    for prompt in _prompts():
        yield from [f"user\n{instruction(prompt)}\nmodel\n"] * 20
    yield from _answers(rng)
    words = sorted({word.strip(".,") for sentence in language() for word in sentence.split()})
    yield from [form for word in words for form in (word, f" {word}")] * 20


def _prompts() -> Iterator[Prompt]:
    for examination, style, indication in product(EXAMINATIONS, STYLES, ("", *INDICATIONS)):
        yield Prompt(examination=examination, style=style, indication=indication)
    for words in range(10, 100, 10):
        yield Prompt(words=words, impression_first=True)
    for side, before, wording in product(Side, Amount, range(len(PRIORS))):
        yield Prompt(prior=word_prior(Prior(side, before), wording))
    for question in QUESTIONS:
        yield Prompt(question=question.text)


def _answers(rng: Rng) -> Iterator[str]:
    for _ in range(2000):
        question, findings = draw_question(rng), draw_findings(rng)
        if answer := question.answer(findings):
            yield answer
