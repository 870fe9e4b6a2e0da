"""What a compressed frame says about its own size, before a decoder is let loose on it.

A few bytes of JPEG 2000 can declare a picture of terabytes; the DICOM header beside it need not.
"""

from __future__ import annotations

from struct import error, unpack_from

JPEG_START = b"\xff\xd8"
J2K_START = b"\xff\x4f\xff\x51"  # SOC, then SIZ: ISO/IEC 15444-1 A.4
J2K_BOXES = 4096  # bytes within which a JP2 wrapper ends
# SOF0..SOF15 without DHT, JPG and DAC (ITU-T T.81 B.1.1.3), and SOF55 of JPEG-LS.
START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})


def declared_size(frame: bytes) -> tuple[int, int] | None:
    """Return (rows, columns) that a JPEG, JPEG-LS or JPEG 2000 frame declares, or None."""
    try:
        if frame.startswith(JPEG_START):
            return _jpeg(frame)
        start = frame.find(J2K_START, 0, J2K_BOXES)
        if start < 0:
            return None
        width, height, left, top = unpack_from(">4L", frame, start + 8)
    except error:
        return None
    return height - top, width - left


def _jpeg(frame: bytes) -> tuple[int, int] | None:
    at = len(JPEG_START)
    while True:
        marker, length = unpack_from(">HH", frame, at)
        if marker & 0xFF in START_OF_FRAME:
            rows, columns = unpack_from(">HH", frame, at + 5)
            return rows, columns
        if marker >> 8 != 0xFF or length < 2:
            return None
        at += 2 + length
