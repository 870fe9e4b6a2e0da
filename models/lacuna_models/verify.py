"""Whether a checkpoint folder is what it is said to be: names, sizes and SHA-256 against a list.

The list is pinned by whoever first fetched the folder and checked it by other means; every other
machine compares with it. Torch-free.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError
from lacuna_models.weights import Progress, digest, is_folder, read_json

LIST = "lacuna-files.json"  # the list that lies in a folder; `quantize` writes one
# What upstream would read or run beside the files that are listed: none of it may slip in.
_READ = (".safetensors", ".json", ".jinja", ".py", ".model", ".txt")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


@dataclass(frozen=True, slots=True)
class Pin:
    """What a file must be: bytes, and SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """A list of files by name, and where they come from in words."""

    source: str
    files: dict[str, Pin]


def read_list(file: Path) -> Pinned:
    """Read a list.

    Raises:
        EngineError: no such list, or one that names files outside the folder or makes no sense.
    """
    said = read_json(file)
    try:
        files = {str(name): _pin(entry) for name, entry in said["files"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EngineError(f"{file.name} is no list of a checkpoint's files.") from error
    if not files or any(Path(name).name != name or not name for name in files):
        raise EngineError(f"{file.name} is no list of a checkpoint's files.")
    return Pinned(str(said.get("source", "")), files)


def write_list(folder: Path, file: Path, source: str, progress: Progress | None = None) -> Pinned:
    """Pin a folder as it is now. ``file`` itself is not listed.

    Raises:
        EngineError: no such folder, or nothing in it that a checkpoint is made of.
    """
    _need_folder(folder)
    names = sorted(p.name for p in _files(folder) if p.suffix in _READ and p.name != file.name)
    if not any(name.endswith(".safetensors") for name in names):
        raise EngineError(f"{folder.name} holds no weights.", "Choose a checkpoint folder.")
    told = _parts(folder, names, progress)
    files = {name: Pin((folder / name).stat().st_size, next(told)) for name in names}
    body = {"source": source, "files": {name: _entry(pin) for name, pin in files.items()}}
    file.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Pinned(source, files)


def verify(folder: Path, pinned: Pinned, progress: Progress | None = None) -> list[str]:
    """Return what is wrong with a folder, one sentence each; nothing is changed.

    Sizes are compared first: a file of another size is not read.

    Raises:
        EngineError: no such folder.
    """
    _need_folder(folder)
    faults = [*_strangers(folder, pinned)]
    sound = []
    for name, pin in pinned.files.items():
        file = folder / name
        size = file.stat().st_size if file.is_file() else None
        if size is None:
            faults.append(f"{name} is missing.")
        elif size != pin.size:
            faults.append(f"{name} has {size:,} bytes instead of {pin.size:,}.")
        else:
            sound.append(name)
    told = _parts(folder, sound, progress)
    for name in sound:
        if next(told) != pinned.files[name].sha256:
            faults.append(f"{name} is not the file that was listed: its SHA-256 differs.")
    return faults


def _strangers(folder: Path, pinned: Pinned) -> Iterator[str]:
    for file in sorted(_files(folder)):
        if file.name in pinned.files or file.name == LIST:
            continue
        if file.suffix in _PICKLES:
            yield f"{file.name} is not on the list, and its format can run code."
        elif file.suffix in _READ:
            yield f"{file.name} is not on the list."


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


def _parts(folder: Path, names: list[str], progress: Progress | None) -> Iterator[str]:
    """Yield each file's hash, telling the progress of all of them together."""
    sizes = {name: (folder / name).stat().st_size for name in names}
    total, done = max(1, sum(sizes.values())), 0
    for name in names:
        yield digest([folder / name], _within(progress, name, done, sizes[name], total))
        done += sizes[name]


def _within(
    progress: Progress | None, name: str, done: int, size: int, total: int
) -> Callable[[str, float], None] | None:
    if progress is None:
        return None
    return lambda _stage, share: progress(f"Reading {name}", (done + share * size) / total)


def _pin(entry: Any) -> Pin:
    size, sha256 = entry["size"], entry["sha256"]
    if type(size) is not int or not isinstance(sha256, str) or len(bytes.fromhex(sha256)) != 32:
        raise ValueError(entry)
    return Pin(size, sha256.lower())


def _entry(pin: Pin) -> dict[str, Any]:
    return {"size": pin.size, "sha256": pin.sha256}


def _need_folder(folder: Path) -> None:
    if not is_folder(folder):
        raise EngineError(f"There is no checkpoint folder {folder}.", "Choose one that exists.")
