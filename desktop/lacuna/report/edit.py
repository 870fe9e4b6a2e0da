"""Edits: Report -> Report, pure. Fixed text is never changed; only unlocking ends an anchor.

A place is (section, offset): code points into the section's body, in which a gap counts as one
character. Ranges are half open. An edit that changes a span's text, author or state mints a new id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace

from lacuna.report.model import (
    Author,
    Fill,
    FillState,
    Fixed,
    Gap,
    Length,
    Report,
    Soft,
    Span,
    new_id,
)

GAP_CHARACTER = "\ufffc"

_Text = Fixed | Soft | Fill
_Spans = tuple[Span, ...]


def shown(span: Span) -> str:
    """Return the span's text as places count it."""
    return GAP_CHARACTER if isinstance(span, Gap) else span.text


def body(spans: Iterable[Span]) -> str:
    """Return a section's text as places count it."""
    return "".join(shown(span) for span in spans)


def lock(report: Report, section: int, start: int, end: int) -> Report:
    """Make anchors of the text in the range. Gaps in it stay gaps."""
    return _in_section(report, section, lambda spans: _mapped(spans, start, end, _locked))


def unlock(report: Report, section: int, start: int, end: int) -> Report:
    """Set free the parts of anchors that lie in the range."""
    return _in_section(report, section, lambda spans: _mapped(spans, start, end, _unlocked))


def isolate(report: Report, section: int, start: int, end: int) -> Report:
    """Cut text at the ends of the range, so that spans lie within it or without. Anchors stay."""
    return _in_section(report, section, lambda spans: _isolated(spans, start, end))


def insert_gap(report: Report, section: int, offset: int, length: Length = None) -> Report:
    """Open a gap. Inside an anchor nothing happens: it may not be broken."""
    gap = Gap(new_id(), length)
    return _in_section(report, section, lambda spans: tuple(_with_gap(spans, offset, gap)))


def accept(report: Report, span_id: str) -> Report:
    """Take the proposal over as the reader's own."""
    return _mapped_spans(report, lambda span: _accepted(span) if span.id == span_id else span)


def accept_all(report: Report) -> Report:
    """Take all proposals over."""
    return _mapped_spans(report, _accepted)


def reject(report: Report, span_id: str) -> Report:
    """Bring back what stood before the proposal. Gaps that meet become one."""
    return Report(tuple(replace(s, spans=_rejected(s.spans, {span_id})) for s in report.sections))


def reject_all(report: Report) -> Report:
    """Bring back what stood before each proposal that waits for review."""
    return take_back(report, frozenset(span.id for span in proposals(report)))


def take_back(report: Report, ids: frozenset[str]) -> Report:
    """Bring back what stood before each of these fills, judged or not."""
    return Report(tuple(replace(s, spans=_rejected(s.spans, ids)) for s in report.sections))


def proposals(report: Report) -> Iterator[Fill]:
    """Yield the fills that wait for review, in reading order."""
    for span in report.spans():
        if isinstance(span, Fill) and span.state is FillState.PROPOSED:
            yield span


def set_length(report: Report, gap_id: str, length: Length) -> Report:
    """Say how long a gap is to be."""

    def change(span: Span) -> Span:
        if isinstance(span, Gap) and span.id == gap_id and span.length != length:
            return Gap(new_id(), length)
        return span

    return _mapped_spans(report, change)


def gaps(report: Report) -> Iterator[Gap]:
    """Yield the open gaps in reading order."""
    return (span for span in report.spans() if isinstance(span, Gap))


def edited(fill: Fill, text: str) -> Fill:
    """Return the fill as the reader rewrote it."""
    return replace(fill, id=new_id(), text=text, state=FillState.EDITED)


def copy_of(span: Span, text: str, *, whole: bool = True) -> Span:
    """Return what says ``text``, of a span, in another place: by the same author, without its lock.

    A gap is a gap of the same length. ``whole``: where all of a proposal is taken, what it replaced
    comes back when the copy is rejected, too; otherwise a gap.
    """
    free = _unlocked(span)
    if isinstance(free, Gap):
        return Gap(new_id(), free.length)
    if whole and isinstance(free, Fill) and (free.text, free.parts) == (text, 1):
        return replace(free, id=new_id(), replaced=replace(free.replaced, id=new_id()))
    return _part(free, text)


def _in_section(report: Report, section: int, change: Callable[[_Spans], _Spans]) -> Report:
    sections = list(report.sections)
    sections[section] = replace(sections[section], spans=change(sections[section].spans))
    return Report(tuple(sections))


def _mapped_spans(report: Report, change: Callable[[Span], Span]) -> Report:
    return Report(
        tuple(replace(s, spans=tuple(change(span) for span in s.spans)) for s in report.sections)
    )


def _mapped(spans: _Spans, start: int, end: int, change: Callable[[Span], Span]) -> _Spans:
    """Apply ``change`` to what lies in the range, cutting spans at its ends."""
    result: list[Span] = []
    for span, low, high in _covered(spans, start, end):
        untouched = low >= high or change(span) is span
        result.extend((span,) if untouched else _cut(span, low, high, change))
    return tuple(result)


