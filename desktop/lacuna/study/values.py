"""Values out of a pydicom Dataset, as plain Python. Missing or malformed ones become None or ""."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from struct import error as StructError  # noqa: N812  the standard library's own spelling
from struct import unpack
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from lacuna.study.wording import clean


@cache
def _tag(keyword: str) -> BaseTag:
    found = tag_for_keyword(keyword)
    if found is None:
        raise ValueError(f"DICOM has no attribute {keyword}")
    return BaseTag(found)


# pydicom reads a value with all that may be wrong with it in mind, which is most of the time that
# opening a stack takes. Plain ASCII text and plain numbers are read here, from the same bytes.
_TEXTS = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI"})
_NUMBERS = frozenset({"DS", "IS", "US"})
_SPECIAL = b"\x1b"  # begins another character set, ISO 2022
_SEPARATOR = b"\\"


def _unread(dataset: Any, keyword: str) -> RawDataElement | None:
    """Return an element that nobody has converted yet, with its bytes."""
    tag = _tag(keyword)
    if tag not in dataset.keys():  # noqa: SIM118
        return None
    found = dataset.get_item(tag)
    return found if isinstance(found, RawDataElement) and found.value is not None else None


def _is_plain(value: Any) -> bool:
    return bytes.isascii(value) and _SPECIAL not in value and _SEPARATOR not in value


def _read_numbers(raw: RawDataElement) -> tuple[float, ...]:
    value = raw.value or b""
    try:
        if raw.VR == "US":
            count, order = len(value) // 2, "<" if raw.is_little_endian else ">"
            return unpack(f"{order}{count}H", value)
        found = tuple(float(part) for part in value.rstrip(b" \0").split(_SEPARATOR))
    except (ValueError, StructError):
        return ()
    return found if all(math.isfinite(number) for number in found) else ()


def has(dataset: Any, keyword: str) -> bool:
    """Return whether an attribute is there, even if empty."""
    return _tag(keyword) in dataset.keys()  # noqa: SIM118  the dataset itself asks by slower ways


def value_of(dataset: Any, keyword: str) -> Any:
    """Return a raw value, None where it is missing: thousands of headers ask for what they lack."""
    return dataset[_tag(keyword)].value if has(dataset, keyword) else None


def text(dataset: Any, keyword: str) -> str:
    """Return a value as one line of text."""
    raw = _unread(dataset, keyword)
    if raw is not None and raw.VR in _TEXTS and _is_plain(raw.value):
        return clean(raw.value.decode("ascii"))
    value = value_of(dataset, keyword)
    return "" if value is None else clean(str(value))


def numbers(dataset: Any, keyword: str) -> tuple[float, ...]:
    """Return all finite numbers of a value; () if one of them is not a finite number."""
    raw = _unread(dataset, keyword)
    if raw is not None and raw.VR in _NUMBERS:
        return _read_numbers(raw)
    value = value_of(dataset, keyword)
    if value is None or value == "":
        return ()
    several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    try:
        found = tuple(float(item) for item in several)
    except (TypeError, ValueError):
        return ()
    return found if all(math.isfinite(number) for number in found) else ()


def number(dataset: Any, keyword: str) -> float | None:
    """Return a value's first number."""
    found = numbers(dataset, keyword)
    return found[0] if found else None


def integer(dataset: Any, keyword: str, default: int = 0) -> int:
    """Return a value's first number, cut to an integer."""
    found = number(dataset, keyword)
    return default if found is None else int(found)


def items(dataset: Any, keyword: str) -> list[Any]:
    """Return a sequence's items; [] where it is missing or no sequence."""
    value = value_of(dataset, keyword)
    if value is None or isinstance(value, (str, bytes, int, float)):
        return []
    return list(value)


def frame_group(dataset: Any, frame: int, keyword: str) -> Any | None:
    """Return a functional group's item for a frame (PS3.3 C.7.6.16): its own, or the shared one."""
    own = items(dataset, "PerFrameFunctionalGroupsSequence")
    groups = own[frame : frame + 1] + items(dataset, "SharedFunctionalGroupsSequence")[:1]
    for group in groups:
        found = items(group, keyword)
        if found:
            return found[0]
    return None


def attribute_home(dataset: Any, frame: int, keyword: str, group: str) -> Any:
    """Return where ``keyword`` lies: the dataset itself, or the frame's functional group."""
    if has(dataset, keyword):
        return dataset
    found = frame_group(dataset, frame, group)
    return dataset if found is None else found
