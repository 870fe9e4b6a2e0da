"""Compressed frames -> stored values: which decoder for which syntax, and what it may be fed.

One decoder a syntax, instead of pydicom's trying all in turn: decoders differ in their last bits,
and GDCM can end its process over damaged data. It is left what no other one reads, and has a
process of its own for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import as_pixel_options, get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from lacuna.errors import UserFacingError
from lacuna.study import decoder_process
from lacuna.study.checks import frames, pixel_bytes
from lacuna.study.codestream import Declared, declared
from lacuna.study.native import pixel_dtype, shaped
from lacuna.study.part10 import Header
from lacuna.study.values import integer, text

Values = NDArray[Any]
DECODERS = {
    JPEGBaseline8Bit: "pillow",
    JPEGExtended12Bit: "pillow",  # of 8 bits; those of 12 go to the other process
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
    HTJ2KLossless: "pylibjpeg",
    HTJ2KLosslessRPCL: "pylibjpeg",
    HTJ2K: "pylibjpeg",
    RLELossless: "pydicom",
}
APART = (JPEGLossless, JPEGLosslessSV1)
# A frame that takes far more room compressed than not has something else in mind.
COMPRESSED_SLACK = 1 << 20


def read_frame(header: Header, frame: int, name: str) -> tuple[Values, str]:
    """Decode one frame.

    Returns:
        Stored values, (rows, columns) or (rows, columns, 3), native byte order; and the photometric
        interpretation that they now have.

    Raises:
        UserFacingError: it would unfold into more than the header declares.
        RuntimeError, ValueError, NotImplementedError, AttributeError: it cannot be decoded.
    """
    packed = _packed(header, frame)
    precision = _check(header, packed, name)
    if header.syntax in APART or (header.syntax == JPEGExtended12Bit and precision > 8):
        return _apart(header, packed), text(header.dataset, "PhotometricInterpretation")
    options = as_pixel_options(
        header.dataset,
        transfer_syntax_uid=header.syntax,
        pixel_keyword="PixelData",
        pixel_vr=header.pixels_vr,
        number_of_frames=1,
        extended_offsets=None,
    )
    array, now = get_decoder(header.syntax).as_array(
        encapsulate([packed], has_bot=False),
        index=0,
        raw=True,  # colour is ``colour``'s task, and quicker there
        decoding_plugin=DECODERS[header.syntax],
        **options,
    )
    return np.asarray(array, array.dtype.newbyteorder("=")), now["photometric_interpretation"]


def _packed(header: Header, frame: int) -> bytes:
    ds = header.dataset
    header.stream.seek(header.pixels_at)
    offsets = (ds.get("ExtendedOffsetTable"), ds.get("ExtendedOffsetTableLengths"))
    packed: bytes = get_frame(
        header.stream,
        frame,
        number_of_frames=frames(ds),
        extended_offsets=None if None in offsets else offsets,
    )
    return packed


def _check(header: Header, packed: bytes, name: str) -> int:
    """Refuse a frame that contradicts its header; return its precision in bits, 0 if unsaid."""
    ds = header.dataset
    outside = Declared(*(integer(ds, name) for name in ("Rows", "Columns", "SamplesPerPixel")))
    inside = outside if header.syntax == RLELossless else declared(packed)  # RLE declares nothing
    if len(packed) > 2 * pixel_bytes(ds) + COMPRESSED_SLACK or inside != outside:
        raise UserFacingError(f"{name} is damaged: its pixels do not match its header.")
    return inside.precision


def _apart(header: Header, packed: bytes) -> Values:
    """Decode in the other process. Raises its ``DecodeError``."""
    ds = header.dataset
    pixels = decoder_process.decode(
        {
            "rows": integer(ds, "Rows"),
            "columns": integer(ds, "Columns"),
            "samples": integer(ds, "SamplesPerPixel", 1),
            "planar": integer(ds, "PlanarConfiguration"),
            "photometric": text(ds, "PhotometricInterpretation"),
            "syntax": str(header.syntax),
            "allocated": integer(ds, "BitsAllocated"),
            "stored": integer(ds, "BitsStored"),
            "signed": integer(ds, "PixelRepresentation"),
        },
        packed,
    )
    return shaped(np.frombuffer(pixels, pixel_dtype(header)), ds)
