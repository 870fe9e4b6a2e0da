"""Marks in words: what stands beside one on the image, and what goes into the report. No Qt."""

from __future__ import annotations

from lacuna.study import measure
from lacuna.study.measure import (
    Amount,
    Angle,
    Arrow,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Lack,
    Length,
    Note,
    Probe,
    Scale,
    Statistics,
)
from lacuna.ui.viewer.board import Mark
from lacuna.ui.viewer.picture import Pixels

TIMES = "\u00d7"  # on the image; the report has a plain x
NO_BREAK = "\u00a0"  # a measurement is never broken over two lines
_NO_VALUE = "No value here"
_FINE = 3.0  # below so many millimetres a tenth is told
_NOUNS: dict[type, str] = {
    Length: "length",
    Bidirectional: "size",
    Angle: "angle",
    Cobb: "angle",
    EllipseRoi: "area",
    FreehandRoi: "area",
}


def label_lines(mark: Mark, pair: Mark | None = None) -> list[str]:
    """Return what is written beside a mark, the reading first.

    ``pair`` is the other diameter of the same finding: the longer one is labelled for both.
    """
    if pair is not None and _size(mark) < _size(pair):
        return []
    lines = _readings(mark, pair)
    return [*lines, *_notes(mark, short=True)] if lines else []


def report_words(mark: Mark, pair: Mark | None, place: str) -> str:
    """Return what the report says of a mark: ``12 x 8 mm (se 1, im 1)``.

    ``place`` is what its frame is called. A size says in what it is not the patient's own, as it
    does on the image. Empty for what measures nothing, and for what ``unread`` gives a reason for.

    Spaces are U+00A0, but for those of a note beside a size: it may be longer than a line.
    """
    words = "" if unread(mark) else _reported(mark, pair).replace(" ", NO_BREAK)
    if not words:
        return ""
    sized = mark.statistics is None
    told = (words, *(_notes(mark) if sized else ()), f"({place})".replace(" ", NO_BREAK))
    return " ".join(told) if len(told) > 2 else NO_BREAK.join(told)


def unread(mark: Mark) -> str:
    """Return why a mark that was drawn to measure has nothing to say; empty where it has."""
    if mark.pixels is not Pixels.WHOLE:
        return f"{_waiting(mark)}."
    if isinstance(mark.shape, Probe) and not mark.values:
        return f"{_NO_VALUE}."
    if mark.statistics is not None or not mark.scale.lack or _amounts(mark):
        return ""
    lack = _lack(mark)
    return f"{lack}." if lack else ""


def _reported(mark: Mark, pair: Mark | None) -> str:
    shape = mark.shape
    if isinstance(shape, Note):
        return ""
    if isinstance(shape, EllipseRoi | FreehandRoi) and mark.statistics is not None:
        return _mean_text(mark, mark.statistics, ", ")
    if isinstance(shape, Length) and not mark.scale.lack:
        return sizes_text(mark, pair)
    if isinstance(shape, Bidirectional):
        return _axes_text(shape, mark.scale)
    return "".join(_readings(mark, None)[:1])


def sizes_text(mark: Mark, pair: Mark | None) -> str:
    """Return a line's length, or that of two diameters, the longer first: ``12 x 8 mm``."""
    sizes = sorted((_size(one) for one in (mark, pair) if one is not None), reverse=True)
    return f"{' x '.join(_number(size) for size in sizes)} {mark.scale.unit}"


def _readings(mark: Mark, pair: Mark | None) -> list[str]:
    shape = mark.shape
    if isinstance(shape, Note):
        return [shape.words]
    if isinstance(shape, Probe):
        values = ", ".join(value_text(value) for value in mark.values)
        if mark.pixels is not Pixels.WHOLE:
            return [_waiting(mark)]
        return [_with_unit(values, mark) if values else _NO_VALUE]
    if isinstance(shape, EllipseRoi | FreehandRoi):
        return _region_readings(mark, shape)
    if isinstance(shape, Arrow):
        return []
    if mark.scale.lack:
        return [_amounts(mark) or _lack(mark)]
    if isinstance(shape, Length):
        return [sizes_text(mark, pair).replace("x ", f"{TIMES} ")]
    if isinstance(shape, Bidirectional):
        return [_axes_text(shape, mark.scale).replace("x ", f"{TIMES} ")]
    if isinstance(shape, Cobb):
        return [f"{measure.cobb_degrees(shape, mark.scale):.0f}\u00b0 Cobb"]
    return [f"{measure.degrees(shape, mark.scale):.0f}\u00b0"]


