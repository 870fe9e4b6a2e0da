"""``lacuna doctor``: what this computer has of what Lacuna needs. Changes nothing."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import lacuna
from lacuna.paths import AppPaths

GIBIBYTE = 1 << 30
# Transfer syntaxes by pydicom's names, and what to know about them (PS3.5 section 10).
COMPRESSED = {
    "RLELossless": "",
    "JPEGBaseline8Bit": "",
    "JPEGExtended12Bit": "8 bits only: no open decoder reads its 12",
    "JPEGLossless": "",
    "JPEGLosslessSV1": "",
    "JPEGLSLossless": "",
    "JPEGLSNearLossless": "",
    "JPEG2000Lossless": "",
    "JPEG2000": "",
    "HTJ2KLossless": "",
    "HTJ2KLosslessRPCL": "",
    "HTJ2K": "",
}


class Health(StrEnum):
    """How a finding is to be taken."""

    GOOD = "good"
    NOTE = "note"  # something is missing that this version can do without
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``name`` is stable, for scripts."""

    name: str
    health: Health
    value: str


def examine(paths: AppPaths) -> Iterator[Finding]:
    """Look at everything, in order; slow (it imports torch)."""
    yield Finding("lacuna", Health.GOOD, lacuna.__version__)
    yield Finding("python", Health.GOOD, f"{platform.python_version()}, {platform.platform()}")
    yield _guarded("memory", _memory)
    yield from _engine()
    yield _guarded("26 B checkpoint", _real_checkpoint)
    yield _package("qt", "PySide6-Essentials")
    yield _guarded("keyring", _keyring)
    yield from _decoders()
    yield _writable("data folder", paths.data)
    yield _writable("log folder", paths.logs)
    yield _guarded("bundled model", _bundled_model)
    yield _guarded("sample study", _sample)


def healthy(findings: list[Finding]) -> bool:
    """Return whether nothing that is needed is missing."""
    return all(finding.health is not Health.BAD for finding in findings)


def _guarded(name: str, look: Callable[[], tuple[Health, str]]) -> Finding:
    """Run one look; a doctor must not fall over what it is there to find."""
    try:
        health, value = look()
    except Exception as error:  # noqa: BLE001  broken installations raise anything
        return Finding(name, Health.BAD, f"failed ({type(error).__name__})")
    return Finding(name, health, value)


def _package(name: str, distribution: str) -> Finding:
    try:
        return Finding(name, Health.GOOD, f"{distribution} {version(distribution)}")
    except PackageNotFoundError:
        return Finding(name, Health.BAD, f"{distribution} is not installed")


def _engine() -> Iterator[Finding]:
    yield _guarded("torch", _torch)
    yield _package("transformers", "transformers")
    yield _package("peft", "peft")
    yield _guarded("device", _device)


def _torch() -> tuple[Health, str]:
    import torch

    return Health.GOOD, f"{torch.__version__}, {torch.get_num_threads()} threads"


def _device() -> tuple[Health, str]:
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        return Health.GOOD, f"cuda: {name}, {_gib(free)} of {_gib(total)} free"
    if torch.backends.mps.is_available():
        return Health.GOOD, "mps: Apple GPU, shares the memory above"
    return Health.GOOD, f"cpu: {os.cpu_count()} cores; enough for the bundled model, not for 26 B"


def _real_checkpoint() -> tuple[Health, str]:
    from lacuna.model_memory import memory_words

    words = memory_words(None)
    return Health.GOOD if words.startswith("fits") else Health.NOTE, words


def _memory() -> tuple[Health, str]:
    import psutil  # type: ignore[import-untyped]

    memory = psutil.virtual_memory()
    return Health.GOOD, f"{_gib(memory.available)} of {_gib(memory.total)} free"


def _gib(size: int) -> str:
    return f"{size / GIBIBYTE:.1f} GiB"


def _keyring() -> tuple[Health, str]:
    import keyring

    backend = keyring.get_keyring()
    name = f"{type(backend).__module__}.{type(backend).__name__}"
    if backend.priority <= 0:
        return Health.NOTE, f"none on this system ({name}): what is drawn on images is not kept"
    return Health.GOOD, name


def _decoders() -> Iterator[Finding]:
    from pydicom import uid
    from pydicom.pixels import get_decoder

    for name, remark in COMPRESSED.items():
        decoder = get_decoder(getattr(uid, name))
        if decoder.is_available:
            by = ", ".join(decoder.available_plugins)
            value = f"{by} ({remark})" if remark else by
            yield Finding(f"decode {name}", Health.NOTE if remark else Health.GOOD, value)
        else:
            yield Finding(f"decode {name}", Health.BAD, "no decoder is installed")


def _writable(name: str, folder: Path) -> Finding:
    """Try a file in the folder, or where it would be made; nothing is left behind."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        reason = (error.strerror or "no reason").lower()
        return Finding(name, Health.BAD, f"{folder}: {reason}")
    return Finding(
        name, Health.GOOD, f"{folder}" if there == folder else f"{folder} (not yet made)"
    )


def _bundled_model() -> tuple[Health, str]:
    from lacuna_phantom import checkpoint_path

    try:
        weights = checkpoint_path() / "model.safetensors"
    except FileNotFoundError:
        return Health.BAD, "its weights are not installed"
    return Health.GOOD, f"demonstrator, {weights.stat().st_size / 1e6:.1f} MB"


def _sample() -> tuple[Health, str]:
    from lacuna.study.load import load_study
    from lacuna.study.pixels import read_pixels
    from lacuna_resources.samples import sample_study

    image = load_study([sample_study()]).series[0].images[0]
    return Health.GOOD, f"{image.columns} x {image.rows}, range 0 to {read_pixels(image).max()}"
