"""What a run arrived at -> the report with proposals in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from lacuna.report.model import (
    Author,
    Fill,
    FillState,
    Fixed,
    Gap,
    ModelOrigin,
    Report,
    Soft,
    Span,
    new_id,
)
from lacuna.report.text import clean
from lacuna_models import api

_END = (".", "!", "?")
_STOPS = (*_END, ",", ";", ":")
_WORD = re.compile(r"[^\W\d]")  # a list's "2." is no sentence


def apply_done(
    report: Report,
    done: api.Done,
    info: api.ModelInfo,
    *,
    demonstrator_on_patient: bool = False,
) -> Report:
    """Put a run's fills where their gaps and soft spans stand now.

    Kept pieces become proposals, open ones gaps of that length. A fill whose span has gone since
    is dropped; a fill with no words leaves its span as it stands.
    """
    origin = origin_of(done, info, demonstrator_on_patient=demonstrator_on_patient)
    fills = {fill.segment_id: fill for fill in done.fills}
    return Report(
        tuple(
            replace(section, spans=tuple(_filled(section.spans, fills, origin)))
            for section in report.sections
        )
    )


def origin_of(
    done: api.Done, info: api.ModelInfo, *, demonstrator_on_patient: bool = False
) -> ModelOrigin:
    """Say which run wrote the words."""
    return ModelOrigin(
        info.name,
        info.hash,
        done.seed,
        done.steps,
        done.settings,
        demonstrator_on_patient,
        info.certainty,
    )


def _filled(
    spans: tuple[Span, ...], fills: dict[str, api.Fill], origin: ModelOrigin
) -> Iterator[Span]:
    before: Span | None = None
    for span in spans:
        for number, new in enumerate(_span(span, fills.get(span.id), origin)):
            begins = number == 0 and new is not span
            before = _set_apart(new, before) if begins else new
            yield before


def _set_apart(new: Span, before: Span | None) -> Span:
    """Part an answer's first word from a gap before it, or from the end of a sentence or clause.

    Behind a letter it may go on with the reader's word, and so it stands as it is.
    """
    if not isinstance(new, Fill) or before is None or not new.text[0].isalpha():
        return new
    touches = isinstance(before, Gap) or before.text.endswith(_STOPS)
    return replace(new, text=f" {new.text}") if touches else new


def _span(span: Span, fill: api.Fill | None, origin: ModelOrigin) -> Iterator[Span]:
    if fill is None or isinstance(span, Fixed) or not clean(fill.text):
        yield span
    else:
        yield from proposed(_replaced(span), fill, origin)


def proposed(before: Gap | Soft, fill: api.Fill, origin: ModelOrigin) -> list[Span]:
    """Return what an answer puts in the place of ``before``.

    Words that the reader locked while the run went on are anchors; the rest waits for review.
    """
    spans: list[Span] = []
    for piece in fill.pieces:
        if isinstance(piece, api.Open):
            spans.append(Gap(new_id(), piece.length))
            continue
        for locked, tokens in _stretches(piece):
            # A gap's proposal is judged sentence by sentence; rewritten text comes back whole.
            whole = locked or isinstance(before, Soft)
            for part in [tokens] if whole else _sentences(tokens):
                spans.extend(_words(part, before, origin, locked=locked))
    parts = sum(isinstance(new, Fill) for new in spans)
    return [replace(new, parts=parts) if isinstance(new, Fill) else new for new in spans]


def _stretches(piece: api.Kept) -> Iterator[tuple[bool, tuple[api.TokenDraft, ...]]]:
    """Yield (whether the reader locked them, tokens) for the parts of a piece, in order."""
    for locked, run in groupby(piece.tokens, lambda t: t.state is api.TokenState.LOCKED):
        yield locked, tuple(run)


def _words(
    tokens: tuple[api.TokenDraft, ...], before: Gap | Soft, origin: ModelOrigin, *, locked: bool
) -> Iterator[Span]:
    """Yield the tokens' text as a proposal, or as an anchor without the blanks at its ends."""
    text = clean("".join(token.text for token in tokens))
    entropy = sum(token.entropy for token in tokens) / len(tokens)
    held = text.strip() if locked else ""
    head, tail = text.split(held, 1) if held else (text, "")
    for part in (head, held, tail):
        if part and part is held:
            yield Fixed(new_id(), held, Author.MODEL, origin)
        elif part:
            size = None if locked else len(tokens)
            yield Fill(new_id(), part, before, origin, FillState.PROPOSED, entropy, size)


def _replaced(span: Gap | Soft | Fill) -> Gap | Soft:
    """What rejecting brings back: the reader's own state of things, never a proposal."""
    if not isinstance(span, Fill):
        return span
    if span.state is FillState.PROPOSED:
        return span.replaced
    return Soft(new_id(), span.text, Author.MODEL, span.origin)


def _sentences(tokens: tuple[api.TokenDraft, ...]) -> Iterator[tuple[api.TokenDraft, ...]]:
    """Cut before a blank that follows a sentence's end, and before a line end after words."""
    begun: list[api.TokenDraft] = []
    for token in tokens:
        said = "".join(each.text for each in begun)
        if begun and _ends(said, token.text):
            yield tuple(begun)
            begun = []
        begun.append(token)
    if begun:
        yield tuple(begun)


def _ends(said: str, following: str) -> bool:
    if not _WORD.search(said):
        return False
    return following.startswith("\n") or (following[:1].isspace() and said.endswith(_END))
