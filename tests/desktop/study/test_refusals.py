"""Bad input: each is refused with one sentence that names the file, and nothing else happens."""

from __future__ import annotations

import contextlib
import gzip
import os
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BasicTextSRStorage,
    DeflatedExplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from lacuna.errors import UserFacingError
from lacuna.study import archive, part10
from lacuna.study.load import load_study
from tests.desktop.study.builder import dataset, ramp, save


def refusal(path: Path) -> str:
    with pytest.raises(UserFacingError) as caught:
        load_study([path])
    sentence = str(caught.value)
    assert path.name in sentence or path.stem in sentence
    assert str(path.parent) not in sentence
    assert "\n" not in sentence
    assert "DOE" not in sentence
    return sentence


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_zero_bytes(tmp_path: Path) -> None:
    path = written(tmp_path / "IMG.dcm", b"")
    assert refusal(path) == "IMG.dcm is empty (0 bytes). Copy it again."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello, world " * 40, "x is not DICOM."),
        (b"short", "x is not DICOM."),
        (b"\x08\x00" + b"\xff" * 200, "x is not DICOM."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "x is a PNG picture, not DICOM."),
        (b"\xff\xd8\xff\xe0" + b"\0" * 200, "x is a JPEG picture, not DICOM."),
        (b"%PDF-1.7" + b"\0" * 200, "x is a PDF, not DICOM."),
        (b"\0" * 128 + b"DICM", "x is damaged, or not DICOM. Copy it again."),
        (b"\0" * 128 + b"DICM" + b"garbage!" * 64, "x is damaged, or not DICOM. Copy it again."),
    ],
)
def test_what_is_no_dicom(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert refusal(written(tmp_path / "x", content)).startswith(sentence)


def test_random_bytes_after_a_good_start_never_escape(tmp_path: Path) -> None:
    good = save(tmp_path / "good.dcm", dataset(ramp())).read_bytes()
    rng = np.random.default_rng(7)
    for trial in range(150):
        damaged = bytearray(good)
        for at in rng.integers(132, len(good) - 768, size=12):
            damaged[at] = int(rng.integers(256))
        path = written(tmp_path / f"t{trial}.dcm", bytes(damaged))
        with contextlib.suppress(UserFacingError):  # anything else escapes, and fails
            load_study([path])


def test_gzip_inside_dcm(tmp_path: Path) -> None:
    good = save(tmp_path / "good.dcm", dataset(ramp())).read_bytes()
    path = written(tmp_path / "IMG.dcm", gzip.compress(good))
    assert refusal(path) == "IMG.dcm is compressed with gzip. Unpack it first."


def test_truncated_pixels_are_counted(tmp_path: Path) -> None:
    path = save(tmp_path / "IMG0007.dcm", dataset(np.zeros((256, 512), "uint16")))
    whole = path.read_bytes()
    written(path, whole[: len(whole) - 262_144 + 118])
    assert refusal(path) == "IMG0007.dcm is cut off: 118 of 262,144 pixel bytes. Copy it again."


def test_an_element_shorter_than_its_picture(tmp_path: Path) -> None:
    path = save(tmp_path / "IMG.dcm", dataset(ramp(), Rows=32))
    assert "cut off: 768 of 1,536 pixel bytes" in refusal(path)


def test_truncated_before_the_pixels(tmp_path: Path) -> None:
    path = save(tmp_path / "IMG.dcm", dataset(ramp()))
    written(path, path.read_bytes()[:-800])
    assert refusal(path) == "IMG.dcm is cut off before its pixels. Copy it again."


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_truncated_compressed_pixels(tmp_path: Path, syntax: str) -> None:
    path = save(tmp_path / "IMG.dcm", dataset(ramp(64, 64)), syntax)
    written(path, path.read_bytes()[:-200])
    assert refusal(path).startswith("IMG.dcm is cut off")


@pytest.mark.parametrize("frames", [1, 60_000])
def test_absurd_sizes(tmp_path: Path, frames: int) -> None:
    ds = dataset(ramp(), Rows=65535, Columns=65535, NumberOfFrames=frames)
    assert "declares 65,535 x 65,535 pixels" in refusal(save(tmp_path / "big.dcm", ds))


def test_absurd_frame_counts(tmp_path: Path) -> None:
    ds = dataset(ramp(), Rows=4096, Columns=4096, NumberOfFrames=2_000_000_000)
    assert "more than can be shown" in refusal(save(tmp_path / "long.dcm", ds))


@pytest.mark.parametrize(
    "attributes",
    [
        {"Rows": 0},
        {"Columns": None},
        {"SamplesPerPixel": 7},
        {"BitsAllocated": 12},
        {"BitsStored": 24},
        {"PhotometricInterpretation": "CMYK"},
    ],
)
def test_nonsense_headers(tmp_path: Path, attributes: dict[str, object]) -> None:
    refusal(save(tmp_path / "odd.dcm", dataset(ramp(), **attributes)))


def nested(depth: int, undefined: bool) -> bytes:
    """A sequence within a sequence within..., as bytes: pydicom cannot write so deep either."""
    start = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    return start * depth + (end * depth if undefined else b"")


@pytest.mark.parametrize("undefined", [True, False])
def test_deep_nesting(tmp_path: Path, undefined: bool) -> None:
    whole = save(tmp_path / "good.dcm", dataset(ramp())).read_bytes()
    pixels_at = whole.index(b"\xe0\x7f\x10\x00OW")
    deep = whole[:pixels_at] + nested(5000, undefined) + whole[pixels_at:]
    path = written(tmp_path / "deep.dcm", deep)
    assert refusal(path) == "deep.dcm is nested too deeply to be read."


def test_a_deflated_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part10, "MAX_INFLATED_BYTES", 1 << 16)
    ds = dataset(np.zeros((512, 512), "uint16"))
    path = save(tmp_path / "IMG.dcm", ds, DeflatedExplicitVRLittleEndian)
    assert "would expand beyond" in refusal(path)


