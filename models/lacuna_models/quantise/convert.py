"""`lacuna-models quantize`: a checkpoint folder into a packed one, a tensor at a time."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from lacuna_models.api import EngineError
from lacuna_models.quantise.modules import packable
from lacuna_models.quantise.packing import pack4, pack8
from lacuna_models.quantise.scheme import CODES, FILE, SCALES, Scheme, describe, scheme_of
from lacuna_models.verify import LIST, write_list
from lacuna_models.weights import Progress, digest, is_folder, weight_files

# What lies beside the weights and is needed with them. Nothing else of the folder is taken along.
_BESIDE = (".json", ".jinja", ".md", ".txt")
_INDEX = "model.safetensors.index.json"


def quantise(
    source: Path, target: Path, scheme: Scheme, progress: Progress | None = None
) -> dict[str, int]:
    """Write a packed copy of a checkpoint, with the list of its hashes; the source is only read.

    It takes the memory of one shard. What fails leaves no folder behind. Returns the bytes of
    weights before and after.

    Raises:
        EngineError: a source that is damaged or packed already; a target that exists or cannot be
            written; experts whose width cannot be packed.
    """
    tell = progress or (lambda stage, fraction: None)
    files = _check(source, target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".packing-") as room:
            folder = Path(room) / target.name
            folder.mkdir()
            sizes = _write(source, files, folder, scheme, tell)
            folder.rename(target)
    except OSError as error:
        reason = (error.strerror or "no reason").lower()
        said = f"{target} cannot be written: {reason}."
        raise EngineError(said, "Choose another place.") from error
    tell("Ready", 1.0)
    return sizes


def _check(source: Path, target: Path) -> tuple[Path, ...]:
    if not is_folder(source):
        raise EngineError(f"There is no checkpoint folder {source}.", "Choose one that exists.")
    if scheme_of(source) is not None:
        raise EngineError(f"{source.name} is packed already.", "Pack the original instead.")
    if target.exists():
        raise EngineError(f"There is something at {target} already.", "Choose another name.")
    return weight_files(source)


def _write(
    source: Path, files: tuple[Path, ...], folder: Path, scheme: Scheme, tell: Progress
) -> dict[str, int]:
    hashed = digest(files, lambda stage, share: tell(stage, 0.1 * share))
    total = sum(file.stat().st_size for file in files)
    places: dict[str, str] = {}
    done = 0
    for file in files:
        held: dict[str, Tensor] = {}
        for name, tensor in _tensors(file):
            held |= pack(name, tensor, scheme)
            done += tensor.nbytes
            tell("Packing the weights", 0.1 + 0.8 * min(1.0, done / total))
        save_file(held, folder / file.name, metadata={"format": "pt"})
        places |= dict.fromkeys(held, file.name)
    _copy_beside(source, folder)
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if len(files) > 1:
        index = {"metadata": {"total_size": size}, "weight_map": places}
        (folder / _INDEX).write_text(json.dumps(index, indent=1) + "\n")
    (folder / FILE).write_text(json.dumps(describe(scheme, hashed), indent=1) + "\n")
    said = f"{source.name}, packed at {scheme.value}; SHA-256 of its weights {hashed}"
    write_list(folder, folder / LIST, said, lambda stage, share: tell(stage, 0.9 + 0.1 * share))
    return {"before": total, "after": size}


def _copy_beside(source: Path, folder: Path) -> None:
    """Copy settings, words, and the adapters that the checkpoint brings."""
    for path in sorted(source.iterdir()):
        if path.suffix in _BESIDE and path.name not in (_INDEX, LIST):
            shutil.copyfile(path, folder / path.name)
        elif (path / "adapter_config.json").is_file():
            shutil.copytree(path, folder / path.name)


def _tensors(file: Path) -> Iterator[tuple[str, Tensor]]:
    with safe_open(file, framework="pt") as held:
        for name in held.keys():  # noqa: SIM118  no mapping
            yield name, held.get_tensor(name)


@torch.inference_mode()
def pack(name: str, tensor: Tensor, scheme: Scheme) -> dict[str, Tensor]:
    """Return what a packed folder holds of a tensor: itself, or its codes and scales.

    Raises:
        EngineError: experts whose width cannot be packed.
    """
    bits = scheme.bits(name)
    if bits is None:
        return {name: tensor.contiguous()}
    if not packable(tensor.shape[-1], bits):
        raise EngineError(
            f"Experts of width {tensor.shape[-1]} cannot be packed at 4 bits.",
            "Pack at 8 bits instead.",
        )
    make = pack4 if bits == 4 else pack8
    # One expert at a time: in between, a value takes ten times its room.
    parts = [make(part) for part in (tensor if tensor.ndim == 3 else tensor[None])]
    codes, scales = (torch.stack(each) for each in zip(*parts, strict=True))
    shape = tensor.shape[:-1]
    return {name + CODES: codes.reshape(*shape, -1), name + SCALES: scales.reshape(*shape, -1)}
