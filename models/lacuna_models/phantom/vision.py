"""Teach the vision tower to see findings, before any words: a classifier over its soft tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from lacuna_models.phantom.cases import ANSWERS, GROUPS, classes, draw_case
from lacuna_models.phantom.model import SOFT_TOKENS
from lacuna_models.phantom.pictures import patch_positions, patches


class Reader(nn.Module):
    """One query a group attends over the projected soft tokens; used in training only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(len(GROUPS), width) * width**-0.5)
        self.keys = nn.Linear(width, width, bias=False)
        self.values = nn.Linear(width, width, bias=False)
        self.heads = nn.ModuleList(nn.Linear(width, len(ANSWERS[group])) for group in GROUPS)

    def forward(self, tokens: Tensor) -> list[Tensor]:
        """Return logits of each group, from tokens (batch, 64, width)."""
        scores = torch.einsum("gw,btw->bgt", self.queries, self.keys(tokens))
        seen = scores.softmax(-1) @ self.values(tokens)
        return [head(seen[:, index]) for index, head in enumerate(self.heads)]


def targets(seeds: range) -> Tensor:
    """Return the answers of phantoms, (count, groups) int64, on the CPU."""
    answers = [classes(draw_case(seed).findings) for seed in seeds]
    return torch.from_numpy(np.array(answers, dtype=np.int64))


def soft_tokens(model: PreTrainedModel, pixels: Tensor) -> Tensor:
    """Return the projected soft tokens, (batch, 64, hidden), of patches (batch, 256, 192)."""
    count = pixels.shape[0]
    places = patch_positions(count).to(pixels.device)
    inner = getattr(model.model, "encoder", model.model)  # the sibling has no encoder of its own
    seen = inner.get_image_features(pixels, places, return_dict=True).pooler_output
    seen = seen if isinstance(seen, Tensor) else torch.cat(seen)
    return seen.view(count, -1, seen.shape[-1])


def vision_parameters(model: PreTrainedModel, reader: Reader) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield what the vision phase trains."""
    for name, weight in model.named_parameters():
        if "vision" in name:
            yield name, weight
    for name, weight in reader.named_parameters():
        yield f"reader.{name}", weight


def vision_loss(
    model: PreTrainedModel,
    reader: Reader,
    pictures: NDArray[np.uint8],
    answers: Tensor,
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """Return the loss, and which answers were right, (batch, groups), on jittered pictures."""
    pixels = _jitter(patches(pictures), rng).to(model.device)
    answers = answers.to(model.device)
    logits = reader(soft_tokens(model, pixels))
    losses = [functional.cross_entropy(out, answers[:, g]) for g, out in enumerate(logits)]
    right = torch.stack([out.argmax(-1) == answers[:, g] for g, out in enumerate(logits)], dim=1)
    return torch.stack(losses).sum(), right


def _jitter(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    count = pixels.shape[0]
    gain = torch.from_numpy(rng.uniform(0.85, 1.15, (count, 1, 1)).astype(np.float32))
    bias = torch.from_numpy(rng.uniform(-0.06, 0.06, (count, 1, 1)).astype(np.float32))
    return ((pixels - 0.5) * gain + 0.5 + bias).clamp(0, 1)


@torch.no_grad()
def read_accuracy(
    model: PreTrainedModel,
    reader: Reader,
    pictures: NDArray[np.uint8],
    answers: Tensor,
) -> Tensor:
    """Return the share of right answers a group, (groups,)."""
    right = []
    for start in range(0, len(pictures), 64):
        pixels = patches(pictures[start : start + 64]).to(model.device)
        part = answers[start : start + 64].to(model.device)
        logits = reader(soft_tokens(model, pixels))
        right.append(
            torch.stack([out.argmax(-1) == part[:, g] for g, out in enumerate(logits)], dim=1)
        )
    return torch.cat(right).float().mean(0).cpu()


@torch.no_grad()
def encode_all(
    model: PreTrainedModel,
    pictures: NDArray[np.uint8],
    told: Callable[[int, int], None] = lambda done, count: None,
    batch: int = 64,
) -> Tensor:
    """Return the soft tokens of all pictures as float16 on the CPU, (count, 64, hidden).

    ``told`` hears how many are done, of how many.
    """
    width = model.config.text_config.hidden_size
    encoded = torch.empty(len(pictures), SOFT_TOKENS, width, dtype=torch.float16, device="cpu")
    for start in range(0, len(pictures), batch):
        pixels = patches(pictures[start : start + batch]).to(model.device)
        encoded[start : start + len(pixels)] = soft_tokens(model, pixels).half().cpu()
        told(start + len(pixels), len(pictures))
    return encoded
