"""A line to type in, and what came of it: a question with its answers, or an order to the model.

It stands in the foot of the report column. It asks by signals and decides nothing. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from lacuna.ui.paint import paint_box
from lacuna.ui.steering.parts import Paragraph
from lacuna.ui.theme import CARD_RADIUS, CONTROL_RADIUS, Look, Role
from lacuna.ui.widgets import Button, Icon, IconButton, Kind, Words

MOST = 500  # characters of a question


class LinePanel(QWidget):
    """Title, line, button; subclasses add what comes below."""

    sent = Signal(str)
    closed = Signal()

    def __init__(self, look: Look, icon: str, title: str, hint: str, act: str) -> None:
        super().__init__()
        self._look = look
        self.line = QLineEdit()
        self.line.setMaxLength(MOST)
        self.line.setPlaceholderText(hint)
        self.line.setAccessibleName(title)
        self.line.setFont(look.font(Role.UI, figures=False))
        theme = look.theme
        self.line.setStyleSheet(
            f"QLineEdit {{ color: {theme.text.normal}; background: {theme.surface.panel};"
            f" border: 1px solid {theme.line.control}; border-radius: {CONTROL_RADIUS}px;"
            f" padding: 0 8px; min-height: 30px; }}"
            f"QLineEdit:focus {{ border: 2px solid {theme.line.focus}; padding: 0 7px; }}"
        )
        self.send = Button(look, act, key="Enter")
        self.send.clicked.connect(self._send)
        self.line.returnPressed.connect(self._send)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 10, 12, 12)
        self._column.setSpacing(8)
        self._column.addLayout(self._head(icon, title))
        row = _row()
        row.addWidget(self.line, 1)
        row.addWidget(self.send)
        self._column.addLayout(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        box = QRectF(self.rect())
        paint_box(
            QPainter(self), box, CARD_RADIUS, fill=theme.surface.overlay, line=theme.line.edge
        )

    def _send(self) -> None:
        words = self.line.text().strip()
        if words:
            self.sent.emit(words)

    def _head(self, icon: str, title: str) -> QHBoxLayout:
        theme = self._look.theme
        row = _row()
        row.addWidget(Icon(self._look, icon, theme.text.second, 16))
        row.addWidget(Words(self._look, Role.UI_STRONG, theme.text.strong, title, keeps=80), 1)
        close = IconButton(self._look, "x", "Close", size=24)
        close.clicked.connect(self.closed)
        row.addWidget(close)
        return row


class AskPanel(LinePanel):
    """A question about the images on show, and the model's answers to it."""

    insert_wanted = Signal(int)  # the number of the answer

    def __init__(self, look: Look) -> None:
        hint = "Is there an effusion?"
        super().__init__(look, "message-square", "Ask about the image", hint, "Ask")
        self._answers = QWidget()
        self._list = QVBoxLayout(self._answers)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(6)
        self._column.addWidget(self._answers)
        self._texts: list[str] = []

    @property
    def texts(self) -> tuple[str, ...]:
        """The answers on show."""
        return tuple(self._texts)

    def show_thinking(self, words: str, draft: str) -> None:
        """Show how far the answer has come: ``draft`` may change yet."""
        theme = self._look.theme
        self._empty()
        self._list.addWidget(Words(self._look, Role.STATUS, theme.text.second, words))
        self._list.addWidget(Paragraph(self._look, draft, Role.UI, theme.text.draft))

    def show_answers(self, answers: Sequence[tuple[str, str]], *, meaningless: bool) -> None:
        """List answers with what is known of each; each may go into the report as soft text."""
        self._empty()
        for number, (text, told) in enumerate(answers):
            self._texts.append(text)
            self._list.addLayout(self._answer(number, text, told, meaningless=meaningless))

    def show_words(self, words: str) -> None:
        """Say why there is no answer."""
        self._empty()
        colour = self._look.theme.alert.text
        self._list.addWidget(Paragraph(self._look, words, Role.STATUS, colour))

    def _answer(self, number: int, text: str, told: str, *, meaningless: bool) -> QHBoxLayout:
        theme = self._look.theme
        tone = theme.demonstrator if meaningless else theme.model
        row = _row()
        words = Paragraph(self._look, text, Role.UI, tone.text)
        row.addWidget(words, 1)
        row.addWidget(Words(self._look, Role.STATUS, theme.text.second, told))
        insert = Button(self._look, "Insert", kind=Kind.PLAIN, height=28)
        insert.setToolTip("Insert as soft text, to be reviewed")
        insert.clicked.connect(partial(self.insert_wanted.emit, number))
        row.addWidget(insert)
        return row

    def _empty(self) -> None:
        self._texts.clear()
        _clear(self._list)


class InstructPanel(LinePanel):
    """Words to the model for this report; they are sent with each run until they are left out."""

    def __init__(self, look: Look) -> None:
        hint = "Compare with the prior. Keep it to two sentences."
        super().__init__(look, "message-square", "Tell the model", hint, "Use")


def _clear(layout: QVBoxLayout | QHBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QHBoxLayout):
            _clear(inner)
            inner.deleteLater()


def _row() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    return row
