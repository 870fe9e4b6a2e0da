"""ZIP archives, read in memory and within bounds: nothing is ever extracted to the disk."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lacuna.errors import UserFacingError
from lacuna.study.wording import clean

MEBIBYTE = 1 << 20
MAX_MEMBERS = 20_000
MAX_MEMBER_BYTES = 1024 * MEBIBYTE
MAX_TOTAL_BYTES = 4096 * MEBIBYTE
# Empty air compresses well, so a high ratio alone is no crime: only a large one is.
MAX_RATIO = 200
RATIO_MATTERS_FROM = 64 * MEBIBYTE
# The packings that ``zipfile`` can unpack piece by piece; the others it unpacks whole, however
# much a few bytes unfold into.
BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,  # zipfile's own, for a missing password
    OSError,
    ValueError,
)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise UserFacingError(
            f"{clean(path.name)} is a damaged ZIP, or one that Lacuna cannot unpack.",
            "Copy it again, or unpack it and open the folder.",
        ) from error


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a ZIP whose listing is harmless.

    Raises:
        UserFacingError: it is damaged, locked, climbs out, holds links, or expands without end.
    """
    with _sentences(path):
        archive = zipfile.ZipFile(path)
    try:
        _check(archive.infolist(), clean(path.name))
    except UserFacingError:
        archive.close()
        raise
    return archive


def _check(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise UserFacingError(
            f"{name} holds {len(members):,} entries, more than the {MAX_MEMBERS:,} that are read.",
            "Open a part of it.",
        )
    for member in members:
        _check_member(member, name)
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    endless = total > RATIO_MATTERS_FROM and total > MAX_RATIO * max(packed, 1)
    if total > MAX_TOTAL_BYTES or endless:
        raise UserFacingError(
            f"{name} would expand to {total // MEBIBYTE:,} MiB, so nothing in it was read.",
            "Unpack it yourself if you trust it.",
        )


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    if _climbs(member.filename) or _climbs(member.orig_filename):
        raise UserFacingError(
            f"{name} holds a path that climbs out of the archive, so nothing in it was read."
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UserFacingError(f"{name} holds a symbolic link, so nothing in it was read.")
    if member.flag_bits & 0x1:
        raise UserFacingError(
            f"{name} is locked with a password.", "Unpack it and open the folder."
        )
    if member.compress_type not in BOUNDED:
        raise UserFacingError(
            f"{name} is packed in an unusual way.", "Unpack it and open the folder."
        )


def _climbs(filename: str) -> bool:
    path = PurePosixPath(filename.replace("\\", "/"))
    drive = len(filename) > 1 and filename[1] == ":"
    return path.is_absolute() or drive or ".." in path.parts


def member_names(archive: zipfile.ZipFile) -> list[str]:
    """Return the files in the archive, sorted; folders and what macOS adds are left out."""
    names = (info.filename for info in archive.infolist() if not info.is_dir())
    return sorted(name for name in names if not name.startswith("__MACOSX/"))


def read_member(archive: zipfile.ZipFile, member: str) -> bytes:
    """Return one member's bytes, never more than the listing declares.

    Raises:
        UserFacingError: the member is damaged, gone or too large.
    """
    path = Path(archive.filename or "archive.zip")
    name = clean(PurePosixPath(member).name)
    try:
        info = archive.getinfo(member)
    except KeyError as error:
        raise UserFacingError(f"{name} is no longer in {clean(path.name)}.") from error
    if info.file_size > MAX_MEMBER_BYTES:
        raise UserFacingError(
            f"{name} would expand to {info.file_size // MEBIBYTE:,} MiB, "
            f"more than the {MAX_MEMBER_BYTES // MEBIBYTE:,} that are read."
        )
    with _sentences(path), archive.open(info) as stream:
        # With a size, unlike without one, no more is unpacked in memory than is asked for.
        content = stream.read(info.file_size)
        if len(content) < info.file_size:
            raise EOFError
        return content
