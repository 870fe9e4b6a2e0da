"""`survey` as one Triton kernel on CUDA: entropy, best and drawn id in one pass, no plane kept.

It serves where Triton is installed and the logits lie on CUDA; everywhere else the stretches of
`survey` do. Its draws are Philox's, keyed by a row's own stream: they differ from a CPU's, as
torch's own do. Not run on a card yet: `tests/models/test_survey.py` runs it in Triton's interpreter
where that is installed, and on CUDA under the marker `gpu`.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Any

import torch
from torch import Tensor

_BLOCK = 4096  # logits that a program holds at once
_WARPS = 8

Looked = tuple[Tensor, Tensor, Tensor, Tensor]  # thought, best, drawn, entropy; see `survey`


def serves(logits: Tensor) -> bool:
    """Whether the kernel is there for these logits."""
    return logits.is_cuda and has_triton()


@cache
def has_triton() -> bool:
    """Whether Triton is installed; torch for CUDA brings it on Linux."""
    return importlib.util.find_spec("triton") is not None


def look(
    logits: Tensor, table: Tensor | None, rows: Tensor | None, heat: Tensor, keys: Tensor
) -> Looked:
    """Look over (R, F, V) float32 logits; ``keys`` (R,) int64, the bans as in `survey.Bans`."""
    logits = logits.contiguous()
    count, free, size = logits.shape
    thought = torch.empty_like(logits)
    best, drawn = (torch.empty((count, free), dtype=torch.long, device=keys.device) for _ in "bd")
    entropy = torch.empty((count, free), device=keys.device)
    _kernel()[(count * free,)](
        logits,
        logits if table is None else table,
        keys if rows is None else rows,
        heat.to(logits.device).reshape(1),
        keys,
        thought,
        best,
        drawn,
        entropy,
        free,
        size,
        banned=table is not None,
        block=_BLOCK,
        num_warps=_WARPS,
    )
    return thought, best, drawn, entropy


@cache
def _kernel() -> Any:
    """Return the kernel; Triton is imported, and the kernel built, when it is first needed."""
    import triton

    from lacuna_models import survey_kernel

    return triton.jit(survey_kernel.look)
