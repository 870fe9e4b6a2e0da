"""Mutated DICOM files, and what the study room makes of them, in a process that may die.

``python -m tests.helpers.fuzz SEED FIRST COUNT`` makes and opens mutants, one line of JSON each;
``hunt`` runs that, starts it again behind whatever killed it, and returns the findings. A mutant is
made from its seed and number alone, so that a finding can be looked at again: ``mutant``.
"""

from __future__ import annotations

import contextlib
import json
import random
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pydicom

from lacuna.errors import UserFacingError
from lacuna.study import decoder_process
from lacuna.study.documents import read_document
from lacuna.study.load import load_study
from lacuna.study.measure import Bidirectional, EllipseRoi, Length, Note, Scale
from lacuna.study.measurement_in import read_measurements
from lacuna.study.measurement_out import write_measurements
from lacuna.study.model import Image, Opened
from lacuna.study.overlays import read_overlays
from lacuna.study.pixels import default_window, is_inverted, read_pixels, render
from lacuna.study.record import image_reference, measured
from lacuna.study.shutters import covered
from tests.helpers import films, synthetic
from tests.helpers.opening import open_all

MEMORY = 3 << 30  # bytes of address space for the process that opens
LONGEST = 2.0  # seconds of work on one file
SILENCE = 60.0  # seconds after which a process is taken for dead; a busy machine needs some
SMALL = 60_000  # bytes; larger originals would take the time that more mutants are worth
LONGEST_SENTENCE = 400
CHARSETS = (
    b"ISO 2022 IR 87 ",
    b"ISO 2022 IR 159",
    b"ISO_IR 13 \\\\\\   ",
    b"GB18030        ",
    b"ISO_IR 999     ",
    b"\\ISO 2022 IR 14",
    b"\xff\xfe\x00ISO_IR 192",
)


@dataclass(frozen=True)
class Finding:
    """Something that must not happen, and which mutant it was."""

    number: int
    kind: str
    what: str


@lru_cache(maxsize=1)
def originals() -> tuple[bytes, ...]:
    """Return the files that mutants are made of: what pydicom ships, and each format of ours."""
    bundled = Path(pydicom.__file__).parent / "data" / "test_files"
    shipped = [path.read_bytes() for path in sorted(bundled.glob("*.dcm"))]
    with tempfile.TemporaryDirectory() as folder:
        paths = synthetic.write_all(Path(folder))
        paths["measurements"] = _measurements(paths["hounsfield"])
        for name in ("mpeg2.mpg", "avc.h264", "avc.mp4", "main.hevc"):
            paths[name] = films.write(Path(folder) / f"{name}.dcm", name)
        ours = [path.read_bytes() for path in paths.values()]
    return tuple(content for content in (*shipped, *ours) if len(content) < SMALL)


def _measurements(path: Path) -> Path:
    """Write a measurement report of some shapes on an image, beside it."""
    study = load_study([path])
    where = image_reference(study, study.series[0], study.series[0].images[0])
    shapes = (
        Length((1, 2), (3, 4)),
        Bidirectional((1, 1), (9, 9), (4, 6), (6, 4)),
        EllipseRoi((1, 1), (8, 6)),
        Note((3, 3), "Here"),
    )
    found = [
        measured(f"2.25.{number}", where, shape, Scale(1, 1, "mm"))
        for number, shape in enumerate(shapes)
    ]
    report = path.with_name("measurements.dcm")
    write_measurements(report, study, found)
    return report


def mutant(seed: int, number: int) -> bytes:
    """Return one mutant, the same each time."""
    chance = random.Random(f"{seed}/{number}")
    content = bytearray(chance.choice(originals()))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        content = chance.choice(MUTATIONS)(content, chance)
    return bytes(content)


def _flip(content: bytearray, chance: random.Random) -> bytearray:
    end = min(len(content), chance.choice((1200, len(content))))
    for _ in range(chance.choice((1, 4, 30))):
        if end > 128:
            content[chance.randrange(128, end)] ^= 1 << chance.randrange(8)
    return content


def _overwrite(content: bytearray, chance: random.Random) -> bytearray:
    at = chance.randrange(len(content)) if content else 0
    size = chance.choice((1, 2, 4, 16))
    content[at : at + size] = chance.choice((b"\xff", b"\0", b"\x7f", b"\x80")) * size
    return content


