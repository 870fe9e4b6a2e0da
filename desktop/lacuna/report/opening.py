"""Making room for the model: sections opened to be filled, runs taken back to go on from. Pure.

What the reader wrote stays where it is; only proposals give way, and gaps are put behind the text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lacuna.report import edit
from lacuna.report.model import (
    Author,
    Fill,
    FillState,
    Gap,
    Report,
    Section,
    Soft,
    Span,
    new_id,
)
from lacuna_models import api

IMPRESSION = "impression"


def is_impression(section: Section) -> bool:
    """Whether a section is the report's impression, by its heading."""
    return section.title is not None and section.title.strip().casefold() == IMPRESSION


def opened(report: Report, wanted: Callable[[Section], bool]) -> tuple[Report, frozenset[str]]:
    """Return the report with room in the sections ``wanted``, and the ids of the gaps in them.

    Proposals that wait there give way to what they replaced; a section without a gap gets one at
    its end, set apart by a blank where words would touch it.
    """
    sections = tuple(_with_room(s) if wanted(s) else s for s in report.sections)
    gaps = (span.id for s in sections if wanted(s) for span in s.spans if isinstance(span, Gap))
    return Report(sections), frozenset(gaps)


def taken_back(report: Report, run: tuple[api.Segment, ...]) -> Report:
    """Return the report with what a run had filled as it stood before, but for edited fills."""
    free = {segment.id for segment in run if not isinstance(segment, api.Fixed)}
    ids = frozenset(
        span.id
        for span in report.spans()
        if isinstance(span, Fill) and span.replaced.id in free and span.state is not _EDITED
    )
    return edit.take_back(report, ids)


def same_text(one: tuple[api.Segment, ...], other: tuple[api.Segment, ...]) -> bool:
    """Whether two requests say the same: the same words stand, the same spans are free."""
    return [_said(s) for s in one] == [_said(s) for s in other]


_EDITED = FillState.EDITED


def _said(segment: api.Segment) -> tuple[str, str]:
    if isinstance(segment, api.Gap):
        return "gap", segment.id
    return ("fixed", segment.text) if isinstance(segment, api.Fixed) else ("soft", segment.id)


def _with_room(section: Section) -> Section:
    waiting = frozenset(
        span.id
        for span in section.spans
        if isinstance(span, Fill) and span.state is FillState.PROPOSED
    )
    (section,) = edit.take_back(Report((section,)), waiting).sections
    if any(isinstance(span, Gap) for span in section.spans):
        return section
    return replace(section, spans=(*section.spans, *_room_after(section.spans)))


def _room_after(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    body = edit.body(spans)
    if not body or body[-1].isspace():
        return (Gap(new_id()),)
    return (Soft(new_id(), " ", Author.TEMPLATE), Gap(new_id()))
