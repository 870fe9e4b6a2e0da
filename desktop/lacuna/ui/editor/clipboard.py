"""What is copied out of the report, and what of it comes back: words with their authors.

The clipboard holds plain text and nothing else. What was copied here last is kept here with its
spans, and known again by its text. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtGui import QClipboard, QGuiApplication, QTextCursor

from lacuna.report import edit, markup
from lacuna.report.draft_mark import copied, unmarked
from lacuna.report.model import Gap, Span
from lacuna.report.text import clean
from lacuna.ui.editor import caret
from lacuna.ui.editor.binding import Binding
from lacuna.ui.editor.spans import is_typed


@dataclass(frozen=True, slots=True)
class _Passage:
    """Words as they were copied, each with its span, and the report that they stood in."""

    text: str
    report: str
    words: tuple[tuple[str, Span | None], ...]


class Clipboard:
    """Copies out of one editor's document and says what a paste brings.

    A private type beside the text could name the passage as well, but a ``QMimeData`` made in
    Python that the clipboard still holds at the end crashes the process (PySide 6.11). It would
    also get lost in a clipboard's history, where the text does not.
    """

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._kept: dict[QClipboard.Mode, _Passage] = {}

    def copy(self, cursor: QTextCursor) -> None:
        """Put the selection on the clipboard, gaps as they are typed.

        A model's words that nobody took over carry the line that says so.
        """
        self._put(cursor, QClipboard.Mode.Clipboard)

    def offer(self, cursor: QTextCursor) -> None:
        """Offer the selection to a middle click, where selecting is copying (X11)."""
        if QGuiApplication.clipboard().supportsSelection():
            self._put(cursor, QClipboard.Mode.Selection)

    def brought(self, text: str) -> list[str | Span]:
        """Return what a paste of ``text`` inserts: typed words, gaps, and spans of what was copied.

        What was not copied here is typed; gap markers in it become gaps.
        """
        passage = next((p for p in self._kept.values() if clean(p.text) == clean(text)), None)
        if passage is None:
            return list(markup.pieces(clean(unmarked(text))))
        same = passage.report == self._binding.spans.report
        return [_elsewhere(*each, same_report=same) for each in passage.words]

    def _put(self, cursor: QTextCursor, mode: QClipboard.Mode) -> None:
        if not cursor.hasSelection():
            return
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        words = tuple(_together(self._binding.words_between(start, end)))
        spans = [run.span for run in caret.within(self._binding, cursor)]
        text = copied("".join(_plain(*each) for each in words), spans)
        self._kept[mode] = _Passage(text, self._binding.spans.report, words)
        QGuiApplication.clipboard().setText(text, mode)


def _together(words: Iterable[tuple[str, Span | None]]) -> Iterator[tuple[str, Span | None]]:
    """Yield each span's words as one: the document has them line by line."""
    for span, group in groupby(words, key=lambda each: each[1]):
        yield "".join(text for text, _ in group), span


def _plain(text: str, span: Span | None) -> str:
    return markup.marker(span.length) if isinstance(span, Gap) else text


def _elsewhere(text: str, span: Span | None, *, same_report: bool) -> str | Span:
    """Return what stands for copied words in another place; text is typed.

    Of another report only the model's authorship is kept: its template, its measurements and what
    its proposals replaced say nothing here.
    """
    if span is None:
        return text
    there = edit.copy_of(span, text, whole=same_report)
    if isinstance(there, Gap) or there.origin is not None:
        return there
    return there if same_report and not is_typed(there) else text
