"""What a request asks for in words: how the length of a whole draft is told."""

from __future__ import annotations

from lacuna_models.api import Detail, FillRequest, Fixed, Gap, Length, Prompt, Segment, Words
from lacuna_models.asking import told

TERSE = Prompt(style="terse")


def ask(length: Length | None, *around: Segment) -> Prompt:
    return told(FillRequest("draft", TERSE, (*around, Gap("g", length))))


def test_a_number_of_words_outranks_a_style_that_speaks_against_it() -> None:
    asked = ask(Words(60))
    assert (asked.words, asked.style) == (60, "full")


def test_a_detail_is_a_style() -> None:
    asked = ask(Detail.DETAILED)
    assert (asked.words, asked.style) == (0, "detailed")


def test_a_gap_within_a_report_leaves_the_prompt_as_it_is() -> None:
    assert ask(Words(5), Fixed("a", "Findings:\nThe heart")) == TERSE
    assert ask(None) == TERSE
