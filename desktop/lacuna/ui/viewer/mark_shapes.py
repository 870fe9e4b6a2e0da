"""Shapes as lines in a view: calipers, arms, ellipses. Pure but for Qt's geometry."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from lacuna.study import measure
from lacuna.study.measure import (
    Angle,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Probe,
    Shape,
)
from lacuna.ui.viewer.sheet import Sheet

_BAR = 5.0  # half of a caliper's end bar, in view pixels
_ARC = 20.0  # the radius of an angle's arc
_CROSS = (6.0, 12.0)  # where a probe's strokes begin and end, from its centre
_HEAD = 11.0  # an arrow head's length


def path_of(shape: Shape, sheet: Sheet) -> QPainterPath:
    """Return the lines of a shape, in view pixels; ornaments keep their size at any zoom."""
    # On whole pixels, so that an even line along rows or columns is crisp.
    seen = [QPointF(sheet.view_point(point).toPoint()) for point in measure.points(shape)]
    if isinstance(shape, Length):
        return _caliper(*seen)
    if isinstance(shape, Angle):
        return _angle(*seen)
    if isinstance(shape, EllipseRoi):
        return _ellipse(shape, sheet)
    if isinstance(shape, Bidirectional | Cobb):
        path = _caliper(*seen[:2])
        path.addPath(_caliper(*seen[2:]))
        return path
    if isinstance(shape, FreehandRoi):
        return _closed(seen)
    if isinstance(shape, Probe | Note):
        return _probe(*seen)
    return _arrow(*seen)


def outline(shape: Shape, sheet: Sheet, reach: float) -> QPainterPath:
    """Return the area within ``reach`` view pixels of a shape's lines, where it can be taken."""
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * reach)
    return stroker.createStroke(path_of(shape, sheet))


def _caliper(start: QPointF, end: QPointF) -> QPainterPath:
    path = _line(start, end)
    way = end - start
    far = math.hypot(way.x(), way.y()) or 1.0
    across = QPointF(-way.y(), way.x()) * (_BAR / far)
    for point in (start, end):
        path.addPath(_line(point - across, point + across))
    return path


def _angle(first: QPointF, vertex: QPointF, second: QPointF) -> QPainterPath:
    path = _line(first, vertex)
    path.lineTo(second)
    begin, end = (_direction(vertex, arm) for arm in (first, second))
    sweep = (end - begin + 180) % 360 - 180
    arms = (math.hypot(arm.x(), arm.y()) for arm in (first - vertex, second - vertex))
    radius = min(_ARC, *arms)
    box = QRectF(vertex.x() - radius, vertex.y() - radius, 2 * radius, 2 * radius)
    path.arcMoveTo(box, begin)
    path.arcTo(box, begin, sweep)
    return path


def _direction(start: QPointF, end: QPointF) -> float:
    """Return the direction in degrees as Qt's arcs count them: counterclockwise from the right."""
    return math.degrees(math.atan2(start.y() - end.y(), end.x() - start.x()))


def _ellipse(shape: EllipseRoi, sheet: Sheet) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QRectF(QPointF(*shape.corner), QPointF(*shape.opposite)).normalized())
    return sheet.to_view.map(path)


def _closed(seen: list[QPointF]) -> QPainterPath:
    path = QPainterPath(seen[0])
    for point in seen[1:]:
        path.lineTo(point)
    path.closeSubpath()
    return path


def _probe(at: QPointF) -> QPainterPath:
    path = QPainterPath()
    near, far = _CROSS
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        path.addPath(_line(at + QPointF(x, y) * near, at + QPointF(x, y) * far))
    return path


def _arrow(head: QPointF, tail: QPointF) -> QPainterPath:
    path = _line(tail, head)
    way = math.atan2(tail.y() - head.y(), tail.x() - head.x())
    for turn in (-0.45, 0.45):
        barb = QPointF(math.cos(way + turn), math.sin(way + turn)) * _HEAD
        path.addPath(_line(head + barb, head))
    return path


def _line(start: QPointF, end: QPointF) -> QPainterPath:
    path = QPainterPath(start)
    path.lineTo(end)
    return path
