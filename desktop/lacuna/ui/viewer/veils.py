"""Overlays and shutters of a frame -> what is laid over its pixels. Free of Qt."""

from __future__ import annotations

from lacuna.study.model import Image
from lacuna.study.overlays import read_overlays
from lacuna.study.shutters import covered
from lacuna.ui.viewer.picture import Veil


def veil_of(image: Image, frame: int, rows: int, columns: int) -> Veil:
    """Read what lies over a frame. Slow: call it off the GUI thread.

    Raises:
        UserFacingError: the file is gone or damaged.
    """
    overlays = read_overlays(image, frame) if image.overlays else ()
    bright = None
    for one in overlays:
        bright = one.bits if bright is None else bright | one.bits
    if image.shutter is None:
        return Veil(bright)
    hidden = covered(image.shutter, rows, columns, overlays)
    return Veil(bright, hidden, round(255 * image.shutter.grey))
