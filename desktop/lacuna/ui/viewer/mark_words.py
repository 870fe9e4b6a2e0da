"""Marks in words: what stands beside one on the image, and what goes into the report. No Qt."""

from __future__ import annotations

from lacuna.study import measure
from lacuna.study.measure import (
    Angle,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Probe,
    Scale,
    Statistics,
)
from lacuna.ui.viewer.board import Mark

TIMES = "\u00d7"  # on the image; the report has a plain x
NO_BREAK = "\u00a0"  # a measurement is never broken over two lines
_FINE = 3.0  # below so many millimetres a tenth is told


def label_lines(mark: Mark, pair: Mark | None = None) -> list[str]:
    """Return what is written beside a mark, the reading first.

    ``pair`` is the other diameter of the same finding: the longer one is labelled for both.
    """
    if pair is not None and _size(mark) < _size(pair):
        return []
    lines = _readings(mark, pair)
    return [*lines, *_notes(mark)] if lines else []


def report_words(
    mark: Mark, pair: Mark | None, series_number: int, image_number: int, name: str = ""
) -> str:
    """Return what the report says of a mark: ``12 x 8 mm (se 1, im 1)``; empty for an arrow.

    ``name`` stands before the image's number where it is not the series' own: ``coronal 45``.

    All spaces are U+00A0. ``image_number`` counts from 1, as the image's corner does.
    """
    shape = mark.shape
    if isinstance(shape, Length):
        words = sizes_text(mark, pair)
    elif isinstance(shape, Bidirectional):
        words = _axes_text(shape, mark.scale)
    elif isinstance(shape, Note):
        return ""
    elif isinstance(shape, EllipseRoi | FreehandRoi) and mark.statistics is not None:
        words = _mean_text(mark, mark.statistics, ", ")
    else:
        words = "".join(_readings(mark, None)[:1])
    if not words:
        return ""
    image = f"{name or 'im'} {image_number}"
    return f"{words} (se {series_number}, {image})".replace(" ", NO_BREAK)


def sizes_text(mark: Mark, pair: Mark | None) -> str:
    """Return a line's length, or that of two diameters, the longer first: ``12 x 8 mm``."""
    sizes = sorted((_size(one) for one in (mark, pair) if one is not None), reverse=True)
    return f"{' x '.join(_number(size) for size in sizes)} {mark.scale.unit}"


def _readings(mark: Mark, pair: Mark | None) -> list[str]:
    shape = mark.shape
    if isinstance(shape, Length):
        return [sizes_text(mark, pair).replace("x ", f"{TIMES} ")]
    if isinstance(shape, Bidirectional):
        return [_axes_text(shape, mark.scale).replace("x ", f"{TIMES} ")]
    if isinstance(shape, Cobb):
        return [f"{measure.cobb_degrees(shape, mark.scale):.0f}\u00b0 Cobb"]
    if isinstance(shape, Note):
        return [shape.words]
    if isinstance(shape, Angle):
        return [f"{measure.degrees(shape, mark.scale):.0f}\u00b0"]
    if isinstance(shape, Probe):
        return [_with_unit(", ".join(value_text(value) for value in mark.values), mark)]
    if not isinstance(shape, EllipseRoi | FreehandRoi):
        return []
    size = area_text(measure.area(shape, mark.scale), mark.scale)
    found = mark.statistics
    if found is None:
        return [size]
    ends = f"{value_text(found.minimum)} to {value_text(found.maximum)}"
    return [_mean_text(mark, found, "   "), _with_unit(ends, mark), size]


def _notes(mark: Mark) -> list[str]:
    """Say what a length or an area in a projection does not say by itself."""
    sized = Length | Bidirectional | EllipseRoi | FreehandRoi
    if not isinstance(mark.shape, sized) or not mark.scale.at_detector:
        return []
    factor = mark.scale.magnification
    return ["at the detector" if factor is None else f"at the detector, {factor:.2f} x"]


def _axes_text(shape: Bidirectional, scale: Scale) -> str:
    sizes = (measure.length(axis, scale) for axis in measure.diameters(shape, scale))
    return f"{' x '.join(_number(size) for size in sizes)} {scale.unit}"


def _mean_text(mark: Mark, found: Statistics, between: str) -> str:
    mean = _with_unit(f"mean {value_text(found.mean)}", mark)
    return f"{mean}{between}SD {value_text(found.sd)}"


def _with_unit(words: str, mark: Mark) -> str:
    return f"{words} {mark.value_unit}".strip()


def value_text(value: float) -> str:
    """Return a pixel's value: whole where it is large, else three digits of it."""
    if abs(value) >= 100 or value == round(value):
        return f"{value:.0f}"
    return f"{value:.3g}"


def area_text(area: float, scale: Scale) -> str:
    """Return an area in the unit that reads best."""
    if scale.unit == "mm" and area >= 100:
        return f"{area / 100:.1f} cm\u00b2"
    return f"{area:.0f} {scale.unit}\u00b2"


def _size(mark: Mark) -> float:
    return measure.length(mark.shape, mark.scale) if isinstance(mark.shape, Length) else 0.0


def _number(size: float) -> str:
    return f"{size:.0f}" if round(size, 1) >= _FINE else f"{size:.1f}"
