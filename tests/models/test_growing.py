"""A gap that was given too little room takes more by itself; what stands around it stays."""

from __future__ import annotations

import pytest

from lacuna_models.api import Exact, FillRequest, Fixed, Gap, Prompt, Segment, StepEvent
from lacuna_models.canvas import Layout, Rule, Span
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.evaluation.subjects import picture
from lacuna_models.search.growing import grown_lengths, kept_spans

PAD = 0
BEFORE = Fixed("before", "Findings:\nNo lines, tubes or devices are seen. The heart")
AFTER = Fixed("after", " No pleural effusion and no pneumothorax is seen.")


def _layout(*lengths: int, rule: Rule = Rule.ELASTIC) -> Layout:
    """Spans of these lengths, each behind one held position."""
    rules: list[Rule] = []
    spans = []
    for number, length in enumerate(lengths):
        rules.append(Rule.HELD)
        start = len(rules)
        rules += [rule] * length
        spans.append(Span(f"gap-{number}", start, start + length, auto=True))
    return Layout((9,) * len(rules), tuple(rules), tuple(spans))


def test_gaps_that_end_in_padding_have_room_enough() -> None:
    assert grown_lengths(_layout(3, 2), [[9, 1, 2, PAD, 9, 3, PAD]], PAD) is None


def test_a_full_gap_grows_and_the_others_stay_as_they_are() -> None:
    grown = grown_lengths(_layout(3, 2), [[9, 1, 2, 4, 9, 3, PAD]], PAD)
    assert grown == {"gap-0": 11, "gap-1": 2}


def test_a_long_gap_doubles() -> None:
    assert grown_lengths(_layout(10), [[9, *range(1, 11)]], PAD) == {"gap-0": 20}


def test_a_gap_that_may_not_be_padded_never_grows() -> None:
    assert grown_lengths(_layout(3, rule=Rule.WORDS), [[9, 1, 2, 4]], PAD) is None


def test_what_the_other_gaps_held_moves_along() -> None:
    before, after = _layout(3, 2), _layout(11, 2)
    assert kept_spans(before, after, [9, 1, 2, 4, 9, 3, PAD]) == {13: 3, 14: PAD}


def _prompt() -> Prompt:
    """A chest with something in both lungs."""
    return Prompt((picture(draw_case(4)),))


def _filled(engine: DiffusionEngine, *segments: Segment) -> str:
    request = FillRequest("grow", _prompt(), segments)
    (done,) = collect(engine.fill(request))
    return "".join(fill.text for fill in done.fills)


@pytest.fixture
def narrow(bundled: DiffusionEngine) -> DiffusionEngine:
    """The bundled model, which reserves hardly anything."""
    return bundled.variant(default_gap=3)


def test_a_sentence_gets_the_room_that_it_needs(
    narrow: DiffusionEngine, bundled: DiffusionEngine
) -> None:
    said = _filled(narrow, BEFORE, Gap("gap"), AFTER)
    assert len(bundled.vocabulary.ids(said)) > 3
    assert said.rstrip().endswith(".")


def test_an_exact_length_is_kept(narrow: DiffusionEngine, bundled: DiffusionEngine) -> None:
    said = _filled(narrow, BEFORE, Gap("gap", Exact(3)), AFTER)
    assert len(bundled.vocabulary.ids(said)) <= 3


def test_a_full_canvas_leaves_what_fitted(narrow: DiffusionEngine) -> None:
    before = Fixed("before", "Findings:\n" + "No nodule is seen. " * 26 + "The heart")
    assert _filled(narrow, before, Gap("gap"), AFTER).strip()


def test_events_show_the_wider_canvas(narrow: DiffusionEngine) -> None:
    request = FillRequest("grow", _prompt(), (BEFORE, Gap("gap"), AFTER))
    events = [event for event in narrow.fill(request) if isinstance(event, StepEvent)]
    numbers = [event.step for event in events]
    assert numbers == sorted(set(numbers))
    free = [event.free for event in events]
    assert free[0] == 3
    assert free[-1] > 3
