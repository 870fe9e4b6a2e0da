"""The ribbon: who wrote the report, in reading order, and one legend for what is shown now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from PySide6.QtCore import QLineF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lacuna.report.draft_mark import is_empty
from lacuna.report.model import Author, Gap, Report, Span
from lacuna.report.provenance import Shares, author_of, shares
from lacuna.ui.editor.layers import Certainty, Layer
from lacuna.ui.editor.live_painter import tones_of
from lacuna.ui.editor.mark_paint import EVIDENCE as _EVIDENCE
from lacuna.ui.editor.mark_paint import MarkKind, paint_evidence
from lacuna.ui.editor.painter import line_pen, paint_hatch
from lacuna.ui.theme import Look, Role

HEIGHT = 52
LEFT, RIGHT = 40, 32  # as the text above
_BAR_TOP, _BAR = 11.0, 10.0
_LEGEND_MIDDLE = 36.0
_SWATCH = QRectF(0, -7, 22, 14)
_SPACE = 16.0
_TO_WORD = 8.0  # from a swatch to its word
_MEANINGLESS = "meaningless"
_NOW = "accepted now"
_NARROW = 560  # below it words are shorter
_BRIEFEST = 2
_GAP_WEIGHT = 8  # characters that an open gap takes on the ribbon
_BETWEEN = 3.0


class Mode(Enum):
    """What the report is doing; while tokens are shown the legend tells their states only."""

    REST = "rest"
    RUNNING = "running"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class _Part:
    author: Author | None
    weight: int
    meaningless: bool = False
    spans: tuple[tuple[str, int], ...] = ()  # (id, weight) in order


class Ribbon(QWidget):
    """Bar and legend under the text. A click on the bar chooses the span that lies there."""

    span_chosen = Signal(str)  # its id

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._parts: list[_Part] = []
        self._shares = Shares()
        self._layer, self._mode = Layer.CERTAINTY, Mode.REST
        self._meaningless = False
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Who wrote the report")
        self.setMouseTracking(True)
        self.setToolTip("Click the bar to see who wrote a part, and by which run")

    def show_report(self, report: Report) -> None:
        """Show another report."""
        self._parts, self._shares = list(_parts(report)), shares(report)
        self.setAccessibleDescription(self._summary())
        self.update()

    def set_layer(self, layer: Layer) -> None:
        """Explain another layer."""
        self._layer = layer
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Explain token states while a run goes on."""
        self._mode = mode
        self.update()

    def set_meaningless(self, meaningless: bool) -> None:
        """Say whether what the model writes now means nothing about the picture."""
        self._meaningless = meaningless
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for part, box in self._boxes():
            self._paint_part(painter, part.author, box, meaningless=part.meaningless)
        room = self._paint_summary(painter)
        self._paint_legend(painter, room)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        span = self.span_at(event.position().x()) if self._on_bar(event.position().y()) else None
        if span is not None:
            self.span_chosen.emit(span)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._on_bar(event.position().y()) and self.span_at(event.position().x())
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def span_at(self, x: float) -> str | None:
        """Return the id of the span whose part of the bar lies at ``x`` pixels."""
        for part, box in self._boxes():
            if box.left() <= x <= box.right():
                reach = (x - box.left()) / max(box.width(), 1) * part.weight
                return _span_within(part, reach)
        return None

    @staticmethod
    def _on_bar(y: float) -> bool:
        return _BAR_TOP - 6 <= y <= _BAR_TOP + _BAR + 6

    # -- the bar -------------------------------------------------------------------------------

    def _boxes(self) -> Iterator[tuple[_Part, QRectF]]:
        total = sum(part.weight for part in self._parts)
        width = self.width() - LEFT - RIGHT - _BETWEEN * max(len(self._parts) - 1, 0)
        x = float(LEFT)
        for part in self._parts:
            size = width * part.weight / total
            yield part, QRectF(x, _BAR_TOP, size, _BAR)
            x += size + _BETWEEN

    def _paint_part(
        self, painter: QPainter, author: Author | None, box: QRectF, *, meaningless: bool = False
    ) -> None:
        theme = self._look.theme
        if author is None:
            paint_dashed(painter, box, theme.model.line)
        elif author is Author.MODEL:
            tone = theme.demonstrator_step if meaningless else theme.model_step
            painter.fillRect(box, QColor(tone.background))
            paint_hatch(painter, box, tone.line)
        elif author is Author.PRIOR:
            paint_hatch(painter, box, theme.text.third)
        elif author is Author.TEMPLATE:
            painter.fillRect(box, QColor(theme.line.edge))
        else:
            colour = QColor(theme.reader.line)
            colour.setAlphaF(0.62)
            painter.fillRect(box, colour)
            if author is Author.MEASUREMENT:
                _paint_ticks(painter, box, theme.surface.panel)

    # -- the legend ----------------------------------------------------------------------------

    def _summary(self, brevity: int = 0) -> str:
        """Say what is left to do; ``brevity`` 1 leaves out the model's share, 2 the gaps too."""
        found = self._shares
        gaps = f"{found.open_gaps} open gap" + ("s" if found.open_gaps != 1 else "")
        if self._mode is Mode.RUNNING:
            return gaps.replace("open ", "") + " filling" if found.open_gaps else "Rewriting"
        words = []
        if found.to_review:
            share = round(100 * found.by_author.get(Author.MODEL, 0.0))
            name = "Demonstrator" if self._has_meaningless() else "Model"
            words = [f"{name} {share} %"] if not brevity else []
            words.append(f"{found.to_review} of {found.fills} to review")
        if found.open_gaps and (brevity < _BRIEFEST or not words):
            words.append(gaps)
        return ", ".join(words)

    def _paint_summary(self, painter: QPainter) -> float:
        """Paint what is left to do, to the right; return where the room for the legend ends."""
        words, theme = self._fitting_summary(), self._look.theme
        running = self._mode is Mode.RUNNING
        meaningless = self._meaningless if running else self._has_meaningless()
        tone = theme.demonstrator if meaningless else theme.model
        right = float(self.width() - RIGHT)
        if not words:
            return right
        painter.setFont(self._look.font(Role.LABEL))
        left = right - QFontMetricsF(painter.font()).horizontalAdvance(words)
        painter.setPen(QColor(tone.text))
        box = QRectF(left, _LEGEND_MIDDLE - 10, right - left + 1, 20)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
        icon = QRectF(left - 22, _LEGEND_MIDDLE - 7, 14, 14)
        self._look.paint_icon(painter, "brackets", icon, tone.line)
        return left - 22 - _SPACE

    def _fitting_summary(self) -> str:
        """Return the fullest summary beside which the legend keeps its words."""
        label = QFontMetricsF(self._look.font(Role.LABEL))
        room = self.width() - LEFT - RIGHT - 22 - _SPACE
        for brevity in range(_BRIEFEST):
            words = self._summary(brevity)
            if _setting(self._widths(), room - label.horizontalAdvance(words))[2]:
                return words
        return self._summary(_BRIEFEST)

    def _widths(self) -> list[float]:
        metrics = QFontMetricsF(self._look.font(Role.STATUS))
        return [metrics.horizontalAdvance(name) for name, _ in self._entries()]

    def _has_meaningless(self) -> bool:
        return any(part.meaningless for part in self._parts)

    def _paint_legend(self, painter: QPainter, right: float) -> None:
        entries = list(self._entries())
        painter.setFont(self._look.font(Role.STATUS))
        widths = self._widths()
        swatch, space, wordy = _setting(widths, right - LEFT)
        x = float(LEFT)
        for (name, meaning), width in zip(entries, widths, strict=True):
            place = QRectF(_SWATCH.left(), _SWATCH.top(), swatch, _SWATCH.height())
            self._paint_swatch(painter, meaning, place.translated(x, _LEGEND_MIDDLE))
            x += swatch + _TO_WORD
            if wordy:
                painter.setPen(QColor(self._look.theme.text.second))
                box = QRectF(x, _LEGEND_MIDDLE - 10, width + 1, 20)
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
                x += width + space

    def _entries(self) -> Iterator[tuple[str, object]]:
        if self._mode is not Mode.REST:
            now = _NOW if self.width() >= _NARROW else "now"
            yield from (("changing", "changing"), (now, _NOW))
            yield from (("settled", "settled"), ("held", "held"))
        elif self._layer is Layer.CERTAINTY and self._has_meaningless():
            yield "means nothing about this picture", _MEANINGLESS
        elif self._layer is Layer.CERTAINTY:
            yield from ((each.value, each) for each in Certainty)
        elif self._layer is Layer.EVIDENCE:
            wide = self.width() >= _NARROW
            yield "comes from the image" if wide else "image", _EVIDENCE[0]
            yield "neither", _EVIDENCE[1]
            yield "same without it: habit" if wide else "habit", _EVIDENCE[2]
        elif self._layer is Layer.AUTHORS:
            for author in Author:
                share = self._shares.by_author.get(author)
                if share is not None:
                    yield f"{author.value.capitalize()} {round(100 * share)} %", author

    def _paint_swatch(self, painter: QPainter, meaning: object, box: QRectF) -> None:
        theme = self._look.theme
        if isinstance(meaning, Author):
            meaningless = self._has_meaningless()
            part = box.adjusted(0, 2, -4, -2)
            self._paint_part(painter, meaning, part, meaningless=meaningless)
        elif meaning == _MEANINGLESS:
            self._paint_part(painter, Author.MODEL, box, meaningless=True)
        elif isinstance(meaning, MarkKind):
            paint_evidence(painter, box, meaning, theme)
        elif isinstance(meaning, Certainty):
            painter.fillRect(box, QColor(theme.model.background))
            painter.setPen(line_pen(theme.model.line, meaning))
            painter.drawLine(QLineF(box.left(), box.bottom(), box.right(), box.bottom()))
        elif meaning == "held":
            painter.fillRect(box, QColor(theme.reader.background))
            _paint_clamp(painter, box, theme.reader.line)
        else:
            self._paint_token_swatch(painter, str(meaning), box)

    def _paint_token_swatch(self, painter: QPainter, state: str, box: QRectF) -> None:
        theme = self._look.theme
        now = state == _NOW
        tones = tones_of(theme, meaningless=self._meaningless)
        tone = tones.now if now else tones.settled
        painter.fillRect(box, QColor(tone.background))
        if state != "changing":
            thick = 2.5 if now else 1.0
            line = QRectF(box.left(), box.bottom() - thick, box.width(), thick)
            painter.fillRect(line, QColor(tone.line))


