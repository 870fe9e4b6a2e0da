"""A document in a viewport: its words on black, scrolled by wheel and keys. GUI thread only."""

from __future__ import annotations

import html
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QColor, QPainter, QPalette, QTextDocument

from lacuna.errors import UserFacingError
from lacuna.study.document import DocumentContent, Node
from lacuna.study.pdf import page_sizes
from lacuna.ui.theme import Look, Role
from lacuna_resources.themes import ThemeName, load

_ON_BLACK = load(ThemeName.DARK)
_PAD = 40.0
_WIDEST = 680.0  # a line longer than this is not followed by eye
_STEP = 48  # view pixels a notch
_SHORT = 40  # characters that stand beside their name; longer ones begin a line
_INDENT = 20  # pixels a level of a report's tree
_APART = "\u2003"  # an em space: Qt's HTML would make one space of several
NOTCH = 1.15  # by which a notch enlarges
_LEAST, _MOST = 0.5, 4.0  # times the usual size
SAVE_PDF = "Save it from the menu to open it in another program."


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document: its name, what it says, how deep it stands."""

    name: str
    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Paper:
    """A document, ready to be shown.

    ``pdf`` are the bytes of a PDF, ``sheets`` the widths and heights of its pages, in points. One
    without sheets cannot be drawn; its lines say why, and it can still be saved.
    """

    title: str
    date: str
    lines: tuple[Line, ...]
    note: str = ""
    pdf: bytes = b""
    sheets: tuple[tuple[float, float], ...] = ()


def paper_of(title: str, date: str, content: DocumentContent, note: str = "") -> Paper:
    """Return a document to be shown: a report's tree, or a PDF's pages. Slow for a PDF."""
    if content.root is not None:
        root = content.root
        if root.name == title and not root.text:  # it would stand there twice
            lines = [line for child in root.children for line in _lines(child, 0)]
        else:
            lines = _lines(root, 0)
        return Paper(title, date, tuple(lines), note)
    try:
        return Paper(title, date, (), note, content.pdf, page_sizes(content.pdf))
    except UserFacingError as error:
        why = (Line("", error.message), Line("", SAVE_PDF))
        return Paper(title, date, why, note, content.pdf)


def _lines(node: Node, depth: int) -> list[Line]:
    own = [Line(node.name, node.text, depth)] if node.name or node.text else []
    below = [line for child in node.children for line in _lines(child, depth + bool(own))]
    return own + below


class DocumentPage:
    """Lays a paper out at the width of its view, and paints what is scrolled to."""

    def __init__(self, look: Look, paper: Paper) -> None:
        self.paper = paper
        self._offset = 0.0
        self._zoom = 1.0
        self._text = QTextDocument()
        self._text.setDefaultFont(look.font(Role.UI))
        self._text.setDocumentMargin(0)
        self._text.setHtml(_html(paper))

    def scroll(self, by: int, view: QSizeF) -> None:
        """Move ``by`` notches down; held at both ends."""
        self.move(0.0, -by * _STEP, view)

    def move(self, _dx: float, dy: float, view: QSizeF) -> None:
        """Move it by view pixels, up and down; lines never reach beyond the view."""
        self._lay_out(view.width())
        height = self._text.size().height() * self._zoom + 2 * _PAD
        most = max(height - view.height(), 0.0)
        self._offset = min(max(self._offset - dy, 0.0), most)

    def zoom(self, notches: float, at: QPointF, view: QSizeF) -> None:
        """Set it in larger type; about what stood at ``at`` stays there."""
        before = self._text.size().height() * self._zoom
        self._zoom = min(max(self._zoom * NOTCH**notches, _LEAST), _MOST)
        self._lay_out(view.width())
        share = (self._offset + at.y()) / max(before, 1.0)
        self._offset = share * self._text.size().height() * self._zoom - at.y()
        self.move(0.0, 0.0, view)

    def fit(self, view: QSizeF) -> None:
        """Set it in its usual type."""
        self._zoom = 1.0
        self.move(0.0, 0.0, view)

    def paint(self, painter: QPainter, box: QRectF) -> None:
        """Paint the part that is seen in ``box``."""
        width = self._lay_out(box.width())
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        left = box.left() + (box.width() - width) / 2
        painter.translate(QPointF(left, box.top() + _PAD - self._offset))
        painter.scale(self._zoom, self._zoom)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, QColor(_ON_BLACK.text.normal))
        self._text.documentLayout().draw(painter, context)
        painter.restore()

    def _lay_out(self, room: float) -> float:
        """Break its lines for a view so wide; return how wide they are, in view pixels."""
        width = max(min(room - 2 * _PAD, _WIDEST * self._zoom), 1.0)
        if self._text.textWidth() != width / self._zoom:
            self._text.setTextWidth(width / self._zoom)
        return width

    def words(self) -> str:
        """Return all that is written on it."""
        return self._text.toPlainText()


def _html(paper: Paper) -> str:
    """Write the paper as the few tags that Qt lays out; every word of it is escaped."""
    text = _ON_BLACK.text
    head = f'<p style="color:{text.strong}; font-size:18px;">{_safe(paper.title)}</p>'
    under = _APART.join(part for part in (paper.date, paper.note) if part)
    head += f'<p style="color:{text.third};">{_safe(under)}</p>' if under else ""
    return head + "".join(_paragraph(line) for line in paper.lines)


def _paragraph(line: Line) -> str:
    name = f'<span style="color:{_ON_BLACK.text.third};">{_safe(line.name)}</span>'
    said = _safe(line.text).replace("\n", "<br/>")
    between = "<br/>" if line.name and len(line.text) > _SHORT else " "
    margin = line.depth * _INDENT
    return f'<p style="margin:6px 0 0 {margin}px;">{name}{between if line.name else ""}{said}</p>'


def _safe(words: str) -> str:
    return html.escape(words)
