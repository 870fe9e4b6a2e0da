"""What the ids in a document mean: an append-only table, so that undo and redo keep meanings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from lacuna.report import edit
from lacuna.report.model import Author, Fill, Fixed, Gap, Report, Soft, Span, new_id


class Spans:
    """Span ids -> spans. An id is never given another meaning, and none is taken out."""

    def __init__(self) -> None:
        self._known: dict[str, Span] = {}
        self._derived: dict[tuple[str | None, str, int], Span] = {}
        self.report = new_id()  # which report is open: a new name for each that is loaded

    def begin(self, report: Report) -> None:
        """Another report is opened: remember its spans, too."""
        self.report = new_id()
        self.learn(report)

    def learn(self, report: Report) -> None:
        """Remember a report's spans."""
        self._known.update((span.id, span) for span in report.spans())

    def remember(self, span: Span) -> None:
        """Remember one span."""
        self._known[span.id] = span

    def get(self, span_id: str | None) -> Span | None:
        """Return what an id means; None for text that carries none."""
        return None if span_id is None else self._known[span_id]

    def resolve(self, runs: Iterable[tuple[str | None, str]]) -> list[Span]:
        """Return the span of each run of text, in order.

        A run whose text is not its span's any more has been edited: it gets a new id, the same one
        each time the same text stands there. Runs without an id are typed.
        """
        seen: Counter[tuple[str | None, str]] = Counter()
        result = []
        for run in runs:
            result.append(self._one(run, seen[run]))
            seen[run] += 1
        return result

    def _one(self, run: tuple[str | None, str], number: int) -> Span:
        span_id, text = run
        span = self.get(span_id)
        if span is not None and edit.shown(span) == text:
            return span
        key = (span_id, text, number)
        if key not in self._derived:
            self._derived[key] = _derive(span, text)
        derived = self._derived[key]
        self._known[derived.id] = derived
        return derived


def _derive(span: Span | None, text: str) -> Span:
    if isinstance(span, Fill):
        return edit.edited(span, text)
    if isinstance(span, Soft | Fixed):
        # An anchor's text is guarded; were it ever broken, it must not pass for an anchor.
        return Soft(new_id(), text, span.author)
    return Soft(new_id(), text, Author.TYPED)


def is_typed(span: Span | None) -> bool:
    """Whether more typing may join the span."""
    return isinstance(span, Soft) and span.author is Author.TYPED


def is_measured(span: Span | None) -> bool:
    """Whether the span is a measurement that nobody has unlocked since."""
    return isinstance(span, Fixed) and span.author is Author.MEASUREMENT


def is_gap(span: Span | None) -> bool:
    """Whether the span is an open gap."""
    return isinstance(span, Gap)