def paint_dashed(painter: QPainter, box: QRectF, colour: str) -> None:
    """Paint the outline of an open gap."""
    pen = QPen(QColor(colour), 1.25, c=Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([3.2, 2.4])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.6, 0.6, -0.6, -0.6))


def _paint_clamp(painter: QPainter, box: QRectF, colour: str) -> None:
    for side in (
        QRectF(box.left(), box.bottom() - 2, box.width(), 2),
        QRectF(box.left(), box.top(), 2, box.height()),
        QRectF(box.right() - 2, box.top(), 2, box.height()),
    ):
        painter.fillRect(side, QColor(colour))


def _paint_ticks(painter: QPainter, box: QRectF, colour: str) -> None:
    x = box.left() + 2
    while x < box.right():
        painter.fillRect(QRectF(x, box.top(), 1.5, box.height()), QColor(colour))
        x += 4


def _parts(report: Report) -> Iterator[_Part]:
    for (author, meaningless), group in groupby(report.spans(), key=_kind):
        spans = tuple((span.id, _weight(span)) for span in group)
        if author is None:
            yield from (_Part(None, weight, spans=((id_, weight),)) for id_, weight in spans)
        else:
            yield _Part(author, sum(weight for _, weight in spans), meaningless, spans)


def _weight(span: Span) -> int:
    return _GAP_WEIGHT if isinstance(span, Gap) else len(span.text)


def _span_within(part: _Part, reach: float) -> str:
    """Return the span of a part that lies ``reach`` characters from its start."""
    for span_id, weight in part.spans:
        if reach <= weight:
            return span_id
        reach -= weight
    return part.spans[-1][0]


def _kind(span: Span) -> tuple[Author | None, bool]:
    author = author_of(span)
    return author, is_empty(span) and author is Author.MODEL


def _setting(widths: list[float], room: float) -> tuple[float, float, bool]:
    """Return swatch, space between entries, and whether there is room for words at all.

    Where the full setting does not fit, swatches and spaces yield before the words do.
    """
    for swatch, space in ((_SWATCH.width(), _SPACE), (16.0, 8.0)):
        needed = sum(widths) + len(widths) * (swatch + _TO_WORD + space) - space
        if needed <= room:
            return swatch, space, True
    return _SWATCH.width(), 0.0, False
