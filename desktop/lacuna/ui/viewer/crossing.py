"""Where the plane of one image crosses another: reference lines. Free of Qt."""

from __future__ import annotations

from lacuna.study.geometry import Plane, Vector, dot, subtract
from lacuna.study.measure import Point

_SAME_WAY = 0.995  # planes nearer to parallel than this cross far away, if at all


def crossing(
    other: Plane, size: tuple[int, int], plane: Plane, own_size: tuple[int, int]
) -> tuple[Point, Point] | None:
    """Return the line that another image's plane draws on this one, in this one's pixels.

    The other image is cut off at its own edges, so the line is as long as what it shows.

    Args:
        other: the other image's plane, in the same frame of reference.
        size: its (rows, columns).
        plane: this image's plane.
        own_size: its (rows, columns); a line that misses the image is none.
    """
    if plane.spacing is None or abs(dot(other.normal, plane.normal)) > _SAME_WAY:
        return None
    ends = _ends(other, size, plane)
    if len(ends) < 2:
        return None
    points = [plane.point(place) for place in ends[:2]]
    seen = [(point[0], point[1]) for point in points if point is not None]
    if len(seen) < 2:
        return None
    return clipped(seen[0], seen[1], own_size)


def clipped(start: Point, end: Point, size: tuple[int, int]) -> tuple[Point, Point] | None:
    """Return the part of a line within an image of (rows, columns); None if it misses it."""
    low, high = 0.0, 1.0
    for axis, length in ((0, float(size[1])), (1, float(size[0]))):
        way = end[axis] - start[axis]
        if way == 0:
            if not 0 <= start[axis] <= length:
                return None
            continue
        near, far = sorted(((0.0 - start[axis]) / way, (length - start[axis]) / way))
        low, high = max(low, near), min(high, far)
    if low >= high:
        return None
    return _between(start, end, low), _between(start, end, high)


def _ends(other: Plane, size: tuple[int, int], plane: Plane) -> list[Vector]:
    """Return where the other image's edges pass through this plane: two places, or none."""
    rows, columns = size
    corners = [other.at(x, y) for x, y in ((0, 0), (columns, 0), (columns, rows), (0, rows))]
    places = [place for place in corners if place is not None]
    found: list[Vector] = []
    for start, end in zip(places, [*places[1:], *places[:1]], strict=True):
        before, after = (dot(subtract(at, plane.position), plane.normal) for at in (start, end))
        if (before < 0) != (after < 0):
            share = before / (before - after)
            x, y, z = (a + share * (b - a) for a, b in zip(start, end, strict=True))
            found.append((x, y, z))
    return found


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
