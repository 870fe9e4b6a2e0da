"""LoRA adapters by name: several lie beside the model at once, at most one is at work.

They stay unmerged: encoder and decoder share their weights but have an adapter each, so PEFT's own
merging adds both differences to the one shared tensor. `Adapters.merge` parts the two towers first.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lacuna_models.adapter_files import TARGETS, AdapterFile, mismatch, read_adapter
from lacuna_models.api import EngineError
from lacuna_models.lean.weights import Weights as LeanWeights
from lacuna_models.lean.weights import refold


@dataclass(frozen=True, slots=True, eq=False)
class Resident:
    """An adapter that lies beside the model. ``key`` is what PEFT calls it.

    ``lean`` holds the lean step's weights with the decoder's differences folded in, or None where
    the model has no lean step. ``encodes`` tells whether it changes how prompts are encoded.
    """

    name: str
    hash: str
    key: str
    encodes: bool
    lean: LeanWeights | None


class Adapters:
    """The adapters of one model, by name. The thread that owns the model owns them."""

    def __init__(self, model: Any, lean: LeanWeights | None = None) -> None:
        """Start without any. ``lean`` are the model's own lean weights, if it has a lean step."""
        self._model = model
        self._lean = lean
        self._known: dict[str, Resident] = {}
        self._active: Resident | None = None
        self._made = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all resident adapters, in the order in which they came."""
        return tuple(self._known)

    @property
    def active(self) -> str | None:
        """The name of the adapter at work; None is the base model."""
        return None if self._active is None else self._active.name

    @property
    def hash(self) -> str | None:
        """The SHA-256 of the weights of the adapter at work."""
        return None if self._active is None else self._active.hash

    @property
    def key(self) -> str | None:
        """What names the adapter at work among all that were ever laid beside this model."""
        return None if self._active is None else self._active.key

    @property
    def encoder_hash(self) -> str | None:
        """The hash of the adapter at work if contexts depend on it, else None."""
        return self._active.hash if self._active is not None and self._active.encodes else None

    @property
    def lean(self) -> LeanWeights | None:
        """The lean step's weights for what is at work, or None where there is no lean step."""
        return self._lean if self._active is None else self._active.lean

    def hash_of(self, name: str) -> str:
        """Return the SHA-256 of an adapter's weights.

        Raises:
            EngineError: no such adapter is resident.
        """
        return self._get(name).hash

    def add(self, folder: Path, name: str | None = None) -> str:
        """Lay an adapter beside the model; what is at work stays at work. Return its name.

        Its name is the folder's unless another is given. A refused adapter leaves no trace.

        Raises:
            EngineError: a name that is taken; an adapter that is foreign, damaged or no plain LoRA.
        """
        name = folder.name if name is None else name
        if name in self._known:
            raise EngineError(f"There is an adapter {name} already.", "Give this one another name.")
        file = read_adapter(folder)
        self._made += 1
        key = f"lacuna{self._made}"  # PEFT makes it part of a module's path: no dots
        try:
            _inject(self._model, file, key)
            lean = self._lean and refold(self._lean, self._model, partial(_with, key))
        except EngineError:
            _remove(self._model, key)
            raise
        finally:
            self._set()
        encodes = any(".encoder." in target for target in file.targets)
        self._known[name] = Resident(name, file.hash, key, encodes, lean)
        return name

    def activate(self, name: str | None) -> None:
        """Put an adapter to work instead of the one before; None goes back to the base model.

        Contexts that were encoded under another adapter do not belong to this one.

        Raises:
            EngineError: no such adapter is resident; the one before stays at work.
        """
        wanted = None if name is None else self._get(name)
        if wanted is not self._active:
            self._active = wanted
            self._set()

    def remove(self, name: str) -> None:
        """Free an adapter's memory; if it was at work, the base model is from now on.

        Raises:
            EngineError: no such adapter is resident.
        """
        gone = self._get(name)
        if self._active is gone:
            self._active = None
        del self._known[name]
        _remove(self._model, gone.key)
        self._set()

    def merge(self, name: str) -> None:
        """Fold an adapter into the model for good; the model is then without adapters.

        The encoder's attention and dense MLP become tensors of their own first (3.3 GB in bfloat16
        at the size of the real checkpoint). It saves a step its two small products a layer.

        Raises:
            EngineError: no such adapter is resident, or the base is quantised.
        """
        chosen = self._get(name)
        _refuse_quantised(self._model)
        part_towers(self._model)
        for layer in _layers(self._model):
            if chosen.key in layer.lora_A:
                layer.merge(adapter_names=[chosen.key])
        _unwrap(self._model)
        self._lean, self._active = chosen.lean, None
        self._known.clear()

    def _get(self, name: str) -> Resident:
        if name not in self._known:
            raise EngineError(f"There is no adapter {name}.", "Load its folder first.")
        return self._known[name]

    def _set(self) -> None:
        """Tell every layer what is at work: PEFT itself puts a new adapter to work at once."""
        for layer in _layers(self._model):
            if self._active is not None:
                layer.set_adapter(self._active.key, inference_mode=True)
            layer._disable_adapters = self._active is None


