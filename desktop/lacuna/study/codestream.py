"""What a compressed frame says of itself, before a decoder is let loose on it.

A few bytes of JPEG 2000 can declare a picture of terabytes; the DICOM header beside it need not.
And GDCM, the only reader of lossless JPEG here, ends the process over some contradictions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import error, unpack_from

JPEG_START = b"\xff\xd8"
J2K_START = b"\xff\x4f\xff\x51"  # SOC, then SIZ: ISO/IEC 15444-1 A.4
J2K_BOXES = 4096  # bytes within which a JP2 wrapper ends
# SOF0..SOF15 without DHT, JPG and DAC (ITU-T T.81 B.1.1.3), and SOF55 of JPEG-LS.
START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
ADOBE_SEGMENT, ADOBE_TRANSFORMS = 0xEE, (0, 1, 2)  # none, YCbCr, YCCK


@dataclass(frozen=True, slots=True)
class Declared:
    """A frame's own words about its size, and how many bits a sample has; 0 where unsaid."""

    rows: int
    columns: int
    samples: int
    precision: int = field(default=0, compare=False)


def declared(frame: bytes) -> Declared | None:
    """Read what a JPEG, JPEG-LS or JPEG 2000 frame declares; None if it makes no sense."""
    try:
        return _jpeg(frame) if frame.startswith(JPEG_START) else _jpeg_2000(frame)
    except error:
        return None


def _jpeg_2000(frame: bytes) -> Declared | None:
    start = frame.find(J2K_START, 0, J2K_BOXES)
    if start < 0:
        return None
    width, height, left, top, samples = unpack_from(">4L16xH", frame, start + 8)
    return Declared(height - top, width - left, samples)


def _jpeg(frame: bytes) -> Declared | None:
    at = len(JPEG_START)
    while True:
        marker, length = unpack_from(">HH", frame, at)
        if marker & 0xFF in START_OF_FRAME:
            precision, rows, columns, samples = unpack_from(">BHHB", frame, at + 4)
            return Declared(rows, columns, samples, precision)
        if marker >> 8 != 0xFF or length < 2:
            return None
        if marker & 0xFF == ADOBE_SEGMENT and not _sane_adobe(frame[at + 4 : at + 2 + length]):
            return None
        at += 2 + length


def _sane_adobe(segment: bytes) -> bool:
    """Look at the colour transform, the twelfth byte of Adobe's segment; short ones lack it."""
    return segment[:5] != b"Adobe" or len(segment) < 12 or segment[11] in ADOBE_TRANSFORMS
