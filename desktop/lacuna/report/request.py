"""Report -> FillRequest. Reading order, byte for byte: the segments joined are the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lacuna.errors import UserFacingError
from lacuna.report.model import Fixed, Gap, Report, Span, new_id
from lacuna_models import api

READER = "reader"  # the adapter with which other sentences follow the words that stand


def build_request(
    report: Report,
    prompt: api.Prompt,
    *,
    seeds: tuple[int, ...],
    settings: api.SamplerSettings | None = None,
    request_id: str | None = None,
    scope: frozenset[str] | None = None,
) -> api.FillRequest:
    """Say what stands and what is free.

    Everything that stands is fixed, headings included: text that the reader typed is never put at
    risk by a fill. Without a ``scope``, the gaps are free. With one, just the gaps and the text
    whose ids are in it, which the reader selected: other gaps are not the model's to fill now, and
    are left out of what it sees. An anchor is fixed even there. Segment ids are span ids.

    Raises:
        UserFacingError: if nothing is free.
    """
    segments = segments_of(report, scope)
    if all(isinstance(segment, api.Fixed) for segment in segments):
        raise UserFacingError("No gap to fill.", "Type [...] where you want a proposal.")
    return api.FillRequest(request_id or new_id(), prompt, segments, seeds, settings)


def can_follow(model: api.ModelInfo) -> bool:
    """Whether a model can follow the words that stand, as well as keep its own view."""
    return model.adapter is None and READER in model.adapters


def voice(report: Report, model: api.ModelInfo, *, follow: bool = True) -> str | None:
    """Return the adapter that a fill of this report shall think with; None: the model as it is.

    Where words stand and the reader wants the others to ``follow`` them, that is the checkpoint's
    ``READER``, if it brings one. Without words there is nothing to follow, and an adapter that the
    user loaded is the user's choice.
    """
    if not follow or not can_follow(model):
        return None
    stands = any(
        span.text.strip()
        for section in report.sections
        for span in section.spans
        if not isinstance(span, Gap)
    )
    return READER if stands else None


def segments_of(report: Report, scope: frozenset[str] | None = None) -> tuple[api.Segment, ...]:
    """Return the report in reading order, as ``build_request`` has it; nothing need be free."""
    return tuple(_segments(report, scope or frozenset()))


def _segments(report: Report, scope: frozenset[str]) -> Iterator[api.Segment]:
    for number, section in enumerate(report.sections):
        head = "\n\n" if number else ""
        if section.title is not None:
            head += f"{section.title}:\n"
        if head:
            yield api.Fixed(f"heading-{number}", head)
        yield from _body(section.spans, scope)


def _body(spans: Iterable[Span], scope: frozenset[str]) -> Iterator[api.Segment]:
    for span in spans:
        if isinstance(span, Gap):
            if not scope or span.id in scope:
                yield api.Gap(span.id, span.length)
        elif not span.text:
            continue
        elif span.id in scope and not isinstance(span, Fixed):
            yield api.Soft(span.id, span.text)
        else:
            yield api.Fixed(span.id, span.text)
