"""A PDF in a viewport: its pages below one another on black, scrolled like text. GUI thread only.

It draws no PDF: ``wanted`` names the pages that are about to be seen, ``put`` brings their pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from lacuna.ui.paint import paint_box
from lacuna.ui.theme import CONTROL_RADIUS, Look, Role
from lacuna.ui.viewer.document_page import NOTCH, Paper
from lacuna.ui.viewer.image_painter import to_qimage
from lacuna_resources.themes import ThemeName, load

_PAD = 24.0
_GAP = 12.0  # between two pages
_WIDEST = 900.0  # view pixels; a page larger than this is not read faster
_STEP = 96  # view pixels a notch
_AHEAD = 1  # pages drawn before they are seen
_MOST = 8  # pages kept as pixels, at their usual size
_LEAST, _LARGEST = 0.25, 6.0  # times the usual size
_ON_BLACK = load(ThemeName.DARK)  # the ground stays black in every theme
_PAPER, _INK = "#ffffff", "#404040"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page to be drawn: its number from 0, and how wide, in pixels of the screen."""

    number: int
    columns: int


class PdfPage:
    """Lays the pages of a PDF below one another, and paints those that are scrolled to."""

    def __init__(self, look: Look, paper: Paper) -> None:
        self.paper = paper
        self._look = look
        self._offset = self._across = 0.0  # view pixels, down from the top, right from the middle
        self._zoom = 1.0
        self.inverted = False  # white on black: paper is bright in a dark room
        self._asked: dict[int, int] = {}  # columns by page
        self._images: dict[int, QImage] = {}
        self._torn: dict[int, str] = {}
        self._laid: tuple[float, float, list[QRectF]] = (0.0, 0.0, [])  # for a width and a zoom

    @property
    def drawn(self) -> frozenset[int]:
        """The pages whose pixels are at hand."""
        return frozenset(self._images)

    def scroll(self, by: int, view: QSizeF) -> None:
        """Move ``by`` notches down; held at both ends."""
        self.move(0.0, -by * _STEP, view)

    def move(self, dx: float, dy: float, view: QSizeF) -> None:
        """Move it by view pixels; held at all its edges."""
        places = self._places(view)
        low = max(places[-1].bottom() + _PAD - view.height(), 0.0)
        aside = max(max(place.width() for place in places) / 2 + _PAD - view.width() / 2, 0.0)
        self._offset = min(max(self._offset - dy, 0.0), low)
        self._across = min(max(self._across - dx, -aside), aside)

    def zoom(self, notches: float, at: QPointF, view: QSizeF) -> None:
        """Enlarge it; what of a page lies at ``at`` stays there."""
        number = self._page_at(at.y(), view)
        old = self._places(view)[number]
        x = (at.x() + self._across - old.left()) / old.width()
        y = (at.y() + self._offset - old.top()) / old.height()
        self._zoom = min(max(self._zoom * NOTCH**notches, _LEAST), _LARGEST)
        new = self._places(view)[number]
        self._across = new.left() + x * new.width() - at.x()
        self._offset = new.top() + y * new.height() - at.y()
        self.move(0.0, 0.0, view)

    def fit(self, view: QSizeF) -> None:
        """Make its widest page as wide as the view; the page that is read stays."""
        width = max(place.width() for place in self._places(view)) / self._zoom
        wanted = max(view.width() - 2 * _PAD, 1.0) / width
        notches = math.log(wanted / self._zoom, NOTCH)
        self._across = 0.0
        self.zoom(notches, QPointF(view.width() / 2, view.height() / 2), view)

    def wanted(self, view: QSizeF, ratio: float) -> list[Wanted]:
        """Return the pages to be drawn for what is seen now, each once for one width."""
        seen, last = self._seen(view), len(self.paper.sheets) - 1
        near = range(seen.start, min(seen.stop - 1 + _AHEAD, last) + 1)
        places = self._places(view)
        sizes = [Wanted(number, max(round(places[number].width() * ratio), 1)) for number in near]
        found = [one for one in sizes if self._asked.get(one.number) != one.columns]
        self._asked.update({one.number: one.columns for one in found})
        self._let_go(near)
        return found

    def waits_for(self, wanted: Wanted) -> bool:
        """Whether a page is still about to be seen, and so wide."""
        return self._asked.get(wanted.number) == wanted.columns

    def put(self, number: int, pixels: NDArray[np.uint8]) -> None:
        """Take a page that was drawn: (rows, columns, 3) RGB."""
        self._torn.pop(number, None)
        self._images[number] = to_qimage(pixels)

    def fail(self, number: int, message: str) -> None:
        """Say on a page why there is nothing on it."""
        self._torn[number] = message

    def paint(self, painter: QPainter, box: QRectF) -> None:
        """Paint the part that is seen in ``box``, and which page it is."""
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        places, seen = self._places(box.size()), self._seen(box.size())
        for number in seen:
            place = places[number].translated(box.left() - self._across, box.top() - self._offset)
            self._paint_sheet(painter, number, place)
        painter.restore()
        self._paint_caption(painter, box, self.caption(box))

    def words(self) -> str:
        """Return what is said of it: its title, its date and where it is scrolled to."""
        paper = self.paper
        count = len(paper.sheets)
        parts = (paper.title, paper.date, f"{count} page{'s' if count > 1 else ''}")
        return "   ".join(part for part in parts if part)

    def caption(self, box: QRectF) -> str:
        """Return which page is read in ``box``, and how much larger than usual it is."""
        at = self._page_at(box.height() / 2, box.size())
        paper, zoom = self.paper, f"{self._zoom:.0%}".replace("%", " %")
        larger = "" if zoom == "100 %" else zoom
        parts = (paper.title, paper.date, f"page {at + 1} of {len(paper.sheets)}", larger)
        return "   ".join(part for part in parts if part)

    def _page_at(self, y: float, view: QSizeF) -> int:
        """Return the page that is nearest to a height in the view."""
        places = self._places(view)
        there = self._offset + y

        def away(number: int) -> float:
            return max(places[number].top() - there, there - places[number].bottom(), 0.0)

        return min(self._seen(view), key=away)

    def _paint_caption(self, painter: QPainter, box: QRectF, words: str) -> None:
        """Write below the middle which page it is, on a box of its own: paper is white."""
        painter.setFont(self._look.font(Role.LABEL))
        metrics = painter.fontMetrics()
        room = max(int(box.width() - 2 * _PAD), 1)
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        place = QRectF(0, 0, metrics.horizontalAdvance(words) + 20, metrics.height() + 8)
        place.moveCenter(QPointF(box.center().x(), box.bottom() - 12 - place.height() / 2))
        line, fill = _ON_BLACK.line.edge, _ON_BLACK.surface.overlay
        paint_box(painter, place, CONTROL_RADIUS, fill=fill, line=line)
        painter.setPen(QColor(_ON_BLACK.text.normal))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_sheet(self, painter: QPainter, number: int, place: QRectF) -> None:
        self._paint_paper(painter, number, place)
        if self.inverted:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
            painter.fillRect(place, QColor(_PAPER))
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _paint_paper(self, painter: QPainter, number: int, place: QRectF) -> None:
        painter.fillRect(place, QColor(_PAPER))
        image = self._images.get(number)
        if image is not None:
            painter.drawImage(place, image, QRectF(image.rect()))
            return
        painter.setFont(self._look.font(Role.UI))
        painter.setPen(QColor(_INK))
        words = self._torn.get(number, f"Drawing page {number + 1}")
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)

    def _places(self, view: QSizeF) -> list[QRectF]:
        """Return where each page lies below the upper left corner of the first one's view."""
        if self._laid[:2] == (view.width(), self._zoom):
            return self._laid[2]
        room = min(max(view.width() - 2 * _PAD, 1.0), _WIDEST) * self._zoom
        widest = max(width for width, _height in self.paper.sheets)
        scale, left, top, found = room / widest, view.width() / 2, _PAD, list[QRectF]()
        for width, height in self.paper.sheets:
            found.append(
                QRectF(left - width * scale / 2, top, width * scale, max(height * scale, 1.0))
            )
            top = found[-1].bottom() + _GAP
        self._laid = view.width(), self._zoom, found
        return found

    def _seen(self, view: QSizeF) -> range:
        top, bottom = self._offset, self._offset + view.height()
        places = self._places(view)
        seen = [
            n for n, place in enumerate(places) if place.bottom() > top and place.top() < bottom
        ]
        return range(seen[0], seen[-1] + 1) if seen else range(len(places) - 1, len(places))

    def _let_go(self, near: range) -> None:
        """Forget the pages that are farthest away: memory stays bounded in a book."""
        middle = (near.start + near.stop - 1) / 2
        most = max(int(_MOST / max(self._zoom, 1.0) ** 2), len(near))
        kept = sorted(self._asked, key=lambda number: abs(number - middle))[:most]
        for number in set(self._asked) - set(kept):
            del self._asked[number]
            self._images.pop(number, None)
