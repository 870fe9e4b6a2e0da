"""Values out of a pydicom Dataset, as plain Python. Missing or malformed ones become None or ""."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lacuna.study.wording import clean


def text(dataset: Any, keyword: str) -> str:
    """Return a value as one line of text."""
    value = dataset.get(keyword)
    return "" if value is None else clean(str(value))


def numbers(dataset: Any, keyword: str) -> tuple[float, ...]:
    """Return all finite numbers of a value; () if one of them is not a finite number."""
    value = dataset.get(keyword)
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
    value = dataset.get(keyword)
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
    if keyword in dataset:
        return dataset
    found = frame_group(dataset, frame, group)
    return dataset if found is None else found
