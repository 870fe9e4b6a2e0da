"""The look of the text itself: colour, weight, room at clamps. Never part of the document.

Formats are laid over the text as a syntax highlighter does it: they follow the spans, and no theme,
layer or zoom ends up in an undo step.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QFont, QTextBlock, QTextCharFormat, QTextLayout

from lacuna.report import edit
from lacuna.report.draft_mark import is_empty
from lacuna.report.model import Author, Fill, FillState, Fixed, Gap, Soft, Span
from lacuna.ui.editor.binding import Binding, Run, is_heading
from lacuna.ui.editor.geometry import lay_out
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.text_units import units
from lacuna.ui.theme import Look, Role

CLAMP_ROOM = 5.0  # pixels that a clamp's side rule takes from the letters beside it


class Styler(QObject):
    """Keeps the text's look in step with its spans. GUI thread only."""

    def __init__(self, binding: Binding, look: Look) -> None:
        super().__init__(binding.document)
        self._binding, self._look = binding, look
        self._layer, self._pixels = Layer.CERTAINTY, Role.REPORT.pixels
        self._veiled: frozenset[str] = frozenset()
        binding.document.contentsChange.connect(self.restyle)
        self._dress_document()

    def set_layer(self, layer: Layer) -> None:
        """Tell something else by colour."""
        self._layer = layer
        self._change()

    def set_look(self, look: Look, pixels: int) -> None:
        """Change theme or zoom; ``pixels`` is the size of the report's text."""
        self._look, self._pixels = look, pixels
        self._dress_document()
        self._change()

    def veil(self, span_ids: frozenset[str]) -> None:
        """Make the text of spans invisible: something is painted over it while a run goes on."""
        self._veiled = span_ids
        self._change()

    def restyle(self, *_: int) -> None:
        """Bring every paragraph's formats up to date; unchanged ones are left alone."""
        block = self._binding.document.begin()
        while block.isValid():
            wanted = list(self._formats(block))
            if block.layout().formats() != wanted:
                block.layout().setFormats(wanted)
                self._binding.document.markContentsDirty(block.position(), block.length())
            block = block.next()

    def _change(self) -> None:
        lay_out(self._binding.document)
        self.restyle()

    def _dress_document(self) -> None:
        self._binding.document.setDefaultFont(self._look.font(Role.REPORT, self._pixels))

    def _formats(self, block: QTextBlock) -> Iterator[QTextLayout.FormatRange]:
        if is_heading(block):
            yield _range(0, block.length() - 1, self._heading())
            return
        low, high = block.position(), block.position() + block.length() - 1
        for run in self._binding.runs():
            start, end = max(run.start, low) - low, min(run.end, high) - low
            if start < end and not isinstance(run.span, Gap):
                yield from self._run(run, start, end, low)

    def _run(self, run: Run, start: int, end: int, low: int) -> Iterator[QTextLayout.FormatRange]:
        style = self._style(run.span)
        room = self._needs_room(run) and low + end == run.end
        split = end - units(edit.shown(run.span)[-1]) if room else end
        if split > start:
            yield _range(start, split - start, style)
        if room:
            spaced = QTextCharFormat(style)
            spaced.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
            spaced.setFontLetterSpacing(CLAMP_ROOM)
            yield _range(split, end - split, spaced)

    def _needs_room(self, run: Run) -> bool:
        """A clamp needs room behind its last letter, and behind the letter before it."""
        after = self._binding.run_at(run.end)
        return isinstance(run.span, Fixed) or (after is not None and isinstance(after.span, Fixed))

    def _style(self, span: Span) -> QTextCharFormat:
        style = QTextCharFormat()
        colour = QColor(self._colour(span))
        if span.id in self._veiled:
            colour.setAlpha(0)
        style.setForeground(colour)
        if isinstance(span, Fixed):
            style.setFontWeight(Role.ANCHOR.weight)
        return style

    def _colour(self, span: Span) -> str:
        theme = self._look.theme
        if isinstance(span, Fixed):
            return theme.demonstrator.text if is_empty(span) else theme.reader.text
        if isinstance(span, Fill):
            tone = theme.demonstrator if span.origin.demonstrator_on_patient else theme.model
            proposed = span.state is FillState.PROPOSED
            taken = span.state is FillState.ACCEPTED and self._layer is Layer.AUTHORS
            return tone.text if proposed or taken else theme.text.normal
        if isinstance(span, Soft) and span.author in (Author.TEMPLATE, Author.PRIOR):
            return theme.text.second
        return theme.text.normal

    def _heading(self) -> QTextCharFormat:
        style = QTextCharFormat()
        style.setFont(self._look.font(Role.LABEL))
        style.setForeground(QColor(self._look.theme.text.third))
        return style


def _range(start: int, length: int, style: QTextCharFormat) -> QTextLayout.FormatRange:
    result = QTextLayout.FormatRange()
    result.start, result.length, result.format = start, length, style
    return result
