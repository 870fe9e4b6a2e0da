"""Report <-> QTextDocument. Nothing else translates between the two. GUI thread only.

In the document each character carries the id of its span in a user property; a line end carries it
in the format of its paragraph separator. Headings are paragraphs with a block property; a gap is
one object replacement character. Positions count UTF-16 units, as everywhere in Qt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, takewhile

from PySide6.QtGui import (
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from lacuna.report import edit, text
from lacuna.report.model import Gap, Length, Report, Section, Span
from lacuna.ui.editor.spans import Spans
from lacuna.ui.editor.text_units import to_index, to_units, units

_SPAN = QTextFormat.Property.UserProperty + 1
_HEADING = QTextFormat.Property.UserProperty + 2
_SECTION = QTextFormat.Property.UserProperty + 3  # begins a section that has no heading
GAP_OBJECT = QTextFormat.ObjectTypes.UserObject + 1

LINE_DISTANCE = 6  # added to Inter's own 20 px: lines of 26, at any zoom a fixed air
_KEEP = QTextCursor.MoveMode.KeepAnchor


@dataclass(frozen=True, slots=True)
class Run:
    """A span where it stands: ``start`` to ``end`` in the document."""

    span: Span
    start: int
    end: int
    section: int


@dataclass(frozen=True, slots=True)
class _Body:
    """A section as it stands: where its text begins, and (character, span id) in order."""

    title: str | None
    start: int
    characters: list[tuple[str, str | None]]

    @property
    def text(self) -> str:
        return "".join(character for character, _ in self.characters)

    def runs(self) -> Iterator[tuple[str | None, str]]:
        for span_id, group in groupby(self.characters, key=lambda pair: pair[1]):
            yield span_id, "".join(character for character, _ in group)


class Binding:
    """One document and the meanings of its ids."""

    def __init__(self, document: QTextDocument) -> None:
        self.document = document
        self.spans = Spans()
        self._bodies: list[_Body] | None = None
        self._runs: list[Run] | None = None
        document.documentLayout()  # a document without a layout does not report its changes
        document.contentsChange.connect(self.forget)

    def load(self, report: Report) -> None:
        """Show a report and forget all undo steps.

        Raises:
            UserFacingError: for text that the document could not give back unchanged.
        """
        for span in report.spans():
            text.check(edit.shown(span).replace(edit.GAP_CHARACTER, ""))
        self.spans.begin(report)
        self.document.setUndoRedoEnabled(False)
        cursor = QTextCursor(self.document)
        cursor.beginEditBlock()  # who listens hears of the whole report, never of a half
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.removeSelectedText()
        for number, section in enumerate(report.sections):
            self._append_section(cursor, section, first=number == 0)
        cursor.endEditBlock()
        self.document.setUndoRedoEnabled(True)
        self.document.setModified(False)

    def read(self) -> Report:
        """Return what the document says. Ids stay the same while the text does."""
        runs = self.runs()
        return Report(
            tuple(
                Section(body.title, tuple(run.span for run in runs if run.section == number))
                for number, body in enumerate(self._scan())
            )
        )

    def write(self, after: Report, *, join: bool = False) -> None:
        """Bring the document to ``after`` as one undo step, touching only what differs.

        ``join`` makes it one step with the one before.

        Raises:
            ValueError: if ``after`` has other sections than the document.
        """
        before = self.read()
        if [s.title for s in before.sections] != [s.title for s in after.sections]:
            raise ValueError("write changes spans, not sections: load the report instead")
        self.spans.learn(after)
        cursor = QTextCursor(self.document)
        if join:
            cursor.joinPreviousEditBlock()
        else:
            cursor.beginEditBlock()
        try:
            for number in reversed(range(len(after.sections))):
                old, new = before.sections[number].spans, after.sections[number].spans
                self._write_body(cursor, self._scan()[number].start, old, new)
        finally:
            cursor.endEditBlock()

    def runs(self) -> list[Run]:
        """Return every span with its place, in reading order."""
        if self._runs is None:
            self._runs = list(self._placed())
        return self._runs

    def run_at(self, position: int) -> Run | None:
        """Return the span whose character follows ``position``; None in a heading or at an end."""
        return next((run for run in self.runs() if run.start <= position < run.end), None)

    def run_of(self, span_id: str) -> Run | None:
        """Return where a span stands, None if it does not."""
        return next((run for run in self.runs() if run.span.id == span_id), None)

    def ranges(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield (section, start, end) in code points for the text in a range of positions."""
        for number, body in enumerate(self._scan()):
            low, high = start - body.start, end - body.start
            if high > 0 and low < units(body.text):
                yield number, to_index(body.text, max(low, 0)), to_index(body.text, high)

    def place(self, position: int) -> tuple[int, int] | None:
        """Return (section, code point) of a position; None inside a heading."""
        for number, body in enumerate(self._scan()):
            if body.start <= position <= body.start + units(body.text):
                return number, to_index(body.text, position - body.start)
        return None

    def position(self, section: int, offset: int) -> int:
        """Return the position of a code point of a section's body."""
        body = self._scan()[section]
        return body.start + to_units(body.text, offset)

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """Return the range without the white space at its ends."""
        while start < end and self._blank(start):
            start += 1
        while end > start and self._blank(end - 1):
            end -= 1
        return start, end

    def words_between(self, start: int, end: int) -> Iterator[tuple[str, Span | None]]:
        """Yield the text of a range in pieces, each with the span that it is of.

        Headings, with a colon, and what parts sections are of none.
        """
        first = block = self.document.findBlock(start)
        while block.isValid() and block.position() < max(end, start + 1):
            if block != first:
                before = self.run_at(block.position() - 1)
                yield "\n", before.span if before is not None else None
            yield from self._line_words(block, start, end)
            block = block.next()

    def touches_structure(self, start: int, end: int) -> bool:
        """Whether removing the range would break a heading or join two sections."""
        bodies = [(body.start, body.start + units(body.text)) for body in self._scan()]
        return not any(low <= start and end <= high for low, high in bodies)

    def body(self, section: int) -> str:
        """Return a section's text, in which a gap is one character."""
        return self._scan()[section].text

    def mark_at(self, position: int) -> Span | None:
        """Return the span whose id the character at ``position`` carries, if any.

        Unlike ``run_at`` it tells what the text was before it was edited.
        """
        for body in self._scan():
            if body.start <= position < body.start + units(body.text):
                index = to_index(body.text, position - body.start)
                return self.spans.get(body.characters[index][1])
        return None

    def length_of(self, gap_id: str) -> Length:
        """Return how long a gap is to be, by what its id means; for layouts under way, too."""
        span = self.spans.get(gap_id) if gap_id else None
        return span.length if isinstance(span, Gap) else None

    def forget(self, *_: int) -> None:
        """Scan anew. Needed inside an edit block only: Qt reports its changes at its end."""
        self._bodies = self._runs = None

    def _blank(self, position: int) -> bool:
        return self.document.characterAt(position).isspace()

    def _line_words(
        self, block: QTextBlock, start: int, end: int
    ) -> Iterator[tuple[str, Span | None]]:
        line, at = block.text(), block.position()
        low, high = max(start, at), min(end, at + block.length() - 1)
        if is_heading(block):
            yield line[to_index(line, low - at) :] + ":", None
            return
        for run in self.runs():
            begins, ends = max(run.start, low) - at, min(run.end, high) - at
            if begins < ends:
                yield line[to_index(line, begins) : to_index(line, ends)], run.span

    def _placed(self) -> Iterator[Run]:
        bodies = self._scan()
        marked = [(number, run) for number, body in enumerate(bodies) for run in body.runs()]
        found = self.spans.resolve(run for _, run in marked)
        section, at = -1, 0
        for (number, (_, shown)), span in zip(marked, found, strict=True):
            if number != section:
                section, at = number, bodies[number].start
            yield Run(span, at, at + units(shown), number)
            at += units(shown)

    def _scan(self) -> list[_Body]:
        if self._bodies is None:
            self._bodies = list(_bodies(self.document))
        return self._bodies

    def _append_section(self, cursor: QTextCursor, section: Section, *, first: bool) -> None:
        if section.title is not None:
            _begin_block(cursor, heading_block(first=first), into_empty=first)
            cursor.insertText(section.title, QTextCharFormat())
            cursor.insertBlock(body_block(), QTextCharFormat())
        else:
            begins = body_block() if first else body_block(begins_section=True)
            _begin_block(cursor, begins, into_empty=first)
        for span in section.spans:
            insert_span(cursor, span)

    def _write_body(
        self, cursor: QTextCursor, start: int, old: tuple[Span, ...], new: tuple[Span, ...]
    ) -> None:
        starts = list(_starts(start, old))
        matcher = SequenceMatcher(None, [s.id for s in old], [s.id for s in new], autojunk=False)
        for tag, i1, i2, j1, j2 in reversed(matcher.get_opcodes()):
            if tag != "equal":
                _replace(cursor, starts[i1], old[i1:i2], new[j1:j2])


