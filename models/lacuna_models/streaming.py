"""Weight files into a model, a tensor at a time: never twice the weights, and told as it goes.

Upstream's ``from_pretrained`` knows no packed tensors and tells no progress that a window could
show. The names are those of upstream's classes; what encoder and decoder share is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from lacuna_models.quantise.modules import equip
from lacuna_models.quantise.scheme import CODES, SCALES, Scheme

_DECODER, _ENCODER = "model.decoder.", "model.encoder.language_model."
_HEAD, _TABLE = "lm_head.weight", "model.decoder.embed_tokens.weight"
_OWN = ".layer_scalar"  # the one tensor of a layer that encoder and decoder do not share


class UnfitError(Exception):
    """The files do not hold this model's tensors."""


def skeleton(config: Any, dtype: torch.dtype, scheme: Scheme | None) -> Any:
    """Build the model without weights; what is computed from the configuration is there."""
    from accelerate import init_empty_weights
    from transformers import DiffusionGemmaForBlockDiffusion

    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with init_empty_weights(include_buffers=False):
            model = DiffusionGemmaForBlockDiffusion(config)
    finally:
        torch.set_default_dtype(before)
    if scheme is not None:
        equip(model, scheme)
    return model


def pour(
    model: Any,
    files: Sequence[Path],
    device: torch.device,
    dtype: torch.dtype,
    tell: Callable[[float], None],
) -> None:
    """Fill a skeleton from its files, in place, and put it on a device.

    Floating tensors become ``dtype``; codes and scales stay what they are. ``tell`` gets the share
    that is done, 0..1.

    Raises:
        UnfitError: a tensor that is missing, of another shape, or unknown.
    """
    held = model.state_dict(keep_vars=True)
    missing = set(held)
    total, done = sum(file.stat().st_size for file in files), 0
    for name, tensor in _tensors(files):
        done += tensor.nbytes
        places = [place for place in _places(_own_name(name)) if place in held]
        if not places or any(held[place].shape != tensor.shape for place in places):
            raise UnfitError(name)
        if places[0] in missing or name.startswith(_DECODER):  # upstream takes the decoder's
            kept = dtype if _is_plain(name, tensor) else tensor.dtype
            # A copy: what was read is the file itself, which may change or go.
            _put(model, places, tensor.to(device, kept, copy=True))
            missing -= set(places)
        tell(min(1.0, done / total))
    if missing:
        raise UnfitError(min(missing))
    _move_buffers(model, device)


@torch.inference_mode()
def pour_noise(model: Any, device: torch.device, dtype: torch.dtype) -> None:
    """Fill a skeleton with noise, in place: for benchmarks at a size whose weights are not here."""
    held = model.state_dict(keep_vars=True)
    filled: set[str] = set()
    for name, tensor in held.items():
        if name not in filled:
            places = [place for place in _places(name) if place in held]
            _put(model, places, _noise(tensor, device, dtype))
            filled |= set(places)
    _move_buffers(model, device)


def _noise(like: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return codes of any value; scales and norms that are harmless; else small normal numbers."""
    if not like.is_floating_point():
        return torch.randint(0, 100, like.shape, device=device, dtype=like.dtype)
    if like.dtype == torch.float16:  # scales of codes
        return torch.full(like.shape, 1e-3, device=device, dtype=like.dtype)
    if like.ndim == 1:
        return torch.ones(like.shape, device=device, dtype=dtype)
    return torch.empty(like.shape, device=device, dtype=dtype).normal_(std=0.02)


def _tensors(files: Sequence[Path]) -> Iterator[tuple[str, Tensor]]:
    for file in files:
        with safe_open(file, framework="pt") as held:
            for name in held.keys():  # noqa: SIM118  no mapping
                yield name, held.get_tensor(name)


def _own_name(name: str) -> str:
    """Return a packed tensor's name as the packed layers have it."""
    if name.endswith(CODES):
        return name.removesuffix(CODES)
    if name.endswith(SCALES):
        whole = name.removesuffix(SCALES)
        return whole.removesuffix("weight") + "scales" if ".weight" in whole else f"{whole}_scales"
    return name


def _places(name: str) -> list[str]:
    """Return where in the model a tensor belongs: with both towers, and the head, where shared."""
    places = [name]
    if not name.endswith(_OWN):
        places += [_ENCODER + name.removeprefix(_DECODER)] if name.startswith(_DECODER) else []
        places += [_DECODER + name.removeprefix(_ENCODER)] if name.startswith(_ENCODER) else []
    if _TABLE in places or _HEAD in places:
        places += [_HEAD, _TABLE, _ENCODER + _TABLE.removeprefix(_DECODER)]
    return list(dict.fromkeys(places))


def _is_plain(name: str, tensor: Tensor) -> bool:
    return tensor.is_floating_point() and not name.endswith(SCALES)


def _put(model: Any, paths: Sequence[str], tensor: Tensor) -> None:
    """Put one tensor in all its places: one parameter, as upstream ties its weights."""
    shared = nn.Parameter(tensor, requires_grad=False)
    for path in paths:
        parent, _, last = path.rpartition(".")
        module = model.get_submodule(parent)
        if last in module._buffers:
            module._buffers[last] = tensor
        else:
            module._parameters[last] = shared


def _move_buffers(model: Any, device: torch.device) -> None:
    for module in model.modules():
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = buffer.to(device)
