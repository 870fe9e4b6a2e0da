"""Cuts through volumes: which viewport shows one, how thick, and when it is whole. GUI thread."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from lacuna.study.model import Series
from lacuna.study.volume import SLABS, THIN, Axis, Grid, cut_of, grid_of
from lacuna.ui.viewer.board import Spot
from lacuna.ui.viewer.hanging import Hanging, Layout, Place
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.picture import Pixels
from lacuna.ui.viewer.stack import Reformat, Stack, cut_name, nearest
from lacuna.ui.viewer.viewports import Viewports

if TYPE_CHECKING:
    from lacuna.ui.viewer.lightbox import Lightbox

NO_VOLUME = "These slices make no regular volume."
TOO_LARGE = "This volume is larger than the memory set aside for images."
DARK = "{} slices could not be read: they are dark in the cut."
_PATIENCE = 40  # looks without a further slice, after which none is waited for: ten seconds
_VOXEL = 2  # bytes that a voxel takes in memory, mostly
_AGAIN_MS = 250  # between two looks at a cut whose slices are still being decoded


class Cuts(QObject):
    """Cuts through what the lightbox shows, in the active viewport or beside it."""

    def __init__(self, viewports: Viewports, lightbox: Lightbox) -> None:
        super().__init__(lightbox)
        self._viewports, self._lightbox = viewports, lightbox
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self._look_again)
        viewports.picture_changed.connect(self._on_picture)

    def stop(self) -> None:
        """Wait for no slice any more."""
        self._again.stop()

    def can_cut(self, view: ImageView) -> bool:
        """Whether what a viewport shows is a regular volume."""
        return self._grid(view) is not None

    def show_cut(self, axis: Axis) -> None:
        """Cut through the active viewport's volume along an axis, in that viewport."""
        view = self._viewports.active
        grid, stack = self._grid(view), self._viewports.stack_of(view)
        if grid is None or stack is None:
            self._say_no_volume(stack)
            return
        of = stack.of if isinstance(stack, Reformat) else stack
        slab = stack.slab if isinstance(stack, Reformat) else THIN
        self._lightbox.touch()
        self.show(view, Reformat(of, grid, axis, slab), self._lightbox.number_of(view))

    def show_cuts(self) -> None:
        """Show the active viewport's series beside its axial, coronal and sagittal cuts."""
        view = self._viewports.active
        grid, stack = self._grid(view), self._viewports.stack_of(view)
        if grid is None or stack is None:
            self._say_no_volume(stack)
            return
        of = stack.of if isinstance(stack, Reformat) else stack
        number, window = self._lightbox.number_of(view), view.state.window if view.state else None
        places = [Place(of.series, of.study, _same_place(view, of), None, window, of.prior)]
        for axis in Axis:
            index = _same_place(view, Reformat(of, grid, axis))
            places.append(Place(of.series, of.study, index, axis, window, of.prior))
        self._lightbox.touch()
        self._lightbox.arrange(Hanging(Layout.FOUR, tuple(places)), number)

    def next_slab(self) -> None:
        """Make the active viewport's cut thicker: thin, mean, MIP, MinIP, thin again."""
        view = self._viewports.active
        stack = self._viewports.stack_of(view)
        grid = self._grid(view)
        if stack is None or grid is None:
            self._say_no_volume(stack)
            return
        if isinstance(stack, Reformat):
            slab = SLABS[(SLABS.index(stack.slab) + 1) % len(SLABS)]
            cut, index = Reformat(stack.of, grid, stack.axis or Axis.AXIAL, slab), view.index
            self._viewports.renew_stack(view, cut, index)
            return
        own = next(axis for axis in Axis if cut_of(grid, axis).through == 0)
        cut = Reformat(stack, grid, own, SLABS[1])
        self.show(view, cut, self._lightbox.number_of(view), _same_place(view, cut))

    def show(self, view: ImageView, cut: Reformat, number: int, index: int | None = None) -> None:
        """Show a cut, the middle one if no other is named, until all its slices are there."""
        middle = cut.count // 2 if index is None else index
        if cut.window is None and view.state is not None and view.picture is not None:
            cut.window = view.state.window
        self._lightbox.show_stack(view, cut, number, middle)
        self._again.start()

    def show_spot(self, spot: Spot) -> bool:
        """Turn to a frame of a cut by its name, cut as it was; False if nothing has such a cut.

        It goes where the very cut is shown, else where one along its axis is, else to the active
        viewport.
        """
        cut = self.named(spot)
        if cut is None:
            return False
        view, shown = self._viewport_for(cut)
        self._viewports.activate(view)
        if isinstance(shown, Reformat) and _name(shown) == _name(cut):
            view.go_to(spot.frame)
        elif isinstance(shown, Reformat) and shown.series.series_instance_uid == spot.series_uid:
            self._viewports.renew_stack(view, cut, spot.frame)
        else:
            number = self._lightbox.entry_of(cut.origin)
            self._lightbox.touch()
            self.show(view, cut, number, spot.frame)
        return True

    def named(self, spot: Spot) -> Reformat | None:
        """Return the cut that a frame's name belongs to, through one of the open series."""
        for of, grid in self._volumes():
            for axis, slab in product(Axis, SLABS):
                if cut_name(of.series, grid, axis, slab) == spot.sop_uid:
                    return Reformat(of, grid, axis, slab)
        return None

    def _volumes(self) -> Iterator[tuple[Stack, Grid]]:
        """Yield what can be cut: first what is cut already, as far as it had been read then."""
        stacks = [*self._viewports.stacks(), *self._lightbox.entry_stacks()]
        cuts = [stack for stack in stacks if isinstance(stack, Reformat)]
        yield from ((cut.of, cut.grid) for cut in cuts)
        for stack in stacks:
            grid = None if isinstance(stack, Reformat) else self.volume(stack.series)
            if grid is not None:
                yield stack, grid

    def _viewport_for(self, cut: Reformat) -> tuple[ImageView, Stack | None]:
        pairs = [(view, self._viewports.stack_of(view)) for view in self._viewports.views()]
        cuts = [(view, stack) for view, stack in pairs if isinstance(stack, Reformat)]
        for alike in (_name, _series_uid):
            for view, stack in cuts:
                if alike(stack) == alike(cut):
                    return view, stack
        active = self._viewports.active
        return active, self._viewports.stack_of(active)

    def _on_picture(self, view: ImageView) -> None:
        """Wait for what a cut lacks, also where slices had to leave the memory meanwhile."""
        stack, picture = self._viewports.stack_of(view), view.picture
        if not isinstance(stack, Reformat) or picture is None or picture.pixels is Pixels.WHOLE:
            return
        lost = stack.lacking
        if stack.told and stack.look() > lost:
            stack.wait_again()
        if not stack.told and not self._again.isActive():
            self._again.start()

    def _grid(self, view: ImageView) -> Grid | None:
        stack = self._viewports.stack_of(view)
        if isinstance(stack, Reformat):
            return stack.grid
        return self.volume(stack.series) if stack is not None else None

    def volume(self, series: Series) -> Grid | None:
        """Return a series' grid; None where it is no volume, or has no room in memory."""
        grid = grid_of(series)
        if grid is None or _VOXEL * math.prod(grid.shape) > self._lightbox.frames.budget:
            return None
        return grid

    def _say_no_volume(self, stack: Stack | None) -> None:
        regular = stack is not None and grid_of(stack.series) is not None
        self._lightbox.hint.emit(TOO_LARGE if regular else NO_VOLUME)

    def _look_again(self) -> None:
        """Show cuts anew while their slices are being decoded."""
        waiting = False
        for view in self._viewports.views():
            stack = self._viewports.stack_of(view)
            if isinstance(stack, Reformat) and not stack.told:
                lacking = stack.look()
                stack.told = not lacking or stack.waited > _PATIENCE
                waiting = waiting or not stack.told
                self._viewports.renew_stack(view, stack, view.index)
                if lacking and stack.told:
                    self._lightbox.hint.emit(DARK.format(lacking))
        if not waiting:
            self._again.stop()


def _name(cut: Reformat) -> str:
    return cut.series.images[0].sop_instance_uid


def _series_uid(cut: Reformat) -> str:
    return cut.series.series_instance_uid


def _same_place(view: ImageView, stack: Stack) -> int:
    """Return the frame of a stack that lies where a viewport's does; the middle one if none does.

    A stack and the cuts through it may run in opposite ways, and count differently.
    """
    plane = view.picture.plane if view.picture is not None else None
    found = nearest(stack, plane) if plane is not None else None
    return stack.count // 2 if found is None else found
