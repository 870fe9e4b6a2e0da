"""A picture as it lies in a view: image pixels to view pixels and back. GUI thread only."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from lacuna.study.measure import Point
from lacuna.ui.viewer.image_painter import image_to_view
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.viewer_state import ViewState


@dataclass(frozen=True, slots=True)
class Sheet:
    """One picture, placed. Points of the image have its upper left corner as their origin."""

    picture: Picture
    to_view: QTransform

    def view_point(self, point: Point) -> QPointF:
        """Return where a point of the image is seen."""
        return self.to_view.map(QPointF(*point))

    def image_point(self, place: QPointF) -> Point:
        """Return the point of the image that is seen at ``place``, held within the image."""
        inverse, _ = self.to_view.inverted()
        found = inverse.map(place)
        return self.held((found.x(), found.y()))

    def held(self, point: Point) -> Point:
        """Return the nearest point within the image."""
        rows, columns = self.picture.values.shape[:2]
        return min(max(point[0], 0.0), float(columns)), min(max(point[1], 0.0), float(rows))


def lay(box: QRectF, picture: Picture, state: ViewState) -> Sheet:
    """Return the picture as it lies in ``box``."""
    return Sheet(picture, image_to_view(box, picture, state))
