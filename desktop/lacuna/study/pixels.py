"""An ``Image`` -> its pixel values, read on demand. Callable from any thread.

Stored values -> modality LUT or rescale -> values; ``voi.render`` makes them visible. A VOI LUT
in a file that has no window is applied here, so that a window can then be laid over its output.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut, as_pixel_options, get_decoder
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from lacuna.errors import UserFacingError
from lacuna.study.codestream import Declared, declared
from lacuna.study.describe import PALETTE, pixel_bytes, rescale
from lacuna.study.model import Image, Window
from lacuna.study.part10 import Header, read_header, understood
from lacuna.study.sources import Reader
from lacuna.study.values import integer, items, numbers, text
from lacuna.study.voi import default_window, render
from lacuna.study.wording import clean
from lacuna_models.api import ImageInput

__all__ = ["default_window", "image_input", "is_inverted", "read_pixels", "render"]

Values = NDArray[Any]
# One decoder a syntax, instead of pydicom's trying all in turn: a damaged JPEG-LS file makes GDCM
# end the whole process, and decoders differ in their last bits. GDCM is left what no other reads.
DECODERS = {
    JPEGBaseline8Bit: "pillow",
    JPEGExtended12Bit: "pillow",
    JPEGLossless: "gdcm",
    JPEGLosslessSV1: "gdcm",
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
    RLELossless: "pydicom",
}
# A frame that takes far more room compressed than not has something else in mind.
COMPRESSED_SLACK = 1 << 20


def read_pixels(image: Image, frame: int = 0) -> Values:
    """Read one frame, decoded, after the modality LUT or rescale.

    Args:
        image: as loaded; its file must still be where it was.
        frame: from 0.

    Returns:
        Grey: (rows, columns), int16 or uint16 where they suffice, else int32 or float32, in the
        modality's units (CT: HU). Colour, also from a palette: (rows, columns, 3) uint8.

    Raises:
        UserFacingError: the file is gone, changed, damaged or cannot be decoded.
    """
    name = clean(image.source.name)
    if not 0 <= frame < image.frames:
        raise UserFacingError(f"{name} has {image.frames} frames; there is no frame {frame + 1}.")
    with Reader() as reader, reader.open(image.source) as stream, understood(name):
        header = read_header(stream, name)
        _check_unchanged(image, header, name)
        return _to_values(_decode(header, frame, name), header.dataset, frame)


def image_input(image: Image, window: Window | None = None, frame: int = 0) -> ImageInput:
    """Return a picture for the model, as windowed on screen; None takes the first window."""
    values = read_pixels(image, frame)
    shown = render(values, window or default_window(image, values), is_inverted(image))
    return ImageInput(shown, image.origin, image.view)


def is_inverted(image: Image) -> bool:
    """Return whether low values are bright (MONOCHROME1): what ``render`` calls ``invert``."""
    return image.photometric == "MONOCHROME1"


def _check_unchanged(image: Image, header: Header, name: str) -> None:
    size = integer(header.dataset, "Rows"), integer(header.dataset, "Columns")
    if size != (image.rows, image.columns):
        raise UserFacingError(f"{name} has changed on the disk.", "Open the study again.")


def _decode(header: Header, frame: int, name: str) -> Values:
    ds, stream = header.dataset, header.stream
    options = as_pixel_options(
        ds,
        transfer_syntax_uid=header.syntax,
        pixel_keyword="PixelData",
        pixel_vr=header.pixels_vr,
    )
    try:
        if header.syntax.is_encapsulated:
            _check_frame(header, frame, options, name)
        stream.seek(header.pixels_at)
        array, _ = get_decoder(header.syntax).as_array(
            stream, index=frame, decoding_plugin=DECODERS.get(header.syntax, ""), **options
        )
    except (RuntimeError, ValueError, NotImplementedError, AttributeError) as error:
        raise UserFacingError(
            f"{name} could not be decoded ({header.syntax.name}).", "Export it uncompressed."
        ) from error
    return np.asarray(array, dtype=array.dtype.newbyteorder("="))


def _check_frame(header: Header, frame: int, options: dict[str, Any], name: str) -> None:
    """Refuse a frame that would unfold into more than the header declares."""
    header.stream.seek(header.pixels_at)
    packed = get_frame(
        header.stream,
        frame,
        number_of_frames=options["number_of_frames"],
        extended_offsets=options.get("extended_offsets"),
    )
    ds = header.dataset
    outside = Declared(*(integer(ds, name) for name in ("Rows", "Columns", "SamplesPerPixel")))
    plain = header.syntax == RLELossless  # which declares nothing
    if len(packed) > 2 * pixel_bytes(ds) + COMPRESSED_SLACK or not (
        plain or declared(packed) == outside
    ):
        raise UserFacingError(f"{name} is damaged: its pixels do not match its header.")


def _to_values(stored: Values, ds: Any, frame: int) -> Values:
    photometric = text(ds, "PhotometricInterpretation")
    if photometric == PALETTE:
        return _to_8_bit(apply_color_lut(stored, ds), 16)
    if stored.ndim == 3:
        return _to_8_bit(stored, integer(ds, "BitsStored", 8))
    modality = items(ds, "ModalityLUTSequence")
    values = _look_up(stored, modality[0]) if modality else _rescaled(stored, *rescale(ds, frame))
    tables = items(ds, "VOILUTSequence")
    if tables and not numbers(ds, "WindowCenter"):
        values = _look_up(values, tables[0])
    return values


def _to_8_bit(colour: Values, bits: int) -> Values:
    if colour.dtype == np.uint8:
        return colour
    return (colour >> max(bits - 8, 0)).astype(np.uint8)


def _rescaled(stored: Values, slope: float, intercept: float) -> Values:
    """Return ``slope * stored + intercept`` in the smallest type that holds it exactly."""
    if (slope, intercept) == (1.0, 0.0):
        return stored
    if not (slope.is_integer() and intercept.is_integer()):
        return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    ends = [slope * float(end) + intercept for end in (stored.min(), stored.max())]
    for kind in (np.int16, np.uint16, np.int32):
        info = np.iinfo(kind)
        if info.min <= min(ends) and max(ends) <= info.max:
            return (stored.astype(np.int64) * int(slope) + int(intercept)).astype(kind)
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _look_up(values: Values, item: Any) -> Values:
    """Map values through a modality or VOI LUT (PS3.3 C.11.1.1, C.11.2.1.1)."""
    entries, first, bits = (int(part) for part in numbers(item, "LUTDescriptor"))
    table = _table(item.LUTData, bits)
    entries = min(entries or 1 << 16, table.size)
    if first >= 1 << 15 and values.min() < 0:
        first -= 1 << 16  # the descriptor is as signed as the values, whatever its VR says
    index = np.clip(np.rint(values).astype(np.int64) - first, 0, entries - 1)
    return table[index]


def _table(data: Any, bits: int) -> NDArray[np.uint16]:
    if not isinstance(data, bytes):
        return np.asarray(data, dtype=np.uint16)
    return np.frombuffer(data, dtype=np.uint8 if bits <= 8 and len(data) <= 256 else "<u2").astype(
        np.uint16
    )
