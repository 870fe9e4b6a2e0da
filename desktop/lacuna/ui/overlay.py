"""A card over a veil within the window, for what is set up now and then. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from lacuna.ui.paint import paint_box
from lacuna.ui.theme import DIALOG_RADIUS, Look

WIDTH, HEIGHT = 720, 620
_VEIL = QColor(0, 0, 0, 160)
_MARGIN = 32


class Overlay(QWidget):
    """Covers its parent and keeps the keys until Esc. Hidden until ``open`` is called.

    ``height`` None: the card is as high as what stands on it. The keys go to the focus proxy, if a
    subclass sets one.
    """

    def __init__(
        self, look: Look, parent: QWidget, *, width: int = WIDTH, height: int | None = HEIGHT
    ) -> None:
        super().__init__(parent)
        self._look, self._ground, self._wide, self._high = look, parent, width, height
        self._before: QWidget | None = None  # who had the keys
        self.card = _Card(look, self)
        self.hide()

    def open(self) -> None:
        """Show the card over the whole parent and take the keys."""
        self._before = QApplication.focusWidget()
        self.fit()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_overlay(self) -> None:
        """Put it away and give the keys back to who had them."""
        before, self._before = self._before, None
        self.hide()
        if before is not None:
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def fit(self) -> None:
        """Cover the parent as it stands, the card in its middle."""
        self.setGeometry(self._ground.rect())
        room = QSize(self.width() - _MARGIN, self.height() - _MARGIN)
        high = self.card.sizeHint().height() if self._high is None else self._high
        size = QSize(min(self._wide, room.width()), min(high, room.height()))
        self.card.resize(size)
        self.card.move((self.width() - size.width()) // 2, (self.height() - size.height()) // 2)

    def column(self) -> QVBoxLayout:
        """Return the column, empty yet, in which a card's contents stand. Call it once."""
        column = QVBoxLayout(self.card)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(12)
        return column

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), _VEIL)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # what lies under the veil stays as it is

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_overlay()
        event.accept()


def bare_area() -> QScrollArea:
    """Return a scroll area of which only the contents are seen; the keys stay with the card."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setStyleSheet("background: transparent;")
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


class _Card(QWidget):
    """What the contents stand on."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, box = self._look.theme, QRectF(self.rect())
        painter = QPainter(self)
        paint_box(painter, box, DIALOG_RADIUS, fill=theme.surface.overlay, line=theme.line.edge)
