"""What hangs where by default, and what belongs beside what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lacuna.study.geometry import Plane
from lacuna.study.model import Image, Series, Study
from lacuna.study.volume import Axis
from lacuna.ui.viewer.hanging import Layout, beside, hang
from lacuna.ui.viewer.viewer_state import CT_PRESETS
from tests.helpers import studies


def ct(number: int = 1, description: str = "Lung 1.25", count: int = 12) -> Series:
    series = studies.series(number, count=count, modality="CT")
    images = tuple(
        replace(
            image,
            view="",
            frame_of_reference="1.9",
            planes=(
                Plane((0.0, 0.0, 3.0 * place), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.14, 0.14)),
            ),
        )
        for place, image in enumerate(series.images)
    )
    return replace(series, description=description, images=images)


def breast(number: int, side: str, code: str) -> Series:
    series = studies.series(number, code, modality="MG")
    image = replace(series.images[0], laterality=side, position_code=code)
    return replace(series, images=(image,))


def names(study: Study, *priors: Study) -> list[str]:
    return [place.series.description or "" for place in hang(study, priors).places]


@pytest.mark.parametrize("modality", ["CR", "DX", "US", "OT"])
def test_a_single_picture_stands_alone(modality: str) -> None:
    hung = hang(studies.study(studies.series(modality=modality)))
    assert hung.layout is Layout.ONE


def test_a_radiograph_hangs_beside_the_prior_of_its_view() -> None:
    prior = studies.study(studies.series(1, "Lateral"), studies.series(2, "PA"))
    hung = hang(studies.study(), [prior])
    assert hung.layout is Layout.TWO
    assert hung.places[1].prior
    assert hung.places[1].series.images[0].view == "PA"
    other = studies.study(studies.series(modality="MR"))
    assert hang(studies.study(), [other]).layout is Layout.ONE


def test_a_mammogram_hangs_right_and_left_in_two_rows() -> None:
    views = (("L", "MLO"), ("R", "CC"), ("R", "MLO"), ("L", "CC"))
    study = studies.study(*(breast(n, *view) for n, view in enumerate(views, start=1)))
    hung = hang(study)
    assert hung.layout is Layout.FOUR
    found = [
        (place.series.images[0].laterality, place.series.images[0].position_code)
        for place in hung.places
    ]
    assert found == [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")]
    assert hang(studies.study(breast(1, "R", "CC"))).layout is Layout.ONE


def test_four_views_in_one_series_are_found_by_their_frame() -> None:
    images: list[Image] = []
    for number, (side, code) in enumerate((("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))):
        one = breast(1, side, code).images[0]
        images.append(replace(one, sop_instance_uid=f"1.{number}"))
    series = replace(breast(1, "R", "CC"), images=tuple(images))
    assert [place.index for place in hang(studies.study(series)).places] == [0, 1, 2, 3]


def test_a_ct_volume_hangs_with_its_cuts() -> None:
    study = studies.study(ct(), ct(2, "Bone 2.0"))
    hung = hang(study)
    assert hung.layout is Layout.FOUR
    assert [place.series.number for place in hung.places] == [1, 2, 1, 1]
    assert [place.axis for place in hung.places] == [None, None, Axis.CORONAL, Axis.SAGITTAL]
    assert hung.places[0].window == CT_PRESETS[3]
    prior = studies.study(ct(7, "Soft"), ct(8, "Lung 1.25"))
    last = hang(study, [prior]).places[3]
    assert (last.prior, last.series.number, last.axis) == (True, 8, None)


def test_one_ct_series_hangs_twice_through_two_windows() -> None:
    hung = hang(studies.study(ct()))
    assert [place.window for place in hung.places[:2]] == [CT_PRESETS[3], CT_PRESETS[4]]
    assert hang(studies.study(ct(count=4))).layout is Layout.ONE


def test_a_ct_is_opened_for_its_volumes_not_for_what_was_planned_by() -> None:
    topogram, bolus = ct(1, "Topogram", count=2), ct(2, "Monitoring", count=10)
    one_place = bolus.images[0].planes
    still = replace(bolus, images=tuple(replace(one, planes=one_place) for one in bolus.images))
    study = studies.study(topogram, still, ct(3, "Soft 3.0"), ct(4, "Bone 1.25"))
    hung = hang(study)
    assert [place.series.number for place in hung.places] == [3, 4, 3, 3]
    assert [place.window for place in hung.places[:2]] == [None, CT_PRESETS[4]]
    alone = hang(studies.study(topogram, ct(3, "Soft 3.0")))
    assert [place.series.number for place in alone.places] == [3, 3, 3, 3]


def test_a_picture_of_a_screen_says_nothing_of_how_a_study_hangs() -> None:
    screen = studies.series(1, "Dose", modality="OT")
    assert hang(studies.study(screen, ct(2))).layout is Layout.FOUR
    shown = hang(studies.study(screen, studies.series(2, "PA"))).places
    assert [place.series.number for place in shown] == [2]
    prior = studies.study(screen, studies.series(2, "PA"))
    assert [one.series.number for one in hang(studies.study(*prior.series), [prior]).places] == [
        2,
        2,
    ]


def test_mr_hangs_up_to_four_series() -> None:
    def study(count: int) -> Study:
        return studies.study(
            *(studies.series(n, count=3, modality="MR") for n in range(1, count + 1))
        )

    assert hang(study(1)).layout is Layout.ONE
    assert hang(study(2)).layout is Layout.TWO
    assert len(hang(study(6)).places) == 4
    prior = study(1)
    assert [place.prior for place in hang(study(6), [prior]).places][-1]


def test_an_mr_localiser_hangs_last() -> None:
    def mr(number: int, *ways: tuple[float, float, float]) -> Series:
        series = studies.series(number, count=len(ways), modality="MR")
        images = tuple(
            replace(image, planes=(Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), way, None),))
            for image, way in zip(series.images, ways, strict=True)
        )
        return replace(series, images=images)

    axial, coronal = (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)
    study = studies.study(mr(1, axial, coronal), mr(2, axial, axial), mr(3, coronal, coronal))
    assert [place.series.number for place in hang(study).places] == [2, 3, 1]
    more = studies.study(*study.series, mr(4, axial, axial), mr(5, axial, axial))
    assert [place.series.number for place in hang(more).places] == [2, 3, 4, 5]


def test_any_series_can_be_compared() -> None:
    prior = studies.study(studies.series(5, "Lateral"), studies.series(6, "PA"))
    hung = beside(studies.study(), prior, 1)
    assert [place.series.number for place in hung.places] == [2, 5]
