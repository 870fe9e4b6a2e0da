"""Where text lies, in the document's coordinates: pixels, before scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTextBlock, QTextDocument, QTextLine


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a range that lies on one line. ``first`` and ``last``: the range's ends."""

    left: float
    right: float
    baseline: float
    line_top: float
    first: bool
    last: bool

    def box(self, above: float, below: float, *, pad: float = 0.0) -> QRectF:
        """Return the rectangle from ``above`` the baseline to ``below`` it."""
        return QRectF(
            self.left - pad,
            self.baseline - above,
            self.right - self.left + 2 * pad,
            above + below,
        )


def pieces(document: QTextDocument, start: int, end: int) -> list[Piece]:
    """Return the lines of a range of positions, without white space at their ends."""
    found = list(_lines(document, start, end))
    last = len(found) - 1
    return [
        Piece(left, right, baseline, top, number == 0, number == last)
        for number, (left, right, baseline, top) in enumerate(found)
    ]


def lay_out(document: QTextDocument) -> None:
    """Lay the whole document out now.

    Qt lays long documents out bit by bit. To mark a place dirty behind the bit that it has reached
    leaves paragraphs without a line, so this comes before any mark (seen in Qt 6.11).
    """
    document.documentLayout().blockBoundingRect(document.lastBlock())


def _lines(
    document: QTextDocument, start: int, end: int
) -> Iterator[tuple[float, float, float, float]]:
    block = document.findBlock(start)
    while block.isValid() and block.position() < end:
        origin = _origin(document, block)  # before its lines are asked for: there may be none yet
        for line, low, high in _trimmed(block, start - block.position(), end - block.position()):
            top = origin.y() + line.y()
            left, right = (origin.x() + _x(line, place) for place in (low, high))
            yield left, right, top + line.ascent(), top
        block = block.next()


def _trimmed(block: QTextBlock, start: int, end: int) -> Iterator[tuple[QTextLine, int, int]]:
    text, layout = block.text(), block.layout()
    units = text.encode("utf-16-le")
    for number in range(layout.lineCount()):
        line = layout.lineAt(number)
        low = max(start, line.textStart())
        high = min(end, line.textStart() + line.textLength())
        while low < high and _blank(units, low):
            low += 1
        while high > low and _blank(units, high - 1):
            high -= 1
        if low < high:
            yield line, low, high


def _blank(units: bytes, place: int) -> bool:
    return units[2 * place : 2 * place + 2] in (b" \0", b"\t\0", b"\xa0\0", b"\x28\x20")


def _x(line: QTextLine, place: int) -> float:
    return cast("tuple[float, int]", line.cursorToX(place))[0]


def _origin(document: QTextDocument, block: QTextBlock) -> QPointF:
    document.documentLayout().blockBoundingRect(block)  # makes sure that it is laid out
    return block.layout().position()
