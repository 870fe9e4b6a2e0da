"""Who wrote what: an append-only ledger of a report's life, and its shares by author."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

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
)


class Act(StrEnum):
    """What happened to a span."""

    WROTE = "wrote"
    LOCKED = "locked"
    OPENED = "opened"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Event:
    """One act. ``who`` did it; ``origin`` is the run that wrote the words, if a model did.

    No text is held: the ledger may leave the machine beside a report without repeating it.
    """

    at: datetime
    act: Act
    who: Author
    span_id: str
    origin: ModelOrigin | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Events in the order in which they happened. Nothing is ever taken out."""

    events: tuple[Event, ...] = ()

    def observed(self, before: Report, after: Report, at: datetime) -> Ledger:
        """Return the ledger with what changed from one report to the next."""
        return Ledger(self.events + tuple(_changes(before, after, at)))


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the report's characters by author, and what is left to do."""

    by_author: dict[Author, float] = field(default_factory=dict)
    open_gaps: int = 0
    fills: int = 0
    to_review: int = 0


def author_of(span: Span) -> Author | None:
    """Return who wrote the span's words; an edited fill counts as typed; a gap has no author."""
    if isinstance(span, Gap):
        return None
    if isinstance(span, Fill):
        return Author.TYPED if span.state is FillState.EDITED else Author.MODEL
    return span.author


def shares(report: Report) -> Shares:
    """Count the report's characters by author. Headings belong to nobody and do not count."""
    counts: dict[Author, int] = {}
    spans = list(report.spans())
    for span in spans:
        author = author_of(span)
        if author is not None and not isinstance(span, Gap):
            counts[author] = counts.get(author, 0) + len(span.text)
    total = sum(counts.values())
    fills = [span for span in spans if isinstance(span, Fill)]
    return Shares(
        {author: count / total for author, count in counts.items() if count},
        sum(isinstance(span, Gap) for span in spans),
        len(fills),
        sum(fill.state is FillState.PROPOSED for fill in fills),
    )


def _changes(before: Report, after: Report, at: datetime) -> Iterator[Event]:
    old = {span.id for span in before.spans()}
    new = {span.id for span in after.spans()}
    appeared = [span for span in after.spans() if span.id not in old]
    for span in appeared:
        yield _appeared(span, at)
    for span in before.spans():
        if isinstance(span, Fill) and span.id not in new and not _lives_on(span, appeared):
            yield Event(at, Act.REJECTED, Author.TYPED, span.id, span.origin)


def _lives_on(fill: Fill, appeared: list[Span]) -> bool:
    """Whether the fill was accepted, edited or locked rather than thrown out or filled anew."""
    return any(_comes_of(fill, span) for span in appeared)


def _comes_of(fill: Fill, span: Span) -> bool:
    if not isinstance(span, Fill | Fixed) or span.origin != fill.origin:
        return False
    if isinstance(span, Fill) and span.state is FillState.EDITED:
        return span.replaced.id == fill.replaced.id
    return span.text in fill.text


def _appeared(span: Span, at: datetime) -> Event:
    if isinstance(span, Fixed):
        return Event(at, Act.LOCKED, Author.TYPED, span.id, span.origin)
    if isinstance(span, Gap):
        return Event(at, Act.OPENED, Author.TYPED, span.id)
    if isinstance(span, Soft):
        return Event(at, Act.WROTE, span.author, span.id)
    who = Author.MODEL if span.state is FillState.PROPOSED else Author.TYPED
    return Event(at, Act(span.state.value), who, span.id, span.origin)
