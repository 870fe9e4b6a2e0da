"""A header -> where its frames lie, how large its pixels are. Values in mm."""

from __future__ import annotations

from typing import Any

from lacuna.study.geometry import Plane, Region, Spacing, SpacingSource, Vector, unit
from lacuna.study.physical import at_detector, is_distance, magnification, pixel_spacing
from lacuna.study.values import attribute_home, integer, items, number, numbers, text

CENTIMETRES = 3  # Physical Units, PS3.3 C.8.5.5.1.15
MM_A_CM = 10.0
SLIMMEST = 100.0  # times as high as wide, or as wide as high, that a pixel can be shown
_UNITS = {
    1: "%",
    2: "dB",
    CENTIMETRES: "mm",
    4: "s",
    5: "Hz",
    6: "dB/s",
    7: "cm/s",
    8: "cm\u00b2",
    9: "cm\u00b2/s",
    10: "cm\u00b3",
    11: "cm\u00b3/s",
    12: "\u00b0",
}
# Region Spatial Format, C.8.5.5.1.1: whether a distance can run down and across. A trace that says
# so all the same, as a spectrum in centimetres, is not believed.
_FLAT, _MOTION = (0, 1), 2  # none or tissue in two dimensions; M-mode, whose depth runs down
_SQUARE = 1e-3  # of a direction cosine: what scanners round away
# Modalities whose pixels lie in a plane through the patient.
TOMOGRAPHIC = frozenset({"CT", "MR", "PT", "NM", "OPT", "OCT", "IVOCT"})
DETECTOR = "Lengths are those at the detector; what lies before it is smaller"


def planes(ds: Any, frames: int) -> tuple[Plane, ...]:
    """Return one plane for all frames, or one a frame where they differ; () where unknown."""
    if frames == 1 or not items(ds, "PerFrameFunctionalGroupsSequence"):
        plane = _plane(ds, 0)
        return () if plane is None or frames > 1 else (plane,)
    found = [_plane(ds, frame) for frame in range(frames)]
    known = [plane for plane in found if plane is not None]
    return tuple(known) if len(known) == frames else ()


def _plane(ds: Any, frame: int) -> Plane | None:
    turned = orientation(ds, frame)
    home = attribute_home(ds, frame, "ImagePositionPatient", "PlanePositionSequence")
    corner = numbers(home, "ImagePositionPatient")
    if len(corner) != 3 or not turned:
        return None
    along_row, along_column = turned
    measures = attribute_home(ds, frame, "SliceThickness", "PixelMeasuresSequence")
    thick = number(measures, "SliceThickness")
    return Plane(
        position=(corner[0], corner[1], corner[2]),
        along_row=along_row,
        along_column=along_column,
        spacing=pixel_spacing(ds, frame),
        thickness=thick if is_distance(thick) else None,
    )


def orientation(ds: Any, frame: int = 0) -> tuple[Vector, Vector] | None:
    """Return the unit directions along rows and columns; None if absent or not at right angles."""
    home = attribute_home(ds, frame, "ImageOrientationPatient", "PlaneOrientationSequence")
    found = numbers(home, "ImageOrientationPatient")
    if len(found) != 6:
        return None
    first, second = unit((found[0], found[1], found[2])), unit((found[3], found[4], found[5]))
    if first is None or second is None:
        return None
    leaning = abs(sum(one * other for one, other in zip(first, second, strict=True)))
    return (first, second) if leaning < _SQUARE else None


def spacing(ds: Any) -> Spacing | None:
    """Return how far the first frame's pixels lie apart, and what that is worth."""
    pair = pixel_spacing(ds)
    if pair is None:
        return None
    if at_detector(ds):
        factor = magnification(ds)
        note = DETECTOR + ("." if factor is None else f", by an estimated factor of {factor:g}.")
        return Spacing(*pair, SpacingSource.DETECTOR, note, factor)
    return Spacing(*pair, *_source(ds))


def _source(ds: Any) -> tuple[SpacingSource, str]:
    kind = text(ds, "PixelSpacingCalibrationType")
    if kind or numbers(ds, "ImagerPixelSpacing"):
        how = text(ds, "PixelSpacingCalibrationDescription")
        by = {"FIDUCIAL": "by an object of known size", "GEOMETRY": "from the geometry"}
        words = how or by.get(kind, "")
        return SpacingSource.CALIBRATED, f"Calibrated {words}." if words else "Calibrated."
    if text(ds, "Modality") in TOMOGRAPHIC or orientation(ds) is not None:
        return SpacingSource.PATIENT, ""
    return SpacingSource.PATIENT, "The file does not say how its spacing was found."


def regions(ds: Any) -> tuple[Region, ...]:
    """Return an ultrasound image's regions, also those that measure no lengths.

    Tissue in centimetres without its scale is left out: it says no more than the image does.
    """
    found = (_region(item) for item in items(ds, "SequenceOfUltrasoundRegions"))
    return tuple(region for region in found if region is not None)


def _region(item: Any) -> Region | None:
    bounds = [number(item, f"RegionLocation{end}") for end in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
    known = [int(bound) for bound in bounds if bound is not None]
    if len(known) != 4:
        return None
    left, top, right, bottom = known
    if left >= right or top >= bottom:
        return None
    form = integer(item, "RegionSpatialFormat")
    down, unit_down = _step(item, "Y", lengths=form in (*_FLAT, _MOTION))
    across, unit_across = _step(item, "X", lengths=form in _FLAT)
    codes = {integer(item, f"PhysicalUnits{axis}Direction") for axis in "XY"}
    if form in _FLAT and codes == {CENTIMETRES} and not (down and across):
        return None
    raised = not integer(item, "RegionFlags") & 1
    units = unit_down, unit_across
    return Region(left, top, right, bottom, (down, across), units, raised)


def _step(item: Any, axis: str, *, lengths: bool) -> tuple[float, str]:
    """Return what a pixel along an axis amounts to, and in which unit; (0, "") where unknown."""
    code = integer(item, f"PhysicalUnits{axis}Direction")
    amount = abs(number(item, f"PhysicalDelta{axis}") or 0.0)
    unit = _UNITS.get(code, "")
    if not amount or not unit or (code == CENTIMETRES and not lengths):
        return 0.0, ""
    if code != CENTIMETRES:
        return amount, unit
    return (amount * MM_A_CM, unit) if is_distance(amount * MM_A_CM) else (0.0, "")


def aspect(ds: Any, apart: Spacing | None) -> float:
    """Return a pixel's height over its width: by its spacing, else by Pixel Aspect Ratio."""
    if apart is not None:
        found: tuple[float, ...] = apart.row, apart.column
    else:
        found = numbers(ds, "PixelAspectRatio")  # vertical \ horizontal, C.7.6.3.1.7
    if len(found) != 2 or min(found) <= 0:
        return 1.0
    ratio = found[0] / found[1]
    return ratio if 1 / SLIMMEST <= ratio <= SLIMMEST else 1.0
