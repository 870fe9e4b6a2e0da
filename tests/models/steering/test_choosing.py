"""Which of several proposals is the fill, and which are shown beside it."""

from __future__ import annotations

import pytest

from lacuna_models.api import (
    Auto,
    EngineError,
    Exact,
    Fill,
    Gap,
    Kept,
    Length,
    Range,
    Sentence,
    TokenDraft,
    TokenState,
    Words,
)
from lacuna_models.canvas import CanvasSpec
from lacuna_models.search.choosing import Proposal, chosen, word_count
from lacuna_models.search.lengths import MOST, lengths_of
from lacuna_models.search.traits import search_traits


def proposal(text: str, score: float, *, extra: bool = False) -> Proposal:
    token = TokenDraft(text, TokenState.SETTLED, 0.1)
    return Proposal(Fill("g", (Kept((token,)),), 0.1), score, extra)


def pick(*offered: Proposal, policy: Length | None = None, words: int | None = None) -> Fill:
    return chosen(offered, policy or Auto(), 5, margin=1.0, words=words)


def test_the_best_score_wins_and_the_others_follow_in_order() -> None:
    fill = pick(
        proposal("There is no effusion.", -0.4),
        proposal("No effusion.", -0.1),
        proposal("No effusion is seen.", -0.2),
    )
    assert fill.text == "No effusion."
    assert [a.text for a in fill.alternatives] == ["No effusion is seen.", "There is no effusion."]


@pytest.mark.parametrize(
    "other",
    [
        "No  effusion.",  # the same words
        "No right effusion.",  # another fact
        "No effusion. No effusion.",  # another build
        "No effusion is is seen.",  # no one writes so
        "No effusion is seen..",
        "No effusion on the right on the right.",
        "",
    ],
)
def test_what_is_not_worth_showing_is_left_out(other: str) -> None:
    assert not pick(proposal("No effusion.", -0.1), proposal(other, -0.2)).alternatives


def test_what_is_much_less_likely_is_left_out() -> None:
    assert not pick(
        proposal("No effusion.", -0.1), proposal("There is no effusion.", -1.2)
    ).alternatives


def test_a_stutter_loses_against_any_clean_text() -> None:
    assert pick(proposal("Clear lungs lungs.", -0.1), proposal("Clear lungs.", -2.0)).text == (
        "Clear lungs."
    )


def test_rows_made_for_variety_lead_only_where_nothing_else_will_do() -> None:
    fill = pick(proposal("No effusion is seen.", -0.1, extra=True), proposal("No effusion.", -0.3))
    assert fill.text == "No effusion."
    assert [a.text for a in fill.alternatives] == ["No effusion is seen."]


def test_a_sentence_is_one() -> None:
    two, half, one = "No effusion. No nodule.", "No effusion", "There is no effusion."
    offered = [proposal(two, -0.1), proposal(half, -0.2), proposal(one, -0.9)]
    assert pick(*offered, policy=Sentence()).text == one


def test_the_words_asked_for_count() -> None:
    short, long = "No effusion.", "There is no pleural effusion on either side."
    offered = [proposal(short, -0.1), proposal(long, -0.5)]
    assert pick(*offered, policy=Words(8), words=8).text == long
    assert pick(*offered, policy=Words(2), words=2).text == short
    assert word_count("A 3.5 mm right-sided nodule.") == 5


def test_lengths_follow_the_policy() -> None:
    spec = CanvasSpec(128, longest_gap=12, tokens_per_word=1.5)
    assert lengths_of(Gap("g"), spec, 100) == tuple(range(3, 13))
    assert lengths_of(Gap("g"), spec, 6) == (3, 4, 5, 6)
    assert lengths_of(Gap("g", Range(5, 7)), spec, 100) == (5, 6, 7)
    assert lengths_of(Gap("g", Exact(5)), spec, 100) == ()
    words = lengths_of(Gap("g", Words(10)), spec, 100)
    assert words[0] < 15 < words[-1]
    many = lengths_of(Gap("g", Range(3, 90)), spec, 100)
    assert len(many) == MOST
    assert (many[0], many[-1]) == (3, 90)


@pytest.mark.parametrize("wrong", [lambda: Range(5, 3), lambda: Range(0, 3), lambda: Words(0)])
def test_impossible_lengths_are_refused(wrong: object) -> None:
    with pytest.raises(EngineError):
        wrong()  # type: ignore[operator]


def test_a_checkpoint_says_how_it_is_searched() -> None:
    assert search_traits("m", {})["searched"]
    assert not search_traits("m", {"elastic_gaps": True})["searched"]
    said = {"elastic_gaps": True, "auto_length": "search", "longest_gap_tokens": 30}
    assert search_traits("m", said) == {"searched": True, "two_stage": False, "longest_gap": 30}


@pytest.mark.parametrize(
    "wrong",
    [
        {"auto_length": "guess"},
        {"longest_gap_tokens": 0},
        {"tokens_per_word": "many"},
        {"alternative_margin_nats": -1},
    ],
)
def test_a_damaged_lacuna_json_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(EngineError, match="damaged"):
        search_traits("m", wrong)
