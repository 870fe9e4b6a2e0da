"""Drawing with the tool's button: new marks, and moving those that stand. GUI thread only.

A shape is drawn by dragging or by clicking its points one after the other; a freehand outline by
dragging along it. Nothing reaches the board, and so the undo stack, before the button is let go at
the last point. A text is placed first, and stands once its words are written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF

from lacuna.report.text import clean
from lacuna.study import measure
from lacuna.study.measure import (
    Angle,
    Arrow,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Point,
    Probe,
    Shape,
)
from lacuna.ui.viewer.board import Board, Mark, Spot, mark_of, spot_of
from lacuna.ui.viewer.mark_shapes import outline
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.sheet import Sheet
from lacuna.ui.viewer.viewer_state import Tool

KINDS: dict[Tool, tuple[Callable[..., Shape], int]] = {
    Tool.LENGTH: (Length, 2),
    Tool.BIDIRECTIONAL: (Bidirectional, 4),
    Tool.ANGLE: (Angle, 3),
    Tool.COBB: (Cobb, 4),
    Tool.ELLIPSE: (EllipseRoi, 2),
    Tool.FREEHAND: (FreehandRoi, 0),
    Tool.PROBE: (Probe, 1),
    Tool.ARROW: (Arrow, 2),
    Tool.NOTE: (Note, 0),
}
_PAIRS = (Bidirectional, Cobb)  # two lines, each of which may be dragged
_OUTLINE_STEP = 3.0  # view pixels between two points of a freehand outline
HANDLE_REACH, LINE_REACH = 9.0, 6.0  # view pixels within which a press takes hold
_STILL = 4.0  # view pixels that a hand may slip between press and release of a click
_SHORTEST = 2.0  # view pixels; a shorter shape was a slip
_THINNEST = 1.0  # view pixels on the average across; a thinner outline is a line


@dataclass(slots=True)
class _Draft:
    """A shape under way: the points so far, the last one still at the pointer."""

    kind: Callable[..., Shape]
    needed: int
    points: list[Point]
    pressed_at: QPointF
    begins: bool = True  # the last press was at the beginning of a line

    def shape(self) -> Shape:
        """Return the shape as it would be if all missing points lay at the pointer."""
        missing = self.needed - len(self.points)
        return self.kind(*self.points, *[self.points[-1]] * missing)

    def go_on(self, point: Point, place: QPointF) -> None:
        """The button goes down again: the next point, or the beginning of the second line."""
        self.points[-1], self.pressed_at = point, place
        self.begins = self.kind in _PAIRS and len(self.points) == 3
        if self.begins:
            self.points.append(point)


@dataclass(slots=True)
class _Trace:
    """A freehand outline under way, and where its last point lies in the view."""

    path: list[Point]
    last: QPointF


@dataclass(slots=True)
class _Hold:
    """A mark in hand: the whole (``number`` None) or one of its points."""

    mark: Mark
    number: int | None
    origin: Point
    shape: Shape


class Pen:
    """Draws on one board. ``selected`` is the id of the mark that Delete takes away."""

    def __init__(self) -> None:
        self.board = Board()
        self.selected: str | None = None
        self.placed_note: Point | None = None  # a text without words yet
        self._draft: _Draft | None = None
        self._trace: _Trace | None = None
        self._hold: _Hold | None = None

    @property
    def drawing(self) -> bool:
        """Whether a shape has been begun and not ended, or a mark is in hand."""
        return any(part is not None for part in (self._draft, self._trace, self._hold))

    def marks(self, sheet: Sheet) -> tuple[Mark, ...]:
        """Return what is seen on the sheet, as it stands under the hand."""
        standing = self.board.on(spot_of(sheet.picture))
        if self._draft is not None:
            return (*standing, mark_of(self._draft.shape(), sheet.picture))
        if self._trace is not None:
            return (*standing, mark_of(FreehandRoi(tuple(self._trace.path)), sheet.picture))
        if self._hold is None:
            return standing
        held = mark_of(self._hold.shape, sheet.picture, self._hold.mark.id)
        return tuple(held if mark.id == held.id else mark for mark in standing)

    def press(self, sheet: Sheet, tool: Tool, place: QPointF) -> bool:
        """Begin or go on; return whether the button is the pen's with this tool."""
        if self._draft is not None:
            self._draft.go_on(sheet.image_point(place), place)
        elif tool in KINDS or tool is Tool.SELECT:
            self._hold = self._held(sheet, place, bodies=tool is Tool.SELECT)
            self.selected = self._hold.mark.id if self._hold else None
            if self._hold is None and tool in KINDS:
                self._begin(sheet, tool, place)
        else:
            return False
        return True

    def move(self, sheet: Sheet, place: QPointF) -> bool:
        """Follow the pointer; return whether anything moved."""
        if self._trace is not None:
            if _far(place - self._trace.last) >= _OUTLINE_STEP:
                self._trace.path.append(sheet.image_point(place))
                self._trace.last = place
        elif self._draft is not None:
            self._draft.points[-1] = sheet.image_point(place)
        elif self._hold is not None:
            self._hold.shape = _dragged(self._hold, sheet, sheet.image_point(place))
        return self.drawing

    def release(self, sheet: Sheet, place: QPointF) -> None:
        """Let go: a point is set, or what was in hand stays where it is."""
        if self._hold is not None:
            hold, self._hold = self._hold, None
            if hold.shape != hold.mark.shape:
                self.board.put(mark_of(hold.shape, sheet.picture, hold.mark.id))
        elif self._trace is not None:
            trace, self._trace = self._trace, None
            if _encloses(trace, sheet):
                self._put(FreehandRoi(tuple(trace.path)), sheet)
        elif self._draft is not None:
            self._set_point(self._draft, sheet, place)

    def cancel(self) -> bool:
        """Give up what is under way, else the selection; return whether there was either."""
        busy = self.drawing or self.selected is not None
        if not self.drawing:
            self.selected = None
        self.stop()
        return busy

    def stop(self) -> None:
        """Give up what is under way."""
        self._draft = self._trace = self._hold = self.placed_note = None

    def leave(self, spot: Spot) -> None:
        """Turn to another frame: what is under way ends, a mark that stands there stays chosen."""
        self.stop()
        mark = self.board.get(self.selected)
        if mark is None or mark.spot != spot:
            self.selected = None

    def drop(self) -> None:
        """Give up what is under way, and the selection."""
        self.stop()
        self.selected = None

    def undo(self) -> Spot | None:
        """Take the last change back; return where it was, None if there is none."""
        self.drop()
        return self.board.undo()

    def redo(self) -> Spot | None:
        """Do again what was taken back; return where it is, None if there is nothing."""
        self.drop()
        return self.board.redo()

    def delete(self) -> bool:
        """Take the selected mark away; return whether there was one."""
        found = self.board.get(self.selected)
        if found is None or self.drawing:
            return False
        self.board.remove(found.id)
        self.selected = None
        return True

    def select_at(self, sheet: Sheet, place: QPointF) -> bool:
        """Select what is drawn at a place; return whether there is anything."""
        hold = self._held(sheet, place, bodies=True)
        self.selected = hold.mark.id if hold else None
        return hold is not None

    def note_writer(self, picture: Picture) -> Callable[[str], None]:
        """Return what writes the words of the text that was placed; without words it is given up.

        They stand on this ``picture``, whatever the reader has turned to by then.
        """
        board, at = self.board, self.placed_note

        def write(words: str) -> None:
            still, self.placed_note = self.placed_note is not None, None
            said = clean(words).strip()
            if at is None or not said:
                return
            mark = mark_of(Note(at, said), picture)
            board.put(mark)
            if still:
                self.selected = mark.id

        return write

    def _begin(self, sheet: Sheet, tool: Tool, place: QPointF) -> None:
        kind, needed = KINDS[tool]
        at = sheet.image_point(place)
        if tool is Tool.NOTE:
            self.placed_note = at
            return
        if tool is Tool.FREEHAND:
            self._trace = _Trace([at], place)
            return
        self._draft = _Draft(kind, needed, [at] if needed == 1 else [at, at], place)

    def _set_point(self, draft: _Draft, sheet: Sheet, place: QPointF) -> None:
        draft.points[-1] = sheet.image_point(place)
        clicked = draft.begins and draft.needed > 1 and _far(place - draft.pressed_at) < _STILL
        if clicked:
            draft.begins = False
            return  # a line's first point was clicked: the next one follows the pointer
        if len(draft.points) < draft.needed:
            draft.points.append(draft.points[-1])
            return
        self._draft = None
        if _is_meant(draft, sheet):
            self._put(draft.shape(), sheet)

    def _put(self, shape: Shape, sheet: Sheet) -> None:
        mark = mark_of(shape, sheet.picture)
        self.board.put(mark)
        self.selected = mark.id

    def _held(self, sheet: Sheet, place: QPointF, *, bodies: bool) -> _Hold | None:
        """Return the uppermost mark at a place; its points come before its lines."""
        marks = self.board.on(spot_of(sheet.picture))[::-1]
        origin = sheet.image_point(place)
        for mark in marks:
            for number, point in enumerate(grips(mark.shape)):
                if _far(sheet.view_point(point) - place) <= HANDLE_REACH:
                    return _Hold(mark, number, origin, mark.shape)
        touched = (mark for mark in marks if bodies and _touches(mark, sheet, place))
        return next((_Hold(mark, None, origin, mark.shape) for mark in touched), None)


