"""Sentences, critical words and claims: what scoring and the rule checker read out of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_models.api import Fixed, Gap, Segment, Soft
from lacuna_models.scoring.critical import critical_words, phrases
from lacuna_models.scoring.facts import changed_fact, claims, repeats_itself, same_claims
from lacuna_models.scoring.text import joined


def said(text: str) -> list[str]:
    one = joined((Fixed("a", text),))
    return [one.said(sentence) for sentence in one.whole_sentences()]


def test_sentences_end_at_stops_and_lines_and_headings_are_none() -> None:
    text = "Findings:\nA nodule of 1.2 cm. No effusion\n\nImpression:\nNodule!"
    assert said(text) == ["A nodule of 1.2 cm.", "No effusion", "Nodule!"]


def test_a_sentence_that_a_gap_cuts_is_not_whole() -> None:
    one = joined((Fixed("a", "Clear lungs. The heart is "), Gap("g"), Fixed("b", ". No air.")))
    assert [one.said(s) for s in one.whole_sentences()] == ["Clear lungs.", "No air."]


def test_a_phrase_over_two_segments_has_a_place_in_each() -> None:
    one = joined((Fixed("a", "A small ri"), Soft("b", "ght effusion.")))
    words = critical_words(one.text)
    (phrase,) = phrases(one.text, words)
    assert [one.said(word) for word in phrase] == ["small", "right", "effusion"]
    places = one.places(phrase[1])
    assert [(p.segment_id, p.start, p.stop) for p in places] == [("a", 8, 10), ("b", 0, 3)]


@given(st.lists(st.text("a. \nright", max_size=8), max_size=5), st.integers(0, 4))
def test_places_lie_where_the_text_does(texts: list[str], gap: int) -> None:
    segments: list[Segment] = [Fixed(f"s{i}", text) for i, text in enumerate(texts)]
    segments.insert(min(gap, len(segments)), Gap("g"))
    one = joined(segments)
    known = {s.id: s.text for s in segments if not isinstance(s, Gap)}
    for sentence in one.sentences():
        spelled = "".join(known[p.segment_id][p.start : p.stop] for p in one.places(sentence))
        assert spelled == one.said(sentence)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("There is a small right pleural effusion.", "Small effusion on the right."),
        ("The heart is normal in size.", "The cardiac silhouette is not enlarged."),
        ("The heart is mildly enlarged.", "Mild cardiomegaly."),
        ("No pleural effusion or pneumothorax.", "No effusion, no pneumothorax."),
        ("Small bilateral effusions.", "Small effusions are seen on both sides."),
        ("A nodule of 1.2 x 0.8 cm.", "Nodule, 12 x 8 mm."),
        ("Opacity, likely pneumonia.", "Opacity, probably pneumonia."),
        ("The pleural spaces are clear.", "No pleural effusion or pneumothorax."),
        ("Both lungs are clear, without focal opacity.", "The lungs are clear."),
    ],
)
def test_other_words_for_the_same_facts_are_the_same(one: str, other: str) -> None:
    assert same_claims(one, other)
    assert changed_fact(one, other) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Small right effusion.", "Small left effusion."),
        ("Small right effusion.", "Large right effusion."),
        ("There is a right effusion.", "There is no right effusion."),
        ("Nodule in the right upper lobe.", "Nodule in the right upper zone."),
        ("Nodule in the right upper zone.", "Nodule in the right lower zone."),
        ("A nodule of 12 mm.", "A nodule of 21 mm."),
        ("Opacity, likely pneumonia.", "Opacity, pneumonia."),
        ("Right pneumothorax.", "Right effusion."),
        ("No fracture.", "The bones are normal."),
        ("The heart is enlarged.", "The heart is not enlarged."),
    ],
)
def test_a_changed_fact_is_told(one: str, other: str) -> None:
    assert not same_claims(one, other)
    assert changed_fact(one, other)


def test_a_denial_carries_through_a_list_but_not_past_it() -> None:
    denied = {c.finding: c.denied for c in claims("No lines, tubes or devices are seen.")}
    assert denied == {"line": True, "tube": True, "device": True}
    mixed = {c.finding: c.denied for c in claims("No pneumothorax but a small right effusion.")}
    assert mixed == {"pneumothorax": True, "effusion": False}
    assert not claims("No change in the left effusion.")[0].denied


def test_a_fact_said_twice_is_seen() -> None:
    assert repeats_itself("The heart is normal in size normal.", "Normal heart size.")
    assert not repeats_itself("No effusion, no pneumothorax.", "No effusion and no pneumothorax.")
    assert not repeats_itself("No effusion and no pneumothorax.", "No effusion or pneumothorax.")
