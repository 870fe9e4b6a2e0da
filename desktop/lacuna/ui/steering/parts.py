"""The small parts of cards: wrapped words, bars of probabilities. GUI thread only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from lacuna.ui.theme import Look, Role

_ROW = 22
_TRACK, _THICK = 190.0, 5.0
_FIGURE = 48.0
_WIDEST = 220.0  # pixels that a bar's word may take before it is cut


class Paragraph(QLabel):
    """Plain words that wrap. What a report says is never read as mark-up."""

    def __init__(self, look: Look, text: str, role: Role, colour: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFont(look.font(role, figures=False))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colour))
        self.setPalette(palette)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)


class Bars(QWidget):
    """A row for each of some words: how probable the model holds it, 0 to 1."""

    def __init__(self, look: Look, rows: Sequence[tuple[str, float]]) -> None:
        super().__init__()
        self._look, self._rows = look, tuple(rows)
        self.setFixedHeight(_ROW * len(self._rows))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(f"{word} {share:.2f}" for word, share in self._rows))

    def sizeHint(self) -> QSize:
        return QSize(round(self._label_width() + _TRACK + _FIGURE), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        label = self._label_width()
        track = max(min(_TRACK, self.width() - label - _FIGURE), 24.0)
        for number, (word, share) in enumerate(self._rows):
            self._paint_row(painter, number * _ROW, label, track, word, share)

    def _paint_row(
        self, painter: QPainter, top: float, label: float, track: float, word: str, share: float
    ) -> None:
        theme, middle = self._look.theme, top + _ROW / 2
        font = self._look.font(Role.LABEL, figures=False)
        painter.setFont(font)
        painter.setPen(QColor(theme.text.normal))
        shown = QFontMetricsF(font).elidedText(word, Qt.TextElideMode.ElideMiddle, label - 11)
        box = QRectF(0, top, label, _ROW)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
        bar = QRectF(label, middle - _THICK / 2, track, _THICK)
        painter.fillRect(bar, QColor(theme.line.edge))
        bar.setWidth(track * min(max(share, 0.0), 1.0))
        painter.fillRect(bar, QColor(theme.text.strong))
        painter.setFont(self._look.font(Role.LABEL))
        painter.setPen(QColor(theme.text.second))
        figure = QRectF(label + track + 10, top, _FIGURE, _ROW)
        painter.drawText(figure, Qt.AlignmentFlag.AlignVCenter, f"{share:.2f}")

    def _label_width(self) -> float:
        metrics = QFontMetricsF(self._look.font(Role.LABEL, figures=False))
        widths = [metrics.horizontalAdvance(word) for word, _ in self._rows]
        return min(max(widths, default=0.0) + 12, _WIDEST)
