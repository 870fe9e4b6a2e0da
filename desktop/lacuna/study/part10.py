"""One DICOM stream -> its header, and where its pixels lie (PS3.5, PS3.10). Reads no pixels.

pydicom parses; this module bounds what it may be fed, and words what goes wrong.
"""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError  # noqa: N812  the standard library's own spelling
from threading import Lock
from typing import Any, BinaryIO

from pydicom.datadict import DicomDictionary
from pydicom.errors import BytesLengthException
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from lacuna.errors import UserFacingError
from lacuna.study.laid_over import OVERLAY_TAGS
from lacuna.study.wording import clean

MAX_INFLATED_BYTES = 1 << 30
MAX_DOCUMENT_BYTES = 1 << 26
UNDEFINED_LENGTH = 0xFFFFFFFF
PIXEL_DATA = 0x7FE00010
PIXEL_KEYWORDS = {
    PIXEL_DATA: "PixelData",
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
}
PIXEL_VRS = ("OB", "OW", "OF", "OD", "UN")
# Identity, acquisition, relationship and image pixel groups, functional groups, offset tables.
# Most sequences of the first five may be long, deep and of no use to a picture.
GROUPS = {0x0008, 0x0010, 0x0018, 0x0020, 0x0054}
TAGS = [
    tag
    for tag, entry in DicomDictionary.items()
    if (tag >> 16 in GROUPS and entry[0] != "SQ") or tag >> 16 in (0x0028, 0x5200)
] + [
    0x00186011,  # Sequence of Ultrasound Regions
    0x0040A043,  # Concept Name Code Sequence, a report's title
    0x00420010,  # Document Title
    0x00420012,  # MIME Type of Encapsulated Document
    0x00540016,  # Radiopharmaceutical Information Sequence
    0x20500020,  # Presentation LUT Shape
    0x7FE00001,
    0x7FE00002,
    *OVERLAY_TAGS,
]
TAGS = [BaseTag(tag) for tag in TAGS]  # what pydicom makes of them, once for all files
FOREIGN = (
    (b"\x1f\x8b", "is compressed with gzip", "Unpack it first."),
    (b"PK\x03\x04", "is a ZIP inside another folder or archive", "Open it on its own."),
    (b"\x89PNG", "is a PNG picture, not DICOM", "Export it from the archive as DICOM."),
    (b"\xff\xd8\xff", "is a JPEG picture, not DICOM", "Export it from the archive as DICOM."),
    (b"%PDF", "is a PDF, not DICOM", ""),
)
# What pydicom raises on bytes that only look like DICOM; found by feeding it such bytes.
MALFORMED = (
    AttributeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    NotImplementedError,
    EOFError,
    OverflowError,
    LookupError,
    AssertionError,
    OSError,
    StructError,
    BytesLengthException,
)


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header. ``dataset`` is a pydicom Dataset without pixels.

    ``stream`` is what ``starts_at`` (the dataset) and ``pixels_at`` count in: not the file itself
    where that was deflated.
    ``pixels_length`` is None where undefined (encapsulated); ``available`` is what is there.
    ``pixels_vr`` is OB or OW: in big endian files it decides in which order the bytes lie.
    ``keyword`` is PixelData or one of its floating-point siblings; empty where there are none.
    """

    dataset: Any
    syntax: Any  # a pydicom UID
    stream: BinaryIO
    starts_at: int
    pixels_at: int
    pixels_vr: str
    pixels_length: int | None
    available: int
    keyword: str = "PixelData"


class _Hush:
    """Silences warnings from the first thread that enters until the last has left.

    ``catch_warnings`` alone puts back, in one thread, what another one has just changed.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *failure: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._before.__exit__(None, None, None)


_hush = _Hush()


@contextmanager
def understood(name: str) -> Iterator[None]:
    """Turn whatever a damaged file makes pydicom raise into one sentence, and hush its warnings.

    pydicom converts values when they are asked for, so reading a header is not enough: wrap the
    use of its dataset as well. The hush is process-wide while it lasts, as ``warnings`` is; what
    pydicom warns of may quote a patient.
    """
    try:
        with _hush:
            yield
    except RecursionError as error:
        raise UserFacingError(f"{name} is nested too deeply to be read.") from error
    except MemoryError as error:
        raise UserFacingError(f"{name} declares more than this computer's memory holds.") from error
    except MALFORMED as error:
        raise UserFacingError(f"{name} is damaged, or not DICOM.", "Copy it again.") from error


