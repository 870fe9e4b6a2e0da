from __future__ import annotations

from struct import pack

import pytest

from lacuna.study.codestream import Declared, declared

SOI = b"\xff\xd8"
SOF = b"\xff\xc3" + pack(">HBHHB", 11, 16, 300, 400, 1)


def segment(marker: int, content: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(content) + 2) + content


def test_sizes_are_read_behind_other_segments() -> None:
    frame = (
        SOI + segment(0xE0, b"JFIF\0") + segment(0xC4, bytes(20)) + segment(0xEE, b"Adobe") + SOF
    )
    assert declared(frame) == Declared(300, 400, 1)


def test_jpeg_2000_counts_from_its_offset() -> None:
    size = pack(">4L4LH", 500, 700, 100, 200, 1, 1, 0, 0, 3)
    frame = b"\xff\x4f\xff\x51" + pack(">HH", 47, 0) + size
    assert declared(frame) == Declared(500, 400, 3)
    assert declared(bytes(12) + frame) == Declared(500, 400, 3)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        SOI,
        SOI + b"\x12\x34\x00\x08",
        SOI + b"\xff\xe0\x00\x00",
        SOI + segment(0xEE, b"Adobe" + bytes(6) + b"\x3a") + SOF,
        b"\xff\x4f\xff\x51\x00",
        b"not a picture",
    ],
)
def test_nonsense_declares_nothing(frame: bytes) -> None:
    assert declared(frame) is None
