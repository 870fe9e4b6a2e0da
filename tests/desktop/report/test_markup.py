from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.errors import UserFacingError
from lacuna.report import markup
from lacuna.report.model import Author, Fixed, Gap, Report, Section, Soft
from lacuna_models.api import Range, Sentence, Words
from tests.desktop.report.builders import fixed, gap

PARTS = st.lists(
    st.one_of(
        st.sampled_from(["[...]", "[... 1]", "[... 12]", "[..", "]", " ", "\r\n", "[", "…"]),
        st.sampled_from(["[... 3-8]", "[... 8-3]", "[... 10 words]", "[... sentence]"]),
        st.text(max_size=8).filter(lambda text: "[..." not in text),
    ),
    max_size=10,
).map("".join)


@given(PARTS)
def test_what_is_parsed_comes_back_byte_for_byte(text: str) -> None:
    try:
        report = markup.parse(text)
    except UserFacingError:
        assert "[..." in text
    else:
        assert markup.render(report) == text


def test_text_is_fixed_and_markers_are_gaps() -> None:
    (section,) = markup.parse("Heart: [...], [... 12].").sections
    assert section.title is None
    assert [
        span.length if isinstance(span, Gap) else (type(span), span.text) for span in section.spans
    ] == [(Fixed, "Heart: "), None, (Fixed, ", "), 12, (Fixed, ".")]


def test_unlocked_text_is_soft_and_keeps_its_author() -> None:
    (span,) = markup.parse("Heart normal.", Author.TEMPLATE, lock=False).spans()
    assert isinstance(span, Soft)
    assert span.author is Author.TEMPLATE


@pytest.mark.parametrize(
    "text",
    [
        *("[... 8-3]", "[... 3-]", "[... words]", "[... 4 word]", "[... sentences]"),
        *(
            "[... 0]",
            "[... x]",
            "[...x]",
            "[... -3]",
            "[...  3]",
            "[... 03]",
            "[... 999999]",
            "[...",
        ),
    ],
)
def test_a_malformed_gap_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        markup.parse(f"Heart: {text}\nLungs: clear.")
    assert text[:20] in refused.value.message
    assert "[... 12]" in refused.value.remedy


def test_sections_render_with_their_titles() -> None:
    report = Report(
        (Section("Findings", (fixed("Heart: "), gap(3))), Section("Impression", (gap(),)))
    )
    assert markup.render(report) == "Findings:\nHeart: [... 3]\n\nImpression:\n[...]"


def test_pasted_text_keeps_a_malformed_marker_as_text() -> None:
    parts = [p if isinstance(p, str) else p.length for p in markup.pieces("a [... 0] [... 4]")]
    assert parts == ["a [... 0] ", 4]


def test_a_marker_is_found_when_its_bracket_is_typed() -> None:
    assert markup.trailing_gap("Heart: [... 12]") == (7, 12)
    assert markup.trailing_gap("Heart: [...]") == (7, None)
    assert markup.trailing_gap("Heart: [... 0]") is None
    assert markup.trailing_gap("[...] ") is None
    assert markup.trailing_gap("a [... 3-8]") == (2, Range(3, 8))
    assert markup.trailing_gap("a [... 8-3]") is None


def test_a_gap_may_be_given_a_range_words_or_a_sentence() -> None:
    report = markup.parse("[... 3-8] [... 10 words] [... sentence]")
    lengths = [span.length for span in report.spans() if isinstance(span, Gap)]
    assert lengths == [Range(3, 8), Words(10), Sentence()]
