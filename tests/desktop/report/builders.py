"""Random reports, and the model's side of a run, for tests."""

from __future__ import annotations

from hypothesis import strategies as st

from lacuna.report.model import (
    Author,
    Fill,
    FillState,
    Fixed,
    Gap,
    ModelOrigin,
    Report,
    Section,
    Soft,
    Span,
    new_id,
)
from lacuna_models import api

SETTINGS = api.SamplerSettings(steps=16)
INFO = api.ModelInfo("phantom", "abc", "cpu", "float32", 112, True, SETTINGS)
ORIGIN = ModelOrigin("phantom", "abc", 7, 5, SETTINGS)

TEXT = st.text(
    st.one_of(
        st.sampled_from(" \n\t.,:[]éü"),
        st.sampled_from("e\u0301\U0001f469\U0001f3fd\u2695\ufe0f\U0001d6fc\u200d\u00a0\u2028"),
        st.characters(codec="utf-8", exclude_characters="\r\x00\u2029\ufdd0\ufdd1\ufffc"),
    ),
    min_size=1,
    max_size=12,
)


def fixed(text: str) -> Fixed:
    return Fixed(new_id(), text)


def soft(text: str, author: Author = Author.TYPED) -> Soft:
    return Soft(new_id(), text, author)


def gap(length: int | None = None) -> Gap:
    return Gap(new_id(), length)


def fill(text: str, state: FillState = FillState.PROPOSED, entropy: float = 0.0) -> Fill:
    return Fill(new_id(), text, gap(), ORIGIN, state, entropy)


SPANS: st.SearchStrategy[Span] = st.one_of(
    TEXT.map(fixed),
    st.builds(soft, TEXT, st.sampled_from([Author.TYPED, Author.TEMPLATE])),
    st.none().map(lambda _: gap()),
    st.builds(fill, TEXT, st.sampled_from([FillState.PROPOSED, FillState.ACCEPTED])),
)
SECTIONS = st.builds(
    Section,
    st.sampled_from([None, "Findings", "Impression", "Befund é👀"]),
    st.lists(SPANS, max_size=6).map(tuple),
)
REPORTS = st.builds(Report, st.lists(SECTIONS, min_size=1, max_size=3).map(tuple))


def one(*spans: Span) -> Report:
    return Report((Section(None, spans),))


def kept(text: str, entropy: float = 0.1) -> api.Kept:
    first, *rest = text.split(" ")
    words = [first, *(" " + word for word in rest)]
    return api.Kept(tuple(api.TokenDraft(word, api.TokenState.SETTLED, entropy) for word in words))


def done(
    *fills: api.Fill, request_id: str = "r", reason: api.Reason = api.Reason.SETTLED
) -> api.Done:
    return api.Done(request_id, 0, 7, reason, fills, 5, 0.5, SETTINGS)


def anchors(report: Report) -> list[str]:
    return [span.text for span in report.spans() if isinstance(span, Fixed)]
