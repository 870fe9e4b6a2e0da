"""Whatever is typed around a gap comes back byte for byte, on the bundled tokenizer."""

from __future__ import annotations

import random
from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from lacuna_models import blocks
from lacuna_models.api import (
    Done,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    Prompt,
    SamplerSettings,
    Segment,
    Soft,
    StepEvent,
    TokenState,
)
from lacuna_models.canvas import Rule, lay_out
from lacuna_models.drafting import Reading, drafts, fills, merge
from lacuna_models.engine import DiffusionEngine
from lacuna_models.loading import Loaded

SAID = (
    "The heart is normal in size No pleural effusion right upper zone 12 mm . , ; ( ) FINDINGS: "
    "IMPRESSION: caf\u00e9 na\u00efve e\u0301 \u732b \u00b5m \u00d7 <turn|> <pad> <0x41> "
    "\U0001f600 \U0001f469\U0001f3fd\u200d\u2695\ufe0f"
)
ODD = ("\u00a0", "\u200b", "\u2581")  # the last is how metaspace tokenizers write a space
WORDS = st.sampled_from((*SAID.split(), *ODD))
SPACES = st.sampled_from(["", " ", "  ", "   ", "\n", "\n\n", " \n ", "\t", "\r\n", "\n\n\n"])
TEXT = st.lists(st.tuples(SPACES, WORDS, SPACES).map("".join), max_size=6).map("".join) | st.text(
    max_size=12
)
SPAN = st.one_of(
    st.tuples(st.just("fixed"), TEXT),
    st.tuples(st.just("soft"), TEXT),
    st.tuples(st.just("gap"), st.none() | st.integers(1, 12)),
)
REPORT = st.lists(SPAN, min_size=1, max_size=7)


def segments_of(report: Sequence[tuple[str, str | int | None]]) -> tuple[Segment, ...]:
    kinds = {"fixed": Fixed, "soft": Soft, "gap": Gap}
    made = [kinds[kind](f"{i}", value) for i, (kind, value) in enumerate(report)]  # type: ignore[arg-type]
    return (*made, Gap("last")) if not any(isinstance(s, Gap) for s in made) else tuple(made)


def joined(segments: Sequence[Segment], texts: dict[str, str]) -> str:
    return "".join(s.text if isinstance(s, Fixed) else texts.get(s.id, "") for s in segments)


def check_layout(loaded: Loaded, segments: tuple[Segment, ...], seed: int) -> None:
    """Lay out, write anything at all at the free places, and read back."""
    vocabulary, dice = loaded.vocabulary, random.Random(seed)
    try:
        parts = blocks.split(segments, vocabulary, loaded.canvas)
        layouts = [
            lay_out(part, vocabulary, loaded.canvas, last=i + 1 == len(parts))
            for i, part in enumerate(parts)
        ]
    except EngineError:
        return
    found = []
    for layout in layouts:
        assert len(layout.ids) <= loaded.canvas.length
        ids = [
            token if rule is Rule.HELD else dice.randrange(vocabulary.size)
            for token, rule in zip(layout.ids, layout.rules, strict=True)
        ]
        states = [TokenState.SETTLED] * len(ids)
        reading = Reading(ids, [dice.random() < 0.8 for _ in ids], states, [0.1] * len(ids))
        for draft in drafts(layout, vocabulary, reading):
            assert draft.text == "".join(token.text for token in draft.tokens)
        found += fills(layout, vocabulary, reading)
        assert all(isinstance(p, str) or p.start <= p.stop for p in layout.parts)
    for fill in merge(found):
        fill.text.encode()
        assert "\ufffd" not in fill.text
    free = {segment.id for segment in segments if not isinstance(segment, Fixed)}
    assert {fill.segment_id for fill in found} <= free
    fixed_parts = "".join(p for layout in layouts for p in layout.parts if isinstance(p, str))
    assert fixed_parts == joined(segments, {}), "anchors, byte for byte"


def check_untouched(loaded: Loaded, segments: tuple[Segment, ...]) -> None:
    """Soft text whose tokens are left alone comes back as well."""
    vocabulary = loaded.vocabulary
    try:
        parts = blocks.split(segments, vocabulary, loaded.canvas)
        layouts = [lay_out(part, vocabulary, loaded.canvas) for part in parts]
    except EngineError:
        return
    found = []
    for layout in layouts:
        length = len(layout.ids)
        states = [TokenState.SETTLED] * length
        reading = Reading(layout.ids, [True] * length, states, [0.0] * length)
        found += fills(layout, vocabulary, reading)
    texts = {fill.segment_id: fill.text for fill in merge(found)}
    for segment in segments:
        if isinstance(segment, Soft) and "\u2581" not in segment.text:
            assert texts.get(segment.id, "") == segment.text


def surrogates(segments: Sequence[Segment]) -> bool:
    text = "".join(s.text for s in segments if not isinstance(s, Gap))
    return any("\ud800" <= c <= "\udfff" for c in text)


QUIET = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(report=REPORT, seed=st.integers(0, 1 << 30))
@settings(QUIET, max_examples=60)
def test_anchors_come_back(shipped: Loaded, report: list, seed: int) -> None:
    segments = segments_of(report)
    check_layout(shipped, segments, seed)
    if not surrogates(segments):
        check_untouched(shipped, segments)


@pytest.mark.slow
@given(report=REPORT, seed=st.integers(0, 1 << 30))
@settings(QUIET, derandomize=False, max_examples=2000)
def test_anchors_come_back_2000_times(shipped: Loaded, report: list, seed: int) -> None:
    segments = segments_of(report)
    check_layout(shipped, segments, seed)
    if not surrogates(segments):
        check_untouched(shipped, segments)


@given(report=REPORT, seed=st.integers(0, 1 << 30))
@settings(QUIET, max_examples=12)
def test_anchors_come_back_through_the_engine(
    bundled: DiffusionEngine, report: list, seed: int
) -> None:
    segments = segments_of(report)
    request = FillRequest("r", Prompt(), segments, (seed,), SamplerSettings(steps=2))
    try:
        *events, done = bundled.fill(request)
    except EngineError:
        return
    assert isinstance(done, Done)
    assert {fill.segment_id for fill in done.fills} <= {
        segment.id for segment in segments if not isinstance(segment, Fixed)
    }
    loaded = bundled._at_work()
    if len(blocks.split(segments, loaded.vocabulary, loaded.canvas)) > 1:
        return
    layout = lay_out(segments, loaded.vocabulary, loaded.canvas)
    for event in events:
        assert isinstance(event, StepEvent)
        for place, rule in enumerate(layout.rules):
            if rule is Rule.HELD:
                assert event.canvas[place] == layout.ids[place]
                assert event.accepted_mask[place]
