"""Every kind of pixels against the reference pipeline: what pydicom ships, and what is made here.

Values are equal, bit for bit. What cannot be compared is listed with its reason.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import AllTransferSyntaxes, JPEGExtended12Bit

from lacuna.errors import UserFacingError
from lacuna.study.compressed import APART, DECODERS
from lacuna.study.load import load_study
from lacuna.study.model import Image
from lacuna.study.overlays import read_overlays
from lacuna.study.pixels import is_inverted, read_pixels, render
from lacuna.study.shutters import covered
from tests.desktop.study.builder import dataset, ramp, save
from tests.helpers import dcmtk, reference_pixels, synthetic
from tests.helpers.opening import open_all

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
# Why a file that pydicom ships is not shown: part of the sentence that the reader gets.
NOT_SHOWN = {
    "ExplVR_BigEndNoMeta.dcm": "is not DICOM",  # big endian without a word that says so
    "ExplVR_LitEndNoMeta.dcm": "holds no picture (RT Ion Plan Storage)",
    "JPEG2000-embedded-sequence-delimiter.dcm": "pixels do not match its header",  # on purpose
    "MR_truncated.dcm": "is cut off: 8,130 of 8,192 pixel bytes",
    "UN_sequence.dcm": "is damaged, or not DICOM",  # elements without a picture
    "empty_charset_LEI.dcm": "is damaged, or not DICOM",
    "meta_missing_tsyntax.dcm": "does not say how large its picture is",
    "nested_priv_SQ.dcm": "does not say how large its picture is",
    "no_meta.dcm": "is not DICOM",  # its first byte is missing
    "no_meta_group_length.dcm": "is damaged, or not DICOM",
    "priv_SQ.dcm": "is damaged, or not DICOM",
    "rtplan.dcm": "holds no picture (RT Plan Storage)",
    "rtplan_truncated.dcm": "holds no picture (RT Plan Storage)",
    "rtstruct.dcm": "holds no picture (RT Structure Set Storage)",
    "waveform_ecg.dcm": "holds no picture (12-lead ECG Waveform Storage)",
}
DOCUMENTS = ("reportsi.dcm", "reportsi_with_empty_number_tags.dcm", "test-SR.dcm")
# pydicom's decoders refuse 12 bits of extended JPEG: dcmtk is asked instead.
BY_DCMTK = ("JPEG-lossy.dcm", "JPGExtended.dcm")


def shipped() -> list[Path]:
    folders = ("77654033", "98892001", "98892003")  # those of TINY_ALPHA hold no pixels
    discs = [file for name in folders for file in (SHIPPED / "dicomdirtests" / name).rglob("*")]
    return sorted([*SHIPPED.glob("*.dcm"), *(file for file in discs if file.is_file())])


def only_image(path: Path) -> Image:
    return load_study([path]).series[0].images[0]


def assert_equal(path: Path) -> None:
    image = only_image(path)
    for frame in range(image.frames):
        ours, theirs = read_pixels(image, frame), reference_pixels.values(path, frame)
        if ours.dtype == np.float32:
            theirs = theirs.astype(np.float32)  # rounded once, as ours are
        assert ours.shape == theirs.shape
        assert np.array_equal(ours.astype(np.float64), theirs.astype(np.float64)), frame


@pytest.mark.parametrize("name", synthetic.NAMES)
def test_each_kind_of_pixels(tmp_path: Path, name: str) -> None:
    assert_equal(synthetic.write(name, tmp_path))


def test_every_picture_that_pydicom_ships() -> None:
    compared = 0
    for path in shipped():
        if path.name in NOT_SHOWN or path.name in DOCUMENTS or path.name in BY_DCMTK:
            continue
        assert_equal(path)
        compared += 1
    assert compared == 89


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_what_is_not_shown_says_why(name: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        read_pixels(only_image(SHIPPED / name))
    assert NOT_SHOWN[name] in str(caught.value)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_reports_that_pydicom_ships(name: str) -> None:
    (document,) = open_all([SHIPPED / name]).studies[0].documents
    assert document.title


def by_dcmtk(path: Path, folder: Path) -> np.ndarray:
    plain = folder / "plain.dcm"
    done = dcmtk.run("dcmdjpeg", path, plain)
    assert done.returncode == 0, done.stderr
    return pydicom.dcmread(plain).pixel_array


@pytest.mark.parametrize("name", BY_DCMTK)
def test_extended_jpeg_of_12_bits(tmp_path: Path, name: str) -> None:
    assert np.array_equal(
        read_pixels(only_image(SHIPPED / name)), by_dcmtk(SHIPPED / name, tmp_path)
    )


@pytest.mark.parametrize("option", ["+e1", "+el", "+ee", "+eb"])
def test_what_dcmtk_compresses(tmp_path: Path, option: str) -> None:
    """Lossless by two kinds of prediction, extended of 12 bits, baseline of 8."""
    smooth = np.add.outer(np.arange(40) * 50, np.arange(30) * 60).astype("u2")
    pixels = (smooth >> 4).astype("u1") if option == "+eb" else smooth
    bits = 8 if option == "+eb" else 12
    plain = save(tmp_path / "p.dcm", dataset(pixels, BitsStored=bits, HighBit=bits - 1))
    packed = tmp_path / "j.dcm"
    done = dcmtk.run("dcmcjpeg", option, plain, packed)
    assert done.returncode == 0, done.stderr
    ours = read_pixels(only_image(packed)).astype(int)
    if option in ("+e1", "+el"):
        assert np.array_equal(ours, pixels)
    else:
        # Two implementations of the inverse transform may differ by one.
        assert np.abs(ours - by_dcmtk(packed, tmp_path)).max() <= 1


def test_dcmtk_says_the_same_of_plain_pixels(tmp_path: Path) -> None:
    names = ("12-of-16-signed", "hounsfield", "big-endian-u1-OW", "palette-8", "ybr-full-422")
    for name in names:
        path = synthetic.write(name, tmp_path)
        done = dcmtk.run("dcm2pnm", "--write-raw-pnm", path, tmp_path / "out.pnm")
        assert done.returncode == 0, done.stderr
        header = (tmp_path / "out.pnm").read_bytes().split(b"\n", 3)
        assert header[0] == (b"P6" if name in ("palette-8", "ybr-full-422") else b"P5")
        values = read_pixels(only_image(path))
        width, height = (int(part) for part in header[1].split())
        assert (height, width) == values.shape[:2]
        if header[0] == b"P6":
            theirs = np.frombuffer(header[3], "u1").reshape(values.shape).astype(int)
            # It works chroma out in whole numbers.
            assert np.abs(theirs - values).max() <= (0 if name == "palette-8" else 2)


def test_every_syntax_that_can_be_decoded_has_one_decoder() -> None:
    registered = set()
    for uid in AllTransferSyntaxes:
        try:
            registered.add(pydicom.pixels.get_decoder(uid).UID)
        except NotImplementedError:
            continue
    encapsulated = {uid for uid in registered if uid.is_encapsulated}
    assert encapsulated == {*DECODERS, *APART}
    for uid in encapsulated:
        assert pydicom.pixels.get_decoder(uid).is_available, uid.name
    assert JPEGExtended12Bit in DECODERS


@pytest.mark.parametrize("uid", [u for u in AllTransferSyntaxes if "JPIP" in u.name][:2])
def test_pixels_on_a_server_are_refused_in_one_sentence(tmp_path: Path, uid: str) -> None:
    path = synthetic.write("jpeg-grey", tmp_path)
    ds = pydicom.dcmread(path)
    ds.file_meta.TransferSyntaxUID = uid
    ds.save_as(path)
    with pytest.raises(UserFacingError, match="compressed in a way that cannot be decoded here"):
        load_study([path])


WINDOWS = [
    (40, 400, "LINEAR"),
    (40.5, 3, "LINEAR"),
    (0, 250.5, "LINEAR_EXACT"),
    (10, 99, "SIGMOID"),
]


@pytest.mark.parametrize(("center", "width", "function"), WINDOWS)
@pytest.mark.parametrize("dtype", ["i2", "u1", "f4", "i4"])
def test_windows_follow_the_standard(
    center: float, width: float, function: str, dtype: str
) -> None:
    from lacuna.study.model import Window

    values = np.linspace(0 if dtype == "u1" else -300, 255, 400).astype(dtype)
    ours = render(values[:, None], Window(center, width, function))
    theirs = reference_pixels.window(values[:, None], center, width, function)
    # 32 bits may fall on the other side of a half.
    assert np.abs(ours.astype(int) - theirs).max() <= (1 if function != "LINEAR" else 0)
    assert (ours != theirs).mean() < 0.02


def test_inversion_by_photometric_and_by_presentation_lut(tmp_path: Path) -> None:
    said = {}
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        for shape in ("", "IDENTITY", "INVERSE"):
            extra = {"PresentationLUTShape": shape} if shape else {}
            ds = dataset(ramp(), PhotometricInterpretation=photometric, **extra)
            said[photometric[-1] + shape] = is_inverted(only_image(save(tmp_path / "a.dcm", ds)))
    assert said == {
        "1": True,
        "1IDENTITY": False,
        "1INVERSE": True,
        "2": False,
        "2IDENTITY": False,
        "2INVERSE": True,
    }


def test_overlays_lie_where_they_belong(tmp_path: Path) -> None:
    image = only_image(synthetic.write("overlays", tmp_path))
    own, embedded = read_overlays(image)
    expected = np.zeros((image.rows, image.columns), bool)
    expected[2:8, 0:7] = (np.arange(54) % 5 == 0).reshape(6, 9)[:, 2:]  # two columns lie outside
    assert np.array_equal(own.bits, expected)
    every_third = (np.arange(image.rows * image.columns) % 3 == 0).reshape(expected.shape)
    assert np.array_equal(embedded.bits, every_third)
    assert [one.overlay.embedded for one in (own, embedded)] == [False, True]


def test_the_overlay_that_pydicom_ships() -> None:
    image = only_image(SHIPPED / "examples_overlay.dcm")
    (one,) = read_overlays(image)
    theirs = pydicom.dcmread(SHIPPED / "examples_overlay.dcm").overlay_array(one.overlay.group)
    assert np.array_equal(one.bits, theirs.astype(bool))


def test_shutters_cover_what_lies_outside_each_shape(tmp_path: Path) -> None:
    image = only_image(synthetic.write("shutters", tmp_path))
    assert image.shutter is not None
    hidden = covered(image.shutter, image.rows, image.columns)
    for row in range(1, image.rows + 1):
        for column in range(1, image.columns + 1):
            inside = 2 <= column <= 17 and 2 <= row <= 12
            inside &= (row - 7) ** 2 + (column - 9) ** 2 <= 49
            # The triangle 1\9, 13\18, 13\1: below both of its slanting sides.
            inside &= 12 * (column - 9) <= 9 * (row - 1) and 12 * (9 - column) <= 8 * (row - 1)
            assert hidden[row - 1, column - 1] != inside, (row, column)
    assert image.shutter.grey == pytest.approx(0.5, abs=1e-4)


def test_a_bitmap_shutter_covers_by_its_overlay(tmp_path: Path) -> None:
    ds = synthetic.overlaid()
    ds.ShutterShape, ds.ShutterOverlayGroup = "BITMAP", 0x6000
    image = only_image(save(tmp_path / "a.dcm", ds))
    assert image.shutter is not None
    bits = read_overlays(image)
    hidden = covered(image.shutter, image.rows, image.columns, bits)
    assert np.array_equal(hidden, bits[0].bits)


def test_frames_of_an_enhanced_image_have_their_own_values(tmp_path: Path) -> None:
    image = only_image(synthetic.write("enhanced", tmp_path))
    assert [image.windows_of(frame)[0].center for frame in range(3)] == [40, 41, 42]
    assert [image.plane(frame).position for frame in range(3)] == [  # type: ignore[union-attr]
        (-10, 20, 0),
        (-10, 20, 3),
        (-10, 20, 6),
    ]
    assert image.pixel_spacing == (0.5, 0.25)
    assert image.value_unit == "HU"


def test_a_broken_colour_table_is_one_sentence(tmp_path: Path) -> None:
    ds = synthetic.palette(8, 0)
    ds.RedPaletteColorLookupTableData = b"\1\2"
    image = only_image(save(tmp_path / "a.dcm", ds))
    with pytest.raises(UserFacingError) as caught:
        read_pixels(image)
    assert str(caught.value) == "a.dcm is damaged, or not DICOM. Copy it again."


def test_the_list_of_kinds_is_complete() -> None:
    kinds = json.dumps(synthetic.NAMES)
    for kind in ("i4", "u4", "float", "double", "palette", "partial", "one-bit", "JPEG", "RLE"):
        assert kind in kinds
