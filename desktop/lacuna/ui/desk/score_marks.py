"""Scores -> marks, worded for the reader. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from lacuna.ui.editor.mark_paint import MarkKind
from lacuna.ui.steering.marks import Mark
from lacuna_models.api import Place, Scores, Source, SpanScore

_MOST = 3  # words that a card lists as expected
_LIKELY = 0.3  # below it the model only doubts: it has nothing better to offer
_SOURCES = {
    Source.PICTURE: (MarkKind.PICTURE, "Comes from the image"),
    Source.NEITHER: (MarkKind.NEITHER, "Neither from the image nor from habit"),
    Source.HABIT: (MarkKind.HABIT, "Same without it: habit"),
}
Placed = tuple[Mark, tuple[Place, ...]]


def radar_marks(scores: Scores) -> Iterator[Placed]:
    """Yield a mark for each phrase that the model speaks against."""
    for span in scores.flagged:
        yield _contradiction(span), span.places


def evidence_marks(scores: Scores) -> Iterator[Placed]:
    """Yield a mark for each sentence whose source the checkpoint can tell."""
    for span in scores.spans:
        if span.source is not None:
            kind, title = _SOURCES[span.source]
            yield Mark(kind, span.text, title, span.reason), span.places


def stale_marks(scores: Scores) -> Iterator[Placed]:
    """Yield a mark for each sentence of the model's that an edit has made unlikely."""
    for span in scores.flagged:
        title = "No longer fits what you wrote"
        yield Mark(MarkKind.STALE, span.text, title, span.reason), span.places


def _contradiction(span: SpanScore) -> Mark:
    likely = bool(span.expected) and span.expected[0].probability >= _LIKELY
    best = span.expected[0].text.strip() if likely else ""
    said = span.text.strip()
    title = f"The model expects “{best}”, not “{said}”" if best else f"“{said}” is unlikely here"
    expected = tuple((e.text.strip(), e.probability) for e in span.expected[:_MOST])
    if expected and said not in dict(expected):
        expected = (*expected, (said, min(exp(span.log_likelihood), 1.0)))
    instead = best if best != said else ""
    return Mark(MarkKind.CONTRADICTION, span.text, title, span.reason, expected, instead)
