"""What a scripted engine thinks of text that stands. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lacuna_models.api import (
    Expected,
    Measure,
    Refusal,
    Rewrite,
    RewriteRequest,
    ScoreRequest,
    Scores,
    Soft,
    Source,
    SpanScore,
)
from lacuna_models.scoring.text import Joined, Stretch, joined

_LIKELY, _UNLIKELY = -0.05, -6.0  # nats


@dataclass(frozen=True, slots=True)
class Opinions:
    """A script for scores.

    Attributes:
        doubts: phrases that it holds for wrong, with what it would have written; whole words.
        sources: sentences, with where they come from; others are the picture's.
        wordings: sentences, with how a style words them; others stay.
        refusals: sentences that it refuses to word anew, with the reason.
    """

    doubts: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    wordings: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)


def scripted_scores(opinions: Opinions, request: ScoreRequest) -> Scores:
    """Return what the script says of a request."""
    text = joined(request.segments)
    spans = {
        Measure.CLEAN: _phrases,
        Measure.CRITICAL: _phrases,
        Measure.EVIDENCE: _sources,
        Measure.DEPENDENCE: _dependents,
    }[request.measure](opinions, text)
    chosen = tuple(span for span in spans if _asked(span, request.only))
    return Scores(request.id, request.measure, chosen, 0.0)


def scripted_rewrites(opinions: Opinions, request: RewriteRequest) -> Iterator[Rewrite]:
    """Yield each soft segment as the script words it."""
    for segment in request.segments:
        if isinstance(segment, Soft):
            text = segment.text
            for sentence, wording in opinions.wordings.items():
                text = text.replace(sentence, wording)
            refused = [Refusal(s, why) for s, why in opinions.refusals.items() if s in text]
            yield Rewrite(request.id, segment.id, segment.text, text, tuple(refused))


def _asked(span: SpanScore, only: frozenset[str] | None) -> bool:
    return only is None or any(place.segment_id in only for place in span.places)


def _phrases(opinions: Opinions, text: Joined) -> Iterator[SpanScore]:
    """Yield every occurrence of a doubted phrase, in reading order."""
    found = [
        (match.start(), phrase)
        for phrase in opinions.doubts
        for match in re.finditer(rf"\b{re.escape(phrase)}\b", text.text)
    ]
    for start, phrase in sorted(found):
        expected = opinions.doubts[phrase]
        yield SpanScore(
            phrase,
            text.places(Stretch(start, start + len(phrase))),
            _UNLIKELY,
            doubt=-_UNLIKELY,
            expected=(Expected(expected, 0.9),),
            flagged=True,
            reason=f"The model expected “{expected}” here.",
        )


def _sources(opinions: Opinions, text: Joined) -> Iterator[SpanScore]:
    for sentence in text.whole_sentences():
        source = opinions.sources.get(text.said(sentence), Source.PICTURE)
        grey = _UNLIKELY if source is Source.PICTURE else _LIKELY
        yield SpanScore(
            text.said(sentence), text.places(sentence), _LIKELY, compared=grey, source=source
        )


def _dependents(opinions: Opinions, text: Joined) -> Iterator[SpanScore]:
    """Yield every sentence; those with a doubted phrase have become unlikely."""
    for sentence in text.whole_sentences():
        said = text.said(sentence)
        stale = any(re.search(rf"\b{re.escape(phrase)}\b", said) for phrase in opinions.doubts)
        yield SpanScore(
            said,
            text.places(sentence),
            _UNLIKELY if stale else _LIKELY,
            compared=_LIKELY,
            flagged=stale,
            reason="Since the edit this is unlikely." if stale else "",
        )
