"""The steady step equals upstream's decoder, in rooms that move from one canvas to the next."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from lacuna_models import context
from lacuna_models.adapters import Adapters
from lacuna_models.api import FillRequest, Fixed, Gap, ImageInput, Prompt
from lacuna_models.context import Context
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.forwards import forward_of
from lacuna_models.loading import Loaded, load
from lacuna_models.quantise.convert import quantise
from lacuna_models.quantise.scheme import Scheme
from lacuna_models.steady import rooms as rooms_module
from lacuna_models.steady.rooms import Rooms
from lacuna_models.steady.step import think
from tests.helpers import gemma

PICTURE = ImageInput(np.random.default_rng(1).integers(0, 255, (90, 128), dtype=np.uint8))
SEGMENTS = (Fixed("a", "The heart is "), Gap("g", 7), Fixed("c", " The lungs are clear."))


def steady(loaded: Loaded) -> Loaded:
    stock = replace(loaded, lean=None, adapters=Adapters(loaded.model))
    return replace(stock, rooms=Rooms(loaded.model))


def passes(
    loaded: Loaded, seen: Context, rows: int, free: list[int]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield four passes' logits, of upstream's decoder and of the steady step.

    The last is without self-conditioning again, as a run that starts anew would have it.
    """
    size, length = loaded.vocabulary.size, loaded.canvas.length
    places, dice = torch.tensor(free), torch.Generator().manual_seed(5)
    canvas = torch.randint(size, (1, length), generator=dice).repeat(rows, 1)
    theirs = forward_of(replace(loaded, rooms=None), seen, rows, places)
    ours = forward_of(loaded, seen, rows, places)
    before: Tensor | None = None
    with torch.inference_mode():
        for again in (False, False, False, True):
            canvas[:, places] = torch.randint(size, (rows, len(free)), generator=dice)
            before = None if again else before
            logits = theirs(canvas, before)
            yield logits, ours(canvas, before)
            before = logits / 0.6
    assert loaded.rooms is not None
    assert not loaded.rooms.distrusted


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("free", [[0], [3, 4, 40], list(range(9, 30)), list(range(64))])
def test_logits_equal_upstreams_in_every_pass(loaded: Loaded, rows: int, free: list[int]) -> None:
    seen = context.encode(loaded, Prompt((PICTURE,)))
    for theirs, ours in passes(steady(loaded), seen, rows, free):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_a_context_longer_than_the_sliding_window(loaded: Loaded) -> None:
    seen = context.encode(loaded, Prompt((PICTURE,), indication="\u732b" * 200))
    assert seen.length > 512 > min(layer.keys.shape[2] for layer in seen.cache.layers)
    for theirs, ours in passes(steady(loaded), seen, 1, list(range(5, 25))):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_a_room_changes_hands_between_passes(loaded: Loaded) -> None:
    """Two runs in turn, behind other prefixes and with other gaps, share what one graph serves."""
    both = steady(loaded)
    runs = [
        passes(both, context.encode(loaded, Prompt(indication=words)), 1, free)
        for words, free in (("cough", [4, 5, 6]), ("fever and a cough", [9, 10, 30, 31]))
    ]
    for pairs in zip(*runs, strict=True):
        for theirs, ours in pairs:
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
    assert both.rooms is not None
    assert len(both.rooms._known) == 1


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steady") / "vendor"
    return gemma.build(folder, num_experts=8, moe_intermediate_size=32)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", [None, *Scheme])
def test_the_real_make_plain_and_packed(
    vendor: Path, tmp_path: Path, scheme: Scheme | None
) -> None:
    folder = vendor
    if scheme is not None:
        folder = tmp_path / "packed"
        quantise(vendor, folder, scheme)
    real = steady(load(folder, device="cpu", dtype="float32"))
    seen = context.encode(real, Prompt(indication="cough"))
    for theirs, ours in passes(real, seen, 1, list(range(20, 60))):
        assert (ours - theirs).square().mean().sqrt() < 1e-3 * theirs.std()


def test_whole_requests_come_out_the_same(loaded: Loaded) -> None:
    request = FillRequest("r", Prompt(indication="cough"), SEGMENTS, (1, 2), alternatives=2)
    with_rooms = steady(loaded)
    ours, theirs = (
        collect(DiffusionEngine(each).fill(request))
        for each in (with_rooms, replace(with_rooms, rooms=None))
    )
    assert [done.fills[0].text for done in ours] == [done.fills[0].text for done in theirs]


def test_a_room_that_disagrees_is_given_up(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rooms_module, "think", lambda model, room: think(model, room) + 9)
    wrong = steady(loaded)
    seen = context.encode(loaded, Prompt(indication="cough"))
    places = torch.tensor([3, 4])
    canvas = torch.zeros((1, loaded.canvas.length), dtype=torch.long)
    with caplog.at_level(logging.WARNING), torch.inference_mode():
        ours = forward_of(wrong, seen, 1, places)(canvas, None)
        theirs = forward_of(replace(wrong, rooms=None), seen, 1, places)(canvas, None)
    assert torch.equal(ours, theirs)
    assert "upstream's serves" in caplog.text
    assert wrong.rooms is not None
    assert wrong.rooms.distrusted