def _truncate(content: bytearray, chance: random.Random) -> bytearray:
    return content[: chance.randrange(len(content) + 1)]


def _cut_out(content: bytearray, chance: random.Random) -> bytearray:
    at = chance.randrange(len(content) + 1)
    del content[at : at + chance.choice((1, 2, 8, 100, 1000))]
    return content


def _repeat(content: bytearray, chance: random.Random) -> bytearray:
    at, size = chance.randrange(len(content) + 1), chance.choice((8, 64, 1000))
    content[at:at] = content[at : at + size] * chance.choice((1, 2, 20))
    return content


def _lie_about_length(content: bytearray, chance: random.Random) -> bytearray:
    """Change the length field behind a VR that stands somewhere in the file."""
    vrs = [b"OB\0\0", b"OW\0\0", b"SQ\0\0", b"UN\0\0", b"UT\0\0", b"US", b"LO", b"DS", b"IS", b"UI"]
    vr = chance.choice(vrs)
    places = _places(content, vr)
    if not places:
        return _overwrite(content, chance)
    at = chance.choice(places) + len(vr)
    if len(vr) == 4:
        lie = chance.choice((0, 1, 7, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF))
        content[at : at + 4] = struct.pack("<L", lie)
    else:
        content[at : at + 2] = struct.pack("<H", chance.choice((0, 1, 3, 255, 0xFFFF)))
    return content


def _places(content: bytearray, part: bytes) -> list[int]:
    found, at = [], content.find(part)
    while at >= 0 and len(found) < 1000:
        found.append(at)
        at = content.find(part, at + 1)
    return found


def _huge(content: bytearray, chance: random.Random) -> bytearray:
    """Give rows, columns, samples or bits another value, whatever the encoding."""
    element = chance.choice((0x10, 0x11, 0x02, 0x100, 0x101, 0x102, 0x103, 0x06))
    at = content.find(struct.pack("<HH", 0x28, element))
    if at >= 0:
        value = chance.choice((0, 1, 2, 3, 7, 12, 15, 255, 0x4000, 0x7FFF, 0x8000, 0xFFFF))
        content[at + 8 : at + 10] = struct.pack("<H", value)
    return content


def _many_frames(content: bytearray, chance: random.Random) -> bytearray:
    count = chance.choice((b"0 ", b"-1", b"99999999", b"2147483647", b"1e9 ", b"\\\\", b"5 "))
    end = content.find(b"\x28\x00\x10\x00")
    if end >= 0:
        content[end:end] = b"\x28\x00\x08\x00IS" + struct.pack("<H", len(count)) + count
    return content


def _deep(content: bytearray, chance: random.Random) -> bytearray:
    """Nest a sequence many times over before the pixels; one kind is read, the other skipped."""
    tag = chance.choice((b"\x40\x00\x30\xa7", b"\x28\x00\x10\x30", b"\x00\x52\x30\x92"))
    start = tag + b"SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    depth = chance.choice((3, 50, 300, 3000))
    at = content.find(b"\xe0\x7f\x10\x00")
    at = len(content) if at < 0 else at
    content[at:at] = start * depth + (end * depth if chance.random() < 0.5 else b"")
    return content


def _odd_characters(content: bytearray, chance: random.Random) -> bytearray:
    at = content.find(b"\x08\x00\x05\x00")
    if at >= 0:
        content[at + 8 : at + 8] = b""
        charset = chance.choice(CHARSETS)
        content[at + 8 : at + 8 + len(charset)] = charset
    name = content.find(b"\x10\x00\x10\x00PN")
    if name >= 0:
        junk = chance.choice(
            (b"\x1b$B\x1b(J\xff", b"\xc3\x28\xf0\x9f", b"\x1b\x1b\x1b=^^^\\", b"\0")
        )
        content[name + 8 : name + 8 + len(junk)] = junk
    return content


def _splice(content: bytearray, chance: random.Random) -> bytearray:
    other = chance.choice(originals())
    at, there = chance.randrange(len(content) + 1), chance.randrange(len(other) + 1)
    return content[:at] + other[there:]


MUTATIONS: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (
    _flip,
    _flip,
    _overwrite,
    _truncate,
    _cut_out,
    _repeat,
    _lie_about_length,
    _lie_about_length,
    _huge,
    _huge,
    _many_frames,
    _deep,
    _odd_characters,
    _splice,
)


