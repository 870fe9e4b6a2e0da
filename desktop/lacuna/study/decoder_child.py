"""A process that decodes JPEG frames with GDCM, and may die over them. Imports nothing of ours.

GDCM reads what no other open library reads (lossless JPEG, extended JPEG of 12 bits), and a damaged
frame can make it end its process. So it has one of its own: frames come in, pixels go out, and
when it dies, ``decoder_process`` starts the next. It ends by itself when its parent is gone.

A request is a length, JSON (see ``_decode``) and the frame; a reply is a status byte, a length and
the pixels or a reason. Lengths are 8 bytes, little endian.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
from typing import Any, BinaryIO

LENGTH = struct.Struct("<Q")
GOOD, BAD = b"+", b"-"
MAX_MEMORY = 6 << 30  # bytes of address space
SECONDS = 60  # on one frame; the parent loses patience earlier


def main() -> None:
    """Answer requests on standard input until it ends."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # GDCM and its JPEG library write to both: into the answers, and into nobody's terminal.
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    _restrict()
    while True:
        request = _read_part(incoming)
        frame = _read_part(incoming)
        if request is None or frame is None:
            return
        _watch(SECONDS)
        status, answer = _answer(json.loads(request), frame)
        _watch(0)
        outgoing.write(status + LENGTH.pack(len(answer)) + answer)
        outgoing.flush()


def _answer(request: dict[str, Any], frame: bytes) -> tuple[bytes, bytes]:
    try:
        return GOOD, _decode(request, frame)
    except Exception as error:  # noqa: BLE001  whatever it is, the parent words it
        return BAD, type(error).__name__.encode()


def _restrict() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has none of it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _watch(seconds: int) -> None:
    """End this process after ``seconds``, even inside GDCM and without a parent; 0 stops that."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _read_part(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    part = stream.read(size)
    return part if len(part) == size else None


def _decode(request: dict[str, Any], frame: bytes) -> bytes:
    """Return the pixels of a frame, by the header's words: rows, columns, samples, bits."""
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((request["columns"], request["rows"], 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(request["photometric"])
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    if request["samples"] > 1:
        image.SetPlanarConfiguration(request["planar"])
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(request["syntax"])))
    allocated, stored, signed = request["allocated"], request["stored"], request["signed"]
    image.SetPixelFormat(
        gdcm.PixelFormat(request["samples"], allocated, stored, stored - 1, signed)
    )
    # GDCM hands its bytes out as text.
    return bytes(image.GetBuffer().encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    main()
