"""What a header must say before its pixels are believed: one sentence for what is wrong."""

from __future__ import annotations

import math
from struct import Struct
from typing import Any

from pydicom.pixels import get_decoder
from pydicom.uid import MPEGTransferSyntaxes

from lacuna.errors import UserFacingError
from lacuna.study.part10 import Header
from lacuna.study.values import integer, text
from lacuna.study.wording import clean

MAX_FRAME_PIXELS = 1 << 27  # 134 million: twice the largest mammogram, a quarter of a slide scan
MAX_PIXEL_BYTES = 1 << 32
MAX_FRAMES = 1 << 20
GREY = ("MONOCHROME1", "MONOCHROME2")
HALVED = ("YBR_FULL_422", "YBR_PARTIAL_422")  # chroma once for two pixels, PS3.3 C.7.6.3.1.2
COLOUR = ("RGB", "YBR_FULL", *HALVED, "YBR_RCT", "YBR_ICT")
PALETTE = "PALETTE COLOR"
VIDEO = frozenset(MPEGTransferSyntaxes)  # MPEG-2, H.264 and H.265
VIDEO_COLOUR = "YBR_PARTIAL_420"  # of video only, PS3.5 8.2.5
FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
ITEM, END = 0xFFFEE000, 0xFFFEE0DD


def pixel_bytes(ds: Any) -> int:
    """Return how many bytes the pixels take uncompressed, from the header alone."""
    bits = integer(ds, "BitsAllocated") * integer(ds, "SamplesPerPixel", 1)
    if text(ds, "PhotometricInterpretation") in HALVED:
        bits = bits * 2 // 3
    return math.ceil(integer(ds, "Rows") * integer(ds, "Columns") * bits * frames(ds) / 8)


def frames(ds: Any) -> int:
    """Return how many frames a header declares, at least one."""
    return max(integer(ds, "NumberOfFrames", 1), 1)


def check_picture(header: Header, name: str) -> None:
    """Refuse sizes and kinds of pixels that cannot be shown.

    Raises:
        UserFacingError: one sentence.
    """
    ds = header.dataset
    _check_size(header, name)
    _check_kind(header, name)
    bits, stored = integer(ds, "BitsAllocated"), integer(ds, "BitsStored")
    exact = FLOAT_BITS.get(header.keyword)
    if exact is not None and bits != exact:
        raise UserFacingError(f"{name} has floating-point pixels of {bits} bits, not of {exact}.")
    if exact is None and (bits not in (1, 8, 16, 32) or not 1 <= stored <= bits):
        raise UserFacingError(f"{name} has {stored} of {bits} bits a pixel, which is not shown.")


def _check_size(header: Header, name: str) -> None:
    ds = header.dataset
    rows, columns = integer(ds, "Rows"), integer(ds, "Columns")
    if rows < 1 or columns < 1 or integer(ds, "NumberOfFrames", 1) < 0:
        raise UserFacingError(f"{name} does not say how large its picture is.")
    long = header.syntax not in VIDEO and pixel_bytes(ds) > MAX_PIXEL_BYTES  # no film lies unpacked
    if rows * columns > MAX_FRAME_PIXELS or long or frames(ds) > MAX_FRAMES:
        raise UserFacingError(
            f"{name} declares {columns:,} x {rows:,} pixels "
            f"in {frames(ds):,} frames, more than can be shown."
        )


def _check_kind(header: Header, name: str) -> None:
    ds = header.dataset
    photometric, samples = text(ds, "PhotometricInterpretation"), integer(ds, "SamplesPerPixel", 1)
    wanted = {**dict.fromkeys((*GREY, PALETTE), 1), **dict.fromkeys(COLOUR, 3)}
    if header.syntax in VIDEO:
        wanted = dict.fromkeys((*COLOUR, VIDEO_COLOUR), 3)
    if wanted.get(photometric) != samples:
        raise UserFacingError(
            f"{name} has pixels of a kind that is not shown "
            f"({photometric or 'unnamed'}, {samples} a pixel)."
        )
    if photometric in HALVED and integer(ds, "Columns") % 2:
        raise UserFacingError(
            f"{name} halves its colours over {integer(ds, 'Columns'):,} columns, which is odd."
        )


def check_syntax(header: Header, name: str) -> None:
    """Refuse what no decoder here reads.

    Raises:
        UserFacingError: one sentence.
    """
    try:
        available = header.syntax in VIDEO or get_decoder(header.syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        kind = clean_syntax(header.syntax)
        raise UserFacingError(
            f"{name} is compressed in a way that cannot be decoded here ({kind}).",
            "Export it uncompressed.",
        )


def clean_syntax(syntax: Any) -> str:
    """Return a transfer syntax's name; a UID that nobody knows is no word for a sentence."""
    known = clean(str(syntax.name))
    return "of an unknown kind" if known == clean(str(syntax)) else known


def check_complete(header: Header, name: str) -> None:
    """Refuse a file that ends before its pixels do.

    Raises:
        UserFacingError: one sentence.
    """
    if header.syntax.is_encapsulated:
        if header.pixels_length is None and not fragments(header)[1]:
            raise UserFacingError(
                f"{name} is cut off: its compressed pixels end after "
                f"{header.available:,} bytes, in the middle.",
                "Copy it again.",
            )
        return
    expected = pixel_bytes(header.dataset)
    there = header.available
    if header.pixels_length is not None:
        there = min(there, header.pixels_length)
    if there < expected:
        raise UserFacingError(
            f"{name} is cut off: {there:,} of {expected:,} pixel bytes.", "Copy it again."
        )


def fragments(header: Header) -> tuple[list[tuple[int, int]], bool]:
    """Walk the fragments (PS3.5 A.4), of which the first is the offset table.

    Returns:
        Where in ``header.stream`` each lies and how long it is; and whether all are whole. A
        missing end is forgiven where the last one is whole.
    """
    read_head = Struct("<HHL")
    stream, end = header.stream, header.pixels_at + header.available
    at, found = header.pixels_at, list[tuple[int, int]]()
    while at + 8 <= end:
        stream.seek(at)
        group, element, length = read_head.unpack(stream.read(8))
        if group << 16 | element == END:
            return found, len(found) > 1
        if group << 16 | element != ITEM:
            return found, False
        found.append((at + 8, length))
        at += 8 + length
    return found, at == end and len(found) > 1
