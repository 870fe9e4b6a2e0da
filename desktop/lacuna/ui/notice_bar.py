"""The bar of notices at the head of the report column: never on the image. GUI thread only."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from lacuna.ui.notices import Notice, NoticeKind
from lacuna.ui.theme import CONTROL_RADIUS, Look, Role
from lacuna.ui.widgets import Button, IconButton
from lacuna_resources.themes import Theme, Tone

MOST = 3
CARD_HEIGHT = 48
_TEXT_LEFT = 44
_EDGE, _BETWEEN = 8, 12  # right of the acts, and between them
_BUTTON = 28
_READABLE = 220  # pixels that the words keep beside the acts; with less, the acts go below
_ACTS = 38  # height of the row of acts below the words
_WRAP = Qt.TextFlag.TextWordWrap


def tone_of(kind: NoticeKind, theme: Theme) -> Tone:
    """Return the colours of a kind of notice."""
    if kind is NoticeKind.DEMONSTRATOR:
        return theme.demonstrator
    if kind is NoticeKind.ALERT:
        return theme.alert
    return Tone(theme.text.strong, theme.line.control, theme.surface.raised)


class NoticeCard(QWidget):
    """One notice: a bar in its colour (the demonstrator's is striped), title, sentence, acts.

    48 px high; it grows where the column is too narrow for the sentence: nothing is cut off.
    """

    acted = Signal(str, str)  # the notice's key, the action's id
    close_requested = Signal(str)

    def __init__(self, look: Look, notice: Notice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self.notice = look, notice
        self._tone = tone_of(notice.kind, look.theme)
        self._title_font = look.font(Role.UI_STRONG, figures=False)
        self._text_font = look.font(Role.LABEL, figures=False)
        self._buttons: dict[QAbstractButton, str] = {}
        self._add_buttons()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(f"{notice.title}. {notice.text}")

    def heightForWidth(self, width: int) -> int:
        title, text = self._heights(width)
        return max(CARD_HEIGHT, math.ceil(title + text) + 14 + self._row_below(width))

    def sizeHint(self) -> QSize:
        return QSize(400, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(_TEXT_LEFT + max(120, self._acts_width()), CARD_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometry()  # the height follows the width
        below = self._row_below(self.width())
        if below:
            self._place_acts(_TEXT_LEFT, self.height() - below)
        else:
            middle = (self.height() - _BUTTON) // 2
            self._place_acts(self.width() - self._acts_width(), middle)

    def _place_acts(self, x: int, y: int) -> None:
        for button in self._buttons:
            size = button.sizeHint()
            button.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + _BETWEEN

    def _row_below(self, width: int) -> int:
        """Return the height of the acts' own row; 0 where they stand beside the words."""
        beside = width - _TEXT_LEFT - self._acts_width() - 12
        return _ACTS if self.notice.actions and beside < _READABLE else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(box, CONTROL_RADIUS, CONTROL_RADIUS)
        painter.fillPath(shape, QColor(self._tone.background))
        self._paint_bar(painter, shape)
        painter.setPen(QPen(QColor(theme.line.hairline), 1))
        painter.drawPath(shape)
        self._look.paint_icon(painter, self.notice.icon, QRectF(16, 9, 16, 16), self._tone.line)
        self._paint_words(painter)

    def _paint_bar(self, painter: QPainter, shape: QPainterPath) -> None:
        striped = self.notice.kind is NoticeKind.DEMONSTRATOR
        width = 10 if striped else 4
        painter.save()
        painter.setClipPath(shape)
        painter.setClipRect(QRectF(0, 0, width, self.height()), Qt.ClipOperation.IntersectClip)
        if striped:
            painter.setPen(QPen(QColor(self._tone.line), 3))
            for y in range(0, self.height() + 16, 7):
                painter.drawLine(-2, y + 2, 12, y - 12)
        else:
            painter.fillRect(self.rect(), QColor(self._tone.line))
        painter.restore()

    def _paint_words(self, painter: QPainter) -> None:
        title, text = self._heights(self.width())
        room = self._room(self.width())
        top = (self.height() - self._row_below(self.width()) - title - text) / 2
        painter.setFont(self._title_font)
        painter.setPen(QColor(self._tone.text))
        painter.drawText(QRectF(_TEXT_LEFT, top, room, title), _WRAP, self.notice.title)
        painter.setFont(self._text_font)
        painter.setPen(QColor(self._look.theme.text.normal))
        painter.drawText(QRectF(_TEXT_LEFT, top + title, room, text), _WRAP, self.notice.text)

    def _heights(self, width: int) -> tuple[float, float]:
        """Return how high title and sentence are when set in a card of this width."""
        heights = []
        fonts = (self._title_font, self._text_font)
        for words, font in zip((self.notice.title, self.notice.text), fonts, strict=True):
            room = QRectF(0, 0, self._room(width), 1000)
            bounds = QFontMetricsF(font).boundingRect(room, _WRAP, words)
            heights.append(bounds.height() if words else 0.0)
        return heights[0], heights[1]

    def _room(self, width: int) -> float:
        acts = 0 if self._row_below(width) else self._acts_width()
        return max(width - _TEXT_LEFT - acts - 12, 40)

    def _acts_width(self) -> int:
        widths = [button.sizeHint().width() + _BETWEEN for button in self._buttons]
        return sum(widths) - _BETWEEN + _EDGE if widths else _EDGE

    def _add_buttons(self) -> None:
        for action in self.notice.actions:
            button = Button(self._look, action.label, height=_BUTTON, parent=self)
            button.clicked.connect(self._on_action)
            self._buttons[button] = action.id
        if self.notice.closable:
            close = IconButton(self._look, "x", "Close", size=_BUTTON, parent=self)
            close.clicked.connect(self._on_close)
            self._buttons[close] = "close"

    def _on_action(self) -> None:
        sender = self.sender()
        if isinstance(sender, Button):
            self.acted.emit(self.notice.key, self._buttons[sender])

    def _on_close(self) -> None:
        self.close_requested.emit(self.notice.key)


class NoticeBar(QWidget):
    """At most three cards. A fourth pushes out an older one, but never the demonstrator's."""

    acted = Signal(str, str)  # the notice's key, the action's id
    closed = Signal(str)  # the notice's key; closed by the reader
    shown = Signal(object)  # Notice

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._notices: list[Notice] = []  # oldest first
        self._cards: list[NoticeCard] = []  # as they stand
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(32, 12, 32, 4)
        self._column.setSpacing(6)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        """Show a notice; one with the same key gives way."""
        self._notices = [old for old in self._notices if old.key != notice.key] + [notice]
        while len(self._notices) > MOST:
            self._notices.remove(_least_needed(self._notices[:-1]))
        self._rebuild()
        self.shown.emit(notice)

    def withdraw(self, key: str) -> None:
        """Take a notice away because its matter is settled."""
        if all(notice.key != key for notice in self._notices):
            return
        self._notices = [old for old in self._notices if old.key != key]
        self._rebuild()

    def notices(self) -> tuple[Notice, ...]:
        """Return what is shown, from top to bottom."""
        order = list(NoticeKind)
        return tuple(sorted(self._notices, key=lambda notice: order.index(notice.kind)))

    def cards(self) -> tuple[NoticeCard, ...]:
        """Return the cards, from top to bottom."""
        return tuple(self._cards)

    def _rebuild(self) -> None:
        for card in self._cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = [self._card(notice) for notice in self.notices()]
        self.setVisible(bool(self._cards))

    def _card(self, notice: Notice) -> NoticeCard:
        card = NoticeCard(self._look, notice)
        card.acted.connect(self.acted)
        card.close_requested.connect(self._on_close)
        self._column.addWidget(card, 0, Qt.AlignmentFlag.AlignTop)
        return card

    def _on_close(self, key: str) -> None:
        self.withdraw(key)
        self.closed.emit(key)


def _least_needed(notices: list[Notice]) -> Notice:
    """Return what gives way: information before alerts, the oldest first."""
    others = [notice for notice in notices if notice.kind is not NoticeKind.DEMONSTRATOR]
    return next((old for old in others if old.kind is NoticeKind.INFO), others[0])
