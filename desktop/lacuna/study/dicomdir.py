"""A DICOMDIR -> the files that it is the index of (PS3.3 F, PS3.10 8)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lacuna.errors import UserFacingError
from lacuna.study.part10 import read_header, read_whole, understood
from lacuna.study.values import items
from lacuna.study.wording import clean

MAX_DEPTH = 8  # components of a file ID, PS3.10 8.2


def referenced(path: Path) -> list[Path]:
    """Return the files that a DICOMDIR names and that are there, in its order.

    Names are found whatever their case: discs are mounted with small letters as often as not. An
    index that cannot be read gives none, and so does one whose files have all gone.
    """
    name = clean(path.name)
    try:
        with path.open("rb") as stream, understood(name):
            dataset = read_whole(read_header(stream, name), name)
            ids = [_file_id(record) for record in items(dataset, "DirectoryRecordSequence")]
    except (UserFacingError, OSError):
        return []
    listings: dict[Path, dict[str, Path]] = {}
    found = [_find(path.parent, parts, listings) for parts in ids if parts]
    return list(dict.fromkeys(file for file in found if file is not None))


def _file_id(record: Any) -> tuple[str, ...]:
    value = record.get("ReferencedFileID")
    parts = (value,) if isinstance(value, str) else tuple(value or ())
    names = tuple(str(part).strip() for part in parts)
    # Of eight names at most, each in one folder: nothing climbs out of where the index lies.
    plain = all(name and name not in (".", "..") and not set(name) & set("/\\:") for name in names)
    return names if plain and len(names) <= MAX_DEPTH else ()


def _find(
    folder: Path, parts: tuple[str, ...], listings: dict[Path, dict[str, Path]]
) -> Path | None:
    for part in parts:
        if folder not in listings:
            listings[folder] = _listing(folder)
        entry = listings[folder].get(part.upper())
        if entry is None:
            return None
        folder = entry
    return folder if folder.is_file() else None


def _listing(folder: Path) -> dict[str, Path]:
    try:
        # A link might lead out of the disc.
        return {
            entry.name.upper(): Path(entry.path)
            for entry in os.scandir(folder)
            if not entry.is_symlink()
        }
    except OSError:
        return {}
