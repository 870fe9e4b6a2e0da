"""Overlays and shutters of a frame -> what is laid over its pixels. Free of Qt."""

from __future__ import annotations

from lacuna.study.model import Image
from lacuna.study.overlays import read_overlays
from lacuna.study.shutters import covered
from lacuna.study.softcopy import Shutter
from lacuna.ui.viewer.picture import Veil


def veil_of(
    image: Image,
    frame: int,
    rows: int,
    columns: int,
    aspect: float = 1.0,
    shutter: Shutter | None = None,
) -> Veil:
    """Read what lies over a frame. Slow: call it off the GUI thread.

    Args:
        image: with its overlays, and its own shutter.
        frame: of it, from 0.
        rows: of its values.
        columns: of its values.
        aspect: how much higher than wide a pixel is.
        shutter: a presentation state's, in place of the image's own.

    Raises:
        UserFacingError: the file is gone or damaged.
    """
    overlays = read_overlays(image, frame) if image.overlays else ()
    shutter = shutter or image.shutter
    bright = None
    for one in overlays:
        # A bitmap that covers is no graphic too (PS3.3 C.7.6.15).
        if shutter is None or one.overlay.group != shutter.bitmap:
            bright = one.bits if bright is None else bright | one.bits
    if shutter is None:
        return Veil(bright)
    hidden = covered(shutter, rows, columns, overlays, aspect)
    return Veil(bright, hidden, round(255 * shutter.grey))
