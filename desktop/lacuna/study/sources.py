"""Paths that somebody dropped -> the files to look at, and their bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Self

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study.archive import member_names, open_archive, read_member
from lacuna.study.dicomdir import referenced
from lacuna.study.model import Refusal, Source
from lacuna.study.wording import clean
from lacuna_models.api import CancelToken

MAX_FILES = 20_000
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
# What CDs and file managers leave beside the pictures: skipped, not refused.
UNMENTIONED = frozenset({"DICOMDIR", "THUMBS.DB", "DESKTOP.INI"})


@dataclass(frozen=True, slots=True)
class Gathered:
    """Files to look at, in a stable order, and what could not even be looked at."""

    sources: tuple[Source, ...]
    refused: tuple[Refusal, ...]


class Closing:
    """A context manager that closes itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is open."""
        raise NotImplementedError


class Reader(Closing):
    """Opens sources. Keeps archives open meanwhile; a context manager, for one thread."""

    def __init__(self) -> None:
        self._archives: dict[Path, tuple[object, zipfile.ZipFile]] = {}

    def close(self) -> None:
        """Close the archives."""
        for _, archive in self._archives.values():
            archive.close()
        self._archives.clear()

    def archive(self, path: Path) -> zipfile.ZipFile:
        """Return the opened archive at ``path``, after its listing was checked."""
        now = written(Source(path))
        state, archive = self._archives.get(path, (None, None))
        if archive is not None and state != now:
            archive.close()  # another one has been put in its place
        if archive is None or state != now:
            archive = open_archive(path)
            self._archives[path] = now, archive
        return archive

    def open(self, source: Source) -> BinaryIO:
        """Open a source for reading; the caller closes the stream.

        Raises:
            UserFacingError: it cannot be opened; one sentence.
        """
        if source.member is not None:
            return io.BytesIO(read_member(self.archive(source.path), source.member))
        try:
            return source.path.open("rb")
        except OSError as error:
            raise unreadable(source.name, error) from error


def written(source: Source) -> tuple[int, int] | None:
    """Return the size and the time of change (ns) of a source's file; None if it is gone."""
    try:
        found = source.path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def check_written(source: Source, then: tuple[int, int] | None) -> None:
    """Refuse a file that was written anew: it may be of another patient by now.

    One that is gone is let pass: whoever holds it open may read on.

    Raises:
        UserFacingError: it has another size or time than ``then``, when it was looked at.
    """
    now = written(source)
    if then is not None and now is not None and now != then:
        raise changed(clean(source.name))


def changed(name: str) -> UserFacingError:
    """Word that a file is another than the one that was opened."""
    return UserFacingError(f"{name} has changed on the disk.", "Open the study again.")


def unreadable(name: str, error: OSError) -> UserFacingError:
    """Word what the system said about a file."""
    reason = (error.strerror or "it could not be read").lower()
    return UserFacingError(f"{clean(name)} could not be opened: {reason}.")


def gather(paths: Sequence[Path], reader: Reader, cancel: CancelToken | None = None) -> Gathered:
    """List the files behind ``paths``: files, folders (recursively), DICOMDIRs and ZIPs.

    Raises:
        UserFacingError: there are too many.
        Cancelled: ``cancel`` was set.
    """
    sources: list[Source] = []
    refused: list[Refusal] = []
    for path in paths:
        try:
            sources.extend(_expand(path, reader, cancel))
        except UserFacingError as error:
            refused.append(Refusal(clean(path.name), str(error)))
    if len(sources) > MAX_FILES:
        raise UserFacingError(
            f"That is {len(sources):,} files, more than the {MAX_FILES:,} that are opened at once.",
            "Open one study's folder.",
        )
    return Gathered(tuple(dict.fromkeys(sources)), tuple(refused))


def _expand(path: Path, reader: Reader, cancel: CancelToken | None) -> list[Source]:
    try:
        if path.is_dir():
            return [Source(file) for file in _files(path, cancel)]
        if path.is_file() and path.name.upper() == "DICOMDIR":
            # A lost or damaged index does not hide what lies beside it.
            return [Source(file) for file in referenced(path) or _files(path.parent, cancel)]
        if not path.exists():
            raise UserFacingError(f"{clean(path.name)} is not there.", "Check the path.")
        if not path.is_file():
            raise UserFacingError(f"{clean(path.name)} is neither a file nor a folder.")
        with path.open("rb") as stream:
            signature = stream.read(4)
    except OSError as error:
        raise unreadable(path.name, error) from error
    if signature not in ZIP_SIGNATURES:
        return [Source(path)]
    names = member_names(reader.archive(path))
    return [Source(path, name) for name in names if _mentioned(PurePosixPath(name).name)]


def _files(folder: Path, cancel: CancelToken | None) -> list[Path]:
    found: list[Path] = []
    # Links to folders are not followed: they may go in circles.
    for parent, _, names in os.walk(folder):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        files = (Path(parent) / name for name in names if _mentioned(name))
        found.extend(file for file in files if file.is_file())
        if len(found) > MAX_FILES:
            break
    return sorted(found)


def _mentioned(name: str) -> bool:
    return not name.startswith(".") and name.upper() not in UNMENTIONED
