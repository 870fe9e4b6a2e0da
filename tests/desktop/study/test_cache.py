"""The pixel cache: what is asked for comes, the budget holds, nothing outlives it."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study import cache as cache_module
from lacuna.study.cache import PixelCache, Values
from lacuna.study.load import load_study
from lacuna.study.model import Image
from tests.desktop.study.builder import dataset, ramp, save

Asks = Callable[[], bool]
FRAME = 16 * 24 * 2  # bytes of one frame of ``ramp``


@pytest.fixture
def stack(tmp_path: Path) -> list[Image]:
    for number in range(10):
        save(tmp_path / f"{number}.dcm", dataset(ramp() + number, InstanceNumber=number))
    return list(load_study([tmp_path]).series[0].images)


@pytest.fixture
def made() -> Iterator[list[PixelCache]]:
    caches: list[PixelCache] = []
    yield caches
    for one in caches:
        one.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("lacuna-pixels")]


class Gate:
    """Holds every reading of a file up until it is opened."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.order: list[int] = []  # instance numbers, as their reading was begun


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate, read = Gate(), cache_module._Files.read

    def held(self: cache_module._Files, image: Image, frame: int, given_up: Asks) -> Values:
        gate.order.append(image.instance_number)
        gate.begun.set()
        assert gate.go.wait(30)
        return read(self, image, frame, given_up)

    monkeypatch.setattr(cache_module._Files, "read", held)
    return gate


def drained(cache: PixelCache, wanted: list[Image]) -> None:
    """Wait until ``wanted`` are there, by asking for them."""
    for image in wanted:
        cache.values(image)


def test_values_are_those_of_the_file_and_read_only(stack: list[Image], made: list) -> None:
    made.append(cache := PixelCache(100 * FRAME))
    assert cache.peek(stack[3]) is None
    values = cache.values(stack[3])
    assert np.array_equal(values, ramp() + 3)
    assert cache.peek(stack[3]) is values
    assert cache.values(stack[3]) is values
    with pytest.raises(ValueError, match="read-only"):
        values[0, 0] = 1


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_in_anothers_place_never_shows_the_others_pixels(
    tmp_path: Path, made: list, frames: int, packed: bool
) -> None:
    made.append(cache := PixelCache(100 * FRAME, threads=1))

    def opened(value: int, name: str) -> Image:
        pixels = np.full((frames, 16, 24) if frames > 1 else (16, 24), value, "uint16")
        ds = dataset(pixels, PatientName=name, PatientID=name, SOPInstanceUID="1.2.3")
        if frames > 1:
            ds.NumberOfFrames = frames
        path = save(tmp_path / "a.dcm", ds)
        if packed:
            with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
                archive.write(path, "a.dcm")
            path = tmp_path / "a.zip"
        return load_study([path]).series[0].images[0]

    first = opened(100, "FIRST")
    assert cache.values(first).max() == 100
    second = opened(200, "THE^SECOND")
    assert cache.values(second, frames - 1).max() == 200
    cache.forget()
    with pytest.raises(UserFacingError, match="has changed on the disk"):
        cache.values(first)


def test_the_budget_holds_and_the_oldest_go_first(stack: list[Image], made: list) -> None:
    made.append(cache := PixelCache(3 * FRAME, threads=1))
    for image in stack[:3]:
        cache.values(image)
    cache.peek(stack[0])  # seen again
    cache.values(stack[3])
    assert cache.used == 3 * FRAME
    assert [cache.peek(image) is not None for image in stack[:4]] == [True, False, True, True]


def test_a_frame_larger_than_the_budget_is_shown_and_not_kept(stack: list, made: list) -> None:
    made.append(cache := PixelCache(FRAME - 1))
    assert np.array_equal(cache.values(stack[0]), ramp())
    assert cache.used == 0
    assert cache.peek(stack[0]) is None


def test_what_is_ahead_is_decoded_and_does_not_drive_itself_out(stack: list, made: list) -> None:
    made.append(cache := PixelCache(4 * FRAME, threads=1))
    cache.values(stack[0])
    cache.ahead([(image, 0) for image in stack])
    arrived = threading.Event()
    while not all(cache.peek(image) is not None for image in stack[:4]):
        arrived.wait(0.005)
    assert cache.used == 4 * FRAME
    assert [cache.peek(image) is not None for image in stack] == [True] * 4 + [False] * 6


