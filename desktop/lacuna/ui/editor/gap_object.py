"""The room that a gap takes in its line. What it looks like is painted with the other marks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSizeF
from PySide6.QtGui import QPainter, QPyTextObject, QTextDocument, QTextFormat

from lacuna.ui.editor.binding import span_id_of

GAP_MARGIN = 4.0  # pixels on each side, between the box and the letters

SizeOf = Callable[[str], QSizeF]


class GapObject(QPyTextObject):
    """Tells the layout how large gaps are. It asks ``size_of`` with the gap's span id."""

    def __init__(self, document: QTextDocument, size_of: SizeOf) -> None:
        super().__init__(document)
        self._size_of = size_of

    def intrinsicSize(
        self,
        doc: QTextDocument,
        posInDocument: int,  # noqa: N803
        format: QTextFormat,  # noqa: A002
    ) -> QSizeF:
        return self._size_of(span_id_of(format.toCharFormat()) or "")

    def drawObject(
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        doc: QTextDocument,
        posInDocument: int,  # noqa: N803
        format: QTextFormat,  # noqa: A002
    ) -> None:
        """Nothing: the box reaches below the base line, where an object cannot paint."""
