"""The window before a study is open: one place to drop one, and the four keys to know."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from lacuna.ui.theme import CARD_RADIUS, Look, Role
from lacuna.ui.widgets import Button, KeyCap, Kind, Mark, Panel, Words

WIDTH = 560
DROP_HEIGHT = 231
NOTICE_MARGIN = 32  # what the notice bar keeps free at its sides
KEYS = (
    ("Ctrl+L", "Fix the words you are sure of"),
    ("[...]", "Leave a gap where you want a proposal"),
    ("Ctrl+G", "Fill the gaps, watch them settle, Esc stops"),
    ("Ctrl+Enter", "Accept a proposal. Until then it is not your text"),
)


class DropArea(QWidget):
    """The dashed box. It only shows that a drop is welcome; the window takes the drop."""

    open_requested = Signal()
    sample_requested = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._welcome = look, False
        self.setFixedSize(WIDTH, DROP_HEIGHT)
        theme = look.theme
        self.open_button = Button(
            look, "Open study", icon="folder-open", key="Ctrl+O", kind=Kind.PRIMARY, height=36
        )
        self.sample_button = Button(look, "Open a sample", height=36)
        self.open_button.clicked.connect(self.open_requested)
        self.sample_button.clicked.connect(self.sample_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.sample_button)
        title = Words(look, Role.EMPTY, theme.text.strong, "Drop a study here")
        words = "A folder, files, a ZIP or a DICOMDIR. Nothing leaves this machine."
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 35, 0, 33)
        column.setSpacing(0)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(Mark(look, 26), 0, centre)
        column.addStretch(3)
        column.addWidget(title, 0, centre)
        column.addSpacing(8)
        column.addWidget(Words(look, Role.UI, theme.text.second, words), 0, centre)
        column.addStretch(3)
        column.addLayout(buttons)
        column.setAlignment(buttons, centre)

    def set_welcome(self, welcome: bool) -> None:
        """Show that something that can be opened is held over the window."""
        self._welcome = welcome
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(theme.line.focus if self._welcome else theme.line.control), 1.5)
        if not self._welcome:
            pen.setDashPattern([5, 3])
        painter.setPen(pen)
        painter.setBrush(QColor(theme.surface.raised if self._welcome else theme.surface.panel))
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, CARD_RADIUS, CARD_RADIUS)


class EmptyState(Panel):
    """Drop area and keys, centred. ``notices`` stand above them: no image can be covered here."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look.theme.surface.window, parent)
        self.drop_area = DropArea(look)
        middle = QWidget()
        middle.setFixedWidth(WIDTH)
        block = QVBoxLayout(middle)
        block.setContentsMargins(0, 0, 0, 0)
        block.setSpacing(0)
        block.addWidget(self.drop_area)
        block.addSpacing(46)
        block.addLayout(_keys(look))
        head = QWidget()
        head.setFixedWidth(WIDTH + 2 * NOTICE_MARGIN)
        self._notices = QVBoxLayout(head)
        self._notices.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        # A row of its own: beside room that stretches, the cards' height follows their own width.
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(head)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        column.addWidget(middle, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        policy = QSizePolicy.Policy
        column.addItem(QSpacerItem(0, 54, policy.Minimum, policy.Maximum))  # above the middle

    def take_notices(self, bar: QWidget) -> None:
        """Put the notice bar at the head."""
        self._notices.addWidget(bar)


def _keys(look: Look) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(0)
    grid.setVerticalSpacing(12)
    grid.setColumnMinimumWidth(0, 128)
    grid.setColumnStretch(2, 1)
    for row, (key, meaning) in enumerate(KEYS):
        grid.addWidget(KeyCap(look, key), row, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(Words(look, Role.UI, look.theme.text.second, meaning), row, 1)
    return grid
