"""Invented studies and pictures for tests of the window: no file stands behind them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lacuna.study.model import Image, Patient, Series, Source, Study, Window
from lacuna.ui.viewer.picture import Picture, picture_of
from lacuna_models.api import Origin

SIZE = 256


def image(view: str = "PA", number: int = 1) -> Image:
    """Return an image that no file holds."""
    return Image(
        sop_instance_uid=f"1.2.3.{number}",
        source=Source(Path("invented.dcm")),
        rows=SIZE,
        columns=SIZE,
        frames=1,
        instance_number=number,
        photometric="MONOCHROME2",
        view=view,
        windows=(Window(2048, 4096),),
        pixel_spacing=(0.14, 0.14),
        origin=Origin.PHANTOM,
        sides=("L", "F"),
    )


def series(number: int = 1, view: str = "PA", count: int = 1, modality: str = "DX") -> Series:
    """Return a series of ``count`` images."""
    images = tuple(image(view, place + 1) for place in range(count))
    return Series(f"1.2.{number}", number, modality, "Chest", images)


def study(*all_series: Series) -> Study:
    """Return a study of an invented patient."""
    return Study(
        study_instance_uid="1.2",
        patient=Patient("DOE, Jane", "0042317", "F", "11 Apr 1962", "64 y"),
        description="Chest, PA and lateral",
        date="20 Nov 2026, 09:14",
        accession="88213",
        series=all_series or (series(1, "PA"), series(2, "Lateral")),
    )


def picture(of: Series | None = None, index: int = 0, date: str = "20 Nov 2026, 09:14") -> Picture:
    """Return a gradient with a bright disc right of the middle, uint16, 0 to 4095."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    values = (columns * 8).astype(np.uint16)
    disc = (rows - 128) ** 2 + (columns - 180) ** 2 < 30**2
    values[disc] = 4095
    chosen = of or series()
    return picture_of(values, chosen.images[index], chosen, index, date)
