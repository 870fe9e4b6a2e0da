"""Chips in as many lines as they need: one where there is room. GUI thread only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_LINE, _GAP = 24, 8  # pixels: a chip's height, and what lies between two


class ChipFlow(QWidget):
    """A few words and the chips that belong to them, none of which is ever cut.

    As high as its width asks for, and without a width of its own: the column is the reader's.
    """

    def __init__(self, head: QWidget) -> None:
        super().__init__()
        self._head = head
        self._chips: list[QWidget] = []
        head.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_chips(())

    def set_chips(self, chips: Sequence[QWidget]) -> None:
        """Show these chips behind the words, in place of those that stood there."""
        for chip in self._chips:
            chip.hide()  # its slot may be running: it goes when that has come back
            chip.deleteLater()
        self._chips = list(chips)
        for chip in chips:
            chip.setParent(self)
            chip.show()
        self.setVisible(bool(chips))
        self._flow()

    def sizeHint(self) -> QSize:
        return QSize(0, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._flow()

    def _flow(self) -> None:
        x = y = 0
        for part in (self._head, *self._chips):
            width, height = part.sizeHint().width(), part.sizeHint().height()
            if x and x + width > self.width():
                x, y = 0, y + _LINE + _GAP
            part.setGeometry(QRect(x, y + (_LINE - height) // 2, width, height))
            x += width + _GAP
        self.setFixedHeight(y + _LINE)
