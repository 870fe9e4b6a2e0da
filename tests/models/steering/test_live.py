"""Touching a run of the bundled model while it thinks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from lacuna_models.api import (
    CommandQueue,
    Done,
    Edit,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Kept,
    Lock,
    Origin,
    Prompt,
    Reason,
    Release,
    SamplerSettings,
    Seen,
    Stage,
    StartingPoint,
    StepEvent,
    Strike,
    TokenState,
)
from lacuna_models.context import Contexts
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.loading import Loaded
from lacuna_models.search.redraft import body_of, once

PROMPT = Prompt((ImageInput(np.full((128, 128), 60, np.uint8), Origin.PHANTOM),))
HEAD = Fixed("a", "Findings:\nThe heart is normal in size. ")
SEGMENTS = (HEAD, Gap("g", 8), Fixed("b", " No nodule.\n\nImpression:\n"), Gap("k"))
REQUEST = FillRequest(
    "run", PROMPT, SEGMENTS, seeds=(3,), settings=SamplerSettings(steps=12, t_max=0.5, t_min=0.1)
)


@pytest.fixture(scope="module")
def engine(bundled: DiffusionEngine) -> DiffusionEngine:
    return bundled.variant(searched=False, two_stage=False)


def next_step(events: Iterator[StepEvent | Done]) -> StepEvent:
    event = next(events)
    assert isinstance(event, StepEvent)
    return event


def test_a_lock_holds_what_was_seen_and_is_told_in_the_fill(engine: DiffusionEngine) -> None:
    queue = CommandQueue()
    events = engine.fill(REQUEST, None, queue)
    shown = next_step(events).spans[0].tokens[2:4]
    queue.send(Lock(Seen.of(shown)))
    for event in events:
        if isinstance(event, StepEvent):
            assert [event.canvas[t.position] for t in shown] == [t.id for t in shown]
            assert event.locked == tuple(t.position for t in shown)
        else:
            (piece,) = event.fills[0].pieces
            assert isinstance(piece, Kept)
            held = [t.id for t in piece.tokens if t.state is TokenState.LOCKED]
            assert held == [t.id for t in shown]


def test_a_released_word_may_change_again(engine: DiffusionEngine) -> None:
    queue = CommandQueue()
    events = engine.fill(REQUEST, None, queue)
    seen = Seen.of(next_step(events).spans[0].tokens[2:4])
    queue.send(Lock(seen))
    assert next_step(events).locked
    queue.send(Release(seen))
    assert not next_step(events).locked


def test_a_struck_word_stays_away(engine: DiffusionEngine) -> None:
    usual = collect(engine.fill(REQUEST))[0].fills[0]
    (piece,) = usual.pieces
    assert isinstance(piece, Kept)
    word = max(piece.tokens, key=lambda token: len(token.text.strip()))
    again = replace(REQUEST, commands=(Strike(Seen.of([word])),))
    (done,) = collect(engine.fill(again))
    assert word.text.strip().lower() not in done.fills[0].text.lower().split()
    assert done.fills[0].text != usual.text


def test_an_edit_goes_on_warm_with_what_it_did_not_touch(engine: DiffusionEngine) -> None:
    queue = CommandQueue()
    events = engine.fill(REQUEST, None, queue)
    for _ in range(3):
        before = next_step(events)
    tail = (Fixed("b", SEGMENTS[2].text), Gap("k"))  # type: ignore[union-attr]
    new = (Fixed("a", "Findings:\nThe heart is large. "), Gap("g", 8), *tail)
    queue.send(Edit(new))
    after = next_step(events)
    assert after.edition == 1
    assert after.step > before.step
    (done,) = collect(events)
    assert done.reason is not Reason.CANCELLED
    assert [fill.segment_id for fill in done.fills] == ["g", "k"]


def test_an_edit_that_cannot_be_ends_the_run_with_the_reason(engine: DiffusionEngine) -> None:
    queue = CommandQueue()
    events = engine.fill(REQUEST, None, queue)
    next_step(events)
    queue.send(Edit((HEAD, Gap("g", 4000))))
    (done,) = collect(events)
    assert done.reason is Reason.CANCELLED
    assert "longer than the model's canvas" in done.notes[-1]


def test_goes_on_from_any_recorded_step(engine: DiffusionEngine) -> None:
    recorded = [e for e in engine.fill(REQUEST) if isinstance(e, StepEvent)]
    start = StartingPoint.of(recorded[-1])
    (done,) = collect(engine.fill(replace(REQUEST, start=start, seeds=(9,))))
    assert [f.text for f in done.fills] == [span.text for span in recorded[-1].spans]
    other = replace(REQUEST, start=replace(start, canvas=start.canvas[:-1]))
    with pytest.raises(EngineError, match="another run"):
        collect(engine.fill(other))


def test_what_wrote_a_fill_is_told(engine: DiffusionEngine) -> None:
    (done,) = collect(engine.fill(REQUEST))
    for fill in done.fills:
        assert fill.provenance is not None
        assert fill.provenance.model_hash == engine.info.hash
        assert fill.provenance.seed == 3
        assert fill.provenance.step == done.steps
        assert fill.provenance.settings == REQUEST.settings


def test_alternatives_differ_and_are_ranked(engine: DiffusionEngine) -> None:
    gap = replace(REQUEST, segments=(HEAD, Gap("g"), *SEGMENTS[2:]), alternatives=3)
    events = list(engine.fill(gap))
    done = events[-1]
    assert isinstance(done, Done)
    for fill in done.fills:
        texts = [fill.text, *(a.text for a in fill.alternatives)]
        assert len(set(texts)) == len(texts)
        assert fill.score is not None
        scores = [a.score for a in fill.alternatives]
        assert scores == sorted(scores, reverse=True) or len(scores) < 2


def test_a_touched_search_goes_on_alone(bundled: DiffusionEngine) -> None:
    engine = bundled.variant(searched=True)
    queue = CommandQueue()
    request = replace(REQUEST, segments=(HEAD, Gap("g"), *SEGMENTS[2:]))
    events = engine.fill(request, None, queue)
    shown = next_step(events).spans[0].tokens[:1]
    queue.send(Lock(Seen.of(shown)))
    (done,) = collect(events)
    assert shown[0].text.strip() in done.fills[0].text
    assert not done.fills[0].alternatives


def test_several_gaps_are_searched_together(bundled: DiffusionEngine) -> None:
    engine = bundled.variant(searched=True)
    middle = Fixed("m", " The lungs are clear. ")
    request = replace(REQUEST, segments=(HEAD, Gap("g"), middle, Gap("h"), *SEGMENTS[2:]))
    (done,) = collect(engine.fill(request))
    assert [fill.segment_id for fill in done.fills] == ["g", "h", "k"]
    assert all(fill.text and fill.complete for fill in done.fills)


def test_an_unknown_adapter_is_refused(engine: DiffusionEngine) -> None:
    with pytest.raises(EngineError, match="no adapter"):
        next(engine.fill(replace(REQUEST, adapter="nobody")))


def test_a_second_stage_drops_doubles_and_keeps_the_body(bundled: DiffusionEngine) -> None:
    words = bundled.vocabulary
    text = "Findings:\nClear lungs. Clear lungs. No effusion.\n\nImpression:\nClear lungs."
    body = body_of(words.ids(text), words)
    assert body is not None
    said = "".join(words.texts(body))
    assert said.count("Clear lungs.") == 1
    assert said.strip().endswith("Impression:")
    assert body_of(words.ids("Clear lungs."), words) is None
    kept = once(words.ids(text), words)
    assert "".join(words.texts([words.ids(text)[i] for i in kept])).count("Clear lungs.") == 2
    request = replace(REQUEST, segments=(Gap("all"),), two_stage=True, settings=None)
    stages = [e.stage for e in bundled.fill(request) if isinstance(e, StepEvent)]
    assert stages == sorted(stages)


def test_the_second_stage_is_written_by_the_checkpoints_adapter_for_it(
    bundled: DiffusionEngine, shipped: Loaded
) -> None:
    engine = bundled.variant(two_stage=True, redraft_adapter="reader")
    request = replace(REQUEST, segments=(Gap("all"),), settings=None)
    at_work = {Stage.DRAFT: set[str | None](), Stage.REDRAFT: set[str | None]()}
    for event in engine.fill(request):
        if isinstance(event, StepEvent):
            at_work[event.stage].add(shipped.adapters.active)
    assert at_work == {Stage.DRAFT: {None}, Stage.REDRAFT: {"reader"}}
    assert shipped.adapters.active is None


def test_an_adapter_of_the_decoder_alone_shares_the_context(shipped: Loaded) -> None:
    contexts = Contexts(shipped)
    plain = contexts.get(REQUEST.prompt)
    with shipped.thinking_with("reader"):
        assert contexts.get(REQUEST.prompt) is plain
