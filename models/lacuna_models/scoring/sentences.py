"""Sentences, re-noised: with the pictures and without them, after an edit and before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lacuna_models.api import Prompt, ScoreBounds, ScoreRequest, Source, SpanScore
from lacuna_models.scoring.desk import Desk, Found
from lacuna_models.scoring.pages import Page, without_pictures
from lacuna_models.scoring.text import Joined, Stretch, joined

_DRAWS = 2  # a sentence


def evidence(desk: Desk, request: ScoreRequest, text: Joined) -> Found:
    """Yield sentences, each re-noised in a row of its own, with the pictures and with grey ones."""
    grey = without_pictures(request.prompt)
    both = zip(
        desk.pages(request.prompt, request.segments),
        desk.pages(grey, request.segments),
        strict=True,
    )
    for page, blank in both:
        sentences = _on(page, text)
        with_picture = _sentence_likelihoods(page, sentences, request)
        without = _sentence_likelihoods(blank, sentences, request)
        spans = [
            _sourced(_sentence_score(text, sentence, one, other), desk.bounds)
            for sentence, one, other in zip(sentences, with_picture, without, strict=True)
        ]
        yield page, spans


def _on(page: Page, text: Joined) -> list[Stretch]:
    return [s for s in text.whole_sentences() if page.sheet.positions(s)]


def _sentence_likelihoods(
    page: Page, sentences: list[Stretch], request: ScoreRequest
) -> list[float]:
    """Return each sentence's mean log-likelihood, nats a token, while its tokens are draws."""
    rows = [page.sheet.positions(sentence) for sentence in sentences]
    places = sorted({p for row in rows for p in row})
    if not places:
        return []
    noisy = [row for row in rows for _ in range(_DRAWS)]
    seen = page.read(noisy, places, request.seed).likelihoods
    means = seen.view(len(rows), _DRAWS, -1).mean(1)
    return [
        float(means[number, [places.index(p) for p in row]].mean())
        for number, row in enumerate(rows)
    ]


def _sentence_score(text: Joined, sentence: Stretch, one: float, other: float) -> SpanScore:
    return SpanScore(text.said(sentence), text.places(sentence), one, compared=other)


def _sourced(span: SpanScore, bounds: ScoreBounds | None) -> SpanScore:
    if bounds is None:
        return span
    gain = -span.drop
    if gain >= bounds.picture:
        return replace(span, source=Source.PICTURE, reason="The picture speaks for it.")
    if gain <= bounds.habit:
        reason = "It would be written of an empty picture too."
        return replace(span, source=Source.HABIT, reason=reason)
    return replace(span, source=Source.NEITHER, reason="The picture says little about it.")


def dependence(desk: Desk, request: ScoreRequest, text: Joined) -> Found:
    """Yield the sentences that the edit left alone, with what they were worth before it.

    The pictures are grey: what matters is whether the text still speaks for the sentence, and a
    model that believes its eyes would hold on to what the reader has just put right.
    """
    grey = without_pictures(request.prompt)
    before = joined(request.before)
    worth = dict(_kept(desk, request, grey, before, text))
    for page in desk.pages(grey, request.segments):
        sentences = [s for s in _on(page, text) if text.said(s) in worth]
        likely = _sentence_likelihoods(page, sentences, request)
        spans = [
            _sentence_score(text, sentence, now, worth[text.said(sentence)])
            for sentence, now in zip(sentences, likely, strict=True)
        ]
        yield page, [_dependent(span, desk.bounds) for span in spans]


def _kept(
    desk: Desk, request: ScoreRequest, prompt: Prompt, before: Joined, after: Joined
) -> Iterator[tuple[str, float]]:
    """Yield the sentences that stand after an edit too, with their likelihood before it."""
    standing = {after.said(sentence) for sentence in after.whole_sentences()}
    for page in desk.pages(prompt, request.before):
        sentences = [s for s in _on(page, before) if before.said(s) in standing]
        likely = _sentence_likelihoods(page, sentences, request)
        yield from zip(map(before.said, sentences), likely, strict=True)


def _dependent(span: SpanScore, bounds: ScoreBounds | None) -> SpanScore:
    if bounds is None or span.drop <= bounds.dependence:
        return span
    return replace(span, flagged=True, reason="Since the edit this sentence is less likely.")
