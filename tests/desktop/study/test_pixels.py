from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from lacuna.errors import UserFacingError
from lacuna.study.load import load_study
from lacuna.study.model import Image
from lacuna.study.pixels import default_window, image_input, is_inverted, read_pixels, render
from lacuna_models.api import Origin
from tests.desktop.study.builder import dataset, ramp, save


def opened(path: Path) -> Image:
    return load_study([path]).series[0].images[0]


def image_of(tmp_path: Path, pixels: np.ndarray, **attributes: Any) -> Image:
    return opened(save(tmp_path / "a.dcm", dataset(pixels, **attributes)))


SYNTAXES = [
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.keyword)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_lossless_syntaxes_give_back_every_value(tmp_path: Path, syntax: Any, dtype: str) -> None:
    if syntax == JPEGLSLossless and dtype == "int16":
        pytest.skip("JPEG-LS holds no signed values; pydicom's encoder refuses them")
    pixels = (ramp(64, 48, "int64") * 7 % 251).astype(dtype)
    if dtype == "int16":
        pixels -= 100
    values = read_pixels(opened(save(tmp_path / "a.dcm", dataset(pixels), syntax)))
    assert values.dtype == dtype
    assert np.array_equal(values, pixels)


def big_endian(path: Path, pixels: np.ndarray, vr: str) -> Image:
    ds = dataset(pixels)
    ds.PixelData = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    if vr == "OW" and pixels.dtype.itemsize == 1:  # bytes travel in pairs, and change places
        ds.PixelData = np.frombuffer(ds.PixelData, "u2").byteswap().tobytes()
    ds["PixelData"].VR = vr
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    ds.save_as(path, implicit_vr=False, little_endian=False)
    return opened(path)


@pytest.mark.parametrize(("dtype", "vr"), [("uint16", "OW"), ("uint8", "OB"), ("uint8", "OW")])
def test_big_endian(tmp_path: Path, dtype: str, vr: str) -> None:
    pixels = ramp(dtype=dtype)
    values = read_pixels(big_endian(tmp_path / "a.dcm", pixels, vr))
    assert values.dtype == np.dtype(dtype)
    assert values.dtype.isnative
    assert np.array_equal(values, pixels)


def test_no_preamble_no_meta(tmp_path: Path) -> None:
    ds = dataset(ramp())
    del ds.file_meta
    ds.save_as(tmp_path / "a", implicit_vr=True, little_endian=True, enforce_file_format=False)
    assert np.array_equal(read_pixels(opened(tmp_path / "a")), ramp())


def test_from_a_zip(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp()), RLELossless)
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as packed:
        packed.write(path, "a.dcm")
    assert np.array_equal(read_pixels(opened(tmp_path / "s.zip")), ramp())


def test_each_frame_of_several(tmp_path: Path) -> None:
    movie = np.stack([ramp(), ramp() + 1000, ramp() + 2000])
    for syntax in (None, RLELossless):
        image = opened(save(tmp_path / "a.dcm", dataset(movie, NumberOfFrames=3), syntax))
        assert np.array_equal(read_pixels(image, 2), movie[2])
    with pytest.raises(UserFacingError, match="no frame 4"):
        read_pixels(image, 3)


def test_hounsfield_units_stay_small_integers(tmp_path: Path) -> None:
    image = image_of(tmp_path, ramp(), RescaleSlope=1, RescaleIntercept=-1024)
    values = read_pixels(image)
    assert values.dtype == np.int16
    assert values[0, 0] == -1024


def test_fractional_slopes(tmp_path: Path) -> None:
    values = read_pixels(image_of(tmp_path, ramp(), RescaleSlope=0.5, RescaleIntercept=-3))
    assert np.allclose(values, ramp() * 0.5 - 3)


def test_signed_values_with_a_large_slope(tmp_path: Path) -> None:
    pixels = ramp(dtype="int16") - 200
    values = read_pixels(image_of(tmp_path, pixels, RescaleSlope=1000, RescaleIntercept=0))
    assert np.array_equal(values, pixels.astype(int) * 1000)


def table(first: int, bits: int, data: list[int]) -> Sequence:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(data), first, bits])
    item.add_new("LUTData", "US", data)
    return Sequence([item])


def test_modality_table(tmp_path: Path) -> None:
    image = image_of(tmp_path, ramp(2, 4), ModalityLUTSequence=table(2, 16, [100, 200, 400]))
    assert read_pixels(image).tolist() == [[100, 100, 100, 200], [400, 400, 400, 400]]


