"""The document of a viewport: turned over, enlarged, moved. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal
from PySide6.QtWidgets import QWidget

from lacuna.ui.theme import Look
from lacuna.ui.viewer.document_page import DocumentPage, Paper
from lacuna.ui.viewer.pdf_page import PdfPage

WHOLE = 1 << 20  # notches: more than any document has


class Lectern(QObject):
    """Holds the document that stands in place of a picture, and asks for the pages of a PDF."""

    sheet_wanted = Signal(object, object)  # PdfPage, Wanted: a page of it, to be drawn

    def __init__(self, look: Look, view: QWidget, room: Callable[[], QRectF]) -> None:
        super().__init__(view)
        self._look, self._view, self._room = look, view, room
        self.page: DocumentPage | PdfPage | None = None

    def put(self, paper: Paper) -> None:
        """Lay a document open at its beginning, as wide as the view."""
        kind = PdfPage if paper.sheets else DocumentPage
        self.page = kind(self._look, paper)
        self.refresh()

    def clear(self) -> None:
        """Take the document away."""
        self.page = None

    def scroll(self, by: int) -> bool:
        """Move ``by`` notches down; False if there is no document."""
        if self.page is not None:
            self.page.scroll(by, self._size())
        return self._moved()

    def move(self, dx: float, dy: float) -> bool:
        """Move it with the pointer; False if there is no document."""
        if self.page is not None:
            self.page.move(dx, dy, self._size())
        return self._moved()

    def zoom(self, notches: float, at: QPointF | None = None) -> bool:
        """Enlarge it about a place in the view, its middle without one; False if there is none."""
        if self.page is not None:
            room = self._room()
            self.page.zoom(notches, (at or room.center()) - room.topLeft(), room.size())
        return self._moved()

    def fit(self) -> bool:
        """Make it as wide as the view; False if there is no document."""
        if self.page is not None:
            self.page.fit(self._size())
        return self._moved()

    def invert(self) -> None:
        """Show the pages of a PDF white on black, or as they are; a text is so anyway."""
        if isinstance(self.page, PdfPage):
            self.page.inverted = not self.page.inverted
            self._view.update()

    def refresh(self) -> None:
        """Ask for the pages of a PDF that are seen, or soon will be."""
        page = self.page
        if page is not None:
            page.move(0.0, 0.0, self._size())  # held within a view that has become larger
        if isinstance(page, PdfPage):
            for wanted in page.wanted(self._size(), self._view.devicePixelRatioF()):
                self.sheet_wanted.emit(page, wanted)

    def _moved(self) -> bool:
        if self.page is None:
            return False
        self.refresh()
        self._view.update()
        return True

    def _size(self) -> QSizeF:
        return self._room().size()
