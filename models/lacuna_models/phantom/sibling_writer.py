"""Let the autoregressive sibling write: greedily, token by token, behind a prompt encoded once."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import AutoTokenizer, Gemma4ForConditionalGeneration, Gemma4ImageProcessorPil

from lacuna_models.api import EngineError, Prompt
from lacuna_models.phantom.model import SOFT_TOKENS
from lacuna_models.phantom.prompts import prompt_ids
from lacuna_models.phantom.sibling import Told, encode_prompt, reply_logits
from lacuna_models.phantom.tokenizer import END_TURN

MOST_TOKENS = 160  # of a reply: the bundled model's canvas holds no more


@dataclass(frozen=True, slots=True)
class Written:
    """A reply: its text, how many tokens it has, and the seconds that they took."""

    text: str
    tokens: int
    seconds: float


class SiblingWriter:
    """A sibling's checkpoint folder, loaded. One thread uses it."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            EngineError: the folder holds no sibling.
        """
        described = folder / "lacuna.json"
        if not described.is_file() or json.loads(described.read_text("utf-8"))["kind"] != "sibling":
            raise EngineError(f"{folder} holds no sibling.", "Export one with phantom export.")
        self.training: dict[str, Any] = json.loads(described.read_text("utf-8"))["training"]
        self._model = Gemma4ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        self._model.eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._processor = Gemma4ImageProcessorPil.from_pretrained(folder)
        end = self._tokenizer.convert_tokens_to_ids(END_TURN)
        self._ends = frozenset({int(self._tokenizer.eos_token_id), int(end)})
        self._latest: tuple[object, Any, Tensor] | None = None

    def reply(self, prompt: Prompt) -> Written:
        """Write until the reply ends: a report, or the answer to the prompt's question."""
        return self._write(prompt, [], lambda _: False)

    def sentence(self, prompt: Prompt, told: Told) -> Written:
        """Write one sentence, up to its full stop, behind the beginning of a reply."""
        return self._write(prompt, told.ids(self._tokenizer), lambda text: text.endswith("."))

    @torch.inference_mode()
    def _write(self, prompt: Prompt, begun: list[int], over: Callable[[str], bool]) -> Written:
        cache, last = self._encoded(prompt)
        start = time.perf_counter()
        ids: list[int] = []
        given = torch.cat((last, torch.tensor([begun], dtype=torch.long)), dim=1)
        while len(ids) + len(begun) < MOST_TOKENS:
            token = int(reply_logits(self._model, cache, given)[0, -1].argmax())
            if token in self._ends:
                break
            ids.append(token)
            if over(self._tokenizer.decode(token)):
                break
            given = torch.tensor([[token]])
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return Written(text.strip(), len(ids), time.perf_counter() - start)

    def _encoded(self, prompt: Prompt) -> tuple[Any, Tensor]:
        """Return a cache of the prompt to be written behind, and its last token, (1, 1)."""
        key = (prompt_ids(self._tokenizer, prompt, bool(prompt.images)), prompt.images)
        if self._latest is None or self._latest[0] != key:
            ids = torch.tensor([key[0]])
            features = self._soft_tokens(prompt)
            self._latest = key, encode_prompt(self._model, ids, features), ids[:, -1:]
        return copy.deepcopy(self._latest[1]), self._latest[2]

    def _soft_tokens(self, prompt: Prompt) -> Tensor | None:
        if not prompt.images:
            return None
        pictures = [Image.fromarray(np.asarray(image.pixels)) for image in prompt.images]
        seen = self._processor(images=pictures, return_tensors="pt")
        found = self._model.get_image_features(
            seen["pixel_values"], seen["image_position_ids"], return_dict=True
        ).pooler_output
        return torch.cat(tuple(found)).view(len(pictures), SOFT_TOKENS, -1)
