"""The engine's contract, on real classes: events, seeds, rows, cancel, soft text, long reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lacuna_models import tracks as tracks_module
from lacuna_models.api import (
    Done,
    Engine,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Kept,
    Open,
    Origin,
    Prompt,
    Reason,
    SamplerSettings,
    Segment,
    Soft,
    StepEvent,
    TokenState,
)
from lacuna_models.engine import DiffusionEngine, collect, load_engine
from lacuna_models.forwards import forward_of
from lacuna_models.infill import Forward
from lacuna_models.loading import Loaded, load

PICTURE = ImageInput(
    np.random.default_rng(1).integers(0, 255, (90, 128), dtype=np.uint8), Origin.PHANTOM
)
SEGMENTS: tuple[Segment, ...] = (
    Fixed("a", "FINDINGS:\nThe heart is "),
    Gap("g"),
    Fixed("b", " in size."),
    Gap("h", 5),
    Soft("s", " The lungs are clear.\n"),
    Fixed("c", "\nIMPRESSION:\n"),
    Gap("k"),
)
REQUEST = FillRequest(
    "run", Prompt((PICTURE,)), SEGMENTS, seeds=(3,), settings=SamplerSettings(steps=6)
)


class After:
    """A cancel token that is set after so many questions."""

    def __init__(self, polls: int) -> None:
        self.left = polls

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


def texts(done: Done) -> dict[str, str]:
    return {fill.segment_id: fill.text for fill in done.fills}


def steps(events: Iterator[StepEvent | Done]) -> list[StepEvent]:
    return [event for event in events if isinstance(event, StepEvent)]


def test_keeps_the_contract(bundled: DiffusionEngine) -> None:
    assert isinstance(bundled, Engine)
    assert bundled.info.demonstrator
    assert len(bundled.info.hash) == 64


def test_events_tell_the_whole_step(bundled: DiffusionEngine) -> None:
    *events, done = bundled.fill(REQUEST)
    assert isinstance(done, Done)
    assert [event.step for event in events if isinstance(event, StepEvent)] == list(
        range(1, done.steps + 1)
    )
    elapsed = -1.0
    for event in events:
        assert isinstance(event, StepEvent)
        assert (event.request_id, event.row, event.block, event.blocks) == ("run", 0, 0, 1)
        assert event.steps == 6
        assert event.elapsed > elapsed
        elapsed = event.elapsed
        assert [span.segment_id for span in event.spans] == ["g", "h", "s", "k"]
        length = bundled.info.canvas_length
        assert len(event.canvas) == len(event.accepted_mask) == len(event.entropy) == length
        assert event.settled + event.accepted <= event.free
        free = [i for i, entropy in enumerate(event.entropy) if entropy > 0]
        assert len(free) <= event.free
        assert event.mean_entropy == pytest.approx(sum(event.entropy) / event.free, rel=1e-3)
        assert all(e >= 0 for e in event.entropy)


def test_a_finished_run_keeps_everything_that_its_last_step_showed(
    bundled: DiffusionEngine,
) -> None:
    *events, done = bundled.fill(REQUEST)
    last = events[-1]
    assert isinstance(last, StepEvent)
    assert isinstance(done, Done)
    assert done.reason in (Reason.SETTLED, Reason.STEPS)
    assert done.settings == REQUEST.settings
    for span, fill in zip(last.spans, done.fills, strict=True):
        assert fill.complete
        assert fill.text.split() == span.text.replace("\ufffd", "").split()


def test_token_states_follow_acceptance(bundled: DiffusionEngine) -> None:
    settings = SamplerSettings(steps=16, t_max=0.5, t_min=0.1, stability=17, entropy_bound=0.5)
    seen: dict[int, int] = {}
    states: set[TokenState] = set()
    for event in steps(bundled.fill(replace(REQUEST, settings=settings))):
        now = sum(t.state is not TokenState.CHANGING for s in event.spans for t in s.tokens)
        seen[event.step] = now
        states |= {token.state for span in event.spans for token in span.tokens}
        if event.step == 1:
            assert event.settled == 0
    assert states == set(TokenState) - {TokenState.LOCKED}


def test_same_seed_same_words(bundled: DiffusionEngine) -> None:
    runs = [collect(bundled.fill(REQUEST))[0] for _ in range(3)]
    assert texts(runs[0]) == texts(runs[1]) == texts(runs[2])


def test_another_seed_other_words(tiny_engine: DiffusionEngine) -> None:
    one, other = collect(tiny_engine.fill(replace(REQUEST, seeds=(3, 4))))
    assert texts(one) != texts(other)


def test_a_global_seed_changes_nothing(bundled: DiffusionEngine) -> None:
    torch.manual_seed(1)
    first = collect(bundled.fill(REQUEST))
    torch.manual_seed(2)
    assert texts(first[0]) == texts(collect(bundled.fill(REQUEST))[0])


def test_a_batch_row_equals_a_run_of_its_own(bundled: DiffusionEngine) -> None:
    rows = collect(bundled.fill(replace(REQUEST, seeds=(3, 8, 1 << 70))))
    assert [row.row for row in rows] == [0, 1, 2]
    for row in rows:
        (alone,) = collect(bundled.fill(replace(REQUEST, seeds=(row.seed,))))
        assert texts(alone) == texts(row)
        assert (alone.steps, alone.reason) == (row.steps, row.reason)


def test_cancelling_keeps_what_was_accepted_and_opens_the_rest(bundled: DiffusionEngine) -> None:
    settings = SamplerSettings(steps=20, confidence=0.0, entropy_bound=0.05)
    request = replace(REQUEST, settings=settings)
    *events, done = bundled.fill(request, After(3))
    last = events[-1]
    assert isinstance(done, Done)
    assert isinstance(last, StepEvent)
    assert done.reason is Reason.CANCELLED
    assert done.steps == len(events) == 3
    for span, fill in zip(last.spans, done.fills, strict=True):
        if span.segment_id == "s":
            continue  # its edge whitespace stands beside what was accepted
        kept = [t for piece in fill.pieces if isinstance(piece, Kept) for t in piece.tokens]
        shown = [t for t in span.tokens if t.state is not TokenState.CHANGING]
        assert [t.text for t in kept] == [t.text for t in shown]
        # What is told of a proposal is told at temperature 1: a cold schedule looks surer.
        pairs = zip(kept, shown, strict=True)
        assert all(k.entropy >= s.entropy - 1e-5 for k, s in pairs)
    opened = [p for fill in done.fills for p in fill.pieces if isinstance(p, Open)]
    assert sum(piece.length for piece in opened) == last.free - last.settled - last.accepted


def test_cancelling_before_the_first_step_changes_nothing(bundled: DiffusionEngine) -> None:
    (done,) = bundled.fill(REQUEST, After(0))
    assert isinstance(done, Done)
    assert done.reason is Reason.CANCELLED
    assert {fill.segment_id for fill in done.fills} == {"g", "h", "k"}, "soft text stands"
    (unknown,), (exact,), (ending,) = (fill.pieces for fill in done.fills)
    assert isinstance(unknown, Open)
    assert isinstance(ending, Open)
    assert unknown.auto
    assert ending.auto
    assert exact == Open(5)


def test_to_stop_iterating_leaves_the_engine_usable(bundled: DiffusionEngine) -> None:
    before = texts(collect(bundled.fill(REQUEST))[0])
    run = bundled.fill(REQUEST)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert texts(collect(bundled.fill(REQUEST))[0]) == before


def test_exact_gaps_hold_exactly_their_tokens(bundled: DiffusionEngine) -> None:
    (event, *_) = steps(bundled.fill(REQUEST))
    assert len(event.spans[1].tokens) == 5


def test_soft_text_without_noise_mostly_stands_in_the_first_canvas(
    bundled: DiffusionEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[int]] = []

    def noting(*about: Any) -> Forward:
        forward = forward_of(*about)

        def noted(canvas: torch.Tensor, conditioning: torch.Tensor | None) -> torch.Tensor:
            seen.append(canvas[0].tolist())
            return forward(canvas, conditioning)

        return noted

    monkeypatch.setattr(tracks_module, "forward_of", noting)
    still = replace(REQUEST, settings=SamplerSettings(steps=4, noise=0.0, start=0.5))
    events = steps(bundled.fill(still))
    collect(bundled.fill(replace(still, settings=SamplerSettings(steps=4, noise=1.0))))
    vocabulary = bundled._at_work().vocabulary
    soft = vocabulary.ids(" The lungs are clear.")
    assert events[0].steps == 2, "half of the schedule was skipped"
    assert any(seen[0][i : i + len(soft)] == soft for i in range(bundled.info.canvas_length))
    assert not any(seen[2][i : i + len(soft)] == soft for i in range(bundled.info.canvas_length))


def test_a_whole_report_is_drafted_from_nothing(bundled: DiffusionEngine) -> None:
    request = FillRequest("all", Prompt((PICTURE,)), (Gap("all"),), settings=REQUEST.settings)
    (done,) = collect(bundled.fill(request))
    text = done.fills[0].text
    assert text
    assert text == text.strip()
    assert "<" not in text or "|>" not in text
    text.encode()


def test_the_end_of_the_reply_cannot_come_before_the_last_anchor(loaded: Loaded) -> None:
    engine = DiffusionEngine(loaded)
    with torch.inference_mode():
        embedding = loaded.model.lm_head.weight
        kept = embedding.clone()
        marks = [loaded.vocabulary.marks.turn, loaded.vocabulary.marks.pad]
        embedding[marks] = embedding.abs().max() * 50
    try:
        settings = SamplerSettings(steps=3)
        segments = (Gap("g", 6), Fixed("a", " End."))
        for event in steps(engine.fill(FillRequest("r", Prompt(), segments, settings=settings))):
            assert not set(event.canvas[:6]) & {*marks, *loaded.vocabulary.unwritable}
    finally:
        with torch.inference_mode():
            embedding.copy_(kept)


LONG = tuple(
    segment
    for i in range(8)
    for segment in (
        Fixed(f"f{i}", "The lungs are clear. There is no pleural effusion. The heart is "),
        Gap(f"g{i}"),
        Fixed(f"h{i}", " in size.\n"),
    )
)
LONG_REQUEST = FillRequest(
    "long", Prompt((PICTURE,)), (*LONG, Gap("end")), (1, 2), SamplerSettings(steps=3)
)


def test_a_long_report_goes_block_by_block_and_says_so(bundled: DiffusionEngine) -> None:
    *events, first, second = bundled.fill(LONG_REQUEST)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    blocks = {event.block for event in events if isinstance(event, StepEvent)}
    assert blocks == set(range(max(blocks) + 1))
    assert len(blocks) > 1
    assert "could not" in first.notes[0] or "none of the words after it" in first.notes[0]
    for done in (first, second):
        assert [fill.segment_id for fill in done.fills] == [f"g{i}" for i in range(8)] + ["end"]
        assert all(fill.complete for fill in done.fills)
    (alone,) = collect(bundled.fill(replace(LONG_REQUEST, seeds=(2,))))
    assert texts(alone) == texts(second)


def test_later_blocks_see_earlier_ones(bundled: DiffusionEngine) -> None:
    changed = (Fixed("f0", "There is a large nodule. The heart is "), *LONG_REQUEST.segments[1:])
    one, other = (
        collect(bundled.fill(replace(LONG_REQUEST, segments=segments, seeds=(1,))))[0]
        for segments in (LONG_REQUEST.segments, changed)
    )
    assert one.fills[-1].mean_entropy != other.fills[-1].mean_entropy


def test_cancelling_a_long_report_leaves_later_gaps_open(bundled: DiffusionEngine) -> None:
    done = collect(bundled.fill(LONG_REQUEST, After(3)))[0]
    assert done.reason is Reason.CANCELLED
    assert [fill.segment_id for fill in done.fills] == [f"g{i}" for i in range(8)] + ["end"]
    assert done.fills[-1].pieces == (Open(done.fills[-1].pieces[0].length, auto=True),)  # type: ignore[union-attr]


def test_shrunken_gaps_are_told(bundled: DiffusionEngine) -> None:
    many = [s for i in range(9) for s in (Fixed(f"f{i}", "and the heart "), Gap(f"g{i}"))]
    segments = (*many, Fixed("end", " is normal."))
    request = FillRequest("r", Prompt(), segments, settings=SamplerSettings(steps=1))
    (done,) = collect(bundled.fill(request))
    assert "little room" in done.notes[0]


@pytest.mark.parametrize(
    ("segments", "seeds", "words"),
    [
        ((Fixed("a", "No gap."),), (1,), "There is no gap to fill"),
        ((Fixed("a", "A "), Soft("s", " ")), (1,), "There is no gap to fill"),
        ((Gap("g"),), (), "at least one seed"),
        ((Gap("g", 200),), (1,), "A gap of 200 tokens is longer"),
        ((Fixed("a", "the heart and " * 80), Gap("g")), (1,), "no room is left for 1 gap"),
    ],
)
def test_impossible_requests_are_refused_before_the_first_event(
    bundled: DiffusionEngine, segments: tuple[Segment, ...], seeds: tuple[int, ...], words: str
) -> None:
    with pytest.raises(EngineError, match=words):
        next(bundled.fill(FillRequest("r", Prompt(), segments, seeds)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"t_min": 0.0},
        {"t_max": 0.1, "t_min": 0.2},
        {"entropy_bound": -1.0},
        {"start": 1.0},
        {"noise": 1.5},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(EngineError):
        SamplerSettings(**wrong)  # type: ignore[arg-type]


def test_a_full_memory_is_said_and_leaves_the_engine_usable(
    bundled: DiffusionEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError

    with monkeypatch.context() as patch:
        patch.setattr(tracks_module, "forward_of", lambda *_: full)
        with pytest.raises(EngineError, match="memory is full"):
            collect(bundled.fill(REQUEST))
    assert collect(bundled.fill(REQUEST))[0].fills


def test_a_closed_engine_says_so(tiny_path: object) -> None:
    engine = DiffusionEngine(load(tiny_path, device="cpu"))  # type: ignore[arg-type]
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        next(engine.fill(REQUEST))


def test_the_bundled_checkpoint_is_the_default() -> None:
    stages: list[tuple[str, float]] = []
    engine = load_engine(device="cpu", progress=lambda *stage: stages.append(stage))
    assert engine.info.name == "Lacuna phantom"
    assert stages[-1] == ("Ready", 1.0)
    fractions = [fraction for _, fraction in stages]
    assert fractions == sorted(fractions)
    engine.close()