def test_a_file_that_holds_no_picture(tmp_path: Path) -> None:
    ds = dataset(ramp(), SOPClassUID=BasicTextSRStorage)
    del ds.PixelData
    path = save(tmp_path / "sr.dcm", ds)
    assert refusal(path) == "sr.dcm holds no picture (Basic Text SR Storage)."


def test_nothing_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.dcm") == "gone.dcm is not there. Check the path."
    with pytest.raises(UserFacingError, match="no DICOM picture"):
        load_study([tmp_path])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in refusal(tmp_path / "pipe")
    save(tmp_path / "a.dcm", dataset(ramp()))
    assert len(load_study([tmp_path]).series) == 1


def test_several_bad_files_still_give_one_sentence(tmp_path: Path) -> None:
    for index in range(3):
        written(tmp_path / f"{index}.dcm", b"")
    with pytest.raises(UserFacingError, match=r"^None of 3 files .* first: 0\.dcm"):
        load_study([tmp_path])


def test_good_files_open_beside_bad_ones(tmp_path: Path) -> None:
    save(tmp_path / "a.dcm", dataset(ramp()))
    written(tmp_path / "b.dcm", b"")
    study = load_study([tmp_path])
    assert len(study.series[0].images) == 1
    assert [one.name for one in study.refused] == ["b.dcm"]


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../evil.dcm", "a/../../evil.dcm", "/etc/evil.dcm", "..\\evil.dcm", "C:\\evil.dcm"]
)
def test_a_zip_that_climbs_out(tmp_path: Path, name: str) -> None:
    good = save(tmp_path / "good.dcm", dataset(ramp())).read_bytes()
    path = zipped(tmp_path / "s.zip", ("good.dcm", good), (name, good))
    assert "climbs out of the archive" in refusal(path)


def test_a_zip_with_a_link(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.dcm")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path / "s.zip", (link, b"/etc/passwd"))
    assert "symbolic link" in refusal(path)


def test_a_zip_that_expands_without_end(tmp_path: Path) -> None:
    path = zipped(tmp_path / "s.zip", ("zeros.dcm", bytes(80 << 20)))
    assert path.stat().st_size < 1 << 20
    assert "would expand to 80 MiB" in refusal(path)


def test_a_zip_that_lies_about_its_sizes_is_not_unpacked_beyond_them(tmp_path: Path) -> None:
    endless, declared = bytes(40 << 20), 5000
    path = zipped(tmp_path / "s.zip", ("a.dcm", endless))
    true, lie = struct.pack("<L", len(endless)), struct.pack("<L", declared)
    written(path, path.read_bytes().replace(true, lie))
    tracemalloc.start()
    sentence = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "damaged ZIP" in sentence
    assert peak < len(endless) // 2


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_can_only_be_unpacked_whole(tmp_path: Path, method: int) -> None:
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("a.dcm", b"x" * 500)
    assert "packed in an unusual way" in refusal(path)


def test_a_zip_with_too_much_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1000)
    assert "would expand" in refusal(zipped(tmp_path / "s.zip", ("a", os.urandom(2000))))
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 1000)
    path = zipped(tmp_path / "a.zip", ("a.dcm", os.urandom(2000)))
    with pytest.raises(UserFacingError, match=r"a\.dcm would expand"):
        load_study([path])


def test_a_zip_with_too_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    path = zipped(tmp_path / "s.zip", *((f"{i}.dcm", b"x") for i in range(3)))
    assert "holds 3 entries" in refusal(path)


def test_a_damaged_zip(tmp_path: Path) -> None:
    good = save(tmp_path / "good.dcm", dataset(ramp())).read_bytes()
    path = zipped(tmp_path / "s.zip", ("good.dcm", good))
    whole = path.read_bytes()
    assert "damaged ZIP" in refusal(written(path, whole[: len(whole) // 2]))
    flipped = bytearray(whole)
    flipped[60:90] = bytes(30)
    assert "damaged ZIP" in refusal(written(path, bytes(flipped)))


def test_a_locked_zip(tmp_path: Path) -> None:
    path = zipped(tmp_path / "s.zip", ("a.dcm", b"x" * 50))
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert "locked with a password" in refusal(written(path, bytes(content)))


def test_a_zip_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", ("a", b"x"))
    path = zipped(tmp_path / "s.zip", ("inner.zip", inner.read_bytes()))
    with pytest.raises(UserFacingError, match=r"inner\.zip is a ZIP inside another"):
        load_study([path])


def test_names_cannot_paint_the_terminal(tmp_path: Path) -> None:
    path = written(tmp_path / "a\x1b[31m\nb.dcm", b"")
    with pytest.raises(UserFacingError) as caught:
        load_study([path])
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_pydicom_would_only_warn_about_is_silent(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp(), SpecificCharacterSet="ISO_IR 100"))
    written(path, path.read_bytes().replace(b"ISO_IR 100", b"NONSENSE  "))
    assert load_study([path]).patient.id == "0042317"


def test_sequences_in_the_way_do_no_harm(tmp_path: Path) -> None:
    item = Dataset()
    item.CodeValue = "1"
    ds = dataset(ramp(), ProcedureCodeSequence=Sequence([item]))
    assert load_study([save(tmp_path / "a.dcm", ds)]).patient.sex == "F"


def test_deflated_files_open_and_their_damage_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp()), DeflatedExplicitVRLittleEndian)
    assert load_study([path]).series[0].images[0].rows == 16
    written(path, path.read_bytes()[:-300])
    assert "a.dcm is cut off" in refusal(path)
