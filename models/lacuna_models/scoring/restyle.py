"""House style: soft text in another wording, its facts pinned.

Each sentence is written anew in its place, at several lengths, with the rest of the report in
view. A wording counts only if it makes the same claims (``facts``): the same findings, denied or
not, sides, levels, sizes, measurements, certainty, anatomy. First the whole sentence is free; if
no wording keeps the facts, they are held as anchors and only the words between them are free. If
that fails too, the sentence stays, and the reader is told which fact would have changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lacuna_models.api import (
    Alternative,
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
from lacuna_models.scoring.facts import changed_fact, facts, repeats_itself, same_claims
from lacuna_models.scoring.lexicon import IMPLIED, Kind
from lacuna_models.scoring.text import Stretch, joined

_WORDINGS = 6  # asked for a sentence
_GAP = "wording"


@dataclass(frozen=True, slots=True)
class _Wording:
    """A sentence as it could be said, and how sure the model is of its words (nats)."""

    text: str
    entropy: float


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands before and after the sentence that is being reworded."""

    before: str
    after: str


def rewrites(
    engine: Engine, request: RewriteRequest, cancel: CancelToken | None = None
) -> Iterator[Rewrite]:
    """Yield each soft segment, reworded; see ``api.Engine.rewrite``."""
    texts = [_said(segment) for segment in request.segments]
    for number, segment in enumerate(request.segments):
        if not isinstance(segment, Soft):
            continue
        if _stopped(cancel):
            return
        around = _Around(_shown(request) + "".join(texts[:number]), "".join(texts[number + 1 :]))
        answer = _rewritten(engine, request, segment, around, cancel)
        texts[number] = answer.text
        yield answer


def _stopped(cancel: CancelToken | None) -> bool:
    return cancel is not None and cancel.is_set()


def _said(segment: Segment) -> str:
    return "" if isinstance(segment, Gap) else segment.text


def _shown(request: RewriteRequest) -> str:
    return f"{request.example.strip()}\n\n" if request.example.strip() else ""


def _rewritten(
    engine: Engine,
    request: RewriteRequest,
    segment: Soft,
    around: _Around,
    cancel: CancelToken | None,
) -> Rewrite:
    """Reword a segment from its first sentence to its last, each seeing those already done."""
    text = segment.text
    refusals: list[Refusal] = []
    entropies: list[float] = []
    for sentence in reversed(joined((segment,)).whole_sentences()):
        if _stopped(cancel):
            break
        own = segment.text[sentence.start : sentence.stop]
        place = _Around(
            around.before + segment.text[: sentence.start], text[sentence.stop :] + around.after
        )
        found = _reworded(engine, request, own, place)
        if isinstance(found, Refusal):
            refusals.insert(0, found)
            continue
        entropies.append(found.entropy)
        text = text[: sentence.start] + found.text + text[sentence.stop :]
    mean = sum(entropies) / len(entropies) if entropies else 0.0
    return Rewrite(request.id, segment.id, segment.text, text, tuple(refusals), mean)


def _reworded(
    engine: Engine, request: RewriteRequest, sentence: str, around: _Around
) -> _Wording | Refusal:
    free = _wordings(engine, request, around, (Gap(_GAP, Sentence()),))
    kept = _keeping(sentence, free)
    if kept is None:
        pinned = _wordings(engine, request, around, _pinned(sentence))
        kept = _keeping(sentence, pinned)
    if kept is not None:
        return kept
    change = changed_fact(sentence, free[0].text) if free else ""
    reason = f"{change}." if change else "No other wording was found."
    return Refusal(sentence, reason[0].upper() + reason[1:])


def _keeping(sentence: str, wordings: Sequence[_Wording]) -> _Wording | None:
    """Return the best wording that says what the sentence says, and says it once."""
    fitting = (
        w
        for w in wordings
        if same_claims(w.text, sentence) and not repeats_itself(w.text, sentence)
    )
    return next(fitting, None)


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


def _wordings(
    engine: Engine, request: RewriteRequest, around: _Around, middle: Sequence[Segment]
) -> list[_Wording]:
    """Return what the model would put there, best first; nothing where nothing is free."""
    if not any(isinstance(segment, Gap) for segment in middle):
        return []
    order = FillRequest(
        request.id,
        request.prompt,
        (Fixed("before", around.before), *middle, Fixed("after", around.after)),
        seeds=(request.seed,),
        alternatives=_WORDINGS,
        adapter=request.adapter,
    )
    whole = replace(order, segments=tuple(s for s in order.segments if not _empty(s)))
    done = next(event for event in engine.fill(whole) if isinstance(event, Done))
    fills = {fill.segment_id: fill for fill in done.fills}
    best = _put(middle, fills)
    mean = sum(f.mean_entropy for f in fills.values()) / max(1, len(fills))
    wordings = [_Wording(best, mean)]
    if len(fills) == 1:
        only = next(iter(fills.values()))
        wordings += [_alternative(middle, other) for other in only.alternatives]
    return [w for w in wordings if w.text]


def _empty(segment: Segment) -> bool:
    return not isinstance(segment, Gap) and not segment.text


def _alternative(middle: Sequence[Segment], other: Alternative) -> _Wording:
    text = "".join(other.text if isinstance(s, Gap) else s.text for s in middle)
    return _Wording(text.strip(), other.mean_entropy)


def _put(middle: Sequence[Segment], fills: dict[str, Fill]) -> str:
    return "".join(
        fills[s.id].text if isinstance(s, Gap) and s.id in fills else _said(s) for s in middle
    ).strip()