def span_id_of(char_format: QTextCharFormat) -> str | None:
    """Return the span id that a format carries."""
    return str(char_format.property(_SPAN)) if char_format.hasProperty(_SPAN) else None


def is_heading(block: QTextBlock) -> bool:
    """Whether a paragraph is a section's heading."""
    return bool(block.blockFormat().hasProperty(_HEADING))


def body_block(*, begins_section: bool = False) -> QTextBlockFormat:
    """Return the format of a paragraph of the body."""
    block_format = QTextBlockFormat()
    block_format.setLineHeight(
        LINE_DISTANCE, QTextBlockFormat.LineHeightTypes.LineDistanceHeight.value
    )
    block_format.setBottomMargin(6)
    if begins_section:
        block_format.setProperty(_SECTION, True)
        block_format.setTopMargin(12)
    return block_format


def heading_block(*, first: bool = False) -> QTextBlockFormat:
    """Return the format of a heading."""
    block_format = QTextBlockFormat()
    block_format.setProperty(_HEADING, True)
    block_format.setTopMargin(0 if first else 14)
    block_format.setBottomMargin(5)
    return block_format


def char_format(span: Span | None) -> QTextCharFormat:
    """Return the format that marks a span's characters; of None, one that marks nothing."""
    result = QTextCharFormat()
    if span is not None:
        result.setProperty(_SPAN, span.id)
    if isinstance(span, Gap):
        result.setObjectType(GAP_OBJECT)
    return result


