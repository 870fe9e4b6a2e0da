"""Where the words of a text on the image are typed: on the spot, without a dialog. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from lacuna.ui.viewer.image_view import ImageView

LONGEST = 80  # characters: what is longer belongs into the report
_WIDTH, _HEIGHT = 220, 28


class NoteField(QLineEdit):
    """Stands over the viewport until Enter keeps the words, or Esc gives them up.

    Turning to another image keeps them, too: on the one on which they were begun.
    """

    def __init__(self, view: ImageView) -> None:
        super().__init__(view)
        self._view = view
        self._write = view.note_writer()
        self._open = True
        self.setMaxLength(LONGEST)
        self.setAccessibleName("Text on the image")
        self.setPlaceholderText("Text, then Enter")
        place = view.note_place() or QPoint(0, 0)
        x = min(max(place.x(), 0), max(view.width() - _WIDTH, 0))
        y = min(max(place.y(), 0), max(view.height() - _HEIGHT, 0))
        self.setGeometry(x, y, _WIDTH, _HEIGHT)
        self.returnPressed.connect(self._keep)
        view.picture_changed.connect(self._on_picture)
        self.show()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._end("")
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._end(self.text())  # what was typed is never lost by a click elsewhere

    def _keep(self) -> None:
        self._end(self.text())

    def _on_picture(self) -> None:
        if self._view.note_place() is None:
            self._end(self.text())

    def _end(self, words: str) -> None:
        if not self._open:
            return
        self._open = False
        if self._write is not None:
            self._write(words)
        self._view.update()
        self._view.setFocus()
        self.hide()
        self.deleteLater()
