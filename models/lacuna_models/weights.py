"""Weight files: only safetensors, whole, and known by their hash."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError

Progress = Callable[[str, float], None]

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_WHOLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_CHUNK = 8 << 20
# What a file raises that is no safetensors file, or a folder by that name.
_UNREADABLE = (
    OSError,
    struct.error,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor as a file's header names it."""

    name: str
    shape: tuple[int, ...]
    bytes: int


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        EngineError: no such file, or no JSON object in it.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise EngineError(f"{path.parent.name} has no {path.name}.", _FETCH) from error
    except (OSError, ValueError, RecursionError) as error:
        raise EngineError(f"{path.name} in {path.parent.name} is damaged.", _FETCH) from error
    if not isinstance(value, dict):
        raise EngineError(f"{path.name} in {path.parent.name} is damaged.", _FETCH)
    return value


_FETCH = "Copy the whole checkpoint folder again."


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; a path that the system will not even look up is none."""
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Return the weight files that upstream will load, in name order, each checked for damage.

    Raises:
        EngineError: pickled weights only, no weights, a missing shard, a truncated file, or a
            folder out of which upstream would load something else than these.
    """
    _refuse_detours(folder)
    whole = folder / _WHOLE
    files = _indexed(folder) if (folder / _INDEX).exists() else (whole,) * whole.exists()
    if not files:
        raise _no_weights(folder)
    if whole.exists() and files != (whole,):
        raise EngineError(f"{folder.name} holds its weights twice.", _FETCH)
    for file in files:
        check(file)
    return files


def _refuse_detours(folder: Path) -> None:
    """Refuse what makes upstream load files that were neither checked nor hashed, even pickles."""
    if (folder / "adapter_config.json").exists():
        raise EngineError(
            f"{folder.name} holds an adapter within the checkpoint.",
            "Keep the adapter in a folder of its own.",
        )
    if "transformers_weights" in read_json(folder / "config.json"):
        raise EngineError(f"{folder.name} asks for weights other than its own.", _FETCH)


def _indexed(folder: Path) -> tuple[Path, ...]:
    shards = read_json(folder / _INDEX).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise EngineError(f"{_INDEX} in {folder.name} is damaged.", _FETCH)
    names = sorted({str(name) for name in shards.values()})
    for name in names:
        if Path(name).name != name or not (folder / name).is_file():
            raise EngineError(f"{folder.name} lacks its weight file {name}.", _FETCH)
    return tuple(folder / name for name in names)


def _no_weights(folder: Path) -> EngineError:
    if any(path.suffix in _PICKLES for path in folder.iterdir()):
        return EngineError(
            f"{folder.name} holds its weights in a format that can run code.",
            "Lacuna loads safetensors files only.",
        )
    return EngineError(f"{folder.name} holds no weights.", _FETCH)


def check(file: Path) -> None:
    """Refuse a safetensors file whose header and size disagree.

    The format: eight bytes of header length, little endian; a JSON header; the tensors' bytes.

    Raises:
        EngineError: if the file is truncated or no safetensors file.
    """
    damaged = EngineError(f"The weight file {file.name} is damaged or incomplete.", _FETCH)
    try:
        size = file.stat().st_size
        length, header = _header(file)
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
        whole = 8 + length + max(ends) == size
    except _UNREADABLE as error:
        raise damaged from error
    if not whole:
        raise damaged


def entries(file: Path) -> Iterator[Entry]:
    """Yield the tensors of a file that was checked; only its header is read."""
    _, header = _header(file)
    for name, entry in header.items():
        if name[:2] != "__":
            begin, end = entry["data_offsets"]
            yield Entry(name, tuple(entry["shape"]), end - begin)


def _header(file: Path) -> tuple[int, dict[str, Any]]:
    """Return a header's length in bytes and the header; raises one of ``_UNREADABLE``."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > file.stat().st_size - 8:
            raise ValueError(length)
        header: dict[str, Any] = json.loads(stream.read(length))
    return length, header


def digest(files: Sequence[Path], progress: Progress | None = None) -> str:
    """Return the SHA-256 over the files' bytes, in the order given."""
    total = sum(file.stat().st_size for file in files)
    state, done = hashlib.sha256(), 0
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                state.update(chunk)
                done += len(chunk)
                if progress is not None:
                    progress("Checking the weights", done / total)
    return state.hexdigest()
