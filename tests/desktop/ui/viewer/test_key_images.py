"""Key images: taken as seen, put back, counted."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from lacuna.errors import UserFacingError
from lacuna.study.model import Window
from lacuna.study.voi import render
from lacuna.ui.viewer.board import Spot
from lacuna.ui.viewer.key_images import MOST, KeyImage, KeyImages, taken, tokens_each
from lacuna.ui.viewer.key_store import decode, encode
from lacuna.ui.viewer.picture import Veil
from lacuna.ui.viewer.viewer_state import ViewState
from lacuna_models.api import ImageInput, Origin
from tests.helpers import studies

WIDE, NARROW = Window(2048, 4096), Window(1000, 200)


def test_an_image_is_taken_through_the_window_on_screen() -> None:
    picture = studies.picture()
    image = taken(picture, ViewState(NARROW, zoom=3, turns=1, flipped=True, invert=True))
    assert np.array_equal(image.picture.pixels, render(picture.values, NARROW))
    assert image.title == "PA, se 1, im 1"


def test_what_is_sent_is_as_high_as_it_is_shown() -> None:
    picture = studies.picture()
    image = replace(picture.image, pixel_spacing=(0.7, 0.14))
    sent = taken(replace(picture, image=image, name="Coronal"), ViewState(WIDE))
    rows, columns = picture.values.shape
    assert sent.picture.pixels.shape == (5 * rows, columns)
    assert sent.title == "Coronal, se 1, cut 1"


def test_a_shutter_covers_what_is_sent_and_an_overlay_is_not_drawn_into_it() -> None:
    picture = studies.picture()
    bright = np.zeros(picture.values.shape, bool)
    bright[0, 0] = True
    covered = np.zeros(picture.values.shape, bool)
    covered[:, 200:] = True
    image = taken(replace(picture, veil=Veil(bright, covered, 7)), ViewState(WIDE))
    assert (image.picture.pixels[:, 200:] == 7).all()
    assert image.picture.pixels[0, 0] == render(picture.values, WIDE)[0, 0]


def test_the_same_again_takes_it_back_and_another_window_replaces_it() -> None:
    picture = studies.picture()
    wide, narrow = (taken(picture, ViewState(window)) for window in (WIDE, NARROW))
    kept = KeyImages().toggled(wide)
    assert kept.toggled(wide) == KeyImages()
    assert kept.toggled(narrow).images == (narrow,)
    other = taken(studies.picture(studies.series(count=2), 1), ViewState(WIDE))
    both = kept.toggled(other)
    assert both.images == (wide, other)
    assert both.names == {wide.name, other.name}
    assert both.without(0).images == (other,)


def test_no_more_are_kept_than_can_be_read() -> None:
    series = studies.series(count=MOST + 2)
    kept = KeyImages()
    for index in range(MOST + 2):
        kept = kept.toggled(taken(studies.picture(series, index), ViewState(WIDE)))
    assert len(kept.images) == MOST


@pytest.mark.parametrize(
    ("count", "tokens"), [(0, 1120), (1, 1120), (2, 1120), (3, 560), (8, 280), (16, 140), (40, 70)]
)
def test_the_rule_shares_the_room_among_the_images(count: int, tokens: int) -> None:
    assert tokens_each(count) == tokens
    assert tokens_each(count, 280) == 280


def test_they_come_back_from_the_store_pixel_by_pixel() -> None:
    colour = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    grey = np.array([[0, 255], [7, 9]], dtype=np.uint8)
    images = KeyImages(
        (
            KeyImage(Spot("1", "1.1", 0), ImageInput(colour, Origin.PHANTOM, "PA"), "se 1, im 1"),
            KeyImage(Spot("1", "1.2", 4), ImageInput(grey), "se 1, im 6"),
        )
    )
    again = decode(encode(images))
    for one, other in zip(images.images, again.images, strict=True):
        assert (one.spot, one.title, one.picture.origin, one.picture.label) == (
            other.spot,
            other.title,
            other.picture.origin,
            other.picture.label,
        )
        assert np.array_equal(one.picture.pixels, other.picture.pixels)
    for nonsense in (b"", b"PK\x03\x04", encode(images)[:-30]):
        with pytest.raises(ValueError):  # noqa: PT011
            decode(nonsense)


def test_a_later_versions_images_are_left_to_it() -> None:
    with np.load(io.BytesIO(encode(KeyImages()))) as found:
        head = json.loads(found["arr_0"].tobytes())
    stream = io.BytesIO()
    later = json.dumps({**head, "version": 2, "glow": 1}).encode()
    np.savez(stream, np.frombuffer(later, dtype=np.uint8))
    with pytest.raises(UserFacingError, match="later version"):
        decode(stream.getvalue())


def test_what_is_chosen_later_takes_the_place_of_what_was_kept() -> None:
    def key(number: int, grey: int) -> KeyImage:
        pixels = np.full((2, 2), grey, dtype=np.uint8)
        return KeyImage(Spot("1", f"1.{number}", 0), ImageInput(pixels), str(grey))

    kept, later = KeyImages((key(1, 1), key(2, 1))), KeyImages((key(2, 9),))
    assert [one.title for one in kept.under(later).images] == ["1", "9"]
