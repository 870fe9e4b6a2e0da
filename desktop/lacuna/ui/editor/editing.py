"""What the reader's hands do to the document: typing, deleting, gaps. An anchor is sacred here.

Every change of the text goes through ``Editing``; Qt's own handling of text keys is never used. An
edit that would touch an anchor or a heading raises ``Refused`` and leaves the document as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from PySide6.QtGui import QTextCursor

from lacuna.report import edit, markup
from lacuna.report.model import Fill, Fixed, Gap, Length, Span, new_id
from lacuna.report.text import clean
from lacuna.ui.editor.binding import Binding, char_format, insert_marked, insert_span
from lacuna.ui.editor.spans import is_typed

ANCHOR = "Unlock it first with Ctrl+L."
HEADING = "Headings belong to the template."


class Refused(Exception):  # noqa: N818  not an error: a gentle no, with its reason
    """The edit is not possible here; the message says why."""


class Editing:
    """Guarded edits at a cursor. Each method is one undo step, consecutive typing is one."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def type(self, cursor: QTextCursor, words: str) -> None:
        """Insert what was typed in place of the selection; a finished `[...]` becomes a gap.

        Raises:
            Refused: inside an anchor or a heading.
        """
        words = clean(words)
        self._check(cursor)
        if cursor.hasSelection() or "\n" in words or words.endswith("]"):
            with self._one_step(cursor):
                self._remove(cursor)
                self._insert(cursor, words)
                self._finish_marker(cursor)
        else:  # no edit block of its own, so that Qt joins it with what was typed before
            self._insert(cursor, words)

    def insert(self, cursor: QTextCursor, pieces: Iterable[str | Span]) -> None:
        """Insert typed words and spans in place of the selection.

        Raises:
            Refused: inside an anchor or a heading.
        """
        self._check(cursor)
        with self._one_step(cursor):
            self._remove(cursor)
            for piece in pieces:
                if isinstance(piece, str):
                    self._insert(cursor, piece)
                else:
                    self._insert_span(cursor, piece)

    def remove(self, cursor: QTextCursor) -> None:
        """Delete the selection.

        Raises:
            Refused: if any of it is an anchor or a heading.
        """
        self._check(cursor)
        self._remove(cursor)

    def insert_gap(self, cursor: QTextCursor) -> None:
        """Put a gap in place of the selection.

        Raises:
            Refused: inside an anchor or a heading.
        """
        self._check(cursor)
        with self._one_step(cursor):
            self._remove(cursor)
            self._insert_span(cursor, Gap(new_id()))

    def insert_anchor(self, cursor: QTextCursor, anchor: Fixed) -> None:
        """Put an anchor in place of the selection, set apart by spaces where words would touch it.

        Raises:
            Refused: inside another anchor or a heading.
        """
        self._check(cursor)
        with self._one_step(cursor):
            self._remove(cursor)
            if not self._parts_before(cursor.position()):
                self._insert(cursor, " ")
            self._insert_span(cursor, anchor)
            if not self._parts_after(cursor.position()):
                self._insert(cursor, " ")

    def removable(self, start: int, end: int) -> bool:
        """Whether a range holds neither an anchor nor a part of a heading."""
        return not self._binding.touches_structure(start, end) and not any(
            isinstance(run.span, Fixed) and run.start < end and start < run.end
            for run in self._binding.runs()
        )

    def _check(self, cursor: QTextCursor) -> None:
        """Refuse what would break an anchor, before anything has changed."""
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        if self._binding.touches_structure(start, end):
            raise Refused(HEADING)
        if not self.removable(start, end):
            raise Refused(ANCHOR)
        before, after = self._binding.mark_at(start - 1), self._binding.mark_at(end)
        if isinstance(before, Fixed) and before == after:
            raise Refused(ANCHOR)

    def _parts_before(self, position: int) -> bool:
        """Whether what stands before a position needs no space after it, like a line's start."""
        before = self._binding.document.characterAt(position - 1)
        return position == 0 or before.isspace() or before in "([/"

    def _parts_after(self, position: int) -> bool:
        """Whether what stands at a position needs no space before it: punctuation does not."""
        after = self._binding.document.characterAt(position)
        return not after.isalnum() and after != edit.GAP_CHARACTER

    def _remove(self, cursor: QTextCursor) -> None:
        cursor.removeSelectedText()
        self._binding.forget()

    def _insert(self, cursor: QTextCursor, words: str) -> None:
        insert_marked(cursor, words, char_format(self._joined(cursor.position())))
        self._binding.forget()

    def _insert_span(self, cursor: QTextCursor, span: Span) -> None:
        self._binding.spans.remember(span)
        insert_span(cursor, span)
        self._binding.forget()

    def _joined(self, position: int) -> Span | None:
        """Say which span text inserted here joins; None: it stands for itself, as typed.

        Qt would let it join whatever lies before. Here only typed text grows at its edges; typing
        inside a proposal edits the proposal, at its edges it does not.
        """
        before, after = self._binding.mark_at(position - 1), self._binding.mark_at(position)
        if isinstance(before, Fill) and before == after:
            return before
        return next((span for span in (before, after) if is_typed(span)), None)

    def _finish_marker(self, cursor: QTextCursor) -> None:
        """Turn a gap marker that ends at the cursor into a gap."""
        end = cursor.position()
        marker = self._marker_before(end)
        if marker is None:
            return
        start, length = marker
        marks = [self._binding.mark_at(position) for position in range(start, end)]
        if all(mark is None or is_typed(mark) for mark in marks):
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            self._remove(cursor)
            self._insert_span(cursor, Gap(new_id(), length))

    def _marker_before(self, position: int) -> tuple[int, Length] | None:
        place = self._binding.place(position)
        if place is None:
            return None
        section, offset = place
        found = markup.trailing_gap(self._binding.body(section)[:offset])
        return found and (self._binding.position(section, found[0]), found[1])

    @contextmanager
    def _one_step(self, cursor: QTextCursor) -> Iterator[None]:
        cursor.beginEditBlock()
        try:
            yield
        finally:
            cursor.endEditBlock()