def _region_readings(mark: Mark, shape: EllipseRoi | FreehandRoi) -> list[str]:
    size = _lack(mark) or area_text(measure.area(shape, mark.scale), mark.scale)
    found = mark.statistics
    if mark.pixels is not Pixels.WHOLE:
        return [_waiting(mark), size]
    if found is None:
        return [size]
    ends = (("min", found.minimum), ("max", found.maximum))
    words = "   ".join(_with_unit(f"{end} {value_text(value)}", mark) for end, value in ends)
    return [_mean_text(mark, found, "   "), words, size]


def _notes(mark: Mark, *, short: bool = False) -> list[str]:
    """Say what a length or an area in a projection does not say by itself.

    ``short``: on the image, where much would be covered.
    """
    sized, scale = Length | Bidirectional | EllipseRoi | FreehandRoi, mark.scale
    if not isinstance(mark.shape, sized):
        return []
    if not scale.at_detector:
        return ["calibrated"] if scale.calibrated else []
    factor = scale.magnification
    if factor is None:
        return ["at the detector"]
    return [f"at the detector, {'about' if short else 'estimated magnification'} {factor:.2f} x"]


def _waiting(mark: Mark) -> str:
    """Say why nothing has been read off a cut's pixels."""
    why = "Loading" if mark.pixels is Pixels.LOADING else "Slices are missing"
    return f"{why}: no {'value' if isinstance(mark.shape, Probe) else 'statistics'}"


def _lack(mark: Mark) -> str:
    """Say why a shape on an ultrasound image has no size; empty where it has one."""
    noun = _NOUNS.get(type(mark.shape), "")
    words = {
        Lack.REGION: f"No {noun} can be measured in this region",
        Lack.CROSSING: f"No {noun}: it crosses two regions",
        Lack.LEAVING: f"No {noun}: it leaves its region",
    }
    return words.get(mark.scale.lack, "") if noun else ""


def _amounts(mark: Mark) -> str:
    """Return what a line amounts to along a region's own axes: ``420 ms, 85 cm/s``."""
    if not isinstance(mark.shape, Length):
        return ""
    return ", ".join(_amount_text(one) for one in measure.amounts(mark.shape, mark.scale))


def _amount_text(amount: Amount) -> str:
    if amount.unit == "s" and amount.value < 1:
        return f"{value_text(1000 * amount.value)} ms"
    if amount.unit == "mm":
        return f"{_number(amount.value)} mm"
    close = amount.unit in ("%", "\u00b0")
    return f"{value_text(amount.value)}{'' if close else ' '}{amount.unit}"


def _axes_text(shape: Bidirectional, scale: Scale) -> str:
    sizes = (measure.length(axis, scale) for axis in measure.diameters(shape, scale))
    return f"{' x '.join(_number(size) for size in sizes)} {scale.unit}"


def _mean_text(mark: Mark, found: Statistics, between: str) -> str:
    mean = _with_unit(f"mean {value_text(found.mean)}", mark)
    return f"{mean}{between}{_with_unit(f'SD {value_text(found.sd)}', mark)}"


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
    if scale.unit == "mm":
        return f"{_number(area)} mm\u00b2"
    return f"{area:.0f} {scale.unit}\u00b2"


def _size(mark: Mark) -> float:
    return measure.length(mark.shape, mark.scale) if isinstance(mark.shape, Length) else 0.0


def _number(size: float) -> str:
    return f"{size:.0f}" if round(size, 1) >= _FINE else f"{size:.1f}"
