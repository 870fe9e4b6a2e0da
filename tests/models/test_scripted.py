"""The scripted engine keeps the engine's contract, so that tests of the window mean something."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from lacuna_models.api import (
    Advance,
    AskRequest,
    CommandQueue,
    Done,
    Edit,
    Engine,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    Kept,
    Lock,
    Open,
    Pause,
    Prompt,
    Reason,
    Release,
    Resume,
    Seen,
    Soft,
    StartingPoint,
    StepEvent,
    Strike,
    TokenState,
)
from lacuna_models.engine import collect
from lacuna_models.scripted import ScriptedEngine

REQUEST = FillRequest(
    "run",
    Prompt(),
    (Fixed("a", "The heart is "), Gap("g"), Soft("s", "The lungs are clear."), Gap("h", 3)),
    seeds=(1, 2),
)


def test_plays_its_script_row_by_row() -> None:
    engine = ScriptedEngine({"g": ("normal in size.", "enlarged."), "h": "No effusion."}, steps=4)
    assert isinstance(engine, Engine)
    *events, first, second = engine.fill(REQUEST)
    assert [(e.row, e.step) for e in events if isinstance(e, StepEvent)] == [
        (row, step) for step in range(1, 5) for row in (0, 1)
    ]
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert [fill.text for fill in first.fills] == [
        "normal in size.",
        "The lungs are clear.",
        "No effusion.",
    ]
    assert second.fills[0].text == "enlarged."
    assert first.reason is Reason.SETTLED
    last = [e for e in events if isinstance(e, StepEvent)][-2]
    assert last.settled + last.accepted == last.free
    assert [span.text for span in last.spans] == [fill.text for fill in first.fills]


def test_states_come_in_order() -> None:
    order = [TokenState.CHANGING, TokenState.ACCEPTED, TokenState.SETTLED]
    seen: dict[int, int] = {}
    for event in ScriptedEngine(steps=5).fill(replace(REQUEST, seeds=(3,))):
        if isinstance(event, StepEvent):
            for i, token in enumerate(event.spans[0].tokens):
                assert order.index(token.state) >= seen.get(i, 0)
                seen[i] = order.index(token.state)


def test_cancel_keeps_what_was_accepted() -> None:
    cancel = threading.Event()
    events = ScriptedEngine(steps=10).fill(replace(REQUEST, seeds=(3,)), cancel)
    for _ in range(5):
        last = next(events)
    cancel.set()
    (done,) = collect(events)
    assert isinstance(last, StepEvent)
    assert done.reason is Reason.CANCELLED
    assert done.steps == 5
    pieces = [piece for fill in done.fills for piece in fill.pieces]
    assert sum(len(p.tokens) for p in pieces if isinstance(p, Kept)) == last.settled + last.accepted
    assert any(isinstance(piece, Open) for piece in pieces)


def test_same_seed_same_run() -> None:
    runs = [
        [e.spans for e in ScriptedEngine().fill(REQUEST) if isinstance(e, StepEvent)]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_refuses_like_the_engine() -> None:
    with pytest.raises(EngineError, match="no gap"):
        next(ScriptedEngine().fill(replace(REQUEST, segments=(Fixed("a", "x"),))))
    with pytest.raises(EngineError, match="lost"):
        next(ScriptedEngine(error=EngineError("The GPU was lost.")).fill(REQUEST))


def test_imports_no_torch() -> None:
    code = (
        "import sys, lacuna_models.scripted, lacuna_models.canvas, lacuna_models.drafting, "
        "lacuna_models.blocks, lacuna_models.vocabulary\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


SAID = ScriptedEngine({"g": "normal in size today.", "h": "No effusion."}, steps=8)
ONE = replace(REQUEST, seeds=(3,))


def steps_of(events: object) -> StepEvent:
    event = next(events)  # type: ignore[call-overload]
    assert isinstance(event, StepEvent)
    return event


def test_a_locked_word_stands_from_the_next_step() -> None:
    queue = CommandQueue()
    events = SAID.fill(ONE, None, queue)
    shown = steps_of(events).spans[0].tokens[1]
    queue.send(Lock(Seen.of([shown])))
    for event in events:
        if isinstance(event, StepEvent):
            token = event.spans[0].tokens[1]
            assert (token.text, token.state) == (shown.text, TokenState.LOCKED)
            assert event.locked == (shown.position,)
        else:
            assert event.fills[0].pieces[0].tokens[1].state is TokenState.LOCKED  # type: ignore[union-attr]
            assert shown.text in event.fills[0].text


def test_a_released_word_is_the_models_again() -> None:
    queue = CommandQueue()
    events = SAID.fill(ONE, None, queue)
    seen = Seen.of(steps_of(events).spans[0].tokens[1:2])
    queue.send(Lock(seen))
    assert steps_of(events).locked
    queue.send(Release(seen))
    assert not steps_of(events).locked


def test_a_struck_word_does_not_come_back() -> None:
    word = next(t for t in collect(SAID.fill(ONE))[0].fills[0].pieces[0].tokens if "size" in t.text)  # type: ignore[union-attr]
    queue = CommandQueue([Strike(Seen((word.position,), (word.id,)))])
    for event in SAID.fill(ONE, None, queue):
        spans = event.spans if isinstance(event, StepEvent) else event.fills
        assert "size" not in spans[0].text


def test_pauses_steps_once_and_goes_on() -> None:
    queue, cancel = CommandQueue([Pause(), Advance()]), threading.Event()
    events = SAID.fill(ONE, cancel, queue)
    first = steps_of(events)
    assert (first.step, first.paused) == (1, True)
    queue.send(Resume())
    assert not steps_of(events).paused
    queue.send(Pause())
    cancel.set()
    (done,) = collect(events)
    assert done.reason is Reason.CANCELLED
    assert done.steps == 2


def test_an_edit_keeps_the_gaps_that_it_does_not_touch() -> None:
    queue = CommandQueue()
    events = SAID.fill(ONE, None, queue)
    for _ in range(4):
        before = steps_of(events)
    head, gap, *rest = REQUEST.segments
    queue.send(Edit((replace(head, text="The aorta is "), gap, *rest, Fixed("z", "End."))))  # type: ignore[arg-type]
    after = steps_of(events)
    assert after.edition == 1
    pairs = list(zip(before.spans[1].tokens, after.spans[1].tokens, strict=True))
    stood = [(a.text, b.text) for a, b in pairs if a.state is not TokenState.CHANGING]
    assert stood
    assert all(a == b for a, b in stood)
    (done,) = collect(events)
    assert [fill.text for fill in done.fills] == [
        "normal in size today.",
        "The lungs are clear.",
        "No effusion.",
    ]


def test_goes_on_from_a_recorded_step() -> None:
    recorded = [e for e in SAID.fill(ONE) if isinstance(e, StepEvent)]
    start = StartingPoint.of(recorded[3])
    events = list(SAID.fill(replace(ONE, start=start, seeds=(9,))))
    first = events[0]
    assert isinstance(first, StepEvent)
    assert first.step == 5
    for position, (token, kept) in enumerate(zip(start.canvas, start.accepted, strict=True)):
        if kept:
            assert first.canvas[position] == token


def test_alternatives_are_the_other_texts_with_their_origin() -> None:
    engine = ScriptedEngine({"g": ("normal.", "enlarged.", "huge.", "normal.")})
    (done,) = collect(engine.fill(replace(ONE, alternatives=3)))
    fill = done.fills[0]
    assert fill.text == "normal."
    assert [a.text for a in fill.alternatives] == ["enlarged.", "huge."]
    assert fill.score is not None
    assert fill.score > fill.alternatives[0].score > fill.alternatives[1].score
    assert fill.provenance is not None
    assert fill.provenance.model_hash == engine.info.hash
    assert fill.provenance.seed == 3


def test_answers_a_question() -> None:
    engine = ScriptedEngine({"answer": ("No.", "Yes, on the left.")})
    (done,) = collect(engine.ask(AskRequest("q", Prompt(), "Any effusion?", alternatives=2)))
    assert done.fills[0].text == "No."
    assert [a.text for a in done.fills[0].alternatives] == ["Yes, on the left."]
    with pytest.raises(EngineError, match="no question"):
        AskRequest("q", Prompt(), "  ")


def test_refuses_an_adapter_that_it_does_not_have() -> None:
    with pytest.raises(EngineError, match="adapter"):
        next(SAID.fill(replace(ONE, adapter="reader")))
