"""The scale bar: how long so many millimetres are on screen. GUI thread only."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from lacuna.study.measure import Probe, Scale
from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.annotations import write_outlined
from lacuna.ui.viewer.board import scale_on
from lacuna.ui.viewer.sheet import Sheet
from lacuna_resources.themes import ThemeName, load

_ON_BLACK = load(ThemeName.DARK)
_LENGTHS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)  # mm
_SHARE = 0.3  # of the view's height that a bar may take at most
_INSET, _TICK = 14.0, 5.0
_LEAST = 200.0  # view pixels: in a smaller view the bar would only be in the way


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of ``millimetres``, ``pixels`` long in the view."""

    millimetres: float
    pixels: float


def bar_for(scale: Scale, sheet: Sheet, height: float) -> Bar | None:
    """Return the longest round bar that has room; None where the file names no millimetres.

    The bar stands upright, so its length is that of what runs down the view: rows, or columns of
    an image that was turned.
    """
    if scale.unit != "mm":
        return None
    to_view = sheet.to_view
    along_row = math.hypot(to_view.m11(), to_view.m12()) / scale.column
    along_column = math.hypot(to_view.m21(), to_view.m22()) / scale.row
    a_millimetre = along_column if abs(to_view.m22()) > abs(to_view.m12()) else along_row
    found = [one for one in _LENGTHS if one * a_millimetre <= _SHARE * height]
    return Bar(found[-1], found[-1] * a_millimetre) if found else None


@dataclass(frozen=True, slots=True)
class PlacedBar:
    """A bar in a view: ``box`` holds the line and its ticks, ``words`` its length below."""

    bar: Bar
    box: QRectF
    words: QRectF
    left: bool  # at the left edge, its ticks to the right


def placed_bar(look: Look, box: QRectF, sheet: Sheet, left: bool = False) -> PlacedBar | None:
    """Return the bar upright at an edge of ``box``; None where it has no room or no length."""
    rows, columns = sheet.picture.values.shape[:2]
    scale = scale_on(sheet.picture.image, Probe((columns / 2, rows / 2)), sheet.picture.frame)
    bar = bar_for(scale, sheet, box.height())
    if bar is None or min(box.width(), box.height()) < _LEAST:
        return None
    top = round(box.center().y() - bar.pixels / 2) - 0.5
    x = (round(box.left() + _INSET) + 0.5) if left else (round(box.right() - _INSET) - 0.5)
    line = QRectF(x if left else x - _TICK, top, _TICK, bar.pixels)
    metrics = QFontMetricsF(look.font(Role.LABEL))
    width = metrics.horizontalAdvance(bar_text(bar))
    words = QRectF(x if left else x - width, line.bottom() + 3, width, metrics.height())
    return PlacedBar(bar, line, words, left)


def paint_bar(painter: QPainter, look: Look, placed: PlacedBar) -> None:
    """Paint the bar, with its length below."""
    box = placed.box
    x = box.left() if placed.left else box.right()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for colour, width in (("#000000", 3.0), (_ON_BLACK.text.strong, 1.0)):
        painter.setPen(QPen(QColor(colour), width, c=Qt.PenCapStyle.SquareCap))
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        for y in (box.top(), box.bottom()):
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
    font = look.font(Role.LABEL)
    place = placed.words.topLeft() + QPointF(0.0, QFontMetricsF(font).ascent())
    write_outlined(painter, font, place, bar_text(placed.bar))


def bar_text(bar: Bar) -> str:
    """Return the bar's length: ``5 cm``, ``2 mm``."""
    if bar.millimetres >= 10:
        return f"{bar.millimetres / 10:g} cm"
    return f"{bar.millimetres:g} mm"
