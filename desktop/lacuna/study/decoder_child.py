"""A process that decodes JPEG frames and draws PDF pages, and may die over them.

Imports nothing of ours. GDCM reads what no other open library reads (lossless JPEG, extended JPEG
of 12 bits), and a damaged frame can make it end its process; so can a damaged document with PDFium.
So they have processes of their own: frames come in, pixels go out, and when one dies,
``decoder_process`` starts the next. It ends by itself when its parent is gone.

A request is a length, JSON (see ``_decode``, ``_sizes`` and ``_sheet``) and the frame or document;
a reply is a status byte, a length and the answer or a reason. Lengths are 8 bytes, little endian.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

LENGTH = struct.Struct("<Q")
GOOD, BAD = b"+", b"-"
MAX_MEMORY = 6 << 30  # bytes of address space
SECONDS = 60  # on one frame; the parent loses patience earlier
MOST_SHEETS = 2000  # pages of a document that are told of
MOST_PIXELS = 32 << 20  # of one page, drawn
WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD


class Locked(Exception):  # noqa: N818  its name is the reason that the parent is told
    """The document wants a password."""


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
        return GOOD, _WORK[request.get("work", "frame")](request, frame)
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


def _sizes(_request: dict[str, Any], document: bytes) -> bytes:
    """Return the width and height of each page, in points, as JSON."""
    with _opened(document) as pdf:
        count = min(len(pdf), MOST_SHEETS)
        return json.dumps([pdf.get_page_size(number) for number in range(count)]).encode()


def _sheet(request: dict[str, Any], document: bytes) -> bytes:
    """Draw a page on white: rows and columns as two lengths, then RGB bytes.

    The request's ``columns`` are what is wanted; a page that would be huge has fewer.
    """
    with _opened(document) as pdf:
        pdf.init_forms()  # what was filled in belongs to what is read
        page = pdf[request["number"]]
        width, height = page.get_size()
        scale = min(request["columns"] / width, (MOST_PIXELS / (width * height)) ** 0.5)
        pixels = page.render(scale=scale, rev_byteorder=True, force_bitmap_format=_BGR).to_numpy()
        rows, columns = pixels.shape[:2]
        return LENGTH.pack(rows) + LENGTH.pack(columns) + bytes(pixels.tobytes())


_BGR = 2  # FPDFBitmap_BGR: three bytes a pixel


@contextlib.contextmanager
def _opened(document: bytes) -> Iterator[Any]:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(document)
    except pypdfium2.PdfiumError as error:
        if error.err_code == WRONG_PASSWORD:
            raise Locked from error
        raise
    try:
        yield pdf
    finally:
        pdf.close()


_WORK = {"frame": _decode, "sizes": _sizes, "sheet": _sheet}

if __name__ == "__main__":
    main()
