"""Putting other words in the place of some, as a proposal or as the reader's own. Pure.

An anchor is never touched: an amendment that would need to is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lacuna.report import edit
from lacuna.report.apply import origin_of
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


def amendable(report: Report, section: int, start: int, end: int) -> bool:
    """Whether a range of a section holds neither an anchor nor a gap."""
    at = 0
    for span in report.sections[section].spans:
        size = len(edit.shown(span))
        if at < end and start < at + size and isinstance(span, Fixed | Gap):
            return False
        at += size
    return True


def amended(report: Report, section: int, start: int, end: int, words: str) -> Report:
    """Put words in the place of a range, as the reader's own: they chose them.

    Places are those of ``edit``. A range that holds an anchor or a gap stays as it is.
    """
    if not amendable(report, section, start, end) or start >= end:
        return report
    cut = edit.isolate(report, section, start, end).sections[section]
    spans: list[Span] = []
    at = 0
    for span in cut.spans:
        inside = start <= at < end
        if inside and at == start:
            spans.append(Soft(new_id(), words, Author.TYPED))
        if not inside:
            spans.append(span)
        at += len(edit.shown(span))
    sections = list(report.sections)
    sections[section] = replace(cut, spans=tuple(spans))
    return Report(tuple(sections))


def reworded(report: Report, rewrites: Iterable[api.Rewrite], origin: ModelOrigin) -> Report:
    """Put rewrites of soft text in its place as proposals; rejecting one brings the old words back.

    A span that has changed since, or whose words stay the same, is left alone.
    """
    found = {rewrite.segment_id: rewrite for rewrite in rewrites}

    def change(span: Span) -> Span:
        rewrite = found.get(span.id)
        if rewrite is None or isinstance(span, Fixed | Gap) or span.text != rewrite.before:
            return span
        words = clean(rewrite.text)
        if not words or words == span.text:
            return span
        entropy = rewrite.mean_entropy
        return Fill(new_id(), words, _before(span), origin, FillState.PROPOSED, entropy)

    return Report(
        tuple(replace(s, spans=tuple(change(span) for span in s.spans)) for s in report.sections)
    )


def inserted(report: Report, section: int, offset: int, fill: Fill) -> Report:
    """Put a proposal at a place; inside an anchor nothing happens. Rejecting it leaves a gap."""
    with_gap = edit.insert_gap(report, section, offset)
    old = {span.id for span in report.spans()}
    new = next((s for s in with_gap.spans() if isinstance(s, Gap) and s.id not in old), None)
    if new is None:
        return report
    placed = replace(fill, replaced=new)
    return Report(
        tuple(
            replace(s, spans=tuple(placed if span is new else span for span in s.spans))
            for s in with_gap.sections
        )
    )


def origin_of_call(info: api.ModelInfo, seed: int, *, nothing: bool) -> ModelOrigin:
    """Say which model wrote words outside a run; ``nothing``: about a picture it cannot know."""
    done = api.Done("", 0, seed, api.Reason.SETTLED, (), 0, 0.0, info.settings)
    return origin_of(done, info, demonstrator_on_patient=nothing)


def _before(span: Soft | Fill) -> Gap | Soft:
    if isinstance(span, Soft):
        return span
    if span.state is FillState.PROPOSED:
        return span.replaced
    return Soft(new_id(), span.text, Author.MODEL)