def test_a_voi_table_is_applied_where_there_is_no_window(tmp_path: Path) -> None:
    curve = [value * value // 383 for value in range(384)]
    image = image_of(tmp_path, ramp(), VOILUTSequence=table(0, 9, curve))
    values = read_pixels(image)
    assert values.ravel().tolist() == curve
    shown = render(values, default_window(image, values))
    assert shown.min() == 0
    assert shown.max() == round(curve[-1] / 511 * 255)


def test_a_window_of_the_file_wins_over_its_table(tmp_path: Path) -> None:
    tables = table(0, 8, [0] * 384)
    image = image_of(tmp_path, ramp(), VOILUTSequence=tables, WindowCenter=100, WindowWidth=50)
    assert np.array_equal(read_pixels(image), ramp())


def test_windows_of_the_file(tmp_path: Path) -> None:
    image = image_of(
        tmp_path,
        ramp(),
        WindowCenter=[40, -600],
        WindowWidth=[400, 1500],
        WindowCenterWidthExplanation=["SOFT", "LUNG"],
        VOILUTFunction="LINEAR_EXACT",
    )
    named = [(window.center, window.width, window.name) for window in image.windows]
    assert named == [(40, 400, "SOFT"), (-600, 1500, "LUNG")]
    assert image.windows[0].function == "LINEAR_EXACT"
    assert default_window(image, read_pixels(image)) == image.windows[0]


def test_a_window_without_width_is_no_window(tmp_path: Path) -> None:
    assert image_of(tmp_path, ramp(), WindowCenter=40, WindowWidth=0).windows == ()


def test_padding_stays_out_of_the_automatic_window(tmp_path: Path) -> None:
    pixels = ramp(dtype="int16")
    pixels[:8] = -2000
    image = image_of(
        tmp_path, pixels, PixelPaddingValue=-2000, RescaleSlope=1, RescaleIntercept=-24
    )
    assert image.padding == (-2024, -2024)
    window = default_window(image, read_pixels(image))
    assert window.center - window.width / 2 > 150


def test_an_all_padding_picture_still_has_a_window(tmp_path: Path) -> None:
    image = image_of(tmp_path, np.zeros((4, 4), "uint16"), PixelPaddingValue=0)
    assert default_window(image, read_pixels(image)).width >= 1


def test_monochrome1_is_turned_over_for_the_model_as_on_screen(tmp_path: Path) -> None:
    attributes = {"WindowCenter": 192, "WindowWidth": 384, "VOILUTFunction": "LINEAR_EXACT"}
    plain = image_input(image_of(tmp_path, ramp(), **attributes))
    attributes["PhotometricInterpretation"] = "MONOCHROME1"
    image = image_of(tmp_path, ramp(), **attributes, ViewPosition="PA")
    turned = image_input(image)
    assert is_inverted(image)
    assert (turned.origin, turned.label) == (Origin.PATIENT, "PA")
    assert turned.pixels[0, 0] == 255
    assert np.abs(turned.pixels.astype(int) - (255 - plain.pixels)).max() <= 1


def test_long_pixels_are_square_for_the_model(tmp_path: Path) -> None:
    image = image_of(tmp_path, ramp(), PixelSpacing=[1.5, 0.5])
    rows, columns = ramp().shape
    assert image_input(image).pixels.shape == (3 * rows, columns)


def test_rgb_planes_and_palette(tmp_path: Path) -> None:
    colour = np.arange(4 * 6 * 3, dtype="uint8").reshape(4, 6, 3)
    assert np.array_equal(read_pixels(image_of(tmp_path, colour)), colour)
    planar = dataset(colour, PlanarConfiguration=1)
    planar.PixelData = np.moveaxis(colour, -1, 0).tobytes()
    assert np.array_equal(read_pixels(opened(save(tmp_path / "b.dcm", planar))), colour)
    assert opened(tmp_path / "b.dcm").windows == ()


def test_palette_colours(tmp_path: Path) -> None:
    ds = dataset(np.array([[0, 1], [2, 3]], "uint8"), PhotometricInterpretation="PALETTE COLOR")
    for index, name in enumerate(("Red", "Green", "Blue")):
        setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [4, 0, 16])
        data = np.array([0, 257 * 10 * index, 65535, 257 * 100], "<u2")
        setattr(ds, f"{name}PaletteColorLookupTableData", data.tobytes())
    values = read_pixels(opened(save(tmp_path / "a.dcm", ds)))
    assert values.tolist() == [[[0, 0, 0], [0, 10, 20]], [[255] * 3, [100] * 3]]


def test_ybr_becomes_rgb(tmp_path: Path) -> None:
    ds = dataset(np.full((4, 4, 3), 128, "uint8"), PhotometricInterpretation="YBR_FULL")
    values = read_pixels(opened(save(tmp_path / "a.dcm", ds)))
    assert values.dtype == np.uint8
    assert values.reshape(-1, 3)[0].tolist() == [128, 128, 128]


def test_a_file_that_vanishes_or_changes_says_so(tmp_path: Path) -> None:
    image = image_of(tmp_path, ramp())
    save(tmp_path / "a.dcm", dataset(ramp(8, 8)))
    with pytest.raises(UserFacingError, match=r"a\.dcm has changed on the disk"):
        read_pixels(image)
    (tmp_path / "a.dcm").unlink()
    with pytest.raises(UserFacingError, match=r"a\.dcm could not be opened"):
        read_pixels(image)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_damaged_compressed_pixels_say_so(tmp_path: Path, syntax: Any) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp(64, 64)), syntax)
    content = path.read_bytes()
    at = content.index(b"\xe0\x7f\x10\x00OB") + 28
    path.write_bytes(content[: at + 12] + bytes(60) + content[at + 72 :])
    with pytest.raises(UserFacingError, match=r"a\.dcm (could not be decoded|is damaged)"):
        read_pixels(opened(path))


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_frame_larger_inside_than_outside(tmp_path: Path, syntax: Any) -> None:
    ds = dataset(ramp(64, 64))
    ds.compress(syntax, generate_instance_uid=False)
    ds.Rows, ds.Columns = 32, 32
    image = opened(save(tmp_path / "a.dcm", ds))
    with pytest.raises(UserFacingError, match="pixels do not match its header"):
        read_pixels(image)
