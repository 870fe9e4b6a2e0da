"""Marks in a document: they move with their words, and go when these change. GUI thread only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QTextCursor

from lacuna.report.model import Fill, FillState, Gap
from lacuna.ui.editor.binding import Binding
from lacuna.ui.editor.mark_paint import Marked, MarkKind
from lacuna.ui.editor.text_units import to_units
from lacuna_models.api import Place


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of some words.

    ``title`` and ``reason`` are for the card; ``expected`` are other words with how probable the
    model holds them, 0 to 1; ``instead`` is what would take the words' place, "" if nothing can.
    """

    kind: MarkKind
    text: str
    title: str
    reason: str = ""
    expected: tuple[tuple[str, float], ...] = ()
    instead: str = ""

    @property
    def key(self) -> tuple[MarkKind, str, str]:
        """What makes it the same mark again after another look: what the reader kept stays kept."""
        return self.kind, self.text, self.title


@dataclass(frozen=True, slots=True)
class Standing:
    """A mark with its words' place in the document now."""

    mark: Mark
    start: int
    end: int


_Placed = tuple[Mark, list[QTextCursor], tuple[str, ...]]


class Marks(QObject):
    """The marks of one document, in groups: a new look at one matter replaces its group only."""

    changed = Signal()

    def __init__(self, binding: Binding, parent: QObject) -> None:
        super().__init__(parent)
        self._binding = binding
        self._placed: dict[str, list[_Placed]] = {}
        self._kept: set[tuple[MarkKind, str, str]] = set()

    def put(self, group: str, marks: Iterable[tuple[Mark, Sequence[Place]]]) -> None:
        """Replace a group's marks. Those whose spans have gone meanwhile are dropped."""
        placed: list[_Placed] = []
        for mark, places in marks:
            cursors = [c for place in places if (c := self._cursor(place)) is not None]
            if cursors and len(cursors) == len(places):
                placed.append((mark, cursors, tuple(c.selectedText() for c in cursors)))
        self._placed[group] = placed
        self.changed.emit()

    def put_ranges(self, group: str, marks: Iterable[tuple[Mark, int, int]]) -> None:
        """Replace a group's marks; ``start`` and ``end`` are positions of the document."""
        placed: list[_Placed] = []
        for mark, start, end in marks:
            cursor = self._selected(start, end)
            placed.append((mark, [cursor], (cursor.selectedText(),)))
        self._placed[group] = placed
        self.changed.emit()

    def drop(self, *groups: str) -> None:
        """Take groups away; without any, all."""
        for group in groups or tuple(self._placed):
            self._placed.pop(group, None)
        self.changed.emit()

    def keep(self, mark: Mark) -> None:
        """The reader has seen it and keeps the words: it is not said again."""
        self._kept.add(mark.key)
        self.changed.emit()

    def forget_kept(self) -> None:
        """Another report is open: what was kept there says nothing here."""
        self._kept.clear()

    def standing(self, *groups: str) -> list[Standing]:
        """Return the marks whose words are as they were, in reading order."""
        found = [
            Standing(mark, cursors[0].selectionStart(), cursors[-1].selectionEnd())
            for group in groups or tuple(self._placed)
            for mark, cursors, texts in self._placed.get(group, ())
            if mark.key not in self._kept
            and all(c.selectedText() == text for c, text in zip(cursors, texts, strict=True))
        ]
        return sorted(found, key=lambda s: (s.start, s.end))

    def painted(self) -> tuple[Marked, ...]:
        """Return what the editor paints."""
        return tuple(
            Marked(s.mark.kind, s.start, s.end, self._is_own(s.start)) for s in self.standing()
        )

    def at(self, position: int, *groups: str) -> Standing | None:
        """Return the mark at a position of the document."""
        return next((s for s in self.standing(*groups) if s.start <= position <= s.end), None)

    def _is_own(self, position: int) -> bool:
        run = self._binding.run_at(position)
        span = run.span if run is not None else None
        return not (isinstance(span, Fill) and span.state is FillState.PROPOSED)

    def _cursor(self, place: Place) -> QTextCursor | None:
        run = self._binding.run_of(place.segment_id)
        if run is None or isinstance(run.span, Gap):
            return None
        text = run.span.text
        if not 0 <= place.start < place.stop <= len(text):
            return None
        start = run.start + to_units(text, place.start)
        return self._selected(start, run.start + to_units(text, place.stop))

    def _selected(self, start: int, end: int) -> QTextCursor:
        cursor = QTextCursor(self._binding.document)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.setKeepPositionOnInsert(True)  # what is typed behind the words is none of them
        return cursor
