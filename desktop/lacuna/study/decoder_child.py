"""A process that decodes JPEG frames and films and draws PDF pages, and may die over them.

Imports nothing of ours. GDCM reads what no other open library reads (lossless JPEG, extended JPEG
of 12 bits), and a damaged frame can make it end its process; so can a damaged document with PDFium,
and a film with FFmpeg. So they have processes of their own: frames come in, pixels go out, and when
one dies, ``decoder_process`` starts the next. It ends by itself when its parent is gone.

A request is a length, JSON (see ``_decode``, ``_sizes``, ``_sheet`` and ``_film_frame``) and the
frame or document; a reply is a status byte, a length and the answer or a reason. Lengths are 8
bytes, little endian.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import struct
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, BinaryIO

LENGTH = struct.Struct("<Q")
GOOD, BAD = b"+", b"-"
MAX_MEMORY = 6 << 30  # bytes of address space
SECONDS = 60  # on one frame; the parent loses patience earlier
MOST_SHEETS = 2000  # pages of a document that are told of
MOST_PIXELS = 32 << 20  # of one page, drawn
WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD
MOST_FILMS = 4  # that are open at a time
KEPT_FRAMES = 64 << 20  # bytes of the frames that each showed last, at least one frame
MOMENT = 1.0  # seconds of decoding for one request
# What FFmpeg may take a film for: nothing that could name other files or the net.
FILMS = "mpegvideo,mpeg,mpegts,h264,hevc,mov"
FILM_STARTS = (b"\0\0\1", b"\0\0\0\1", b"\x47")  # elementary and program, transport streams
BOX_NAMES = (b"ftyp", b"styp")  # ISO base media


class Locked(Exception):  # noqa: N818  its name is the reason that the parent is told
    """The document wants a password."""


class Missing(Exception):  # noqa: N818
    """The film is in no file, and its bytes have to be sent along."""


class Over(Exception):  # noqa: N818
    """The film ends before the frame."""


class Contradiction(Exception):  # noqa: N818
    """The film's frames have another size than its header says."""


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


class _Spans(io.RawIOBase):
    """Parts of a file, read as one; ``spans`` are (where, how long)."""

    def __init__(self, file: BinaryIO, spans: list[tuple[int, int]]) -> None:
        self._file, self._spans, self._at = file, spans, 0
        self._size = sum(length for _, length in spans)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, target: Any) -> int:
        left = self._at
        for where, length in self._spans:
            if left < length:
                self._file.seek(where + left)
                part = self._file.read(min(len(target), length - left))
                target[: len(part)] = part
                self._at += len(part)
                return len(part)
            left -= length
        return 0


class _Film:
    """A film that is read forward; the frames that it showed last are kept."""

    def __init__(self, request: dict[str, Any], body: bytes) -> None:
        if request["path"] is None and not body:
            raise Missing
        self._file: BinaryIO = io.BytesIO(body) if body else open(request["path"], "rb")  # noqa: SIM115
        self._spans = [(where, length) for where, length in request["spans"]]
        self._shape = request["rows"], request["columns"], 3
        self._kept: OrderedDict[int, Any] = OrderedDict()
        self._capture: Any = None
        self._next = 0
        self._count: int | None = None  # of frames, once its end was met

    def close(self) -> None:
        """Close the file."""
        self._capture = None
        self._file.close()

    def frame(self, number: int) -> bytes:
        """Return a frame, or nothing where it has not come to it yet.

        Raises:
            Over: it ends before.
            Contradiction: its frames have another size.
        """
        if self._count is not None and number >= self._count:
            raise Over
        if number not in self._kept and (self._capture is None or number < self._next):
            self._open()
        end = time.monotonic() + MOMENT
        while number not in self._kept and time.monotonic() < end:
            self._step()
        pixels = self._kept.get(number)
        return b"" if pixels is None else bytes(pixels[..., ::-1].tobytes())

    def _open(self) -> None:
        """Begin at the start; raises ``ValueError`` where FFmpeg finds no film."""
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = f"format_whitelist;{FILMS}"
        import cv2

        stream: Any = io.BufferedReader(_Spans(self._file, self._spans), 1 << 20)
        start = stream.peek(12)
        if not start.startswith(FILM_STARTS) and start[4:8] not in BOX_NAMES:
            raise ValueError
        self._capture = cv2.VideoCapture(stream, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 2])
        if not self._capture.isOpened():
            raise ValueError
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)  # as stored: DICOM turns no film
        sizes = (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH)
        if tuple(int(self._capture.get(size)) for size in sizes) != self._shape[:2]:
            raise Contradiction
        self._next = 0
        self._kept.clear()

    def _step(self) -> None:
        there, pixels = self._capture.read()
        if not there:
            self._count = self._next
            raise Over
        if pixels.shape != self._shape:
            raise Contradiction
        self._kept[self._next] = pixels
        self._next += 1
        while len(self._kept) > max(KEPT_FRAMES // pixels.nbytes, 1):
            self._kept.popitem(last=False)


_films: OrderedDict[str, _Film] = OrderedDict()


def _film_frame(request: dict[str, Any], body: bytes) -> bytes:
    """Return a frame's RGB bytes, or none: then ask again. One that fails is begun anew."""
    key = json.dumps(request["film"])
    film = _films.pop(key, None) or _Film(request, body)
    _films[key] = film
    try:
        pixels = film.frame(request["frame"])
    except Over:
        raise  # and what comes before its end can still be shown
    except Exception:
        _films.pop(key).close()
        raise
    while len(_films) > MOST_FILMS:
        _films.popitem(last=False)[1].close()
    return pixels


_WORK = {"frame": _decode, "sizes": _sizes, "sheet": _sheet, "film": _film_frame}

if __name__ == "__main__":
    main()
