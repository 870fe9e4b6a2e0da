"""Films: each frame is the very one that was asked for, in its colours, or one sentence."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import UID, MPEGTransferSyntaxes

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study import decoder_child, video
from lacuna.study.cache import PixelCache
from lacuna.study.load import load_study
from lacuna.study.model import Image
from lacuna.study.pixels import ImageReader, read_pixels
from tests.helpers import films


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    video.close()


def only(path: Path) -> Image:
    ((image,),) = (series.images for series in load_study([path]).series)
    return image


@pytest.mark.parametrize("name", films.FILMS)
def test_every_frame_is_the_one_asked_for_in_any_order(tmp_path: Path, name: str) -> None:
    image = only(films.write(tmp_path / "a.dcm", name, pieces=3))
    assert (image.frames, image.lossy, image.frame_rate) == (films.FRAMES, True, 25.0)
    order = [*range(films.FRAMES), *random.Random(1).sample(range(films.FRAMES), 8)]
    found = [films.number_of(read_pixels(image, frame)) for frame in order]
    assert found == order
    pixels = read_pixels(image, films.FRAMES - 1)
    assert (pixels.shape, pixels.dtype) == ((films.ROWS, films.COLUMNS, 3), np.uint8)
    drawn = (138, 80, 120)  # red, green and blue that were drawn there
    assert np.abs(pixels[10, 10].astype(int) - drawn).max() <= 6


@pytest.mark.parametrize("uid", MPEGTransferSyntaxes, ids=str)
def test_every_transfer_syntax_of_films_is_taken(tmp_path: Path, uid: UID) -> None:
    image = only(films.write(tmp_path / "a.dcm", "avc.h264", syntax=uid))
    assert (image.frames, image.lossy) == (films.FRAMES, True)


def test_a_film_goes_back_beyond_what_it_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = films.write(tmp_path / "a.dcm", "avc.h264")
    frame = films.ROWS * films.COLUMNS * 3
    monkeypatch.setattr(decoder_child, "KEPT_FRAMES", 4 * frame)
    image, wanted = only(path), [20, 19, 18, 17, 16, 2, 29, 0, 28]
    monkeypatch.setattr(video._process, "decode", in_process)
    try:
        assert [films.number_of(read_pixels(image, one)) for one in wanted] == wanted
        (film,) = decoder_child._films.values()
        assert len(film._kept) <= 4
        assert film._next == 29
    finally:
        for film in decoder_child._films.values():
            film.close()
        decoder_child._films.clear()


def in_process(request: dict[str, object], body: bytes) -> bytes:
    return decoder_child._film_frame(request, body)


def test_a_film_that_was_given_up_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = only(films.write(tmp_path / "a.dcm", "avc.h264"))
    monkeypatch.setattr(decoder_child, "MOMENT", 0.0)
    monkeypatch.setattr(decoder_child, "KEPT_FRAMES", 1)
    monkeypatch.setattr(video._process, "decode", one_frame_further)
    answers = iter([False] * 10)
    try:
        with ImageReader(image) as reader:
            with pytest.raises(Cancelled):
                reader.values(29, given_up=lambda: next(answers, True))
            (film,) = decoder_child._films.values()
            assert film._next == 10
            assert films.number_of(reader.values(11)) == 11
        assert decoder_child._films.popitem()[1] is film
    finally:
        film.close()
        decoder_child._films.clear()


def one_frame_further(request: dict[str, object], body: bytes) -> bytes:
    """Answer as the process does whose moment is over after one frame."""
    pixels = in_process(request, body)
    if not pixels:
        next(reversed(decoder_child._films.values()))._step()
    return pixels


def test_a_film_in_a_zip_and_through_the_cache(tmp_path: Path) -> None:
    films.write(tmp_path / "a.dcm", "mpeg2.mpg")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(tmp_path / "a.dcm", "a.dcm")
    image = only(tmp_path / "all.zip")
    cache = PixelCache(1 << 24, threads=2)
    try:
        asked = [cache.request(image, frame) for frame in range(films.FRAMES)]
        found = [films.number_of(one.result(60)) for one in asked]
    finally:
        cache.close()
    assert found == list(range(films.FRAMES))


def test_two_films_by_turns(tmp_path: Path) -> None:
    one, other = (only(films.write(tmp_path / name, name)) for name in ("avc.h264", "main.hevc"))
    for frame in (3, 4, 5, 2):
        assert films.number_of(read_pixels(one, frame)) == frame
        assert films.number_of(read_pixels(other, frame + 7)) == frame + 7


def test_a_film_that_ends_early_is_one_sentence_and_shows_what_it_has(tmp_path: Path) -> None:
    image = only(films.write(tmp_path / "a.dcm", "mpeg2.mpg", cut=2500))
    assert films.number_of(read_pixels(image, 3)) == 3
    with pytest.raises(UserFacingError) as refused:
        read_pixels(image, films.FRAMES - 1)
    assert str(refused.value) == (
        "a.dcm is cut off: its video ends before frame 30 of 30. Copy it again."
    )
    assert films.number_of(read_pixels(image, 4)) == 4


def test_an_end_that_was_met_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = only(films.write(tmp_path / "a.dcm", "mpeg2.mpg", cut=2500))
    monkeypatch.setattr(video._process, "decode", in_process)
    steps, step = [], decoder_child._Film._step

    def counted(self: decoder_child._Film) -> None:
        steps.append(1)
        step(self)

    monkeypatch.setattr(decoder_child._Film, "_step", counted)
    try:
        for frame in (29, 28, 29):
            with pytest.raises((UserFacingError, decoder_child.Over)):
                read_pixels(image, frame)
        assert len(steps) < films.FRAMES
    finally:
        for film in decoder_child._films.values():
            film.close()
        decoder_child._films.clear()


@pytest.mark.parametrize("changes", [{"Rows": 62}, {"Columns": 480, "Rows": 320}])
def test_a_film_of_another_size_than_its_header_is_refused(
    tmp_path: Path, changes: dict[str, int]
) -> None:
    image = only(films.write(tmp_path / "a.dcm", "avc.h264", **changes))
    with pytest.raises(UserFacingError, match="do not match its header"):
        read_pixels(image, 0)


LIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("content", [b"\0" * 400, bytes(range(256)) * 4, LIST])
def test_what_is_no_film_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "main.hevc").write_bytes(content)
    monkeypatch.setattr(films, "FOLDER", tmp_path)
    image = only(films.write(tmp_path / "a.dcm", "main.hevc"))
    with pytest.raises(UserFacingError, match="could not be decoded"):
        read_pixels(image, 0)


def test_a_film_that_was_replaced_is_not_shown(tmp_path: Path) -> None:
    image = only(films.write(tmp_path / "a.dcm", "avc.h264"))
    assert films.number_of(read_pixels(image, 1)) == 1
    films.write(tmp_path / "a.dcm", "main.hevc")
    with pytest.raises(UserFacingError, match="has changed on the disk"):
        read_pixels(image, 2)


def test_a_long_film_is_taken_however_large_it_would_be_unpacked(tmp_path: Path) -> None:
    image = only(films.write(tmp_path / "a.dcm", "avc.h264", NumberOfFrames=400_000))
    assert films.number_of(read_pixels(image, 0)) == 0
