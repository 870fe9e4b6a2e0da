"""Viewports that move together: scrolling by position, and lines where planes cross."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lacuna.study.geometry import dot
from lacuna.study.measure import Point
from lacuna.ui.viewer.crossing import crossing
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.stack import Stack, nearest

Lines = dict[ImageView, tuple[tuple[Point, Point], ...]]


@dataclass(slots=True)
class Links:
    """Which viewports scroll together. GUI thread only.

    Stacks of one frame of reference share positions. Of two that do not, such as a study and its
    prior, the distance between them is kept that they had when they were first seen together, or
    linked anew.
    """

    on: bool = True
    _shifts: dict[tuple[ImageView, ImageView], float] = field(default_factory=dict)
    _following: set[ImageView] = field(default_factory=set)

    def forget(self, view: ImageView) -> None:
        """A viewport has turned to another stack: what was known of it no longer holds."""
        self._shifts = {pair: far for pair, far in self._shifts.items() if view not in pair}
        self._following.discard(view)

    def toggle(self, views: Sequence[ImageView], stacks: Mapping[ImageView, Stack]) -> None:
        """Scroll together from here on, or each for itself.

        So a prior that lies otherwise is brought into line: unlinked, scrolled, linked again.
        """
        self.on = not self.on
        if self.on:
            self._shifts.clear()
            for view in views:
                self.meet(view, views, stacks)

    def follows(self, view: ImageView) -> bool:
        """Whether a viewport has been turned by another."""
        return view in self._following

    def meet(
        self, view: ImageView, views: Sequence[ImageView], stacks: Mapping[ImageView, Stack]
    ) -> None:
        """A viewport shows a frame: note how far it is from what the others show already."""
        stack = stacks.get(view)
        for other in views:
            own = stacks.get(other)
            if stack is not None and own is not None and other is not view:
                self._shift(view, stack, other, own)

    def others(
        self, view: ImageView, views: Sequence[ImageView], stacks: Mapping[ImageView, Stack]
    ) -> Iterator[tuple[ImageView, int]]:
        """Return which viewports are to turn to which frame, now that one has moved."""
        stack, picture = stacks.get(view), view.picture
        plane = picture.plane if picture is not None else None
        if not self.on or stack is None or plane is None:
            return
        for other in views:
            own = stacks.get(other)
            if other is view or own is None or own.count < 2:
                continue
            shift = self._shift(view, stack, other, own)
            index = nearest(own, plane, shift) if shift is not None else None
            if index is not None:
                self._following |= {view, other}
                yield other, index

    def _shift(self, view: ImageView, stack: Stack, other: ImageView, own: Stack) -> float | None:
        """Return how far apart two stacks are kept, mm; None while that is not known."""
        if stack.frame_of_reference and stack.frame_of_reference == own.frame_of_reference:
            return 0.0
        if (view, other) in self._shifts:
            return self._shifts[view, other]
        first = view.picture.plane if view.picture is not None else None
        second = other.picture.plane if other.picture is not None else None
        if first is None or second is None:
            return None
        shift = dot(second.position, first.normal) - dot(first.position, first.normal)
        back = -shift if dot(first.normal, second.normal) > 0 else shift
        self._shifts[view, other], self._shifts[other, view] = shift, back
        return shift


def reference_lines(active: ImageView, views: Sequence[ImageView]) -> Lines:
    """Return where the active viewport's plane crosses what the others show."""
    picture = active.picture
    plane = picture.plane if picture is not None else None
    if picture is None or plane is None or not picture.image.frame_of_reference:
        return {}
    found: Lines = {}
    for view in views:
        other = view.picture
        own = other.plane if other is not None else None
        if view is active or other is None or own is None:
            continue
        if other.image.frame_of_reference != picture.image.frame_of_reference:
            continue
        line = crossing(plane, picture.values.shape[:2], own, other.values.shape[:2])
        if line is not None:
            found[view] = (line,)
    return found
