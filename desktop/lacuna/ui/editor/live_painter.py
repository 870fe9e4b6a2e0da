"""Paints a run's tokens over the places that were kept for them. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from lacuna.ui.editor.live import LiveToken
from lacuna.ui.theme import SPAN_RADIUS
from lacuna_models.api import TokenState
from lacuna_resources.themes import Theme, Tone

# Two words on one place are not read, and fast runs are always fading: the old word is faint and
# goes first, the new one is legible from the start.
_OLD_GOES = 0.5  # of a cross-fade
_OLD_BEGINS, _NEW_BEGINS = 0.35, 0.55  # opacity
_BLANK = 4.0  # pixels of a leading blank
_CLAMP_HEIGHT = 17.0  # above the base line


@dataclass(frozen=True, slots=True)
class Tones:
    """The colours of a run: of settled tokens, of those accepted now, of changing words."""

    settled: Tone
    now: Tone
    draft: str
    held: Tone

    def text_of(self, state: TokenState) -> str:
        """Return the colour of a token's words."""
        if state is TokenState.LOCKED:
            return self.held.text
        if state is TokenState.CHANGING:
            return self.draft
        return self.now.text if state is TokenState.ACCEPTED else self.settled.text


def tones_of(theme: Theme, *, meaningless: bool) -> Tones:
    """Return a run's colours: the demonstrator's own where its words mean nothing."""
    if not meaningless:
        return Tones(theme.model, theme.model_step, theme.text.draft, theme.reader)
    return Tones(theme.demonstrator, theme.demonstrator_step, theme.text.draft, theme.reader)


@dataclass(frozen=True, slots=True)
class Line:
    """Where tokens may go: from ``left`` to ``right`` on a base line."""

    left: float
    right: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A token where it is painted. ``text`` lacks the blanks that a line's start swallows."""

    token: LiveToken
    text: str
    left: float
    right: float
    baseline: float


def flow(
    tokens: list[LiveToken], lines: list[Line], width_of: Callable[[str], float]
) -> list[Placed]:
    """Set tokens into lines word by word. What finds no room is left out."""
    result: list[Placed] = []
    number, x = 0, lines[0].left if lines else 0.0
    for word in _words(tokens):
        width = sum(width_of(_flat(token.text)) for token in word)
        if "\n" not in word[0].text and _overflows(x, width, lines[number : number + 1]):
            number, x = _next_line(number, lines)
        for token in word:
            for _ in range(token.text.count("\n")):
                number, x = _next_line(number, lines)
            if number >= len(lines):
                return result
            line = lines[number]
            text = _flat(token.text).lstrip() if x == line.left else _flat(token.text)
            right = min(x + width_of(text), line.right)
            if text and right > x:
                result.append(Placed(token, text, x, right, line.baseline))
            x = max(right, x)
    return result


def _overflows(x: float, width: float, line: list[Line]) -> bool:
    return bool(line) and x > line[0].left and x + width > line[0].right


def _next_line(number: int, lines: list[Line]) -> tuple[int, float]:
    number += 1
    return number, lines[number].left if number < len(lines) else 0.0


def _words(tokens: list[LiveToken]) -> Iterator[list[LiveToken]]:
    word: list[LiveToken] = []
    for token in tokens:
        if word and token.text[:1].isspace():
            yield word
            word = []
        word.append(token)
    if word:
        yield word


def _flat(text: str) -> str:
    return text.rsplit("\n", 1)[-1].replace("\t", " ")


def band(item: Placed, above: float, below: float) -> QRectF:
    """Return the box behind a token."""
    return QRectF(item.left, item.baseline - above, item.right - item.left, above + below)


def paint_bands(
    painter: QPainter, placed: list[Placed], tones: Tones, above: float, below: float
) -> None:
    """Paint what lies behind the tokens: the model's band, brighter where just accepted."""
    for item in placed:
        box = band(item, above, below)
        if item.token.state is TokenState.LOCKED:
            painter.fillRect(box, QColor(tones.held.background))
            continue
        painter.fillRect(box, QColor(tones.settled.background))
        if item.token.glow > 0:
            step = QColor(tones.now.background)
            step.setAlphaF(item.token.glow)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(step)
            painter.drawRoundedRect(box, SPAN_RADIUS, SPAN_RADIUS)


def paint_tokens(painter: QPainter, placed: list[Placed], tones: Tones, below: float) -> None:
    """Paint words and base lines; a token that has changed fades from its old text.

    What the reader has locked is clamped like an anchor, which it will be.
    """
    for number, item in enumerate(placed):
        if item.token.state is TokenState.LOCKED:
            _paint_clamp(painter, tones.held.line, placed, number, below)
        else:
            _paint_line(painter, tones, item, item.baseline + below)
        change = item.token.change
        if change < _OLD_GOES:
            faint = _OLD_BEGINS * (1 - change / _OLD_GOES)
            _paint_words(painter, tones, item, _flat(item.token.old), faint)
        _paint_words(painter, tones, item, item.text, _NEW_BEGINS + (1 - _NEW_BEGINS) * change)


def _paint_clamp(
    painter: QPainter, colour: str, placed: list[Placed], number: int, below: float
) -> None:
    """Paint one token's part of a clamp; its sides stand where the locked stretch ends."""
    item = placed[number]
    blank = _BLANK if item.text[:1].isspace() else 0.0
    first = number == 0 or not _goes_on(placed[number - 1], item)
    last = number + 1 == len(placed) or not _goes_on(item, placed[number + 1])
    left = item.left + (blank if first else 0.0)
    top, bottom = item.baseline - _CLAMP_HEIGHT, item.baseline + below
    line = QColor(colour)
    painter.fillRect(QRectF(left, bottom - 2, item.right - left, 2), line)
    if first:
        painter.fillRect(QRectF(left - 2, top, 2, bottom - top), line)
    if last:
        painter.fillRect(QRectF(item.right, top, 2, bottom - top), line)


def _goes_on(one: Placed, other: Placed) -> bool:
    both = one.token.state is TokenState.LOCKED and other.token.state is TokenState.LOCKED
    return both and one.baseline == other.baseline


def _paint_words(painter: QPainter, tones: Tones, item: Placed, text: str, alpha: float) -> None:
    colour = QColor(tones.text_of(item.token.state))
    colour.setAlphaF(alpha)
    painter.save()
    # Old text may be wider than the new; it must not run into its neighbour.
    painter.setClipRect(
        QRectF(item.left - 1, item.baseline - 40, item.right - item.left + 2, 80),
        Qt.ClipOperation.IntersectClip,
    )
    painter.setPen(colour)
    painter.drawText(QPointF(item.left, item.baseline), text)
    painter.restore()


def _paint_line(painter: QPainter, tones: Tones, item: Placed, y: float) -> None:
    if item.token.state is TokenState.CHANGING:
        return
    width = 2.5 if item.token.state is TokenState.ACCEPTED else 1.0
    painter.setPen(QPen(QColor(tones.settled.line), width, c=Qt.PenCapStyle.FlatCap))
    blank = _BLANK if item.text[:1].isspace() else 0.0
    painter.drawLine(QLineF(item.left + blank, y - width / 2, item.right, y - width / 2))
