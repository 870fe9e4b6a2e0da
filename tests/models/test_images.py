"""Pictures of any shape become the number of soft tokens that the model expects."""

from __future__ import annotations

import numpy as np
import pytest

from lacuna_models.api import EngineError, ImageInput
from lacuna_models.images import Pictures, letterbox
from lacuna_models.loading import Loaded


@pytest.mark.parametrize("shape", [(128, 128), (300, 90), (64, 2000), (1, 1), (50, 70, 3)])
def test_a_small_model_gets_64_tokens_whatever_the_shape(
    shipped: Loaded, shape: tuple[int, ...]
) -> None:
    inputs = shipped.pictures.prepare([ImageInput(np.full(shape, 200, np.uint8))])
    assert inputs.tokens == (64,)
    assert shipped.info.tokens_per_image == 64
    assert float(inputs.pixels.max()) <= 1.0


def test_other_checkpoints_keep_the_pictures_shape(shipped: Loaded) -> None:
    pictures = Pictures(shipped.pictures._processor, square=False)
    wide, square = (
        pictures.prepare([ImageInput(np.zeros(shape, np.uint8))]).tokens[0]
        for shape in ((100, 250), (100, 100))
    )
    assert wide != square


def test_letterboxing_centres_and_keeps_every_pixel() -> None:
    picture = np.full((10, 4, 3), 7, np.uint8)
    square = letterbox(picture)
    assert square.shape == (10, 10, 3)
    assert (square[:, 3:7] == 7).all()
    assert square.sum() == picture.sum()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 5), np.uint8),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((5,), np.uint8),
        np.zeros((5, 5), np.uint16),
    ],
)
def test_what_is_no_picture_is_refused(shipped: Loaded, pixels: np.ndarray) -> None:
    with pytest.raises(EngineError):
        shipped.pictures.prepare([ImageInput(pixels)])


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (2, 2)])
def test_extreme_shapes_are_taken(shipped: Loaded, shape: tuple[int, int]) -> None:
    pictures = Pictures(shipped.pictures._processor, square=False)
    assert pictures.prepare([ImageInput(np.zeros(shape, np.uint8))]).tokens[0] >= 1


def test_a_picture_gets_the_tokens_that_it_names(shipped: Loaded) -> None:
    pictures = Pictures(shipped.pictures._processor, square=False)
    pixels = np.zeros((256, 256), np.uint8)
    few, many = (
        pictures.prepare([ImageInput(pixels, tokens=budget)]).tokens[0] for budget in (70, 280)
    )
    assert few <= 70 < many <= 280
    own = pictures.prepare([ImageInput(pixels)]).tokens[0]
    assert pictures.prepare([ImageInput(pixels, tokens=99)]).tokens[0] == own
    assert ImageInput(pixels, tokens=70).digest() != ImageInput(pixels).digest()


def test_a_checkpoint_with_one_number_of_tokens_keeps_it(shipped: Loaded) -> None:
    pixels = np.zeros((256, 256), np.uint8)
    assert shipped.info.image_budgets == ()
    assert shipped.pictures.prepare([ImageInput(pixels, tokens=1120)]).tokens == (64,)
