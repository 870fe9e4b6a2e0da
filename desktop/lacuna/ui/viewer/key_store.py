"""Key images as they are kept between sittings: their very pixels. Free of Qt, pure.

The pixels are kept, not how to make them again: what the preview shows, what the chip counts and
what is sent are the same in the next sitting, too.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lacuna.store.plain import from_json, to_json
from lacuna.ui.viewer.board import Spot
from lacuna.ui.viewer.key_images import MOST, KeyImage, KeyImages
from lacuna_models.api import ImageInput, Origin

VERSION = 1


@dataclass(frozen=True, slots=True)
class _Entry:
    spot: Spot
    title: str
    origin: Origin
    label: str


@dataclass(frozen=True, slots=True)
class _Head:
    entries: tuple[_Entry, ...]
    version: int = VERSION


def encode(images: KeyImages) -> bytes:
    """Return what is written: an NPZ archive of the pixels, and a head in JSON. Slow."""
    entries = (
        _Entry(one.spot, one.title, one.picture.origin, one.picture.label) for one in images.images
    )
    pixels = [one.picture.pixels for one in images.images]
    head = np.frombuffer(to_json(_Head(tuple(entries))), dtype=np.uint8)
    stream = io.BytesIO()
    np.savez_compressed(stream, head, *pixels)
    return stream.getvalue()


def decode(content: bytes) -> KeyImages:
    """Return what was written.

    Raises:
        UserFacingError: a later version of Lacuna wrote it.
        ValueError: it is none of ours.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            head = from_json(_Head, found["arr_0"].tobytes(), VERSION)
            if len(head.entries) > MOST:
                raise ValueError("more than there may be")
            pixels = [_pixels(found[f"arr_{at + 1}"]) for at in range(len(head.entries))]
    except (EOFError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError("no archive of ours") from error
    images = (
        KeyImage(entry.spot, ImageInput(one, entry.origin, entry.label), entry.title)
        for entry, one in zip(head.entries, pixels, strict=True)
    )
    return KeyImages(tuple(images))


def _pixels(found: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if found.dtype != np.uint8 or not (found.ndim == 2 or found.shape[2:] == (3,)):
        raise ValueError("no pixels")
    return found
