"""Frozen dataclasses <-> JSON, strictly: what comes back is what a type's fields allow, or nothing.

A dataclass is written with its name, so that it is told apart from others in a union. Fields that
were added since, with a default, may be missing; unknown ones are refused.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from lacuna.errors import UserFacingError

_NAME = "is"
_T = TypeVar("_T")


def to_json(value: Any) -> bytes:
    """Return a dataclass as UTF-8 JSON; of texts, numbers, enums, tuples, dataclasses and None."""
    said = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return said.encode("utf-8", "surrogatepass")  # Qt lets half a character be pasted


def from_json(kind: type[_T], content: bytes, version: int | None = None) -> _T:
    """Return what ``to_json`` was given; ``version`` is what ``kind`` is to say of itself.

    Raises:
        UserFacingError: it says another version: a later Lacuna wrote it.
        ValueError: it is no JSON, or not what ``kind`` is made of.
    """
    try:
        found = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if version is not None and isinstance(found, dict):
        _check_version(found, version)
    made: _T = _made(kind, found)
    return made


def _check_version(found: dict[str, Any], version: int) -> None:
    if found.get("version", version) != version:
        raise UserFacingError(
            "What is kept with this study was written by a later version of Lacuna.",
            "It is left as it is; use that version for it.",
        )


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        own = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return {_NAME: type(value).__name__, **own}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _made(hint: Any, found: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return _one_of(get_args(hint), found)
    if get_origin(hint) is tuple:
        return _tuple(get_args(hint), found)
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint, found)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint, found)
    if hint is float and type(found) is int:
        return _float(found)
    if type(found) is not hint:
        raise ValueError(f"no {getattr(hint, '__name__', hint)}")
    return found


def _float(found: int) -> float:
    try:
        return float(found)
    except OverflowError as error:
        raise ValueError("no float") from error


def _member(kind: type[Enum], found: Any) -> Enum:
    if not isinstance(found, str) or found not in kind.__members__:
        raise ValueError(f"no {kind.__name__}")
    return kind[found]


def _one_of(hints: tuple[Any, ...], found: Any) -> Any:
    if found is None and NoneType in hints:
        return None
    name = found.get(_NAME) if isinstance(found, dict) else None
    for hint in hints:
        if hint is not NoneType and (name is None or hint.__name__ == name):
            return _made(hint, found)
    raise ValueError("none of those that may stand here")


def _tuple(hints: tuple[Any, ...], found: Any) -> tuple[Any, ...]:
    if not isinstance(found, list):
        raise ValueError("no list")
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(_made(hints[0], part) for part in found)
    return tuple(_made(hint, part) for hint, part in zip(hints, found, strict=True))


def _dataclass(kind: type, found: Any) -> Any:
    if not isinstance(found, dict) or found.pop(_NAME, None) != kind.__name__:
        raise ValueError(f"no {kind.__name__}")
    hints = _hints(kind)
    if found.keys() - hints.keys():
        raise ValueError(f"a {kind.__name__} with something unknown")
    bare = (one for one in fields(kind) if one.default is one.default_factory is MISSING)
    needed = {one.name for one in bare}
    if needed - found.keys():
        raise ValueError(f"a {kind.__name__} that lacks something")
    return kind(**{name: _made(hints[name], part) for name, part in found.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
