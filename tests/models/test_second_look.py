"""A draft looked over once more: weak sentences are written anew, the others stand."""

from __future__ import annotations

import pytest

from lacuna_models.api import Done, FillRequest, Gap, Prompt, Stage, StepEvent
from lacuna_models.canvas import Layout, Rule, Span
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.evaluation.subjects import picture
from lacuna_models.search.second_look import (
    HITS,
    MOST,
    ROWS,
    Said,
    masks,
    opened,
    rewritten,
    sentences,
    unlikely,
)
from lacuna_models.vocabulary import Vocabulary

REPORT = "Findings:\nClear lungs. No effusion.\n\nImpression:\nNormal."


@pytest.fixture
def words(bundled: DiffusionEngine) -> Vocabulary:
    return bundled.vocabulary


def _texts(ids: list[int], words: Vocabulary) -> list[str]:
    return ["".join(words.texts([ids[i] for i in s])) for s in sentences(ids, words)]


def test_sentences_are_told_from_headings(words: Vocabulary) -> None:
    found = _texts(words.ids(REPORT), words)
    assert [text.strip() for text in found] == ["Clear lungs.", "No effusion.", "Normal."]
    assert not any("\n" in text for text in found)


def test_a_sentence_that_was_cut_short_counts(words: Vocabulary) -> None:
    found = _texts(words.ids("Findings:\nThe rest of the chest is\n\nImpression:\nNormal"), words)
    assert [text.strip() for text in found] == ["The rest of the chest is", "Normal"]


def test_every_place_is_noise_in_as_many_rows() -> None:
    rows = masks(range(5, 25), seed=3)
    assert len(rows) == ROWS
    assert [sum(p in row for row in rows) for p in range(5, 25)] == [HITS] * 20


def test_only_what_is_below_the_bound_is_unlikely_the_worst_first() -> None:
    spoken = [range(i, i + 1) for i in range(8)]
    nats = dict(enumerate((-0.1, -0.9, -0.5, -0.3, -0.8, -0.7, -0.6, -0.2)))
    assert unlikely(spoken, nats, 0.65) == [range(1, 2), range(4, 5), range(5, 6)]
    assert len(unlikely(spoken, nats, 0.05)) == MOST
    assert unlikely(spoken, nats, 1.0) == []


def _layout(length: int) -> Layout:
    rules = (Rule.HELD, Rule.WORDS, *[Rule.ENDING] * (length - 2))
    return Layout((7,) * length, rules, (Span("draft", 1, length, ending=True),))


def test_neighbours_share_a_gap_with_room_to_spare(words: Vocabulary) -> None:
    said = list(range(100, 120))
    gaps = [range(2, 5), range(5, 8), range(12, 14)]
    laid = opened(_layout(100), said, gaps, 24, words)
    assert laid is not None
    first, second = laid.spans
    assert (first.start, first.length) == (3, 24)
    assert second.length == 24
    assert laid.ids[: first.start] == (7, 100, 101)
    assert laid.ids[first.stop : second.start] == tuple(range(108, 112))
    assert laid.ids[second.stop : second.stop + 6] == tuple(range(114, 120))
    assert laid.ids[second.stop + 6] == words.marks.turn
    assert len(laid.ids) == len(laid.rules) == 100
    assert {laid.rules[p] for p in laid.free} == {Rule.ELASTIC}


def test_a_full_canvas_is_left_alone(words: Vocabulary) -> None:
    assert opened(_layout(22), list(range(20)), [range(2, 5)], 24, words) is None
    assert opened(_layout(90), list(range(20)), [], 24, words) is None


def test_what_is_written_anew_takes_its_sentences_place() -> None:
    before = [Said(i, 0.1) for i in range(6)]
    after = [[Said(9, 0.5), Said(8, 0.5)], []]
    told = rewritten(before, [range(1, 3), range(4, 5)], after)
    assert [said.token for said in told] == [0, 9, 8, 3, 5]
    assert [said.doubt for said in told] == [0.1, 0.5, 0.5, 0.1, 0.1]


def _request() -> FillRequest:
    return FillRequest("draft", Prompt((picture(draw_case(11)),)), (Gap("all"),), seeds=(5,))


def _drafted(engine: DiffusionEngine) -> Done:
    return collect(engine.fill(_request()))[0]


def test_a_look_at_everything_writes_a_whole_report(bundled: DiffusionEngine) -> None:
    plain = _drafted(bundled.variant(two_stage=True, second_look=None))
    looked = _drafted(bundled.variant(two_stage=True, second_look=1e-6))
    assert looked.steps > plain.steps
    assert "Impression:" in looked.fills[0].text
    assert looked.fills[0].text.rstrip().endswith(".")


def test_a_look_that_finds_nothing_changes_nothing(bundled: DiffusionEngine) -> None:
    plain = _drafted(bundled.variant(two_stage=True, second_look=None))
    assert _drafted(bundled.variant(two_stage=True, second_look=99.0)).fills == plain.fills


class Patience:
    """A reader who stops when asked so many times."""

    def __init__(self, asked: int) -> None:
        self._left = asked

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_stopping_while_it_looks_keeps_the_draft(bundled: DiffusionEngine) -> None:
    engine = bundled.variant(two_stage=True, second_look=1e-6)
    draft = [e for e in engine.fill(_request()) if isinstance(e, StepEvent)]
    first = sum(event.stage is Stage.DRAFT for event in draft)
    for asked in range(first, first + 12, 3):
        done = [e for e in engine.fill(_request(), Patience(asked)) if isinstance(e, Done)]
        assert "Findings:" in done[0].fills[0].text
