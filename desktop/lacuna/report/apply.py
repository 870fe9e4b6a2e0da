"""What a run arrived at -> the report with proposals in it."""

from __future__ import annotations

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
        info.name, info.hash, done.seed, done.steps, done.settings, demonstrator_on_patient
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


def _pieces(span: Gap | Soft | Fill, fill: api.Fill, origin: ModelOrigin) -> Iterator[Span]:
    for piece in fill.pieces:
        if isinstance(piece, api.Open):
            yield Gap(new_id(), None if piece.auto else piece.length)
        elif text := clean(piece.text):
            before = _replaced(span, piece, whole=fill.complete)
            yield Fill(new_id(), text, before, origin, mean_entropy=_entropy(piece, fill))


def _replaced(span: Gap | Soft | Fill, piece: api.Kept, *, whole: bool) -> Gap | Soft:
    """What rejecting the piece brings back: of a stopped gap only the piece's own length."""
    if isinstance(span, Fill):
        if span.state is FillState.PROPOSED:
            return span.replaced
        return Soft(new_id(), span.text, Author.MODEL)
    if isinstance(span, Gap) and not whole:
        return Gap(new_id(), len(piece.tokens))
    return span


def _entropy(piece: api.Kept, fill: api.Fill) -> float:
    if not piece.tokens:
        return fill.mean_entropy
    return sum(token.entropy for token in piece.tokens) / len(piece.tokens)