def read_header(stream: BinaryIO, name: str, more: Sequence[int] = ()) -> Header:
    """Read everything before the pixels. Call inside ``understood``.

    Args:
        stream: seekable; stays open, and must outlive the returned header.
        name: the file's own name, for the sentences.
        more: tags to read beside those that every image needs.

    Raises:
        UserFacingError: empty, foreign, or too large once inflated.
    """
    syntax, stream = _encoding(stream, name)
    start = stream.tell()
    dataset = _read(stream, syntax, [*TAGS, *more] if more else TAGS)
    head = _pixel_element(stream, dataset, name)
    if head is None:
        return Header(dataset, syntax, stream, start, stream.tell(), "", None, 0, "")
    keyword, vr, length = head
    at = stream.tell()
    available = stream.seek(0, io.SEEK_END) - at
    declared = None if length == UNDEFINED_LENGTH else length
    return Header(dataset, syntax, stream, start, at, vr, declared, available, keyword)


def read_whole(header: Header, name: str) -> Any:
    """Read a dataset without pixels again, everything in it. Call inside ``understood``.

    Raises:
        UserFacingError: it is too large for a document.
    """
    size = header.stream.seek(0, io.SEEK_END)
    if size > MAX_DOCUMENT_BYTES:
        raise UserFacingError(
            f"{name} is a document of {size >> 20:,} MiB, "
            f"more than the {MAX_DOCUMENT_BYTES >> 20:,} that are read."
        )
    header.stream.seek(header.starts_at)
    return _read(header.stream, header.syntax, None)


def _encoding(stream: BinaryIO, name: str) -> tuple[Any, BinaryIO]:
    """Return the transfer syntax, and a stream that stands at the dataset, inflated if need be."""
    stream.seek(_start(stream, name))
    syntax = _file_meta(stream).get("TransferSyntaxUID") or _guess(stream)
    if not isinstance(syntax, UID) or syntax.is_private or not syntax.is_transfer_syntax:
        raise UserFacingError(f"{name} is encoded in a way that nobody here knows.")
    if syntax == DeflatedExplicitVRLittleEndian:
        stream = io.BytesIO(_inflate(stream.read(), name))
    return syntax, stream


def _read(stream: BinaryIO, syntax: Any, tags: Any) -> Any:
    return read_dataset(
        stream,
        syntax.is_implicit_VR,
        syntax.is_little_endian,
        stop_when=_at_pixels,
        specific_tags=tags,
    )


def _start(stream: BinaryIO, name: str) -> int:
    head = stream.read(132)
    if not head:
        raise UserFacingError(f"{name} is empty (0 bytes).", "Copy it again.")
    if head[128:] == b"DICM":
        return 132
    for signature, what, remedy in FOREIGN:
        if head.startswith(signature):
            raise UserFacingError(f"{name} {what}.", remedy)
    # Old files lack the preamble; theirs begin with group 2 or 8, a low element, little endian.
    if len(head) < 132 or head[:2] not in (b"\x02\x00", b"\x08\x00") or head[3] != 0:
        raise UserFacingError(f"{name} is not DICOM.")
    return 0


def _file_meta(stream: BinaryIO) -> Any:
    return read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag.group != 2)


def _guess(stream: BinaryIO) -> Any:
    head = stream.read(6)
    stream.seek(-len(head), io.SEEK_CUR)
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    if explicit and head[:1] == b"\x00":
        return ExplicitVRBigEndian
    return ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian


def _inflate(packed: bytes, name: str) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(packed, MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise UserFacingError(f"{name} is damaged, or not DICOM.", "Copy it again.") from error
    if inflater.unconsumed_tail:
        limit = MAX_INFLATED_BYTES >> 20
        raise UserFacingError(f"{name} would expand beyond the {limit:,} MiB that are read.")
    return data


def _at_pixels(tag: Any, vr: str | None, length: int) -> bool:
    return int(tag) in PIXEL_KEYWORDS


def _pixel_element(stream: BinaryIO, dataset: Any, name: str) -> tuple[str, str, int] | None:
    """Read the head of the pixel element: keyword, VR, length; None where the file ends instead.

    The stream is then at the element's value.
    """
    implicit, little = dataset.original_encoding
    head = stream.read(8)
    if len(head) < 8:
        return None
    order = "<" if little else ">"
    group, element = Struct(order + "HH").unpack(head[:4])
    keyword = PIXEL_KEYWORDS[group << 16 | element]
    vr = "OW" if implicit else head[4:6].decode("ascii")
    if vr not in PIXEL_VRS:
        raise UserFacingError(f"{name} is damaged, or not DICOM.", "Copy it again.")
    (length,) = Struct(order + "L").unpack(head[4:] if implicit else stream.read(4))
    return keyword, vr, int(length)


def no_picture(dataset: Any, name: str) -> UserFacingError:
    """Word why a file without pixels is not shown."""
    kind = clean(getattr(dataset.get("SOPClassUID"), "name", ""))
    if "Image Storage" in kind:
        return UserFacingError(f"{name} is cut off before its pixels.", "Copy it again.")
    if not dataset.get("SOPInstanceUID"):
        return UserFacingError(f"{name} is damaged, or not DICOM.", "Copy it again.")
    return UserFacingError(f"{name} holds no picture ({kind or 'of an unknown kind'}).")