def test_what_is_asked_for_comes_before_what_is_ahead(
    stack: list[Image], made: list, gate: Gate
) -> None:
    made.append(cache := PixelCache(100 * FRAME, threads=1))
    cache.ahead([(image, 0) for image in stack[:4]])
    assert gate.begun.wait(30)
    last = [cache.request(stack[8]), cache.request(stack[9])][1]
    gate.go.set()
    assert np.array_equal(last.result(30), ramp() + 9)
    drained(cache, stack[:4])
    assert gate.order[:3] == [0, 9, 8]  # the newest request first


def test_one_frame_is_decoded_once_for_all_who_ask(stack: list[Image], made: list) -> None:
    made.append(cache := PixelCache(100 * FRAME, threads=1))
    futures = {cache.request(stack[5]) for _ in range(20)}
    results = [future.result(30) for future in futures]
    assert all(one is results[0] for one in results)


def test_a_damaged_file_fails_its_own_request_only(stack: list[Image], made: list) -> None:
    made.append(cache := PixelCache(100 * FRAME, threads=1))
    stack[2].source.path.unlink()
    with pytest.raises(UserFacingError, match="could not be opened"):
        cache.values(stack[2])
    assert np.array_equal(cache.values(stack[4]), ramp() + 4)


def test_a_request_that_was_given_up_stops_nobody(stack: list[Image], made: list) -> None:
    made.append(cache := PixelCache(100 * FRAME, threads=1))
    for image in stack:
        cache.request(image).cancel()
    assert np.array_equal(cache.values(stack[6]), ramp() + 6)
    drained(cache, stack)


def test_closing_cancels_what_waits(stack: list[Image], gate: Gate) -> None:
    cache = PixelCache(100 * FRAME, threads=1)
    running = cache.request(stack[0])
    assert gate.begun.wait(30)
    waiting = cache.request(stack[1])
    waiting.add_done_callback(lambda _: gate.go.set())
    cache.close()
    assert np.array_equal(running.result(30), ramp())
    with pytest.raises(Cancelled):
        waiting.result(30)
    with pytest.raises(Cancelled):
        cache.request(stack[2])
    assert cache.used == 0


