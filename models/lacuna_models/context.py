"""Prompt and pictures, encoded once and reused by any number of fills.

The decoder only reads the encoder's key-value cache, so one context serves every draft. Upstream's
encoder drops the image mask that it builds itself and would attend causally over the picture;
``generate`` passes a mask of its own, and so does this module.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lacuna_models.api import EngineError, Prompt
from lacuna_models.images import PixelInputs
from lacuna_models.loading import Loaded
from lacuna_models.prompt import instruction, messages

Key = tuple[tuple[str, ...], str, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """An encoded prefix: the cache of one row and the number of tokens in it."""

    cache: Any
    length: int


class Contexts:
    """Encodes prompts and keeps the latest few. One thread owns it, as it owns the model."""

    def __init__(self, loaded: Loaded, keep: int = 4) -> None:
        """Keep up to ``keep`` contexts; the real checkpoint's take 225 KB a token."""
        self._loaded = loaded
        self._keep = keep
        self._known: OrderedDict[Key, Context] = OrderedDict()

    def get(self, prompt: Prompt) -> Context:
        """Return the context of a prompt, encoding it if it is not at hand."""
        key = self.key(prompt)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        context = encode(self._loaded, prompt)
        self._known[key] = context
        while len(self._known) > self._keep:
            self._known.popitem(last=False)
        return context

    def key(self, prompt: Prompt) -> Key:
        """Return what a context depends on: pictures, words, an adapter of the encoder."""
        pictures = tuple(image.digest() for image in prompt.images)
        return pictures, instruction(prompt), self._loaded.adapters.encoder_hash

    def clear(self) -> None:
        """Forget all contexts and free their memory."""
        self._known.clear()


def encode(loaded: Loaded, prompt: Prompt) -> Context:
    """Encode a prompt from nothing.

    Raises:
        EngineError: pictures that the model cannot take.
    """
    pixels = loaded.pictures.prepare(prompt.images) if prompt.images else None
    ids = prompt_ids(loaded, prompt, pixels.tokens if pixels else ())
    cache = _new_cache(loaded.model)
    _run_encoder(loaded, ids, cache, 0, pixels)
    return Context(cache, ids.shape[1])


def extend(loaded: Loaded, context: Context, ids: Sequence[int]) -> Context:
    """Return a context that has seen more of the reply; the one given is left as it was."""
    if not ids:
        return context
    cache = copy.deepcopy(context.cache)
    tokens = torch.tensor([list(ids)], dtype=torch.long, device=loaded.device)
    _run_encoder(loaded, tokens, cache, context.length, None)
    return Context(cache, context.length + len(ids))


def rows(context: Context, count: int) -> Any:
    """Return a cache for ``count`` rows; the context's own where one will do."""
    if count == 1:
        return context.cache
    cache = copy.deepcopy(context.cache)
    cache.batch_repeat_interleave(count)
    return cache


def prompt_ids(loaded: Loaded, prompt: Prompt, tokens: Sequence[int]) -> Tensor:
    """Return the prompt as (1, L) ids, each picture's place widened to its soft tokens.

    Text from a study may hold the template's own marks; they are taken out first, so that no
    patient's record can end a turn or pretend to be a picture.
    """
    tokenizer = loaded.tokenizer
    chat = messages(prompt)
    for part in chat[0]["content"]:
        if part["type"] == "text":
            part["text"] = without_marks(part["text"], loaded.marks)
    text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    pieces = text.split(loaded.image_marks.soft)
    if len(pieces) != len(tokens) + 1:
        raise EngineError("This checkpoint's chat template has no place for the pictures.")
    for i, count in enumerate(tokens):
        pieces[i] += loaded.image_marks.picture(count)
    ids = tokenizer("".join(pieces), add_special_tokens=False)["input_ids"]
    return torch.tensor([ids], dtype=torch.long, device=loaded.device)


def without_marks(text: str, marks: Sequence[str]) -> str:
    """Return text without any of the marks, however nested."""
    found = True
    while found:
        found = False
        for mark in marks:
            if mark in text:
                text = text.replace(mark, " ")
                found = True
    return text


def _new_cache(model: Any) -> Any:
    from transformers import DynamicCache

    return DynamicCache(config=model.config.get_text_config(decoder=True))


@torch.inference_mode()
def _run_encoder(
    loaded: Loaded, ids: Tensor, cache: Any, past: int, pixels: PixelInputs | None
) -> None:
    """Write the keys and values of (1, L) ids into ``cache``, as ``generate``'s prefill does."""
    model = loaded.model
    length = ids.shape[1]
    positions = torch.arange(past, past + length, dtype=torch.int32, device=ids.device)[None]
    mask = model.model.encoder.create_masks_for_generate(
        config=model.config,
        inputs_embeds=torch.empty((1, length, 0), dtype=model.dtype, device=ids.device),
        attention_mask=torch.ones((1, past + length), dtype=torch.bool, device=ids.device),
        past_key_values=cache,
        position_ids=positions,
        mm_token_type_ids=(ids == model.config.image_token_id).long() if pixels else None,
    )
    pictures: dict[str, Tensor] = {}
    if pixels is not None:
        pictures["pixel_values"] = pixels.pixels.to(loaded.device, model.dtype)
        pictures["image_position_ids"] = pixels.positions.to(loaded.device)
    model.model.encoder(
        input_ids=ids,
        attention_mask=mask,
        past_key_values=cache,
        position_ids=positions,
        **pictures,
    )
