"""What the viewer shows: one frame's values, and what is said about it. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.study.model import Image, Series, Window
from lacuna.study.pixels import default_window, is_inverted, read_pixels, render
from lacuna.study.voi import auto_window


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One frame, decoded. ``index`` counts the frames of the series, from 0.

    ``values`` are (rows, columns) grey, or (rows, columns, 3) uint8. ``span`` is the range of the
    values.
    """

    values: NDArray[Any] = field(repr=False)
    image: Image
    series: Series
    index: int
    count: int
    window: Window
    auto: Window
    span: float
    date: str = ""

    @property
    def grey(self) -> bool:
        """Whether a window applies."""
        return self.values.ndim == 2

    @property
    def low_is_bright(self) -> bool:
        """Whether the file is MONOCHROME1."""
        return is_inverted(self.image)

    @property
    def aspect(self) -> float:
        """How much higher than wide a pixel is."""
        spacing = self.image.pixel_spacing
        return spacing[0] / spacing[1] if spacing and min(spacing) > 0 else 1.0

    def thumbnail(self) -> NDArray[np.uint8]:
        """Return it small, through its first window: uint8, 0 = black, at most 511 a side."""
        step = max(1, max(self.values.shape[:2]) // 256)
        return render(self.values[::step, ::step], self.window, self.low_is_bright)


def frame_count(series: Series) -> int:
    """Return how many frames the series has, over all its images."""
    return sum(image.frames for image in series.images)


def frame_at(series: Series, index: int) -> tuple[Image, int]:
    """Return the image and the frame within it for a place in the series.

    Raises:
        IndexError: the series is shorter.
    """
    for image in series.images:
        if index < image.frames:
            return image, index
        index -= image.frames
    raise IndexError("no such frame in the series")


def read_picture(series: Series, index: int, date: str = "") -> Picture:
    """Decode one frame of a series. Slow: call it off the GUI thread.

    Raises:
        UserFacingError: the file is gone, damaged or cannot be decoded.
    """
    image, frame = frame_at(series, index)
    values = read_pixels(image, frame)
    return picture_of(values, image, series, index, date)


def picture_of(
    values: NDArray[Any], image: Image, series: Series, index: int, date: str = ""
) -> Picture:
    """Put decoded values and what is known about them together."""
    return Picture(
        values=values,
        image=image,
        series=series,
        index=index,
        count=frame_count(series),
        window=default_window(image, values),
        auto=auto_window(values, image.padding),
        span=float(values.max()) - float(values.min()),
        date=date,
    )
