"""The reader's hand on a run: which of its words is pointed at, by mouse or key. GUI thread only.

Words are named by what was seen: the tokens of the step on show, with their places on the canvas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from lacuna.ui.editor.live_painter import Placed, band
from lacuna_models.api import TokenDraft, TokenState

_STOPS = ".,;:!?"


@dataclass(frozen=True, slots=True)
class LiveWord:
    """A word of a run as it is painted: its tokens, and where they stand in the document."""

    span_id: str
    tokens: tuple[TokenDraft, ...]
    boxes: tuple[QRectF, ...]

    @property
    def text(self) -> str:
        """The word."""
        return "".join(token.text for token in self.tokens).strip()

    @property
    def locked(self) -> bool:
        """Whether the reader holds all of it already."""
        return all(token.state is TokenState.LOCKED for token in self.tokens)

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands: its span, and its first canvas position."""
        return self.span_id, self.tokens[0].position


class LiveHand:
    """Remembers the chosen stretch of words from one step to the next, by its canvas positions."""

    def __init__(self) -> None:
        self._from: tuple[str, int] | None = None
        self._to: tuple[str, int] | None = None
        self._struck: frozenset[tuple[str, int]] = frozenset()

    @property
    def idle(self) -> bool:
        """Whether nothing is pointed at and nothing has just been struck out."""
        return self._from is None and not self._struck

    def strike(self, words: Sequence[LiveWord]) -> None:
        """Show words as struck out until the run has heard of it."""
        self._struck = frozenset(word.place for word in words)
        self.clear()

    def forget_struck(self) -> None:
        """The run has taken a step since: what it says now is what stands."""
        self._struck = frozenset()

    def struck(self, words: Sequence[LiveWord]) -> tuple[LiveWord, ...]:
        """Return the words that have just been struck out."""
        return tuple(word for word in words if word.place in self._struck)

    def clear(self) -> None:
        """Let go."""
        self._from = self._to = None

    def point(self, word: LiveWord) -> None:
        """Choose one word."""
        self._from = self._to = word.place

    def reach(self, word: LiveWord) -> None:
        """Extend the choice to a word of the same span."""
        if self._from is not None and word.span_id == self._from[0]:
            self._to = word.place

    def chosen(self, words: Sequence[LiveWord]) -> tuple[LiveWord, ...]:
        """Return the chosen words, as they stand now; a word that has gone leaves the next one."""
        if self._from is None or self._to is None:
            return ()
        span, low, high = self._from[0], *sorted((self._from[1], self._to[1]))
        own = [word for word in words if word.span_id == span]
        found = tuple(w for w in own if any(low <= t.position <= high for t in w.tokens))
        return found or tuple(own[-1:])

    def step(self, words: Sequence[LiveWord], by: int) -> None:
        """Choose the next word, or the one before, round the end."""
        if not words:
            return
        chosen = self.chosen(words)
        if chosen:
            at = words.index(chosen[-1] if by > 0 else chosen[0]) + by
        else:
            at = 0 if by > 0 else -1
        self.point(words[at % len(words)])


def words_of(span_id: str, placed: Sequence[Placed], above: float, below: float) -> list[LiveWord]:
    """Return the words of a span that are painted and have a place on the canvas, in order."""
    words: list[LiveWord] = []
    group: list[Placed] = []
    for item in placed:
        if group and _begins(group[-1], item):
            words.extend(_word(span_id, group, above, below))
            group = []
        group.append(item)
    words.extend(_word(span_id, group, above, below))
    return words


def word_at(words: Sequence[LiveWord], point: QPointF) -> LiveWord | None:
    """Return the word at a point of the document."""
    return next((w for w in words if any(box.contains(point) for box in w.boxes)), None)


def _begins(before: Placed, item: Placed) -> bool:
    """Whether a token begins a word of its own; a stop is one, so that it is not locked along."""
    text = item.token.text
    stops = text.strip() in _STOPS or before.token.text.strip() in _STOPS
    return text[:1].isspace() or stops or before.baseline != item.baseline


def _word(span_id: str, group: list[Placed], above: float, below: float) -> list[LiveWord]:
    drafts = [item.token.draft for item in group if item.token.draft is not None]
    placed = tuple(draft for draft in drafts if draft.position >= 0)
    if not placed or not "".join(draft.text for draft in placed).strip():
        return []
    return [LiveWord(span_id, placed, tuple(band(item, above, below) for item in group))]
