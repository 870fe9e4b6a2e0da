"""What shape pixels have; they are made square for whoever knows of no other ones. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lacuna.study.model import Image

_ALIKE = 0.01  # a share by which a pixel may be longer than wide and still count as square
_LONGEST = 4096  # pixels to which a side is stretched at most: a header may claim any shape


def aspect_of(image: Image) -> float:
    """Return how much higher than wide a pixel of an image is."""
    if image.aspect != 1.0:
        return image.aspect
    spacing = image.pixel_spacing
    return spacing[0] / spacing[1] if spacing and min(spacing) > 0 else 1.0


def squared(pixels: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """Return an image with square pixels: the side on which they are longer is stretched.

    Nothing that was told apart is thrown away, and between two pixels the grey runs evenly.

    Args:
        pixels: uint8, (rows, columns) or (rows, columns, 3).
        aspect: a pixel's height by its width, above 0.
    """
    if abs(aspect - 1.0) < _ALIKE:
        return pixels
    axis, factor = (0, aspect) if aspect > 1.0 else (1, 1.0 / aspect)
    size = pixels.shape[axis]
    count = round(min(size * factor, max(_LONGEST, size)))
    at = np.clip((np.arange(count) + 0.5) * (size / count) - 0.5, 0.0, size - 1.0)
    below = np.floor(at).astype(np.intp)
    share = (at - below).astype(np.float32)
    share = share.reshape((-1,) + (1,) * (pixels.ndim - 1 - axis))
    first = pixels.take(below, axis).astype(np.float32)
    second = pixels.take(np.minimum(below + 1, size - 1), axis).astype(np.float32)
    stretched: NDArray[np.uint8] = np.rint(first + (second - first) * share).astype(np.uint8)
    return stretched