def test_many_threads_at_once_keep_the_budget(stack: list[Image], made: list) -> None:
    made.append(cache := PixelCache(3 * FRAME, threads=3))
    wrong: list[int] = []

    def scroll(seed: int) -> None:
        for number in np.random.default_rng(seed).integers(0, 10, 40):
            if not np.array_equal(cache.values(stack[number]), ramp() + number):
                wrong.append(number)
            cache.ahead([(stack[(number + 1) % 10], 0)])

    readers = [threading.Thread(target=scroll, args=(seed,)) for seed in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert not wrong
    assert cache.used <= 3 * FRAME


def test_frames_of_a_movie_in_a_zip(tmp_path: Path, made: list) -> None:
    movie = np.stack([ramp() + 100 * number for number in range(5)])
    path = save(tmp_path / "m.dcm", dataset(movie, NumberOfFrames=5))
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(path, "m.dcm")
    image = load_study([tmp_path / "m.zip"]).series[0].images[0]
    made.append(cache := PixelCache(100 * FRAME, threads=2))
    futures: list[Future] = [cache.request(image, frame) for frame in range(5)]
    for frame, future in enumerate(futures):
        assert np.array_equal(future.result(30), movie[frame])


def test_forgetting_frees_everything(stack: list[Image], made: list) -> None:
    made.append(cache := PixelCache(100 * FRAME))
    drained(cache, stack)
    cache.forget()
    assert cache.used == 0
    assert cache.peek(stack[0]) is None


def test_what_can_wait_comes_last_unless_somebody_looks_at_it(
    stack: list[Image], made: list, gate: Gate
) -> None:
    made.append(cache := PixelCache(100 * FRAME, threads=1))
    first = cache.request(stack[0])
    assert gate.begun.wait(30)
    waiting = [cache.request(stack[number], later=True) for number in (1, 2, 3)]
    cache.ahead([(stack[4], 0)])
    seen = [cache.request(stack[number]) for number in (5, 3)]
    gate.go.set()
    for one in (first, *waiting, *seen):
        one.result(30)
    drained(cache, [stack[4]])
    assert gate.order == [0, 3, 5, 4, 1, 2]


def test_what_is_kept_beside_frames_counts_and_goes_like_them(
    stack: list[Image], made: list
) -> None:
    made.append(cache := PixelCache(4 * FRAME))
    cache.keep("veil", "of the first", FRAME)
    cache.keep("veil", "of the first, again", 2 * FRAME)
    assert cache.used == 2 * FRAME
    assert cache.kept("veil") == "of the first, again"
    drained(cache, stack[:5])
    assert cache.kept("veil") is None
    assert cache.used == 4 * FRAME
    cache.keep("huge", "veil", 5 * FRAME)
    assert cache.kept("huge") is None
    assert cache.used == 4 * FRAME


def test_what_cannot_be_decoded_ahead_is_not_tried_again_and_again(
    stack: list[Image], made: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, read = [], cache_module._Files.read

    def counted(self: object, image: Image, frame: int, given_up: Asks) -> object:
        tried.append(image.instance_number)
        return read(self, image, frame, given_up)  # type: ignore[arg-type]

    monkeypatch.setattr(cache_module._Files, "read", counted)
    stack[2].source.path.write_bytes(b"")
    made.append(cache := PixelCache(100 * FRAME, threads=1))
    wanted = [(image, 0) for image in stack[:4]]
    while cache.ahead(wanted):
        drained(cache, [stack[3]])
    assert sorted(tried) == [0, 1, 2, 3]
    with pytest.raises(UserFacingError):
        cache.values(stack[2])


class Projector:
    """A film that never comes to frame 90 or one after it, unless it is let go on."""

    def __init__(self) -> None:
        self.go, self.begun, self.dropped = threading.Event(), list[int](), list[int]()

    def read(self, frame: int, given_up: Asks) -> Values:
        self.begun.append(frame)
        while frame >= 90 and not self.go.wait(0.01):
            if given_up():
                self.dropped.append(frame)
                raise Cancelled
        return np.full((16, 24), frame, np.uint16)


@pytest.fixture
def film(stack: list[Image], monkeypatch: pytest.MonkeyPatch) -> tuple[Image, Projector]:
    projector, read = Projector(), cache_module._Files.read

    def shown(self: cache_module._Files, image: Image, frame: int, given_up: Asks) -> Values:
        if image.film:
            return projector.read(frame, given_up)
        return read(self, image, frame, given_up)

    monkeypatch.setattr(cache_module._Files, "read", shown)
    return replace(stack[9], film=True, frames=100), projector


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, for a minute at most."""
    pause = threading.Event()
    for _ in range(6000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("it did not come to pass")


def test_a_film_holds_up_itself_only(
    stack: list[Image], made: list, film: tuple[Image, Projector]
) -> None:
    image, projector = film
    made.append(cache := PixelCache(100 * FRAME, threads=2))
    jumped = cache.request(image, 95)
    until(lambda: projector.begun)
    cache.ahead([(image, 96), (image, 94), (stack[3], 0)])
    also = cache.request(image, 97)
    assert np.array_equal(cache.request(stack[5]).result(30), ramp() + 5)
    until(lambda: cache.peek(stack[3]) is not None)  # and what is ahead of another, too
    assert projector.begun == [95]
    projector.go.set()
    assert (jumped.result(30).max(), also.result(30).max()) == (95, 97)


def test_a_place_in_a_film_that_nobody_waits_for_any_more_is_given_up(
    made: list, film: tuple[Image, Projector]
) -> None:
    image, projector = film
    made.append(cache := PixelCache(100 * FRAME, threads=2))
    superseded, freed = threading.Event(), threading.Event()

    def wait() -> None:
        with pytest.raises(Cancelled):
            cache.values(image, 95, superseded)
        freed.set()

    viewport = threading.Thread(target=wait)
    viewport.start()
    until(lambda: projector.begun)
    cache.ahead([(image, 96), (image, 94)])
    superseded.set()
    assert freed.wait(30)
    viewport.join()
    assert cache.values(image, 3).max() == 3  # what was ahead makes way for it as well
    assert 95 in projector.dropped


def test_one_of_two_who_wait_for_a_place_may_leave(
    made: list, film: tuple[Image, Projector]
) -> None:
    image, projector = film
    made.append(cache := PixelCache(100 * FRAME, threads=1))
    stays = cache.request(image, 95)
    until(lambda: projector.begun)
    superseded = threading.Event()
    superseded.set()
    with pytest.raises(Cancelled):
        cache.values(image, 95, superseded)
    projector.go.set()
    assert stays.result(30).max() == 95
    assert not projector.dropped


def test_closing_waits_for_no_film(film: tuple[Image, Projector]) -> None:
    image, projector = film
    cache = PixelCache(100 * FRAME, threads=1)
    asked = cache.request(image, 95)
    until(lambda: projector.begun)
    cache.close()
    with pytest.raises(Cancelled):
        asked.result(30)
