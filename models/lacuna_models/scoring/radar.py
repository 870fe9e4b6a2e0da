"""The contradiction radar: which phrases do the picture and the rest of the report speak against?

Three readings of a sentence are summed, all while much of the report is draws, because a false
sentence in good grammar supports itself: its critical words, when all critical words of the report
are draws; what the picture takes from it, when all but the nouns are draws; its critical words,
when the sentence alone is draws. Weighed on phantoms, see `evaluate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from lacuna_models.api import ScoreRequest, SpanScore
from lacuna_models.scoring.critical import critical_words, nouns, phrases
from lacuna_models.scoring.desk import Desk, Found
from lacuna_models.scoring.expected import alternatives
from lacuna_models.scoring.noise import Readout
from lacuna_models.scoring.pages import Page, without_pictures
from lacuna_models.scoring.text import Joined, Stretch

_ALONE = 0.25  # the weight of the third reading: alone, a sentence may be about anything


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """A pass, by position: nats of what stands there, and what might."""

    likely: dict[int, float]
    places: dict[int, int]
    seen: Readout


def clean(desk: Desk, request: ScoreRequest, text: Joined) -> Found:
    """Yield critical phrases, read as they stand: one pass, for every keystroke."""
    bound = None if desk.bounds is None else desk.bounds.clean
    for page in desk.pages(request.prompt, request.segments):
        groups = _phrases(page, text)
        if not groups:
            yield page, []
            continue
        reading = _read(page, [[]], _all_places(page, groups), request)
        spans = [_scored(desk, page, text, phrase, reading) for phrase in groups]
        yield page, [_flagged(span) if _above(span, bound) else span for span in spans]


def critical(desk: Desk, request: ScoreRequest, text: Joined) -> Found:
    """Yield critical phrases, read in the three ways."""
    bound = None if desk.bounds is None else desk.bounds.critical
    blanks = desk.pages(without_pictures(request.prompt), request.segments)
    for page, blank in zip(desk.pages(request.prompt, request.segments), blanks, strict=True):
        groups = _phrases(page, text)
        if not groups:
            yield page, []
            continue
        places = _all_places(page, groups)
        reading = _read(page, [places] * request.rows, places, request)
        found: list[SpanScore] = []
        sentences = _sentences(page, text, groups)
        doubts = _doubts(page, blank, text, sentences, request)
        for (_, members), doubt in zip(sentences, doubts, strict=True):
            spans = [_scored(desk, page, text, phrase, reading) for phrase in members]
            found += _marked(spans, doubt, bound)
        yield page, found


def _marked(spans: list[SpanScore], doubt: float, bound: float | None) -> list[SpanScore]:
    """Add a sentence's doubt to its phrases; flag the weakest, and what is doubtful by itself."""
    weakest = min(spans, key=lambda span: span.log_likelihood)
    marked = []
    for span in spans:
        whole = replace(span, doubt=span.doubt + doubt)
        to_blame = span is weakest or _above(span, bound)
        marked.append(_flagged(whole) if to_blame and _above(whole, bound) else whole)
    return marked


def _above(span: SpanScore, bound: float | None) -> bool:
    return bound is not None and span.doubt > bound


def _flagged(span: SpanScore) -> SpanScore:
    best = next(iter(span.expected), None)
    reason = f"The model expected “{best.text}” here." if best else "The model doubts this."
    return replace(span, flagged=True, reason=reason)


def _phrases(page: Page, text: Joined) -> list[tuple[Stretch, ...]]:
    words = [word for word in critical_words(text.text) if page.sheet.positions(word)]
    return list(phrases(text.text, words))


def _all_places(page: Page, groups: Sequence[tuple[Stretch, ...]]) -> list[int]:
    return sorted({p for group in groups for word in group for p in page.sheet.positions(word)})


def _read(
    page: Page, noisy: Sequence[Sequence[int]], places: Sequence[int], request: ScoreRequest
) -> _Reading:
    seen = page.read(noisy, places, request.seed)
    likely = dict(zip(places, seen.likelihoods.mean(0).tolist(), strict=True))
    return _Reading(likely, {p: i for i, p in enumerate(places)}, seen)


def _scored(
    desk: Desk, page: Page, text: Joined, phrase: tuple[Stretch, ...], reading: _Reading
) -> SpanScore:
    whole = Stretch(phrase[0].start, phrase[-1].stop)
    own = [p for word in phrase for p in page.sheet.positions(word)]
    at = [reading.places[p] for p in own]
    likelihood = min(reading.likely[p] for p in own)
    return SpanScore(
        text.said(whole),
        text.places(whole),
        likelihood,
        doubt=-likelihood,
        expected=alternatives(
            desk.loaded.vocabulary,
            [page.sheet.ids[p] for p in own],
            reading.seen.expected[at],
        ),
    )


def _sentences(
    page: Page, text: Joined, groups: Sequence[tuple[Stretch, ...]]
) -> list[tuple[Stretch, list[tuple[Stretch, ...]]]]:
    """Return the sentences that hold critical phrases, with those; a heading counts as one."""
    sentences = list(text.sentences())
    held: dict[Stretch, list[tuple[Stretch, ...]]] = {}
    for group in groups:
        around = [s for s in sentences if s.start <= group[0].start < s.stop]
        held.setdefault(around[0] if around else group[0], []).append(group)
    return list(held.items())


def _doubts(
    page: Page,
    blank: Page,
    text: Joined,
    sentences: Sequence[tuple[Stretch, list[tuple[Stretch, ...]]]],
    request: ScoreRequest,
) -> list[float]:
    """Return what the second and the third reading say against each sentence, nats >= 0."""
    kept = {p for noun in nouns(text.text) for p in page.sheet.positions(noun)}
    rows = [page.sheet.positions(s) for s, _ in sentences]
    words = page.sheet.worded
    bare = [[p for p in row if p not in kept and p in words] for row in rows]
    told = sorted({p for row in bare for p in row})
    critical = [_all_places(page, groups) for _, groups in sentences]
    lost = [0.0] * len(rows)
    if told:
        noisy = [told] * request.rows
        shown = _read(page, noisy, told, request).likely
        unseen = _read(blank, noisy, told, request).likely
        lost = [max(0.0, sum(unseen[p] - shown[p] for p in row)) for row in bare]
    alone = _alone(page, rows, critical, request)
    return [one + _ALONE * other for one, other in zip(lost, alone, strict=True)]


def _alone(
    page: Page,
    rows: Sequence[Sequence[int]],
    critical: Sequence[Sequence[int]],
    request: ScoreRequest,
) -> list[float]:
    """Return the least likely critical token of each sentence when it alone is draws, in nats."""
    places = sorted({p for row in critical for p in row})
    seen: Tensor = page.read(rows, places, request.seed).likelihoods
    at = {p: i for i, p in enumerate(places)}
    return [-float(seen[number, [at[p] for p in own]].min()) for number, own in enumerate(critical)]
