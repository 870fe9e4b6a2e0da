"""An image's overlay planes -> bits of its own size (PS3.3 C.9.2, PS3.5 8.1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacuna.errors import UserFacingError
from lacuna.study import native
from lacuna.study.laid_over import DATA, OVERLAY_DATA_TAGS, bit_position
from lacuna.study.model import Image
from lacuna.study.part10 import Header, understood
from lacuna.study.pixels import ImageReader
from lacuna.study.softcopy import Overlay, OverlayBits

Bits = NDArray[np.bool_]


def read_overlays(image: Image, frame: int = 0) -> tuple[OverlayBits, ...]:
    """Read the overlays that belong to a frame. Callable from any thread.

    Raises:
        UserFacingError: the file is gone, changed or damaged.
    """
    if not image.overlays:
        return ()
    with ImageReader(image, more=tuple(OVERLAY_DATA_TAGS)) as reader, understood(reader.name):
        found = [
            OverlayBits(overlay, _on_image(_bits(overlay, reader, frame), overlay, image))
            for overlay in image.overlays
            if 0 <= frame - overlay.first_frame < overlay.frames or overlay.embedded
        ]
    return tuple(found)


def _bits(overlay: Overlay, reader: ImageReader, frame: int) -> Bits:
    if overlay.embedded:
        return _embedded(overlay, reader.header, frame, reader.name)
    count = overlay.rows * overlay.columns
    first = (frame - overlay.first_frame) * count
    packed = _data(reader.header, overlay, reader.name)
    if (first + count + 7) // 8 > len(packed):
        raise UserFacingError(f"{reader.name} has an overlay that is cut off.")
    start, skipped = divmod(first, 8)
    part = np.frombuffer(packed, np.uint8)[start : (first + count + 7) // 8]
    flat = np.unpackbits(part, bitorder="little")[skipped : skipped + count]
    return flat.reshape(overlay.rows, overlay.columns).astype(bool)


def _data(header: Header, overlay: Overlay, name: str) -> bytes:
    element: Any = header.dataset.get((overlay.group, DATA))
    if element is None or not isinstance(element.value, bytes):
        raise UserFacingError(f"{name} has an overlay without any data.")
    if header.syntax.is_little_endian or element.VR != "OW":
        return element.value
    words = element.value[: len(element.value) // 2 * 2]
    return np.frombuffer(words, "u2").byteswap().tobytes()


def _embedded(overlay: Overlay, header: Header, frame: int, name: str) -> Bits:
    if header.syntax.is_encapsulated:
        raise UserFacingError(f"{name} hides an overlay in compressed pixels, which is not shown.")
    words = native.read_words(header, frame)
    if words.ndim != 2 or words.dtype.kind == "f":
        raise UserFacingError(f"{name} has an overlay in pixels that cannot hold one.")
    position = bit_position(header.dataset, overlay.group)
    return ((words >> position) & 1).astype(bool)[: overlay.rows, : overlay.columns]


def _on_image(bits: Bits, overlay: Overlay, image: Image) -> Bits:
    """Lay an overlay where it belongs; what lies beyond the image is cut."""
    whole = np.zeros((image.rows, image.columns), dtype=bool)
    top, left = overlay.row - 1, overlay.column - 1
    rows = slice(max(top, 0), min(top + bits.shape[0], image.rows))
    columns = slice(max(left, 0), min(left + bits.shape[1], image.columns))
    if rows.start < rows.stop and columns.start < columns.stop:
        whole[rows, columns] = bits[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
    return whole
