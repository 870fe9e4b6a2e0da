"""An ``Image`` -> its pixel values, read on demand. Callable from any thread.

Stored values -> modality LUT or rescale -> values; ``voi.render`` makes them visible. A VOI LUT
in a file that has no window is applied here, so that a window can then be laid over its output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels import apply_color_lut

from lacuna.errors import UserFacingError
from lacuna.study import compressed, native, video
from lacuna.study.checks import PALETTE, VIDEO, clean_syntax
from lacuna.study.colour import to_8_bit, to_rgb
from lacuna.study.describe import rescale
from lacuna.study.direct import read_direct
from lacuna.study.model import Image, Window
from lacuna.study.part10 import Header, read_header, understood
from lacuna.study.softcopy import PresentationState
from lacuna.study.sources import Closing, Reader, changed, check_written
from lacuna.study.square import aspect_of, squared
from lacuna.study.tables import look_up, table
from lacuna.study.values import integer, items, numbers, text
from lacuna.study.voi import default_window, render
from lacuna.study.wording import clean
from lacuna_models.api import ImageInput

__all__ = [
    "ImageReader",
    "default_window",
    "image_input",
    "is_inverted",
    "read_frame",
    "read_pixels",
    "render",
]

Values = NDArray[Any]
DECODING = (RuntimeError, ValueError, NotImplementedError, AttributeError, TypeError, KeyError)


class ImageReader(Closing):
    """One image's opened file and parsed header, for reading many of its frames.

    A context manager, for one thread at a time. ``reader`` keeps archives open beyond it.
    """

    def __init__(
        self, image: Image, reader: Reader | None = None, more: tuple[int, ...] = ()
    ) -> None:
        self.image = image
        self.name = clean(image.source.name)
        self._own = Reader() if reader is None else None
        self._reader = reader or self._own or Reader()
        try:
            self._stream = self._reader.open(image.source)
        except UserFacingError:
            self._let_go()
            raise
        try:
            with understood(self.name):
                self.header = read_header(self._stream, self.name, more)
                check_written(image.source, image.written)
                _check_unchanged(image, self.header, self.name)
        except UserFacingError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._own is not None:
            self._own.close()

    def values(
        self,
        frame: int = 0,
        state: PresentationState | None = None,
        given_up: Callable[[], bool] = video.never,
    ) -> Values:
        """Return one frame's values; see ``read_pixels``, and ``video.read_frame`` for films."""
        if not 0 <= frame < self.image.frames:
            raise UserFacingError(
                f"{self.name} has {self.image.frames} frames; there is no frame {frame + 1}."
            )
        with understood(self.name):
            stored, photometric = self.stored(frame, given_up)
            return _to_values(stored, photometric, self.header.dataset, frame, state)

    def stored(self, frame: int, given_up: Callable[[], bool] = video.never) -> tuple[Values, str]:
        """Return one frame's stored values, unused bits cleared, and what they now stand for."""
        ds = self.header.dataset
        try:
            if self.header.syntax in VIDEO:
                pixels = video.read_frame(self.header, self.image, frame, self.name, given_up)
                return pixels, "RGB"
            if self.header.syntax.is_encapsulated:
                return compressed.read_frame(self.header, frame, self.name)
            words = native.read_words(self.header, frame)
            return native.in_use(words, ds), text(ds, "PhotometricInterpretation")
        except DECODING as error:
            raise UserFacingError(
                f"{self.name} could not be decoded ({clean_syntax(self.header.syntax)}).",
                "Export it uncompressed.",
            ) from error


def read_pixels(image: Image, frame: int = 0, state: PresentationState | None = None) -> Values:
    """Read one frame, decoded, after the modality LUT or rescale.

    Args:
        image: as loaded; its file must still be where it was.
        frame: from 0.
        state: a presentation state, whose modality LUT or rescale then stands in for the file's.

    Returns:
        Grey: (rows, columns), int16 or uint16 where they suffice, else int32, uint32 or float32, in
        the modality's units (CT: HU); float64 of a file of doubles. Colour, also from a palette:
        (rows, columns, 3) uint8. It may not be writable.

    Raises:
        UserFacingError: the file is gone, changed, damaged or cannot be decoded.
    """
    with Reader() as files:
        return read_frame(image, frame, files, state)


