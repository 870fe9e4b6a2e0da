"""A gap's proposals, listed under their line: number, words, score, certainty. GUI thread only.

It covers text below, never the image; it takes no focus: the keys stay with the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lacuna.ui.editor.layers import Certainty
from lacuna.ui.editor.painter import line_pen
from lacuna.ui.paint import KEY_HEIGHT, key_width, paint_box, paint_key
from lacuna.ui.theme import CARD_RADIUS, Look, Role

_HEAD, _ROW, _FOOT = 32, 32, 26
_PAD = 12
_HINT = "Ctrl+Enter takes it, Ctrl+Backspace puts the gap back"
_SHORT_HINT = "Ctrl+Enter takes it"


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal in the list. ``score`` compares within the list; None where nothing is known."""

    text: str
    sure: Certainty
    score: float | None = None


class Choices(QWidget):
    """The proposals, the one in place lit."""

    chosen = Signal(int)
    toggled = Signal()  # it opens or closes

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._over = look, parent
        self._rows: tuple[Row, ...] = ()
        self._at = 0
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Alternatives")
        self.hide()

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is listed."""
        return self._rows

    @property
    def at(self) -> int:
        """Which one stands in the report."""
        return self._at

    def show_rows(self, rows: Sequence[Row], at: int, place: QPoint, width: int) -> None:
        """List proposals below ``place``, ``at`` lit; above it where there is no room below."""
        self._rows, self._at = tuple(rows), at
        height = _HEAD + _ROW * len(self._rows) + _FOOT
        room = self._over.height()
        top = place.y() if place.y() + height <= room else max(room - height - 4, 0)
        self.setGeometry(place.x(), top, width, height)
        self.setAccessibleDescription(self._rows[at].text if 0 <= at < len(self._rows) else "")
        self.show()
        self.raise_()
        self.update()

    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        self.toggled.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        box = QRectF(self.rect())
        paint_box(painter, box, CARD_RADIUS, fill=theme.surface.overlay, line=theme.line.control)
        self._paint_head(painter)
        for number, row in enumerate(self._rows):
            self._paint_row(painter, number, row)
        painter.setFont(self._look.font(Role.STATUS, figures=False))
        painter.setPen(QColor(theme.text.third))
        foot = QRectF(_PAD, self.height() - _FOOT, self.width() - 2 * _PAD, _FOOT - 2)
        hint = _HINT if self.width() > 460 else _SHORT_HINT
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, hint)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = int((event.position().y() - _HEAD) // _ROW)
        if 0 <= number < len(self._rows):
            self.chosen.emit(number)

    def _paint_head(self, painter: QPainter) -> None:
        theme = self._look.theme
        painter.setFont(self._look.font(Role.HEADING))
        painter.setPen(QColor(theme.text.second))
        head = QRectF(_PAD, 0, self.width() - 2 * _PAD, _HEAD)
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, "Alternatives")
        x = float(self.width() - _PAD)
        for key in ("Alt+Up", "Alt+Down"):
            width = key_width(self._look, key)
            x -= width
            cap = QRectF(x, (_HEAD - KEY_HEIGHT) / 2, width, KEY_HEIGHT)
            paint_key(painter, self._look, cap, key, theme.line.edge, theme.text.second)
            x -= 8

    def _paint_row(self, painter: QPainter, number: int, row: Row) -> None:
        theme, top = self._look.theme, float(_HEAD + number * _ROW)
        lit = number == self._at
        if lit:
            place = QRectF(1, top, self.width() - 2, _ROW)
            painter.fillRect(place, QColor(theme.surface.hover))
        painter.setFont(self._look.font(Role.UI if not lit else Role.UI_STRONG))
        painter.setPen(QColor(theme.text.strong if lit else theme.text.normal))
        box = QRectF(_PAD, top, 16, _ROW)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, str(number + 1))
        right = self._paint_figures(painter, row, top)
        font = self._look.font(Role.UI, figures=False)
        painter.setFont(font)
        painter.setPen(QColor(theme.text.strong if lit else theme.text.normal))
        words = QRectF(_PAD + 24, top, right - _PAD - 36, _ROW)
        cut = Qt.TextElideMode.ElideRight
        shown = QFontMetricsF(font).elidedText(_one_line(row.text), cut, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_figures(self, painter: QPainter, row: Row, top: float) -> float:
        """Paint certainty and score at the right; return where the words must end."""
        theme = self._look.theme
        metrics = QFontMetricsF(self._look.font(Role.STATUS))
        x = float(self.width() - _PAD)
        painter.setFont(self._look.font(Role.STATUS))
        painter.setPen(QColor(theme.text.second))
        width = max(metrics.horizontalAdvance(each.value) for each in Certainty)
        x -= width
        painter.drawText(
            QRectF(x, top, width + 1, _ROW), Qt.AlignmentFlag.AlignVCenter, row.sure.value
        )
        painter.setPen(line_pen(theme.model.line, row.sure))
        painter.drawLine(QLineF(x - 26, top + _ROW / 2, x - 8, top + _ROW / 2))
        x -= 38
        if row.score is not None:
            words = f"{row.score:+.2f}"
            width = metrics.horizontalAdvance(words)
            painter.setPen(QColor(theme.text.second))
            place = QRectF(x - width, top, width + 1, _ROW)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)
            x -= width + 8
        return x


def _one_line(text: str) -> str:
    return " ".join(text.split())
