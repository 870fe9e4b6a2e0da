"""What a header says of a pixel in the world: its size, what its values count, how frames run."""

from __future__ import annotations

import math
from typing import Any

from lacuna.study.values import attribute_home, has, items, number, numbers, text

LEAST, MOST = 1e-5, 1e3  # mm, between two pixels or two slices; the rest is a mistake
MAX_FRAME_RATE = 100.0  # frames a second; a file that says more means something else


def pixel_spacing(ds: Any, frame: int = 0) -> tuple[float, float] | None:
    """Return the (row, column) distance of a frame's pixels in mm; None where it has none."""
    return _pair(ds, "PixelSpacing", frame) or _pair(ds, "ImagerPixelSpacing", frame)


def at_detector(ds: Any) -> bool:
    """Return whether the spacing is the detector's, not the patient's (PS3.3 10.7.1.3).

    Pixel Spacing that equals Imager Pixel Spacing has not been calibrated, unless it says how.
    """
    imager, pixel = _pair(ds, "ImagerPixelSpacing"), _pair(ds, "PixelSpacing")
    if imager is None or text(ds, "PixelSpacingCalibrationType"):
        return imager is not None and pixel is None
    return pixel is None or pixel == imager


def is_distance(millimetres: float | None) -> bool:
    """Return whether two pixels, or two slices, can lie so far apart."""
    return millimetres is not None and LEAST <= millimetres <= MOST


def magnification(ds: Any) -> float | None:
    """Return Estimated Radiographic Magnification Factor (0018,1114), if it can be true."""
    factor = number(ds, "EstimatedRadiographicMagnificationFactor")
    return factor if factor is not None and factor >= 1 else None


def value_unit(ds: Any) -> str:
    """Return ``HU`` where the values that ``read_pixels`` returns are Hounsfield units, else "".

    A VOI LUT that takes the place of a window leaves no Hounsfield units; no rescale, no promise.
    """
    if not is_scaled(ds):
        return ""
    home = attribute_home(ds, 0, "RescaleIntercept", "PixelValueTransformationSequence")
    if text(ds, "Modality") != "CT" or number(home, "RescaleIntercept") is None:
        return ""
    looked_up = items(ds, "VOILUTSequence") and not numbers(ds, "WindowCenter")
    other = text(home, "RescaleType") not in ("", "HU") or items(ds, "ModalityLUTSequence")
    return "" if looked_up or other else "HU"


def is_scaled(ds: Any) -> bool:
    """Return whether values can be what their unit says: no Rescale Slope that scales nothing."""
    home = attribute_home(ds, 0, "RescaleSlope", "PixelValueTransformationSequence")
    return not has(home, "RescaleSlope") or bool(number(home, "RescaleSlope"))


def frame_rate(ds: Any) -> float | None:
    """Return how many frames a second are meant to be shown, None where the file does not say."""
    for keyword in ("RecommendedDisplayFrameRate", "CineRate"):
        rate = number(ds, keyword)
        if rate is not None and 0 < rate <= MAX_FRAME_RATE:
            return rate
    milliseconds = number(ds, "FrameTime")
    if milliseconds is None or milliseconds < 1000 / MAX_FRAME_RATE:
        return None
    return 1000 / milliseconds


def frame_times(ds: Any, frames: int) -> tuple[float, ...]:
    """Return each frame's own duration in ms (Frame Time Vector); () where it is not whole.

    The vector holds the time from the frame before, its first entry nothing (PS3.3 C.7.6.5.1.2):
    a frame stays until the next, the last one as long as the one before it.
    """
    found = numbers(ds, "FrameTimeVector")
    if frames < 2 or len(found) != frames or min(found[1:]) <= 0:
        return ()
    return (*found[1:], found[-1])


def lossy_ratio(ds: Any) -> float | None:
    """Return by how much the picture was compressed in all, where the file says."""
    found = numbers(ds, "LossyImageCompressionRatio")
    product = math.prod(found)
    return product if found and product > 1 else None


def _pair(ds: Any, keyword: str, frame: int = 0) -> tuple[float, float] | None:
    found = numbers(attribute_home(ds, frame, keyword, "PixelMeasuresSequence"), keyword)
    likely = len(found) == 2 and all(is_distance(one) for one in found)
    return (found[0], found[1]) if likely else None
