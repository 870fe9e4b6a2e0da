"""What is seen while files are held over an open case: that they may be dropped, and what stays."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lacuna.ui.paint import paint_box
from lacuna.ui.theme import CARD_RADIUS, Look, Role

TITLE = "Drop to open"
STAYS = "The open report stays as it is."
_VEIL = 0.72  # opacity: what lies beneath is still seen
_CARD = (360, 104)
_LINE = 30  # from one base line to the other


class DropWelcome(QWidget):
    """A veil over ``over`` with a card in the middle. It takes neither drops nor clicks."""

    def __init__(self, look: Look, over: QWidget) -> None:
        super().__init__(over)
        self._look, self._over = look, over
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_shown(self, shown: bool) -> None:
        """Show the veil over all of what it lies on, or take it away."""
        if shown:
            self.setGeometry(self._over.rect())
            self.raise_()
        self.setVisible(shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, whole = self._look.theme, QRectF(self.rect())
        painter = QPainter(self)
        veil = QColor(theme.surface.window)
        veil.setAlphaF(_VEIL)
        painter.fillRect(whole, veil)
        paint_box(
            painter, whole.adjusted(8, 8, -8, -8), CARD_RADIUS, line=theme.line.focus, width=2
        )
        card = QRectF(0, 0, *_CARD)
        card.moveCenter(whole.center())
        paint_box(
            painter, card, CARD_RADIUS, fill=theme.surface.raised, line=theme.line.focus, width=2
        )
        middle = card.center().y()
        self._write(painter, Role.EMPTY, theme.text.strong, TITLE, middle - 2)
        self._write(painter, Role.UI, theme.text.second, STAYS, middle - 2 + _LINE)

    def _write(self, painter: QPainter, role: Role, colour: str, words: str, y: float) -> None:
        font = self._look.font(role)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        width = QFontMetricsF(font).horizontalAdvance(words)
        painter.drawText(round((self.width() - width) / 2), round(y), words)
