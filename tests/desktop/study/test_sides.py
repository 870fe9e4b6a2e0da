"""Which side of the patient an edge shows: a wrong letter is worse than none."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from lacuna.study.sides import sides


def _dataset(orientation: list[str] | str | None) -> Dataset:
    dataset = Dataset()
    if orientation is not None:
        dataset.PatientOrientation = orientation
    return dataset


def test_a_radiograph_names_its_sides() -> None:
    assert sides(_dataset(["L", "F"]), ()) == ("L", "F")


@pytest.mark.parametrize("orientation", [None, "", ["L"], ["LE", "X"], ["", ""]])
def test_no_side_is_guessed(orientation: list[str] | str | None) -> None:
    assert sides(_dataset(orientation), ()) is None


def test_an_axial_slice_gets_its_sides_from_the_cosines() -> None:
    assert sides(_dataset(None), (1, 0, 0, 0, 1, 0)) == ("L", "P")


def test_a_coronal_slice_runs_down_to_the_feet() -> None:
    assert sides(_dataset(None), (1, 0, 0, 0, 0, -1)) == ("L", "F")


def test_an_oblique_slice_names_the_main_direction_first() -> None:
    assert sides(_dataset(None), (0.8, 0.6, 0, 0, 0, -1)) == ("LP", "F")


def test_the_file_s_own_words_come_before_the_cosines() -> None:
    assert sides(_dataset(["R", "F"]), (1, 0, 0, 0, 0, -1)) == ("R", "F")