def read_frame(
    image: Image, frame: int, files: Reader, state: PresentationState | None = None
) -> Values:
    """Do as ``read_pixels`` does, by a reader that keeps archives open."""
    if image.direct is not None and state is None and frame == 0:
        with files.open(image.source) as stream, understood(clean(image.source.name)):
            values = read_direct(image.direct, stream, image.rows, image.columns)
        if values is not None:
            return values
    with ImageReader(image, files) as reader:
        return reader.values(frame, state)


def image_input(image: Image, window: Window | None = None, frame: int = 0) -> ImageInput:
    """Return a picture for the model, as windowed on screen; None takes the first window.

    Its pixels are square, as the screen shows them.
    """
    values = read_pixels(image, frame)
    shown = render(values, window or default_window(image, values, frame), is_inverted(image))
    return ImageInput(squared(shown, aspect_of(image)), image.origin, image.view)


def is_inverted(image: Image) -> bool:
    """Return whether low values are bright: what ``render`` calls ``invert``."""
    return image.photometric == "MONOCHROME1" if image.inverted is None else image.inverted


def _check_unchanged(image: Image, header: Header, name: str) -> None:
    size = integer(header.dataset, "Rows"), integer(header.dataset, "Columns")
    if size != (image.rows, image.columns) or not header.keyword:
        raise changed(name)


def _to_values(
    stored: Values, photometric: str, ds: Any, frame: int, state: PresentationState | None
) -> Values:
    if photometric == PALETTE:
        return to_8_bit(apply_color_lut(stored, ds), 16)
    if stored.ndim == 3:
        return to_rgb(stored, photometric, integer(ds, "BitsStored", 8))
    values = _modality(stored, ds, frame, state)
    tables = items(ds, "VOILUTSequence")
    if tables and not numbers(ds, "WindowCenter") and state is None:
        values = look_up(values, table(tables[0]))
    return values


def _modality(stored: Values, ds: Any, frame: int, state: PresentationState | None) -> Values:
    if state is not None and state.modality_table is not None:
        return look_up(stored, state.modality_table)
    if state is not None and state.rescale is not None:
        return _rescaled(stored, *state.rescale)
    tables = items(ds, "ModalityLUTSequence")
    return look_up(stored, table(tables[0])) if tables else _rescaled(stored, *rescale(ds, frame))


def _rescaled(stored: Values, slope: float, intercept: float) -> Values:
    """Return ``slope * stored + intercept`` in the smallest type that holds it exactly.

    Fractions are worked out in 64 bits and rounded once.
    """
    if (slope, intercept) == (1.0, 0.0):
        return stored
    if stored.dtype.kind == "f":
        return (stored.astype(np.float64) * slope + intercept).astype(stored.dtype)
    if slope.is_integer() and intercept.is_integer():
        low, high = int(stored.min()), int(stored.max())
        ends = [int(slope) * end + int(intercept) for end in (low, high)]
        for kind in (np.int16, np.uint16, np.int32):
            info = np.iinfo(kind)
            if info.min <= min(ends) and max(ends) <= info.max:
                return _whole(stored, int(slope), int(intercept), np.dtype(kind))
    return (stored.astype(np.float64) * slope + intercept).astype(np.float32)


def _whole(stored: Values, slope: int, intercept: int, kind: np.dtype[Any]) -> Values:
    """Compute in ``kind`` alone: it wraps around on the way, and is right in the end."""
    wraps = np.dtype(f"u{kind.itemsize}")
    mask = (1 << 8 * kind.itemsize) - 1
    found = stored.astype(wraps)
    if slope != 1:
        found *= wraps.type(slope & mask)
    found += wraps.type(intercept & mask)
    return found.view(kind)
