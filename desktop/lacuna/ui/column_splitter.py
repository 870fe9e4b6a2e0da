"""The line between image and report: one pixel to see, eight to grab."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lacuna.ui.theme import Look
from lacuna.ui.widgets import Hairline

REPORT, REPORT_MIN, REPORT_MAX = 640, 480, 760
GRAB = 8


class Grip(QWidget):
    """The invisible strip over the line. Reports where it is dragged to, in the parent's x."""

    dragged = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.dragged.emit(round(self.mapToParent(event.position()).x()))


class ColumnSplitter(QWidget):
    """Image left, report right. The image takes all growth; the report keeps its width."""

    def __init__(
        self, look: Look, image: QWidget, report: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._report, self._chosen, self._narrow = report, REPORT, False
        self._line = Hairline(look, Qt.Orientation.Vertical)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(image, 1)
        row.addWidget(self._line)
        row.addWidget(report)
        self._grip = Grip(self)
        self._grip.dragged.connect(self._drag_to)
        self._apply()

    @property
    def grip(self) -> QWidget:
        """What is grabbed."""
        return self._grip

    def set_narrow(self, narrow: bool) -> None:
        """In a narrow window the report stands at its least width."""
        self._narrow = narrow
        self._apply()

    def prefer(self, width: int) -> None:
        """Give the report another width to begin with; the reader may drag it from there."""
        self._chosen = min(max(width, REPORT_MIN), REPORT_MAX)
        self._apply()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_grip()

    def _drag_to(self, x: int) -> None:
        self._chosen = min(max(self.width() - x, REPORT_MIN), REPORT_MAX)
        self._apply()

    def _apply(self) -> None:
        self._report.setFixedWidth(REPORT_MIN if self._narrow else self._chosen)
        self._place_grip()

    def _place_grip(self) -> None:
        line = self.width() - self._report.width() - 1
        self._grip.setGeometry(line - GRAB // 2, 0, GRAB, self.height())
        self._grip.setVisible(not self._narrow and not self._report.isHidden())
        self._grip.raise_()