def unclear(sentence: str, folder: Path) -> str:
    """Return what is wrong with a sentence to the user; empty for a clear one."""
    for part, trouble in (
        ("\n", "several lines"),
        (str(folder), "a whole path"),
        ("Traceback", "a traceback"),
        ("Error", "an exception's name"),
        ("object at 0x", "a program's words"),
    ):
        if part in sentence:
            return trouble
    if len(sentence) > LONGEST_SENTENCE or not sentence.endswith((".", "…")):
        return "no sentence"
    return "" if sentence.isprintable() else "control characters"


def look(path: Path) -> str:
    """Open a file and everything in it; return ``opened`` or why it was refused.

    Raises:
        AssertionError: what is said of it is unclear.
    """
    said = []
    try:
        opened = open_all([path])
    except UserFacingError as error:
        said.append(str(error))
    else:
        said.extend(refusal.reason for refusal in opened.refused)
        said.extend(_look_into(opened))
    for sentence in said:
        trouble = unclear(sentence, path.parent)
        assert not trouble, f"{trouble}: {sentence!r}"
    return said[0] if said else "opened"


def _look_into(opened: Opened) -> list[str]:
    said: list[str] = []
    for study in opened.studies:
        for document in study.documents:
            with _noting(said):
                read_document(document)
            if document.measurements:
                with _noting(said):
                    read_measurements(document)
        for series in study.series:
            for image in series.images:
                for frame in {0, image.frames - 1}:
                    _look_at(image, frame, said)
    return said


def _look_at(image: Image, frame: int, said: list[str]) -> None:
    with _noting(said):
        values = read_pixels(image, frame)
        render(values, default_window(image, values, frame), is_inverted(image))
    with _noting(said):
        bits = read_overlays(image, frame)
        if image.shutter is not None:
            covered(image.shutter, image.rows, image.columns, bits, image.aspect)


@contextlib.contextmanager
def _noting(said: list[str]):
    try:
        yield
    except UserFacingError as error:
        said.append(str(error))


def work(seed: int, first: int, count: int) -> None:
    """Make and open mutants; print what became of each. Memory is bounded by the system."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    originals()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            path = Path(folder) / f"m{number}.dcm"
            path.write_bytes(mutant(seed, number))
            began, kind = time.process_time(), "fine"
            try:
                what = look(path)
            except AssertionError as error:
                kind, what = "unclear", str(error)
            except BaseException as error:  # noqa: BLE001  that is what is looked for
                kind = "bug"
                what = f"{error!r:.300} {traceback.format_tb(error.__traceback__)[-1]:.400}"
            seconds = time.process_time() - began
            path.unlink()
            print(json.dumps([number, kind, what, seconds]), flush=True)
    decoder_process.close()


def hunt(seed: int, count: int) -> tuple[list[Finding], dict[str, int]]:
    """Open ``count`` mutants; return what must not happen, and how often what did."""
    findings: list[Finding] = []
    tally: dict[str, int] = {"opened": 0, "refused": 0}
    first = 0
    while first < count:
        last, ended = _run(seed, first, count - first, findings, tally)
        if last + 1 < count:
            findings.append(Finding(last + 1, ended, "the process died or fell silent"))
        first = last + 2
    return findings, tally


def _run(
    seed: int, first: int, count: int, findings: list[Finding], tally: dict[str, int]
) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.helpers.fuzz", str(seed), str(first), str(count)]
    last, lines = first - 1, Queue[str]()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        Thread(target=_pour, args=(run.stdout, lines), daemon=True).start()
        while line := _next(lines):
            last, kind, what, seconds = json.loads(line)
            tally["opened" if what == "opened" else "refused"] += 1
            if kind != "fine":
                findings.append(Finding(last, kind, what))
            elif seconds > LONGEST:
                findings.append(Finding(last, "slow", f"{seconds:.1f} s: {what}"))
        run.kill()
        noise = run.stderr.read() if run.stderr else ""
    return last, f"died: {noise[-300:]}"


def _pour(stream, lines: Queue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _next(lines: Queue[str]) -> str:
    try:
        return lines.get(timeout=SILENCE)
    except Empty:
        return ""


if __name__ == "__main__":
    work(*(int(argument) for argument in sys.argv[1:4]))
