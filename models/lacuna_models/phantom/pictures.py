"""Many phantoms at once: a cache of pictures on disk, and pictures as the model's patches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lacuna_models.phantom.cases import HELD_OUT, Case, draw_case
from lacuna_models.phantom.files import written_whole
from lacuna_models.phantom.picture import render

SIZE = 128
PATCH = 8
GREY = 128
_PIECE = 64


def training_seeds(seed: int, count: int) -> range:
    """Return the phantoms' seeds of a training run."""
    start = 1_000_000 * (seed + 1)
    return range(start, start + count)


def held_out_seeds(count: int, seed: int = 0) -> range:
    """Return seeds of phantoms that no training run draws."""
    start = HELD_OUT + 1_000_000 * seed
    return range(start, start + count)


def load_pictures(
    folder: Path, seeds: range, told: Callable[[int, int], None] = lambda done, count: None
) -> NDArray[np.uint8]:
    """Return the pictures of seeds, (count, 128, 128) uint8; drawn once, then mapped from a file.

    ``told`` hears how many are drawn, of how many.

    Raises:
        EngineError: they could not be written.
    """
    path = folder / f"pictures-{seeds.start}-{len(seeds)}.npy"
    if not path.is_file():
        with written_whole(path) as partial, partial.open("wb") as file:
            _draw_into(file, seeds, told)
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _draw_into(file: BinaryIO, seeds: range, told: Callable[[int, int], None]) -> None:
    """Write an array file piece by piece: all pictures of a run are half a gigabyte."""
    shape = (len(seeds), SIZE, SIZE)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    for start in range(0, len(seeds), _PIECE):
        piece = seeds[start : start + _PIECE]
        file.write(draw_pictures([draw_case(seed) for seed in piece]).tobytes())
        told(start + len(piece), len(seeds))


def draw_pictures(cases: Sequence[Case]) -> NDArray[np.uint8]:
    """Draw cases, (count, 128, 128) uint8."""
    pictures = np.empty((len(cases), SIZE, SIZE), dtype=np.uint8)
    for index, case in enumerate(cases):
        pictures[index] = render(case, SIZE)
    return pictures


def patches(pictures: NDArray[np.uint8]) -> Tensor:
    """Return pictures as the image processor does, less its padding: (count, 256, 192), 0..1."""
    grey = torch.from_numpy(np.array(pictures)).float() / 255
    side = SIZE // PATCH
    tiles = grey.view(-1, side, PATCH, side, PATCH).permute(0, 1, 3, 2, 4)
    return tiles.reshape(-1, side * side, PATCH * PATCH).repeat_interleave(3, dim=-1)


def patch_positions(count: int) -> Tensor:
    """Return each patch's (x, y), (count, 256, 2)."""
    side = torch.arange(SIZE // PATCH, device="cpu")
    y, x = torch.meshgrid(side, side, indexing="ij")
    return torch.stack((x, y), dim=-1).view(1, -1, 2).expand(count, -1, -1)
