"""A card in the foot of the report column: a claim, its reasons, what may be done about it.

It stands between text and ribbon and covers neither: the image does not move, and no word is hidden
by what is said about it. One card at a time. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from lacuna.ui.steering.parts import Bars, Paragraph
from lacuna.ui.theme import CARD_RADIUS, Look, Role
from lacuna.ui.widgets import Button, Icon, IconButton, Kind, Words

_BAR = 4.0
_SIDES = (20, 12, 12, 12)
_BETWEEN = 8


class Tint(Enum):
    """Whose matter a card is."""

    ALERT = "alert"
    MODEL = "model"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class CardAct:
    """A button of a card. ``id`` is what ``acted`` reports; ``key`` does the same."""

    id: str
    label: str
    key: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class CardWords:
    """What a card says. ``scores`` are words with their probabilities, 0 to 1.

    The first of ``acts`` answers Ctrl+Enter, the second Ctrl+Backspace, where they bear these keys.
    """

    key: str
    title: str
    text: str = ""
    tint: Tint = Tint.PLAIN
    icon: str = "info"
    count: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    scores: tuple[tuple[str, float], ...] = ()
    acts: tuple[CardAct, ...] = ()


class Card(QWidget):
    """One card as it stands."""

    acted = Signal(str, str)  # the card's key, the act's id
    closed = Signal(str)

    def __init__(self, look: Look, words: CardWords, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self.words = look, words
        self._buttons: dict[Button, str] = {}
        self.setAccessibleName(f"{words.title}. {words.text}")
        column = QVBoxLayout(self)
        column.setContentsMargins(*_SIDES)
        column.setSpacing(8)
        column.addLayout(self._head())
        if words.text:
            theme = look.theme
            column.addWidget(Paragraph(look, words.text, Role.STATUS, theme.text.normal))
        for fact in words.facts:
            column.addLayout(self._fact(*fact))
        if words.scores:
            column.addWidget(Bars(look, words.scores))
        if words.acts:
            column.addLayout(self._acts(words.acts))

    def minimumSizeHint(self) -> QSize:
        # No width of its own: the column is as wide as the reader makes it, and key caps yield.
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        keys = {act.id: act.key for act in self.words.acts}
        for button, act in self._buttons.items():
            button.set_key(keys[act])
        needed = sum(button.sizeHint().width() + _BETWEEN for button in self._buttons)
        if needed > event.size().width() - _SIDES[0] - _SIDES[2]:
            for button in self._buttons:
                button.set_key("")
        super().resizeEvent(event)

    def act_for(self, key: str) -> str | None:
        """Return the act that a key stands for, None if no button bears it."""
        return next((act.id for act in self.words.acts if act.key == key), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape.addRoundedRect(box, CARD_RADIUS, CARD_RADIUS)
        painter.fillPath(shape, QColor(theme.surface.overlay))
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(QRectF(0, 0, _BAR, self.height()), QColor(self._line()))
        painter.restore()
        painter.setPen(QPen(QColor(self._line()), 1))
        painter.drawPath(shape)

    def _line(self) -> str:
        theme = self._look.theme
        lines = {Tint.ALERT: theme.alert.line, Tint.MODEL: theme.model.line}
        return lines.get(self.words.tint, theme.line.control)

    def _head(self) -> QHBoxLayout:
        theme, words = self._look.theme, self.words
        row = _row()
        row.addWidget(Icon(self._look, words.icon, self._line(), 16))
        title = Words(self._look, Role.UI_STRONG, theme.text.strong, words.title, keeps=80)
        row.addWidget(title, 1)
        if words.count:
            row.addWidget(Words(self._look, Role.STATUS, theme.text.second, words.count))
        close = IconButton(self._look, "x", "Close", size=24)
        close.clicked.connect(self._close)
        row.addWidget(close)
        return row

    def _fact(self, name: str, value: str) -> QHBoxLayout:
        theme = self._look.theme
        row = _row()
        label = Words(self._look, Role.STATUS, theme.text.third, name)
        label.setFixedWidth(72)
        row.addWidget(label)
        row.addWidget(Words(self._look, Role.STATUS, theme.text.normal, value, keeps=40), 1)
        return row

    def _acts(self, acts: Sequence[CardAct]) -> QHBoxLayout:
        row = _row()
        row.setContentsMargins(0, 4, 0, 0)
        keyed = [act for act in acts if act.key]
        for act in (*keyed, None, *(act for act in acts if not act.key)):
            if act is None:
                row.addStretch(1)
                continue
            kind = Kind.PLAIN if act.key else Kind.QUIET
            button = Button(self._look, act.label, icon=act.icon, key=act.key, kind=kind)
            button.clicked.connect(self._on_clicked)
            self._buttons[button] = act.id
            row.addWidget(button)
        return row

    def _on_clicked(self) -> None:
        sender = self.sender()
        if isinstance(sender, Button):
            self.acted.emit(self.words.key, self._buttons[sender])

    def _close(self) -> None:
        self.closed.emit(self.words.key)


class Foot(QWidget):
    """The place for one card, or for a panel that stays until it is closed (Ask)."""

    acted = Signal(str, str)  # the card's key, the act's id
    closed = Signal(str)  # by the reader
    changed = Signal()  # a card or a panel has come or gone

    def __init__(self, look: Look, left: int, right: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._card: Card | None = None
        self._panels: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(left, 4, right, 12)
        self._column.setSpacing(8)
        self.hide()

    @property
    def card(self) -> CardWords | None:
        """What the card says, None if there is none."""
        return self._card.words if self._card is not None else None

    def show_card(self, words: CardWords) -> None:
        """Show a card in place of the one that stands; the same one stays as it is."""
        if self.card == words:
            return
        self._remove()
        card = self._card = Card(self._look, words, self)
        card.acted.connect(self.acted)
        card.closed.connect(self._on_closed)
        self._column.insertWidget(0, card, 0, Qt.AlignmentFlag.AlignBottom)
        self.show()
        self.changed.emit()

    def withdraw(self, key: str | None = None) -> None:
        """Take the card away; with a ``key``, only if it is that one."""
        if self._card is not None and key in (None, self._card.words.key):
            self._remove()
            self._settle()

    def add_panel(self, panel: QWidget) -> None:
        """Give a panel its place below the card; it shows and hides itself by ``show_panel``."""
        panel.hide()
        self._panels.append(panel)
        self._column.addWidget(panel)

    def show_panel(self, panel: QWidget, *, shown: bool) -> None:
        """Show or hide a panel."""
        panel.setVisible(shown)
        self._settle()

    def answer(self, key: str) -> bool:
        """Let a key answer the card; False if no button bears it."""
        act = self._card.act_for(key) if self._card is not None else None
        if act is None or self._card is None:
            return False
        self.acted.emit(self._card.words.key, act)
        return True

    def close_card(self) -> bool:
        """Close the card as the reader does with Esc; False if there is none."""
        if self._card is None:
            return False
        self._on_closed(self._card.words.key)
        return True

    def _on_closed(self, key: str) -> None:
        self.withdraw(key)
        self.closed.emit(key)

    def _remove(self) -> None:
        if self._card is not None:
            self._column.removeWidget(self._card)
            self._card.hide()
            self._card.deleteLater()
            self._card = None

    def _settle(self) -> None:
        standing = any(not panel.isHidden() for panel in self._panels)
        self.setVisible(self._card is not None or standing)
        self.changed.emit()


def _row() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(_BETWEEN)
    return row
