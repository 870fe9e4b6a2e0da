"""Sentences, re-noised: with the pictures and without them, after an edit and before it.

A sentence is judged by the one critical token that makes most of the difference: a mean over the
wording drowns it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lacuna_models.api import Prompt, ScoreBounds, ScoreRequest, Source, SpanScore
from lacuna_models.scoring.critical import critical_words
from lacuna_models.scoring.desk import Desk, Found
from lacuna_models.scoring.pages import Page, without_pictures
from lacuna_models.scoring.text import Joined, Stretch, joined

_DRAWS = 2  # a sentence


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence and the nats of its critical tokens; of all its tokens, if none is critical."""

    stretch: Stretch
    likely: tuple[float, ...]


def evidence(desk: Desk, request: ScoreRequest, text: Joined) -> Found:
    """Yield sentences, each in a row of its own, with the pictures and with grey ones.

    Critical words elsewhere are draws too: else the impression tells what the picture would.
    """
    grey = without_pictures(request.prompt)
    both = zip(
        desk.pages(request.prompt, request.segments),
        desk.pages(grey, request.segments),
        strict=True,
    )
    for page, blank in both:
        sentences = _on(page, text)
        elsewhere = frozenset(p for w in critical_words(text.text) for p in page.sheet.positions(w))
        shown = _read(page, text, sentences, request.seed, elsewhere)
        unseen = _read(blank, text, sentences, request.seed, elsewhere)
        spans = [
            _compared(text, one, other, most=1) for one, other in zip(shown, unseen, strict=True)
        ]
        yield page, [_sourced(span, desk.bounds) for span in spans]


def _on(page: Page, text: Joined) -> list[Stretch]:
    return [s for s in text.whole_sentences() if page.sheet.positions(s)]


def _read(
    page: Page,
    text: Joined,
    sentences: Sequence[Stretch],
    seed: int,
    elsewhere: frozenset[int] | None = None,
) -> list[_Read]:
    """Read each sentence in rows in which its critical tokens are draws.

    With ``elsewhere`` all of the sentence is, and those positions are too.
    """
    if not sentences:
        return []
    critical = {p for w in critical_words(text.text) for p in page.sheet.positions(w)}
    own = [page.sheet.positions(sentence) for sentence in sentences]
    judged = [[p for p in row if p in critical] or list(row) for row in own]
    noisy = judged if elsewhere is None else [sorted(elsewhere.union(row)) for row in own]
    places = sorted({p for row in judged for p in row})
    at = {p: i for i, p in enumerate(places)}
    rows = [row for row in noisy for _ in range(_DRAWS)]
    seen = page.read(rows, places, seed).likelihoods.view(len(own), _DRAWS, -1).mean(1)
    return [
        _Read(sentence, tuple(seen[number, [at[p] for p in row]].tolist()))
        for number, (sentence, row) in enumerate(zip(sentences, judged, strict=True))
    ]


def _compared(text: Joined, one: _Read, other: _Read, *, most: int) -> SpanScore:
    """Score a sentence at the token where ``one`` exceeds ``other`` the most, or with -1 the least.

    The same words may fall into other tokens beside other text; then the least likely stand in.
    """
    pairs = list(zip(one.likely, other.likely, strict=False))
    if len(one.likely) != len(other.likely):
        pairs = [(min(one.likely), min(other.likely))]
    here, there = max(pairs, key=lambda pair: most * (pair[0] - pair[1]))
    return SpanScore(text.said(one.stretch), text.places(one.stretch), here, compared=there)


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
        now = _read(page, text, sentences, request.seed)
        spans = [_compared(text, one, worth[text.said(one.stretch)], most=-1) for one in now]
        yield page, [_dependent(span, desk.bounds) for span in spans]


def _kept(
    desk: Desk, request: ScoreRequest, prompt: Prompt, before: Joined, after: Joined
) -> Iterator[tuple[str, _Read]]:
    """Yield the sentences that stand after an edit too, as they were read before it."""
    standing = {after.said(sentence) for sentence in after.whole_sentences()}
    for page in desk.pages(prompt, request.before):
        sentences = [s for s in _on(page, before) if before.said(s) in standing]
        for read in _read(page, before, sentences, request.seed):
            yield before.said(read.stretch), read


def _dependent(span: SpanScore, bounds: ScoreBounds | None) -> SpanScore:
    if bounds is None or span.drop <= bounds.dependence:
        return span
    return replace(span, flagged=True, reason="Since the edit this sentence is less likely.")
