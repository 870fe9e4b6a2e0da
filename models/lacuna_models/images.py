"""Pictures as windowed on screen -> the vision tower's patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from lacuna_models.api import EngineError, ImageInput

BUDGETS = (70, 140, 280, 560, 1120)  # what the image processor of DiffusionGemma takes


@dataclass(frozen=True, slots=True)
class PixelInputs:
    """What the vision tower takes.

    Attributes:
        pixels: (N, patches, patch values) float32, 0..1.
        positions: (N, patches, 2) int64 patch places (x, y); (-1, -1) is padding.
        tokens: soft tokens of each picture.
    """

    pixels: Tensor
    positions: Tensor
    tokens: tuple[int, ...]


class Pictures:
    """The checkpoint's image processor, fed with pictures of any shape.

    With ``square``, pictures are letterboxed in black first: the number of soft tokens depends on
    the shape, and a small model was trained on one number only.
    """

    def __init__(self, processor: Any, *, square: bool) -> None:
        """Hold the processor of the checkpoint."""
        self._processor = processor
        self._square = square

    def prepare(self, images: Sequence[ImageInput]) -> PixelInputs:
        """Return the patches of at least one picture.

        All get the largest number of soft tokens that one of them names: a batch has one shape.

        Raises:
            EngineError: a picture that is empty or of another type.
        """
        pictures = [Image.fromarray(self._shaped(image)) for image in images]
        named = [image.tokens for image in images if image.tokens in self.budgets]
        most = {"max_soft_tokens": max(tokens for tokens in named if tokens)} if named else {}
        batch = self._processor(images=pictures, return_tensors="pt", **most)
        return PixelInputs(
            pixels=batch["pixel_values"].to(torch.float32),
            positions=batch["image_position_ids"].to(torch.long),
            tokens=tuple(int(n) for n in batch["num_soft_tokens_per_image"]),
        )

    @property
    def budgets(self) -> tuple[int, ...]:
        """Numbers of soft tokens that a picture may be given; () where there is one only."""
        return () if self._square else BUDGETS

    def tokens_of_a_square(self) -> int:
        """Return the soft tokens of a square picture."""
        blank = ImageInput(np.zeros((128, 128), dtype=np.uint8))
        return self.prepare([blank]).tokens[0]

    def _shaped(self, image: ImageInput) -> NDArray[np.uint8]:
        rgb = _rgb(image.pixels)
        return letterbox(rgb) if self._square else rgb


def letterbox(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Centre (rows, columns, 3) uint8 on a black square of the longer side."""
    rows, columns = pixels.shape[:2]
    side = max(rows, columns)
    if rows == columns:
        return pixels
    square = np.zeros((side, side, 3), dtype=np.uint8)
    top, left = (side - rows) // 2, (side - columns) // 2
    square[top : top + rows, left : left + columns] = pixels
    return square


def _rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise EngineError("A picture must hold 8-bit pixels, at least one row and one column.")
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.shape[2] != 3:
        raise EngineError(f"A colour picture has 3 channels, not {pixels.shape[2]}.")
    return np.ascontiguousarray(pixels)
