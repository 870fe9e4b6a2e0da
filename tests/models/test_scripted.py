"""The scripted engine keeps the engine's contract, so that tests of the window mean something."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from lacuna_models.api import (
    Done,
    Engine,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    Kept,
    Open,
    Prompt,
    Reason,
    Soft,
    StepEvent,
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
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
