"""Files of a run: written beside their name, then put in its place; weights and momenta."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lacuna_models.api import EngineError

_MOMENTA = "o."


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a name to write to; what is written there then takes the place of ``path``.

    Nothing half-written stays: where writing fails, or is interrupted, ``path`` is as it was.

    Raises:
        EngineError: the disk is full, or the folder cannot be written to.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or error
        remedy = "Make room for 1.3 GB, then go on: nothing that was saved before is lost."
        raise EngineError(f"{path} could not be written ({why}).", remedy) from error
    finally:
        partial.unlink(missing_ok=True)


def write_state(path: Path, weights: Mapping[str, Tensor], momenta: Mapping[str, Tensor]) -> None:
    """Write named weights, and the optimiser's momenta behind ``o.``, from any device."""
    state = {**weights, **{f"{_MOMENTA}{name}": value for name, value in momenta.items()}}
    kept = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with written_whole(path) as partial:
        save_file(kept, partial)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors, on the CPU.

    Raises:
        EngineError: the file is not there, or is damaged.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise EngineError(f"{path} cannot be read ({error}).", "Name another run.") from error


@torch.no_grad()
def read_state(path: Path, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take up named weights, wherever they live; return the momenta, on the CPU.

    Raises:
        EngineError: the file is not there, is damaged, or is of other weights.
    """
    state = read_tensors(path)
    for name, weight in weights.items():
        if name not in state or state[name].shape != weight.shape:
            raise EngineError(f"{path} does not fit its run: {name}.", "Name another run.")
        weight.copy_(state[name])
    return {n.removeprefix(_MOMENTA): v for n, v in state.items() if n.startswith(_MOMENTA)}
