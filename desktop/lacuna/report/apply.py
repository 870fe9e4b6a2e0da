"""What a run arrived at -> the report with proposals in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

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
    origin = ModelOrigin(
        info.name,
        info.hash,
        done.seed,
        done.steps,
        done.settings,
        demonstrator_on_patient,
        info.certainty,
    )
    fills = {fill.segment_id: fill for fill in done.fills}
    return Report(
        tuple(
            replace(
                section,
                spans=tuple(
                    new for span in section.spans for new in _span(span, fills.get(span.id), origin)
                ),
            )
            for section in report.sections
        )
    )


def _span(span: Span, fill: api.Fill | None, origin: ModelOrigin) -> Iterator[Span]:
    if fill is None or isinstance(span, Fixed) or not clean(fill.text):
        yield span
    else:
        yield from _pieces(span, fill, origin)


def _pieces(span: Gap | Soft | Fill, fill: api.Fill, origin: ModelOrigin) -> list[Span]:
    before = _replaced(span)
    spans: list[Span] = []
    for piece in fill.pieces:
        if isinstance(piece, api.Open):
            spans.append(Gap(new_id(), piece.length))
            continue
        # A gap's proposal is judged sentence by sentence; rewritten text comes back whole.
        for tokens in _sentences(piece) if isinstance(before, Gap) else [piece.tokens]:
            if text := clean("".join(token.text for token in tokens)):
                entropy = sum(token.entropy for token in tokens) / len(tokens)
                spans.append(
                    Fill(new_id(), text, before, origin, FillState.PROPOSED, entropy, len(tokens))
                )
    parts = sum(isinstance(new, Fill) for new in spans)
    return [replace(new, parts=parts) if isinstance(new, Fill) else new for new in spans]


def _replaced(span: Gap | Soft | Fill) -> Gap | Soft:
    """What rejecting brings back: the reader's own state of things, never a proposal."""
    if not isinstance(span, Fill):
        return span
    if span.state is FillState.PROPOSED:
        return span.replaced
    return Soft(new_id(), span.text, Author.MODEL)


def _sentences(piece: api.Kept) -> Iterator[tuple[api.TokenDraft, ...]]:
    """Cut before a blank that follows a sentence's end, and before a line end after words."""
    begun: list[api.TokenDraft] = []
    for token in piece.tokens:
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
