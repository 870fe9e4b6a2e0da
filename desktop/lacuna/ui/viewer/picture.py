"""What the viewer shows: one frame's values, and what is said about it. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.study.geometry import Plane
from lacuna.study.model import Image, Series, Window
from lacuna.study.pixels import default_window, is_inverted, read_pixels, render
from lacuna.study.square import aspect_of
from lacuna.study.voi import auto_window


@dataclass(frozen=True, slots=True, eq=False)
class Veil:
    """What is laid over a frame and cannot be windowed: overlays, a shutter.

    ``bright`` is True where an overlay's bits are set, ``covered`` where nothing is to be seen;
    both bool, (rows, columns), or None. ``grey`` is what covers, 0 black to 255 white.
    """

    bright: NDArray[np.bool_] | None = None
    covered: NDArray[np.bool_] | None = None
    grey: int = 0

    @property
    def nbytes(self) -> int:
        """How many bytes of memory it takes."""
        return sum(one.nbytes for one in (self.bright, self.covered) if one is not None)


class Pixels(StrEnum):
    """How much of a picture's pixels is there: a cut may lack some of its slices."""

    WHOLE = "whole"
    LOADING = "loading"  # more is to come
    MISSING = "missing"  # nobody waits for the rest any more


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One frame, decoded. ``index`` counts the frames of the series, from 0.

    ``values`` are (rows, columns) grey, or (rows, columns, 3) uint8. ``span`` is the range of the
    values, ``low`` the lowest of them. ``frame`` counts within ``image``, from 0. ``name`` stands
    in place of the image's own in the corner: of a reformat. ``prior``: of an earlier study.
    ``pixels``: whether all that belongs to it is there; what is not stands dark. ``through`` names
    the presentation state that made its values; empty where they are the file's own.
    """

    values: NDArray[Any] = field(repr=False)
    image: Image
    series: Series
    index: int
    count: int
    window: Window
    span: float
    date: str = ""
    low: float = 0.0
    frame: int = 0
    name: str = ""
    prior: bool = False
    veil: Veil | None = None
    pixels: Pixels = Pixels.WHOLE
    through: str = ""

    @property
    def auto(self) -> Window:
        """A window over the picture's own range; reckoned anew each time, some milliseconds."""
        return auto_window(self.values, self.image.padding)

    @property
    def grey(self) -> bool:
        """Whether a window applies."""
        return self.values.ndim == 2

    @property
    def low_is_bright(self) -> bool:
        """Whether the file is MONOCHROME1."""
        return is_inverted(self.image)

    @property
    def plane(self) -> Plane | None:
        """Where the frame lies in the patient; None where the file does not say."""
        return self.image.plane(self.frame)

    @property
    def aspect(self) -> float:
        """How much higher than wide a pixel is."""
        return aspect_of(self.image)

    @property
    def leaning(self) -> int:
        """Which edge of a view the picture is hung at: -1 left, 1 right, 0 in the middle.

        Mammograms stand back to back: the chest wall, to which the rows run where they run to the
        back (P), at the edge between right and left.
        """
        sides = self.image.sides
        if self.series.modality != "MG" or sides is None:
            return 0
        return {"P": 1, "A": -1}.get(sides[0][:1], 0)

    def veiled(self, pixels: NDArray[np.uint8], stride: int = 1) -> NDArray[np.uint8]:
        """Lay overlays and shutter over pixels that were windowed at every ``stride``-th value."""
        if self.veil is None:
            return pixels
        shown = np.array(pixels)
        if self.veil.bright is not None:
            shown[self.veil.bright[::stride, ::stride]] = 255
        if self.veil.covered is not None:
            shown[self.veil.covered[::stride, ::stride]] = self.veil.grey
        return shown

    def thumbnail(self) -> NDArray[np.uint8]:
        """Return it small, through its first window: uint8, 0 = black, at most 511 a side."""
        step = max(1, max(self.values.shape[:2]) // 256)
        pixels = render(self.values[::step, ::step], self.window, self.low_is_bright)
        return self.veiled(pixels, step)


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


def places(series: Series, index: int) -> tuple[tuple[str, int, int], ...]:
    """Return what a frame is called in its series: (word, number, of how many), from 1.

    ``im`` is left out where one image holds all frames, ``frame`` where each has but one.

    Raises:
        IndexError: the series is shorter.
    """
    image, frame = frame_at(series, index)
    number = next(place for place, one in enumerate(series.images, 1) if one is image)
    images = (("im", number, len(series.images)),) if len(series.images) > 1 else ()
    if image.frames == 1:
        return (("im", number, len(series.images)),)
    return (*images, ("frame", frame + 1, image.frames))


def read_picture(series: Series, index: int, date: str = "") -> Picture:
    """Decode one frame of a series. Slow: call it off the GUI thread.

    Raises:
        UserFacingError: the file is gone, damaged or cannot be decoded.
    """
    image, frame = frame_at(series, index)
    values = read_pixels(image, frame)
    return picture_of(values, image, series, index, date)


def picture_of(
    values: NDArray[Any],
    image: Image,
    series: Series,
    index: int,
    date: str = "",
    *,
    count: int | None = None,
    frame: int | None = None,
) -> Picture:
    """Put decoded values and what is known about them together.

    ``count`` and ``frame`` save looking through the series where they are known.
    """
    frame = _frame(series, image, index) if frame is None else frame
    own = image.windows_of(frame)
    low, high = _ends(values)
    return Picture(
        values=values,
        image=image,
        series=series,
        index=index,
        count=frame_count(series) if count is None else count,
        window=own[0] if own else default_window(image, values),
        span=high - low,
        date=date,
        low=low,
        frame=frame,
    )


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    """Return the least and the greatest value that is a finite number."""
    found = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return (float(found.min()), float(found.max())) if found.size else (0.0, 0.0)


def same_series(one: Series, other: Series) -> bool:
    """Whether two are one series, of which one may have been read further than the other."""
    if one is other:
        return True
    if one.series_instance_uid != other.series_instance_uid:
        return False
    # Either may be the one that was read further, and what came later may lie before the rest.
    return _has_first_of(one, other) or _has_first_of(other, one)


def _has_first_of(one: Series, other: Series) -> bool:
    first = one.images[0].source if one.images else None
    return any(image.source == first for image in other.images)


def named(picture: Picture, name: str, *, prior: bool = False) -> Picture:
    """Return a picture with another name in its corner."""
    return replace(picture, name=name, prior=prior)


def _frame(series: Series, image: Image, index: int) -> int:
    """Return which frame of ``image`` a place in the series is; the first where it is another's."""
    try:
        at, frame = frame_at(series, index)
    except IndexError:
        return 0
    return frame if at is image else 0
