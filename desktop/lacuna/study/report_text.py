"""A structured report's content items -> a tree of text (PS3.3 C.17.3). No layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lacuna.errors import UserFacingError
from lacuna.study.document import Node
from lacuna.study.references import reference
from lacuna.study.softcopy import Reference
from lacuna.study.sr_codes import DEVICE_UID, TRACKING_UID
from lacuna.study.values import items, number, numbers, text
from lacuna.study.wording import paragraphs, person_name, show_date, show_date_time

MAX_NODES = 20_000
MAX_DEPTH = 100
_FOR_PROGRAMS = {TRACKING_UID.value, DEVICE_UID.value}  # a name stands beside each
_UNITS = {"1": "", "{unitless}": "", "[hnsf'U]": "HU"}  # UCUM -> as it is read; others as they are


def report_tree(ds: Any) -> Node:
    """Return the report's root, named by its title.

    Raises:
        UserFacingError: it is deeper or longer than any reader could follow.
    """
    return _Reading().node(ds, 0)


class _Reading:
    """One pass over a report, counting what it reads."""

    def __init__(self) -> None:
        self._left = MAX_NODES

    def node(self, item: Any, depth: int) -> Node:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise UserFacingError("This report is nested too deeply, or too long, to be shown.")
        children = [one for one in items(item, "ContentSequence") if _is_read(item, one)]
        return Node(
            name=code_meaning(item, "ConceptNameCodeSequence"),
            text=_text(item),
            children=tuple(self.node(child, depth + 1) for child in children),
            image=_image(item),
        )


def _is_read(parent: Any, child: Any) -> bool:
    """Whether an item is for readers: not what only repeats, for programs, what stands beside it.

    The image that a coordinate was selected from is named by the coordinate itself.
    """
    if text(child, "ValueType") == "IMAGE" and text(parent, "ValueType") == "SCOORD":
        return False
    concepts = items(child, "ConceptNameCodeSequence")
    return not concepts or text(concepts[0], "CodeValue") not in _FOR_PROGRAMS


def code_meaning(item: Any, keyword: str) -> str:
    """Return what a code means, in the file's words."""
    found = items(item, keyword)
    return text(found[0], "CodeMeaning") if found else ""


def _text(item: Any) -> str:
    kind = text(item, "ValueType")
    if kind in _WORDS:
        return _WORDS[kind](item)
    by_reference = numbers(item, "ReferencedContentItemIdentifier")
    if by_reference:
        return "see item " + ".".join(f"{part:g}" for part in by_reference)
    return ""


def _measured(item: Any) -> str:
    values = items(item, "MeasuredValueSequence")
    if not values:
        return code_meaning(item, "NumericValueQualifierCodeSequence") or "no value"
    units = items(values[0], "MeasurementUnitsCodeSequence")
    unit = text(units[0], "CodeValue") if units else ""
    meaning = text(units[0], "CodeMeaning") if units else ""
    shown = _UNITS.get(unit, meaning if unit.startswith("{") else unit)
    value = number(values[0], "NumericValue")
    return f"{text(values[0], 'NumericValue') if value is None else format(value, '.10g')} {shown}"


def _named_instance(item: Any) -> str:
    found = items(item, "ReferencedSOPSequence")
    if not found:
        return ""
    frames = _frames(item)
    kind = getattr(found[0].get("ReferencedSOPClassUID"), "name", "").removesuffix(" Storage")
    return f"{kind}{frames}"


def _frames(item: Any) -> str:
    """Return which frames of an image are meant, as words; nothing for all of them."""
    found = items(item, "ReferencedSOPSequence")
    frames = numbers(found[0], "ReferencedFrameNumber") if found else ()
    return f", frame {', '.join(f'{frame:g}' for frame in frames)}" if frames else ""


def _drawn(item: Any) -> str:
    frames = (_frames(child) for child in items(item, "ContentSequence"))
    return f"{text(item, 'GraphicType').lower()} on the image{next(frames, '')}"


def _when(item: Any) -> str:
    value = text(item, "DateTime")
    return show_date_time(value[:8], value[8:])


def _time(item: Any) -> str:
    value = text(item, "Time")
    return f"{value[:2]}:{value[2:4]}" if value[:4].isdecimal() and len(value) >= 4 else value


_WORDS: dict[str, Callable[[Any], str]] = {
    "TEXT": lambda item: paragraphs(str(item.get("TextValue") or "")),
    "CODE": lambda item: code_meaning(item, "ConceptCodeSequence"),
    "NUM": lambda item: _measured(item).strip(),
    "PNAME": lambda item: person_name(str(item.get("PersonName") or "")),
    "DATE": lambda item: show_date(text(item, "Date")),
    "TIME": _time,
    "DATETIME": _when,
    "IMAGE": _named_instance,
    "COMPOSITE": _named_instance,
    "WAVEFORM": _named_instance,
    "SCOORD": _drawn,
    "SCOORD3D": lambda item: f"{text(item, 'GraphicType').lower()} in the patient",
    "UIDREF": lambda item: text(item, "UID"),
    "TCOORD": lambda item: text(item, "TemporalRangeType").lower(),
}


def _image(item: Any) -> Reference | None:
    found = items(item, "ReferencedSOPSequence")
    if found and text(item, "ValueType") == "IMAGE":
        return reference(found[0])
    if text(item, "ValueType") == "SCOORD":
        below = [_image(child) for child in items(item, "ContentSequence")]
        return next((one for one in below if one is not None), None)
    return None
