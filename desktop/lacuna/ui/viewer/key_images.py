"""Which images go to the model: chosen by key, as windowed on screen. Free of Qt.

A key image is taken as it is seen when the key is pressed: its pixels are kept, so that what the
preview shows, what the chip counts and what is sent cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lacuna.study.model import Image
from lacuna.study.square import squared
from lacuna.study.voi import render
from lacuna.ui.viewer.board import Spot, spot_of
from lacuna.ui.viewer.picture import Picture, places
from lacuna.ui.viewer.viewer_state import ViewState
from lacuna_models.api import ImageInput

BUDGETS = (70, 140, 280, 560, 1120)  # soft tokens an image that the real checkpoint allows
ROOM = 2240  # tokens that all images together take at most, by the rule
MOST = 16  # images: a report is written from few


@dataclass(frozen=True, slots=True)
class KeyImage:
    """One image for the model, where it was taken, and what it is called."""

    spot: Spot
    picture: ImageInput
    title: str

    @property
    def name(self) -> tuple[str, int]:
        """The instance and the frame."""
        return self.spot.sop_uid, self.spot.frame


@dataclass(frozen=True, slots=True)
class KeyImages:
    """The key images of a case, in the order in which they were chosen."""

    images: tuple[KeyImage, ...] = field(default=())

    def toggled(self, image: KeyImage) -> KeyImages:
        """Return them with an image more, or without the one of the same frame.

        The same frame through another window takes the old one's place: lung and bone are two
        images only if they are two frames.
        """
        there = next((one for one in self.images if one.name == image.name), None)
        if there is not None and there.picture.digest() == image.picture.digest():
            return replace(self, images=tuple(one for one in self.images if one is not there))
        return self.added(image)

    def added(self, image: KeyImage) -> KeyImages:
        """Return them with an image, which takes the place of one of the same frame."""
        others = tuple(one for one in self.images if one.name != image.name)
        return replace(self, images=(*others, image)[-MOST:])

    def under(self, later: KeyImages) -> KeyImages:
        """Return them with those chosen later, which take the places of ones of the same frames."""
        own = tuple(one for one in self.images if one.name not in later.names)
        return replace(self, images=(*own, *later.images)[-MOST:])

    def without(self, number: int) -> KeyImages:
        """Return them without the one at a place."""
        return replace(self, images=self.images[:number] + self.images[number + 1 :])

    @property
    def names(self) -> frozenset[tuple[str, int]]:
        """The frames among them."""
        return frozenset(image.name for image in self.images)


def taken(picture: Picture, state: ViewState, through: str = "") -> KeyImage:
    """Return what is on the screen as the model gets it. ``through`` names a preset.

    The window is the reader's; a negative or a mirror image would only mislead the model, and so
    would a cut through thick slices whose pixels are seven times as high as wide: they are made
    square, as they are shown. Overlays are not sent: they are graphics; what a shutter covers stays
    covered.
    """
    pixels = render(picture.values, state.window, picture.low_is_bright)
    if picture.veil is not None and picture.veil.covered is not None:
        pixels = pixels.copy()
        pixels[picture.veil.covered] = picture.veil.grey
    square = squared(pixels, picture.aspect)
    image = ImageInput(square, picture.image.origin, label_of(picture.image))
    name = picture.name or picture.image.view or picture.series.description
    parts = (name, f"se {picture.series.number}", _number(picture), through)
    return KeyImage(spot_of(picture), image, ", ".join(part for part in parts if part))


def _number(picture: Picture) -> str:
    """Return which of its series it is, as the corner says: a cut is no image of the scanner's."""
    if picture.name:
        return f"cut {picture.index + 1}"
    found = places(picture.series, picture.index)
    return ", ".join(f"{word} {number}" for word, number, _ in found)


def label_of(image: Image) -> str:
    """Return what the model is told that an image is."""
    return image.view


def tokens_each(count: int, chosen: int | None = None) -> int:
    """Return how many tokens each of ``count`` images gets.

    ``chosen`` is the reader's own number. By the rule it is the largest of ``BUDGETS`` with which
    all images together stay within ``ROOM``: one radiograph in full, a stack of slices in brief.
    """
    if chosen is not None:
        return chosen
    fitting = [one for one in BUDGETS if one * max(count, 1) <= ROOM]
    return fitting[-1] if fitting else BUDGETS[0]
