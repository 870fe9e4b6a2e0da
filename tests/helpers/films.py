"""Films whose frames bear their number, as DICOM. Drawn by us; nobody's pictures.

Each is 30 frames of 96 x 64: a ramp that drifts, and below it the frame's number in five blocks,
white for 1, the lowest bit first. There are B-frames among them, and a key frame every 12.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.uid import HEVCM10P51, HEVCMP51, MPEG2MPML, MPEG4HP41, MPEG4HP41BDF, UID

from tests.desktop.study.builder import dataset, save

ROWS, COLUMNS, FRAMES = 64, 96, 30
FOLDER = Path(__file__).parent.parent / "data" / "video"
FILMS: dict[str, UID] = {
    "mpeg2.mpg": MPEG2MPML,
    "avc.h264": MPEG4HP41,
    "avc.mp4": MPEG4HP41BDF,
    "main.hevc": HEVCMP51,
    "main10.hevc": HEVCM10P51,
}


def write(
    path: Path,
    name: str,
    pieces: int = 1,
    cut: int = 0,
    syntax: UID | None = None,
    **attributes: Any,
) -> Path:
    """Write one of the films as DICOM, in so many fragments, without its last ``cut`` bytes."""
    content = (FOLDER / name).read_bytes()
    content = content[: len(content) - cut]
    ds = dataset(np.zeros((ROWS, COLUMNS, 3), np.uint8), Modality="ES", NumberOfFrames=FRAMES)
    ds.PhotometricInterpretation, ds.FrameTime = "YBR_PARTIAL_420", "40"
    ds.file_meta.TransferSyntaxUID = syntax or FILMS[name]
    size = -(-len(content) // (2 * pieces)) * 2
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    ds.PixelData = encapsulate([part + b"\0" * (len(part) % 2) for part in parts], has_bot=False)
    ds["PixelData"].is_undefined_length = True
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return save(path, ds)


def number_of(frame: np.ndarray) -> int:
    """Read a frame's number off its blocks: (rows, columns, 3) RGB."""
    return sum(
        (frame[44:52, 12 + 16 * bit : 20 + 16 * bit].mean() > 128) << bit for bit in range(5)
    )
