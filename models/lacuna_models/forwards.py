"""The model as a function of the canvas: upstream's decoder, or the lean step that equals it."""

from __future__ import annotations

import torch
from torch import Tensor

from lacuna_models import context
from lacuna_models.context import Context
from lacuna_models.infill import Forward
from lacuna_models.lean.step import Canvas
from lacuna_models.loading import Loaded
from lacuna_models.steady.rooms import Rooms, Steady

_CERTAIN = 100.0  # a logit beside zeros whose softmax is one-hot in every precision


def forward_of(loaded: Loaded, seen: Context, rows: int, free: Tensor) -> Forward:
    """Return the model as a function of the canvas, for ``rows`` rows behind one context.

    ``free`` is (F,), the positions that may change; the others hold the same in all rows and steps.
    It is the lean step where the checkpoint has one (``lean.choice``), the steady step on CUDA,
    upstream's otherwise. The adapter at work now is the one of the whole run, whatever is activated
    meanwhile. What the steady step returns is overwritten by its next pass.
    """
    lean = None if loaded.lean is None else loaded.adapters.lean
    if lean is not None:
        return Canvas(lean, seen.cache, seen.length, rows, free)
    stock = _stock(loaded, seen, rows, free)
    return stock if loaded.rooms is None else _steady(loaded.rooms, loaded, seen, rows, free, stock)


def _steady(
    rooms: Rooms, loaded: Loaded, seen: Context, rows: int, free: Tensor, stock: Forward
) -> Forward:
    adapter, key = loaded.adapters.active, loaded.adapters.key
    steady = Steady(rooms, seen.cache, seen.length, rows, free, key, stock)

    def forward(canvas: Tensor, conditioning: Tensor | None) -> Tensor:
        loaded.adapters.activate(adapter)
        return steady(canvas, conditioning)

    return forward


def _stock(loaded: Loaded, seen: Context, rows: int, free: Tensor) -> Forward:
    """Return upstream's own decoder, with the output head at the free positions only."""
    model, adapter = loaded.model, loaded.adapters.active
    cache = context.rows(seen, rows)
    cap = float(model.final_logit_softcapping)

    def forward(canvas: Tensor, conditioning: Tensor | None) -> Tensor:
        loaded.adapters.activate(adapter)
        places = torch.arange(seen.length, seen.length + canvas.shape[1], device=canvas.device)
        known = None if conditioning is None else known_logits(canvas, conditioning, free)
        hidden = model.model.decoder(
            decoder_input_ids=canvas,
            past_key_values=cache,
            self_conditioning_logits=None if known is None else known.to(model.dtype),
            decoder_position_ids=places[None],
        ).last_hidden_state
        logits: Tensor = model.lm_head(hidden[:, free]).float()
        return torch.tanh(logits / cap) * cap

    return forward


def known_logits(canvas: Tensor, logits: Tensor, free: Tensor) -> Tensor:
    """Return (R, C, V) logits: those given, (R, F, V), at free positions, certainty elsewhere."""
    size = (*canvas.shape, logits.shape[-1])
    certain = torch.zeros(size, device=canvas.device).scatter_(-1, canvas[..., None], _CERTAIN)
    return certain.index_copy_(1, free, logits)
