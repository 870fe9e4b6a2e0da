"""Marks on the image: the reader's amber, outlined in black so that they are seen on bone too."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from lacuna.ui.paint import paint_box
from lacuna.ui.theme import KEY_RADIUS, Look, Role
from lacuna.ui.viewer.board import Mark, other_diameter
from lacuna.ui.viewer.mark_shapes import path_of
from lacuna.ui.viewer.mark_words import label_lines
from lacuna.ui.viewer.pen import grips
from lacuna.ui.viewer.sheet import Sheet
from lacuna_resources.themes import ThemeName, load

_ON_BLACK = load(ThemeName.DARK)
_LINE = 2.0
_OUTLINE = 1.0
_PAD = 8.0
_LINE_HEIGHT = 18.0
_HANDLE = 7.0
_AWAY = 10.0  # from a mark to its label
_EDGE = 4.0  # from a label to the view's edge


def paint_marks(
    painter: QPainter,
    look: Look,
    box: QRectF,
    sheet: Sheet,
    marks: tuple[Mark, ...],
    selected: str | None,
    margins: Sequence[QRectF] = (),
) -> None:
    """Paint marks and their labels within ``box``; labels lie over all lines.

    ``margins`` are where the view's own texts stand: labels keep off them where they can.
    """
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_lines(painter, sheet, marks)
    _paint_labels(painter, look, box, sheet, marks, margins)
    for mark in marks:
        if mark.id == selected:
            _paint_handles(painter, mark, sheet)
    painter.restore()


def paint_lines(painter: QPainter, sheet: Sheet, marks: tuple[Mark, ...]) -> None:
    """Paint marks without what is said of them."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    cap, join = Qt.PenCapStyle.SquareCap, Qt.PenJoinStyle.MiterJoin
    for path in (path_of(mark.shape, sheet) for mark in marks):
        for colour, width in (("#000000", _LINE + 2 * _OUTLINE), (_ON_BLACK.reader.line, _LINE)):
            painter.strokePath(path, QPen(QColor(colour), width, c=cap, j=join))


def _paint_labels(
    painter: QPainter,
    look: Look,
    box: QRectF,
    sheet: Sheet,
    marks: tuple[Mark, ...],
    margins: Sequence[QRectF],
) -> None:
    """Paint each label where it covers neither a mark nor another label, if there is such a place.

    A mark that has left the view takes its label along.
    """
    shapes = {mark.id: path_of(mark.shape, sheet).boundingRect() for mark in marks}
    taken = list(shapes.values())
    for mark in marks:
        pair = other_diameter(mark, marks)
        lines = label_lines(mark, pair)
        if not lines or not shapes[mark.id].intersects(box):
            continue
        around = shapes[mark.id].united(shapes[pair.id]) if pair else shapes[mark.id]
        label = free_place(_label_size(look, lines), around, box, taken, margins)
        _paint_label(painter, look, label, lines)
        taken.append(label)


def _label_size(look: Look, lines: Sequence[str]) -> QSizeF:
    pairs = zip(_fonts(look, lines), lines, strict=True)
    widths = (QFontMetricsF(font).horizontalAdvance(line) for font, line in pairs)
    return QSizeF(max(widths) + 2 * _PAD, _LINE_HEIGHT * len(lines) + 4)


def free_place(
    size: QSizeF,
    around: QRectF,
    box: QRectF,
    taken: Sequence[QRectF],
    margins: Sequence[QRectF] = (),
) -> QRectF:
    """Return the first free place of: right of the mark, left of it, below, above.

    One on the ``margins`` is better than one on what is ``taken``.
    """
    inner = box.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
    y = around.center().y() - size.height()
    below, above = around.bottom() + _AWAY, around.top() - _AWAY - size.height()
    corners = (
        QPointF(around.right() + _AWAY, y),
        QPointF(around.left() - _AWAY - size.width(), y),
        QPointF(around.left(), below),
        QPointF(around.left(), above),
        QPointF(around.right() - size.width(), below),
        QPointF(around.right() - size.width(), above),
    )
    places = [_within(QRectF(corner, size), inner) for corner in corners]
    for kept in ([*taken, *margins], taken):
        free = (place for place in places if not any(place.intersects(other) for other in kept))
        found = next(free, None)
        if found is not None:
            return found
    return places[0]


def _paint_label(painter: QPainter, look: Look, label: QRectF, lines: Sequence[str]) -> None:
    paint_box(painter, label, KEY_RADIUS, fill=_ON_BLACK.reader.background)
    row = QRectF(label.left() + _PAD, label.top() + 2, label.width(), _LINE_HEIGHT)
    for number, (font, line) in enumerate(zip(_fonts(look, lines), lines, strict=True)):
        painter.setFont(font)
        painter.setPen(QColor(_ON_BLACK.text.normal if number else _ON_BLACK.reader.text))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, line)
        row.translate(0, _LINE_HEIGHT)


def _fonts(look: Look, lines: Sequence[str]) -> list[QFont]:
    return [look.font(Role.HEADING)] + [look.font(Role.STATUS)] * (len(lines) - 1)


def _within(label: QRectF, inner: QRectF) -> QRectF:
    """Return the label shifted into the view, so that no reading is lost at its edge."""
    x = max(min(label.x(), inner.right() - label.width()), inner.left())
    y = max(min(label.y(), inner.bottom() - label.height()), inner.top())
    return QRectF(x, y, label.width(), label.height())


def _paint_handles(painter: QPainter, mark: Mark, sheet: Sheet) -> None:
    for point in grips(mark.shape):
        handle = QRectF(0, 0, _HANDLE, _HANDLE)
        handle.moveCenter(sheet.view_point(point))
        paint_box(painter, handle, 0, fill="#000000", line=_ON_BLACK.line.focus)