@torch.no_grad()
def part_towers(model: Any) -> None:
    """Give the encoder attention and dense MLP weights of its own, where it shares the decoder's.

    Without it a merge adds the encoder's and the decoder's differences to the same tensor.
    """
    for path, module in model.named_modules():
        if TARGETS.fullmatch(path) and ".encoder." in path:
            base = _base(module)
            base.weight = torch.nn.Parameter(base.weight.detach().clone(), requires_grad=False)


def _inject(model: Any, file: AdapterFile, key: str) -> None:
    """Put an adapter's layers into the model.

    Raises:
        EngineError: it was made for another model.
    """
    from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict

    _refuse_foreign(model, file)
    try:
        # Not LoraConfig.from_pretrained: a file could name a module there, which PEFT would import.
        config = LoraConfig(**file.said, target_modules=[*file.targets], inference_mode=True)
        with _second_thoughts():
            inject_adapter_in_model(config, model, adapter_name=key)
            result = set_peft_model_state_dict(model, file.state, adapter_name=key)
    except (ValueError, RuntimeError, TypeError) as error:
        raise mismatch(file.folder) from error
    missing = [name for name in result.missing_keys if f".{key}." in name]
    if missing or result.unexpected_keys:
        raise mismatch(file.folder)
    model.eval()


@contextmanager
def _second_thoughts() -> Iterator[None]:
    """Silence PEFT's question whether a second adapter is meant: it is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`")
        yield


def _refuse_foreign(model: Any, file: AdapterFile) -> None:
    """Refuse layers that the model lacks; PEFT silently leaves out those that it does not find."""
    known = {path for path, _ in model.named_modules()}
    if not set(file.targets) <= known:
        raise mismatch(file.folder)


def _layers(model: Any) -> list[Any]:
    from peft.tuners.lora import LoraLayer

    return [module for module in model.modules() if isinstance(module, LoraLayer)]


def _remove(model: Any, key: str) -> None:
    for layer in _layers(model):
        if key in layer._all_available_adapter_names():
            # PEFT would put another one to work in its place, and warn.
            layer.set_adapter([], inference_mode=True)
            layer.delete_adapter(key)
    getattr(model, "peft_config", {}).pop(key, None)


def _unwrap(model: Any) -> None:
    """Put the plain layers back in the places of those that hold adapters."""
    from peft.tuners.lora import LoraLayer

    for path, module in [*model.named_modules()]:
        if isinstance(module, LoraLayer):
            parent, _, last = path.rpartition(".")
            setattr(model.get_submodule(parent), last, module.get_base_layer())
    del model.peft_config


def _refuse_quantised(model: Any) -> None:
    weights = [_base(layer).weight for layer in _layers(model)]
    if not all(type(w) is torch.nn.Parameter and w.is_floating_point() for w in weights):
        raise EngineError(
            "An adapter cannot be folded into a quantised model.", "Use it as it is, beside it."
        )


def _base(module: Any) -> Any:
    return getattr(module, "base_layer", module)


def _with(key: str, module: Any) -> Tensor:
    """Return a product's weight as an adapter makes it, whether or not it is at work."""
    weight: Tensor = _base(module).weight
    if key not in getattr(module, "lora_A", ()):
        return weight
    delta: Tensor = module.get_delta_weight(key)
    return weight + delta.to(weight.dtype)
