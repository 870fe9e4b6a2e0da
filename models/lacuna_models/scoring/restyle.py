"""House style: soft text in another wording, its facts pinned.

Each sentence is written anew in its place several times, with the rest of the report in view. A
wording counts only if it makes the same claims (``facts``): the same findings, denied or not,
sides, levels, sizes, measurements, certainty, anatomy. Of those that count, the one is taken that
fits best among the rest of the report (``fitting``). If none counts, the facts are held as anchors
and only the words between them are free. If that fails too, the sentence stays, and the reader is
told which fact would have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lacuna_models.api import (
    CancelToken,
    Done,
    Engine,
    Fill,
    FillRequest,
    Fixed,
    Gap,
    Refusal,
    Rewrite,
    RewriteRequest,
    Segment,
    Sentence,
    Soft,
)
from lacuna_models.scoring.facts import changed_fact, facts, repeats_itself
from lacuna_models.scoring.lexicon import IMPLIED, Kind
from lacuna_models.scoring.text import Stretch, joined
from lacuna_models.search.choosing import alike, stutters

_FREE = 6  # rows in which a whole sentence is free
_PINNED = 2  # rows in which its facts are held
_NEXT_ROW = 15_485_863  # added to the seed
_GAP = "wording"


@dataclass(frozen=True, slots=True)
class _Wording:
    """A sentence as it could be said, and how sure the model is of its words (nats)."""

    text: str
    entropy: float


@dataclass(frozen=True, slots=True)
class Around:
    """What stands before and after the sentence that is being reworded."""

    before: str
    after: str


# How well each of several texts fits in a place: higher is better
Fit = Callable[[RewriteRequest, Around, Sequence[str]], Sequence[float]]


def rewrites(
    engine: Engine,
    request: RewriteRequest,
    cancel: CancelToken | None = None,
    fit: Fit | None = None,
) -> Iterator[Rewrite]:
    """Yield each soft segment, reworded; see ``api.Engine.rewrite``.

    Without ``fit`` the first wording that keeps the facts is taken.
    """
    texts = [_said(segment) for segment in request.segments]
    for number, segment in enumerate(request.segments):
        if not isinstance(segment, Soft):
            continue
        if _stopped(cancel):
            return
        around = Around(_shown(request) + "".join(texts[:number]), "".join(texts[number + 1 :]))
        answer = _rewritten(_Writer(engine, request, fit), segment, around, cancel)
        texts[number] = answer.text
        yield answer


def _stopped(cancel: CancelToken | None) -> bool:
    return cancel is not None and cancel.is_set()


def _said(segment: Segment) -> str:
    return "" if isinstance(segment, Gap) else segment.text


def _shown(request: RewriteRequest) -> str:
    return f"{request.example.strip()}\n\n" if request.example.strip() else ""


def _rewritten(
    writer: _Writer, segment: Soft, around: Around, cancel: CancelToken | None
) -> Rewrite:
    """Reword a segment from its first sentence to its last, each seeing those already done."""
    text = segment.text
    refusals: list[Refusal] = []
    entropies: list[float] = []
    for sentence in reversed(joined((segment,)).whole_sentences()):
        if _stopped(cancel):
            break
        own = segment.text[sentence.start : sentence.stop]
        place = Around(
            around.before + segment.text[: sentence.start], text[sentence.stop :] + around.after
        )
        found = writer.reworded(own, place)
        if isinstance(found, Refusal):
            refusals.insert(0, found)
            continue
        entropies.append(found.entropy)
        text = text[: sentence.start] + found.text + text[sentence.stop :]
    mean = sum(entropies) / len(entropies) if entropies else 0.0
    return Rewrite(writer.request.id, segment.id, segment.text, text, tuple(refusals), mean)


@dataclass(frozen=True, slots=True)
class _Writer:
    """What words a request's sentences anew, and judges how they fit."""

    engine: Engine
    request: RewriteRequest
    fit: Fit | None

    def reworded(self, sentence: str, around: Around) -> _Wording | Refusal:
        """Return the best wording of a sentence, or why there is none."""
        free = self._wordings(around, (Gap(_GAP, Sentence()),), _FREE)
        kept = [wording for wording in free if _keeps(wording.text, sentence)]
        if not kept:
            pinned = self._wordings(around, _pinned(sentence), _PINNED)
            kept = [wording for wording in pinned if _keeps(wording.text, sentence)]
        if kept:
            return self._best(around, kept)
        change = changed_fact(sentence, free[0].text) if free else ""
        reason = f"{change}." if change else "No other wording was found."
        return Refusal(sentence, reason[0].upper() + reason[1:])

    def _best(self, around: Around, kept: Sequence[_Wording]) -> _Wording:
        by_text = {wording.text: wording for wording in reversed(kept)}
        texts = list(dict.fromkeys(wording.text for wording in kept))
        if self.fit is None or len(texts) == 1:
            return by_text[texts[0]]
        marks = self.fit(self.request, around, texts)
        return by_text[max(zip(marks, texts, strict=True))[1]]

    def _wordings(self, around: Around, middle: Sequence[Segment], rows: int) -> list[_Wording]:
        """Return what the model would put there; nothing where nothing is free."""
        if not any(isinstance(segment, Gap) for segment in middle):
            return []
        whole = (Fixed("before", around.before), *middle, Fixed("after", around.after))
        order = FillRequest(
            self.request.id,
            self.request.prompt,
            tuple(segment for segment in whole if not _empty(segment)),
            seeds=tuple(self.request.seed + _NEXT_ROW * row for row in range(rows)),
            adapter=self.request.adapter,
        )
        done = [event for event in self.engine.fill(order) if isinstance(event, Done)]
        return [wording for row in done if (wording := _worded(middle, row.fills)).text]


def _keeps(text: str, sentence: str) -> bool:
    """Whether a wording says what the sentence says, says it once, and is built like it."""
    return (
        alike(" ".join(sentence.split()), " ".join(text.split()))
        and not stutters(text)
        and not repeats_itself(text, sentence)
    )


def _pinned(sentence: str) -> tuple[Segment, ...]:
    """Hold the facts of a sentence and free the words between them."""
    held = [
        Stretch(fact.start, fact.stop)
        for fact in facts(sentence)
        if fact.kind is not Kind.ANATOMY or fact.key not in IMPLIED
    ]
    parts: list[Segment] = []
    at = 0
    for stretch in held:
        if stretch.start < at:
            continue
        if sentence[at : stretch.start].strip():
            parts.append(Gap(f"{_GAP}-{at}"))
            parts.append(Fixed("", " " + sentence[stretch.start : stretch.stop]))
        else:
            parts.append(Fixed("", sentence[at : stretch.stop]))
        at = stretch.stop
    tail = sentence[at:]
    if any(char.isalpha() for char in tail):
        parts.append(Gap(f"{_GAP}-{at}"))
        tail = tail[-1:] if tail[-1:] in ".!?" else ""
    return (*parts, Fixed("", tail)) if tail else tuple(parts)


def _empty(segment: Segment) -> bool:
    return not isinstance(segment, Gap) and not segment.text


def _worded(middle: Sequence[Segment], fills: Sequence[Fill]) -> _Wording:
    by_gap = {fill.segment_id: fill for fill in fills}
    mean = sum(fill.mean_entropy for fill in fills) / max(1, len(fills))
    return _Wording(_put(middle, by_gap), mean)


def _put(middle: Sequence[Segment], fills: dict[str, Fill]) -> str:
    return "".join(
        fills[s.id].text if isinstance(s, Gap) and s.id in fills else _said(s) for s in middle
    ).strip()
