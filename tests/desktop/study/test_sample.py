from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from lacuna.study.load import load_study
from lacuna.study.pixels import image_input, read_pixels
from lacuna.study.sample import BITS, SAMPLES, SIZE, write_phantom, write_samples
from lacuna_models.api import Origin
from lacuna_models.phantom.picture import render
from lacuna_resources.samples import normal_study, sample_study


@pytest.mark.parametrize("folder", [sample_study(), normal_study()], ids=lambda path: path.name)
def test_the_bundled_studies_open_as_phantoms(folder: Path) -> None:
    study = load_study([folder])
    assert study.is_phantom
    assert study.refused == ()
    assert study.patient.name == "PHANTOM, Synthetic"
    assert "synthetic phantom" in study.description
    image = study.series[0].images[0]
    assert (image.rows, image.columns, image.view) == (SIZE, SIZE, "PA")
    assert image.pixel_spacing is not None
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 1.5 * 2**20


def test_the_bundled_studies_can_be_drawn_again(tmp_path: Path) -> None:
    for path, bundled in zip(
        write_samples(tmp_path), (sample_study(), normal_study()), strict=True
    ):
        again, shipped = (load_study([one]).series[0].images[0] for one in (path, bundled))
        assert again.sop_instance_uid == shipped.sop_instance_uid
        apart = read_pixels(again).astype(int) - read_pixels(shipped)
        assert np.abs(apart).max() <= 2  # of 4095: tanh differs in its last bits between machines


def test_what_the_model_sees_is_what_the_phantom_shows() -> None:
    seen = image_input(load_study([sample_study()]).series[0].images[0])
    drawn = render(SAMPLES[0].case, SIZE, BITS).astype(float) / (2**BITS - 1) * 255
    assert seen.origin is Origin.PHANTOM
    assert np.abs(seen.pixels - drawn).max() <= 0.51


@pytest.mark.parametrize("lossless_jpeg", [True, False])
def test_any_phantom_can_be_written(tmp_path: Path, lossless_jpeg: bool) -> None:
    pixels = np.arange(35, dtype="uint8").reshape(5, 7)
    path = tmp_path / "p.dcm"
    write_phantom(path, pixels, name="small", lossless_jpeg=lossless_jpeg)
    image = load_study([path]).series[0].images[0]
    assert np.array_equal(read_pixels(image), pixels)
    assert "Not a patient" in dcmread(path).ImageComments
    write_phantom(tmp_path / "q.dcm", pixels, name="small", lossless_jpeg=lossless_jpeg)
    assert (tmp_path / "q.dcm").read_bytes() == path.read_bytes()
