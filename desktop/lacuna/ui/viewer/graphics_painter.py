"""Graphics of a presentation state, laid over the image in grey. GUI thread only."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from lacuna.study.softcopy import Caption, Graphic, GraphicKind, Layer
from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.annotations import write_outlined
from lacuna.ui.viewer.presenting import Corners
from lacuna.ui.viewer.sheet import Sheet

_DOT = 3.0  # view pixels


def paint_graphics(
    painter: QPainter,
    look: Look,
    box: QRectF,
    sheet: Sheet,
    layers: tuple[Layer, ...],
    area: Corners | None = None,
) -> None:
    """Paint layers, the lowest first, within ``box``.

    Relative points are shares of ``area`` as it is seen, of the whole picture without one.
    """
    if not layers:
        return
    shares = _seen_area(sheet, area)
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for layer in layers:
        level = round(255 * (1.0 if layer.grey is None else layer.grey))
        for graphic in layer.graphics:
            _paint(painter, _path(graphic, sheet, shares), QColor(level, level, level), graphic)
        for caption in layer.captions:
            place = _place(caption, sheet, shares)
            if place is not None:
                write_outlined(painter, look.font(Role.LABEL), place, caption.text)
    painter.restore()


def _seen_area(sheet: Sheet, area: Corners | None) -> QRectF:
    rows, columns = sheet.picture.values.shape[:2]
    left, top, right, bottom = area or (0.0, 0.0, columns, rows)
    return sheet.to_view.mapRect(QRectF(left, top, right - left, bottom - top))


def _paint(painter: QPainter, path: QPainterPath, colour: QColor, graphic: Graphic) -> None:
    painter.strokePath(path, QPen(QColor("#000000"), 3.0))
    painter.strokePath(path, QPen(colour, 1.0))
    if graphic.filled:
        painter.fillPath(path, colour)


def _path(graphic: Graphic, sheet: Sheet, box: QRectF) -> QPainterPath:
    seen = [_seen(point, graphic.relative, sheet, box) for point in graphic.points]
    path = QPainterPath()
    if not seen:
        return path
    if graphic.kind is GraphicKind.POINT:
        path.addEllipse(seen[0], _DOT, _DOT)
    elif graphic.kind is GraphicKind.CIRCLE and len(seen) > 1:
        radius = math.hypot(seen[1].x() - seen[0].x(), seen[1].y() - seen[0].y())
        path.addEllipse(seen[0], radius, radius)
    elif graphic.kind is GraphicKind.ELLIPSE and len(seen) == 4:
        return _ellipse(seen)
    else:
        path.moveTo(seen[0])
        for point in seen[1:]:
            path.lineTo(point)
    return path


def _ellipse(ends: list[QPointF]) -> QPainterPath:
    """Return the ellipse of two axes, each by its ends, whichever way they lie."""
    path = QPainterPath()
    middle = (ends[0] + ends[1]) / 2
    major, minor = ends[1] - middle, ends[3] - middle
    steps = [math.tau * step / 72 for step in range(73)]
    points = [middle + major * math.cos(at) + minor * math.sin(at) for at in steps]
    path.moveTo(points[0])
    for point in points[1:]:
        path.lineTo(point)
    return path


def _place(caption: Caption, sheet: Sheet, box: QRectF) -> QPointF | None:
    if caption.box:
        return _seen(caption.box[0], caption.box_relative, sheet, box)
    if caption.anchor is not None:
        return _seen(caption.anchor, caption.anchor_relative, sheet, box)
    return None


def _seen(point: tuple[float, float], relative: bool, sheet: Sheet, box: QRectF) -> QPointF:
    if relative:
        return QPointF(box.left() + point[0] * box.width(), box.top() + point[1] * box.height())
    return sheet.view_point(point)
