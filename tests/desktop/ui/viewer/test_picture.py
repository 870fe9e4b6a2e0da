"""One series or two: asked of every series in the strip for each frame that is scrolled past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lacuna.study.model import Image, Source
from lacuna.ui.viewer.picture import same_series
from tests.helpers import studies


class Unread(tuple[Image, ...]):
    """Images that nobody may look through."""

    def __iter__(self) -> Iterator[Image]:
        raise AssertionError("looked through, image by image")


def test_a_series_that_has_grown_is_the_same() -> None:
    series = studies.series(count=5)
    files = (Source(Path(f"{number}.dcm")) for number in range(5))
    images = tuple(map(replace_source, series.images, files))
    early, late = replace(series, images=images[1:3]), replace(series, images=images)
    assert same_series(early, late)
    assert same_series(late, early)  # what came later lies before the rest
    assert not same_series(early, replace(series, images=images[3:]))  # two under one UID


def replace_source(image: Image, source: Source) -> Image:
    return replace(image, source=source)


def test_series_of_other_uids_are_told_apart_without_looking_through_them() -> None:
    one, other = studies.series(1, count=3), studies.series(2, count=3)
    assert one.series_instance_uid != other.series_instance_uid
    assert not same_series(
        replace(one, images=Unread(one.images)), replace(other, images=Unread(other.images))
    )