def _isolated(spans: _Spans, start: int, end: int) -> _Spans:
    result: list[Span] = []
    for span, low, high in _covered(spans, start, end):
        cut = low < high and high - low < len(shown(span)) and isinstance(span, Soft | Fill)
        result.extend(_cut(span, low, high, lambda part: part) if cut else (span,))
    return tuple(result)


def _covered(spans: _Spans, start: int, end: int) -> Iterator[tuple[Span, int, int]]:
    """Yield each span with the part of it that lies in the range; low >= high: none."""
    at = 0
    for span in spans:
        size = len(shown(span))
        yield span, max(start - at, 0), min(end - at, size)
        at += size


def _cut(span: Span, low: int, high: int, change: Callable[[Span], Span]) -> Iterator[Span]:
    if isinstance(span, Gap):
        return
    if low == 0 and high == len(span.text):
        yield change(span)
        return
    if low > 0:
        yield _part(span, span.text[:low])
    yield change(_part(span, span.text[low:high]))
    if high < len(span.text):
        yield _part(span, span.text[high:])


def _part(span: _Text, text: str) -> _Text:
    if isinstance(span, Fill):
        # Half a proposal cannot bring back the whole of what it replaced, nor two halves one gap.
        gap = Gap(new_id())
        return replace(span, id=new_id(), text=text, replaced=gap, tokens=None, parts=1)
    return replace(span, id=new_id(), text=text)


def _locked(span: Span) -> Span:
    if isinstance(span, Soft):
        return Fixed(new_id(), span.text, span.author, span.origin)
    if isinstance(span, Fill):
        return Fixed(new_id(), span.text, Author.MODEL, span.origin)
    return span


def _unlocked(span: Span) -> Span:
    if not isinstance(span, Fixed):
        return span
    if span.origin is None:
        return Soft(new_id(), span.text, span.author)
    # Locking was the reader's word for it, so it does not wait for review again.
    return Fill(new_id(), span.text, Gap(new_id()), span.origin, FillState.ACCEPTED)


def _accepted(span: Span) -> Span:
    if isinstance(span, Fill) and span.state is FillState.PROPOSED:
        return replace(span, id=new_id(), state=FillState.ACCEPTED)
    return span


def _with_gap(spans: _Spans, offset: int, gap: Gap) -> Iterator[Span]:
    at, placed = 0, False
    for span in spans:
        size = len(shown(span))
        cut = offset - at
        at += size
        if placed or cut >= size:
            yield span
            continue
        if cut <= 0:
            yield from (gap, span)
        elif isinstance(span, Fixed | Gap):
            yield span
        else:
            yield from (_part(span, span.text[:cut]), gap, _part(span, span.text[cut:]))
        placed = True
    if not placed:
        yield gap


def _rejected(spans: _Spans, ids: AbstractSet[str]) -> _Spans:
    result: list[Span] = []
    at = 0
    while at < len(spans):
        back, end = _brought_back(spans, at, ids)
        result.append(back)
        at = end
    return _joined(result)


def _brought_back(spans: _Spans, at: int, ids: AbstractSet[str]) -> tuple[Span, int]:
    """Return what stands at ``at`` once ``ids`` are rejected, and where to go on.

    Rewritten text comes back whole when any of it is rejected. A gap comes back as it was when all
    that came of it is rejected; of a part of it, a gap of that part's length.
    """
    first = spans[at]
    if not isinstance(first, Fill):
        return first, at + 1
    end = _family_end(spans, at)
    members = [span for span in spans[at:end] if isinstance(span, Fill)]
    hits = sum(span.id in ids for span in members)
    if hits and (isinstance(first.replaced, Soft) or hits == first.parts):
        return first.replaced, end
    return (Gap(new_id(), first.tokens) if first.id in ids else first), at + 1


def _family_end(spans: _Spans, at: int) -> int:
    """Return the end of what one run put, from the fill at ``at`` on, in the place of one span."""
    end, source = at + 1, _source(spans[at])
    for place in range(end, len(spans)):
        if _source(spans[place]) == source:
            end = place + 1
        elif not isinstance(spans[place], Gap):
            break
    return end


def _source(span: Span) -> str | None:
    return span.replaced.id if isinstance(span, Fill) else None


def _joined(spans: Iterable[Span]) -> _Spans:
    """Make one of gaps that stand side by side."""
    result: list[Span] = []
    for span in spans:
        last = result[-1] if result else None
        if isinstance(span, Gap) and isinstance(last, Gap):
            result[-1] = Gap(new_id(), _together(last.length, span.length))
        else:
            result.append(span)
    return tuple(result)


def _together(one: Length, other: Length) -> Length:
    """Return the length of two gaps made one: what both say in tokens adds up, all else is open."""
    return one + other if isinstance(one, int) and isinstance(other, int) else None
