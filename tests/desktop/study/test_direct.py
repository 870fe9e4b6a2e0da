"""Plain stacks are read without their headers: the same values, or the long way round."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lacuna.errors import UserFacingError
from lacuna.study.decoder_process import FROZEN_VERB
from lacuna.study.load import load_study
from lacuna.study.model import Image
from lacuna.study.part10 import understood
from lacuna.study.pixels import read_pixels
from tests.desktop.study.builder import dataset, ramp, save
from tests.helpers import synthetic


def image_of(path: Path) -> Image:
    return load_study([path]).series[0].images[0]


def fitted(bits: int, signed: bool, intercept: int) -> Any:
    ds = synthetic.fitted(bits, bits - 1, signed, 0 if bits == 16 else 1 << 15)
    ds.RescaleSlope, ds.RescaleIntercept = 1, intercept
    return ds


@pytest.mark.parametrize("intercept", [0, -1024, 7])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [10, 12, 15, 16])
def test_the_same_values_by_both_ways(
    tmp_path: Path, bits: int, signed: bool, intercept: int
) -> None:
    image = image_of(save(tmp_path / "a.dcm", fitted(bits, signed, intercept)))
    long_way = read_pixels(replace(image, direct=None))
    values = read_pixels(image)
    assert np.array_equal(values, long_way)
    assert values.dtype.itemsize == long_way.dtype.itemsize
    # Where so many bits and an intercept do not fit for sure, it depends on the picture.
    unsure = bits == 16 and intercept != 0
    unsure |= bits == 15 and not signed and intercept == 7
    assert (image.direct is None) == unsure


@pytest.mark.parametrize("pixels", [ramp() + 5, ramp(20, 20)])
def test_a_file_that_became_another_is_refused(tmp_path: Path, pixels: Any) -> None:
    image = image_of(save(tmp_path / "a.dcm", dataset(ramp())))
    save(tmp_path / "a.dcm", dataset(pixels, PatientName="OTHER^Longer"))
    with pytest.raises(UserFacingError, match="has changed on the disk"):
        read_pixels(image)


def test_a_file_that_was_cut_meanwhile(tmp_path: Path) -> None:
    image = image_of(save(tmp_path / "a.dcm", dataset(ramp())))
    path = tmp_path / "a.dcm"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserFacingError, match="has changed on the disk"):
        read_pixels(image)


@pytest.mark.parametrize("name", ["frames", "rgb", "monochrome1", "modality-lut", "voi-lut"])
def test_only_plain_ones_are_noted(tmp_path: Path, name: str) -> None:
    image = image_of(synthetic.write(name, tmp_path))
    assert (image.direct is not None) == (name == "monochrome1")


def test_warnings_stay_hushed_whatever_threads_come_and_go() -> None:
    first_inside, second_done = threading.Event(), threading.Event()

    def first() -> None:
        with understood("a"):
            first_inside.set()
            assert second_done.wait(30)
            warnings.warn("of a patient's name", stacklevel=1)  # an error, if it were heard

    failures: list[BaseException] = []

    def caught(run: Any) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001  looked at below
            failures.append(error)

    before = list(warnings.filters)
    thread = threading.Thread(target=caught, args=(first,))
    thread.start()
    assert first_inside.wait(30)
    with understood("b"):
        pass
    second_done.set()
    thread.join()
    assert not failures
    assert list(warnings.filters) == before


def test_the_program_itself_can_be_the_decoder() -> None:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-m", "lacuna", FROZEN_VERB],
        input=b"",
        capture_output=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