def insert_span(cursor: QTextCursor, span: Span) -> None:
    """Insert a span, marked, at the cursor."""
    insert_marked(cursor, edit.shown(span), char_format(span))


def insert_marked(cursor: QTextCursor, shown: str, mark: QTextCharFormat) -> None:
    """Insert text whose characters and line ends all carry ``mark``."""
    for number, line in enumerate(shown.split("\n")):
        if number:
            cursor.insertBlock(body_block(), mark)
        if line:
            cursor.insertText(line, mark)


def _bodies(document: QTextDocument) -> Iterator[_Body]:
    body: _Body | None = None
    title: str | None = None
    block = document.begin()
    while block.isValid():
        if is_heading(block):
            if body is not None:
                yield body
            body, title = None, block.text()
        elif body is None or block.blockFormat().hasProperty(_SECTION):
            if body is not None:
                yield body
            body, title = _Body(title, block.position(), list(_characters(block))), None
        else:
            body.characters.append(("\n", span_id_of(block.charFormat())))
            body.characters.extend(_characters(block))
        block = block.next()
    if body is not None:
        yield body


def _characters(block: QTextBlock) -> Iterator[tuple[str, str | None]]:
    part = block.begin()
    while not part.atEnd():
        fragment = part.fragment()
        span_id = span_id_of(fragment.charFormat())
        yield from ((character, span_id) for character in fragment.text())
        part += 1


def _begin_block(cursor: QTextCursor, block: QTextBlockFormat, *, into_empty: bool) -> None:
    if into_empty:
        cursor.setBlockFormat(block)
        cursor.setBlockCharFormat(QTextCharFormat())
    else:
        cursor.insertBlock(block, QTextCharFormat())


def _starts(start: int, spans: Iterable[Span]) -> Iterator[int]:
    for span in spans:
        yield start
        start += units(edit.shown(span))
    yield start


def _replace(cursor: QTextCursor, start: int, old: tuple[Span, ...], new: tuple[Span, ...]) -> None:
    """Change only the characters that differ, then mark all of them anew."""
    was, becomes = edit.body(old), edit.body(new)
    head = _common(was, becomes)
    tail = _common(was[head:][::-1], becomes[head:][::-1])
    cursor.setPosition(start + units(was[:head]))
    cursor.setPosition(start + units(was[: len(was) - tail]), _KEEP)
    cursor.removeSelectedText()
    insert_marked(cursor, becomes[head : len(becomes) - tail], QTextCharFormat())
    for span, at in zip(new, _starts(start, new), strict=False):
        cursor.setPosition(at)
        cursor.setPosition(at + units(edit.shown(span)), _KEEP)
        cursor.setCharFormat(char_format(span))


def _common(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