def grips(shape: Shape) -> tuple[Point, ...]:
    """Return the points that can be taken hold of; an outline is moved as a whole."""
    return () if isinstance(shape, FreehandRoi) else measure.points(shape)


def _dragged(hold: _Hold, sheet: Sheet, to: Point) -> Shape:
    shape = hold.mark.shape
    if hold.number is not None:
        return measure.with_point(shape, hold.number, to)
    moved = measure.moved(shape, to[0] - hold.origin[0], to[1] - hold.origin[1])
    # Held back as a whole at the image's edge: a shape must not change its size by being moved.
    misses = [(sheet.held(p)[0] - p[0], sheet.held(p)[1] - p[1]) for p in measure.points(moved)]
    across, down = (max(axis, key=abs) for axis in zip(*misses, strict=True))
    return measure.moved(moved, across, down)


def _is_meant(draft: _Draft, sheet: Sheet) -> bool:
    seen = [sheet.view_point(point) for point in draft.points]
    return all(_far(one - other) >= _SHORTEST for one, other in pairwise(seen))


def _encloses(trace: _Trace, sheet: Sheet) -> bool:
    """Whether a trace is an outline of something: a line there and back measures nothing."""
    seen = [sheet.view_point(point) for point in trace.path]
    path = tuple((place.x(), place.y()) for place in seen)
    around = sum(math.dist(one, other) for one, other in pairwise((*path, path[0])))
    return measure.area(FreehandRoi(path), measure.Scale()) >= _THINNEST * around / 2


def _touches(mark: Mark, sheet: Sheet, place: QPointF) -> bool:
    return outline(mark.shape, sheet, reach=LINE_REACH).contains(place)


def _far(way: QPointF) -> float:
    return math.hypot(way.x(), way.y())
