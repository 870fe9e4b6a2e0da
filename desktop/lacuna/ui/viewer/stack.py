"""What a viewport scrolls through: a series, or cuts through its volume. Free of Qt.

A stack knows where its pixels come from; a viewport only its number and order.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lacuna.study.geometry import Plane, Vector, dot
from lacuna.study.model import Image, Series, Study, Window
from lacuna.study.pixels import read_pixels
from lacuna.study.sides import letters
from lacuna.study.softcopy import PresentationState
from lacuna.study.sources import check_written
from lacuna.study.square import aspect_of
from lacuna.study.volume import (
    THIN,
    Axis,
    Grid,
    Slab,
    image_at,
    planes_of,
    size_of,
    thickness_of,
)
from lacuna.ui.viewer.board import name_of
from lacuna.ui.viewer.picture import Picture, Pixels, frame_count, picture_of
from lacuna.ui.viewer.veils import veil_of

Wanted = tuple[Image, int]  # an image, and a frame of it


_SAME_WAY = 0.95  # the least cosine between normals that are scrolled together: some 18 degrees


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How parallel frames follow each other: the depth of each along ``normal``, mm."""

    normal: Vector
    depths: NDArray[np.float64]


class Frames(Protocol):
    """Where decoded frames come from. Callable from any thread."""

    @property
    def budget(self) -> int:
        """How many bytes of values are kept at a time."""

    def peek(self, image: Image, frame: int = 0) -> NDArray[Any] | None:
        """Return a frame's values if they are at hand; never blocks."""

    def values(
        self, image: Image, frame: int = 0, given_up: threading.Event | None = None
    ) -> NDArray[Any]:
        """Return a frame's values, decoding them if need be.

        Raises:
            UserFacingError: it cannot be read.
            Cancelled: ``given_up`` was set first.
        """

    def kept(self, key: Hashable) -> Any:
        """Return what was left under a key, if it is still there; else None."""

    def keep(self, key: Hashable, thing: object, size: int) -> None:
        """Keep something of ``size`` bytes beside the frames, within the same budget."""


class Direct:
    """Reads every frame from its file, each time anew."""

    budget = 0

    def peek(self, image: Image, frame: int = 0) -> NDArray[Any] | None:
        """Return None: nothing is kept."""
        return None

    def values(
        self, image: Image, frame: int = 0, given_up: threading.Event | None = None
    ) -> NDArray[Any]:
        """Decode the frame, however long it takes."""
        return read_pixels(image, frame)

    def kept(self, key: Hashable) -> Any:
        """Return None: nothing is kept."""
        return None

    def keep(self, key: Hashable, thing: object, size: int) -> None:
        """Keep nothing."""


class Stack:
    """A series of a study, as it is scrolled through."""

    axis: Axis | None = None

    def __init__(
        self,
        series: Series,
        study: Study,
        frames: Frames,
        *,
        prior: bool = False,
        window: Window | None = None,
    ) -> None:
        self.series, self.study, self.frames = series, study, frames
        self.prior, self.window = prior, window

    @cached_property
    def count(self) -> int:
        """How many frames it has."""
        return frame_count(self.series)

    @property
    def origin(self) -> Series:
        """The series of the study that its pixels come from."""
        return self.series

    @cached_property
    def planes(self) -> tuple[Plane | None, ...]:
        """Where each frame lies in the patient."""
        return tuple(
            image.plane(frame) for image in self.series.images for frame in range(image.frames)
        )

    @cached_property
    def course(self) -> Course | None:
        """How its frames follow each other; None where they are not parallel, or say nothing."""
        planes = [plane for plane in self.planes if plane is not None]
        if not planes or len(planes) < len(self.planes):
            return None
        normal = planes[0].normal
        if any(dot(plane.normal, normal) < _SAME_WAY for plane in planes):
            return None
        return Course(normal, np.array([dot(plane.position, normal) for plane in planes]))

    @cached_property
    def frame_of_reference(self) -> str:
        """The frame of reference that its planes share; empty where there is none."""
        found = {image.frame_of_reference for image in self.series.images}
        return found.pop() if len(found) == 1 else ""

    @cached_property
    def sources(self) -> tuple[Wanted, ...]:
        """The image and frame behind each place."""
        return tuple(
            (image, frame) for image in self.series.images for frame in range(image.frames)
        )

    @property
    def needs(self) -> tuple[Wanted, ...]:
        """All frames that have to be decoded before it is whole."""
        return self.sources

    def source(self, index: int) -> Wanted:
        """Return the image and frame that stand behind a place."""
        return self.sources[index]

    def peek(self, index: int) -> Picture | None:
        """Return a frame if its values are at hand. GUI thread."""
        image, frame = self.source(index)
        values = self.frames.peek(image, frame)
        veil = self.frames.kept(_veil_key(image, frame)) if _has_veil(image) else None
        if values is None or (veil is None and _has_veil(image)):
            return None
        return replace(self._picture(values, image, frame, index), veil=veil)

    def read(self, index: int, given_up: threading.Event | None = None) -> Picture:
        """Decode a frame. Slow: call it off the GUI thread.

        Raises:
            UserFacingError: the file is gone, damaged or cannot be decoded.
            Cancelled: ``given_up`` was set first.
        """
        image, frame = self.source(index)
        values = self.frames.values(image, frame, given_up)
        veil = None
        if _has_veil(image):
            rows, columns = values.shape[:2]
            veil = veil_of(image, frame, rows, columns, aspect_of(image))
            self.frames.keep(_veil_key(image, frame), veil, veil.nbytes)
        return replace(self._picture(values, image, frame, index), veil=veil)

    def around(self, index: int, room: int) -> list[Wanted]:
        """Return the frames near a place, the next ones first, as many as ``room`` bytes hold."""
        first = self.sources[0][0]
        reach = min(max(room // (2 * max(first.rows * first.columns, 1)), 2), 2 * self.count) // 2
        order = [index + side * step for step in range(reach + 1) for side in (1, -1)]
        places = dict.fromkeys(one for one in order if 0 <= one < self.count)
        return [self.sources[one] for one in places]

    def _picture(self, values: NDArray[Any], image: Image, frame: int, index: int) -> Picture:
        count, date = self.count, self._date
        picture = picture_of(values, image, self.series, index, date, count=count, frame=frame)
        return replace(picture, prior=self.prior)

    @property
    def _date(self) -> str:
        return self.series.date or self.study.date


class Presented(Stack):
    """A series whose frames are read as a presentation state says: its values, its shutter.

    Frames of which the state says nothing are as in the file.
    """

    def __init__(self, of: Stack, state: PresentationState) -> None:
        super().__init__(of.series, of.study, of.frames, prior=of.prior, window=of.window)
        self.of, self.state = of, state

    def peek(self, index: int) -> Picture | None:
        """Return None where the state has a say: what is kept is as in the file."""
        return None if self._means(index) else super().peek(index)

    def read(self, index: int, given_up: threading.Event | None = None) -> Picture:
        """Decode a frame by the state. Slow: call it off the GUI thread.

        Raises:
            UserFacingError: the file is gone, damaged or cannot be decoded.
        """
        if not self._means(index):
            return super().read(index, given_up)
        image, frame = self.source(index)
        if self.state.source is not None:
            check_written(self.state.source, self.state.written)
        values = read_pixels(image, frame, self.state)
        picture = self._picture(values, image, frame, index)
        rows, columns = values.shape[:2]
        veil = veil_of(image, frame, rows, columns, aspect_of(image), self.state.shutter)
        other = self.state.rescale is not None or self.state.modality_table is not None
        through = (self.state.sop_instance_uid or "unnamed") if other else ""
        return replace(picture, veil=veil, through=through)

    def _means(self, index: int) -> bool:
        image, frame = self.source(index)
        return self.state.covers(image.sop_instance_uid, frame)


class Reformat(Stack):
    """Cuts through a volume along one of the patient's axes."""

    def __init__(self, of: Stack, grid: Grid, axis: Axis, slab: Slab = THIN) -> None:
        series = _reformatted(of.series, grid, axis, slab)
        super().__init__(series, of.study, of.frames, prior=of.prior, window=of.window)
        self.of, self.grid, self.axis, self.slab = of, grid, axis, slab
        self.told = False  # whether it has been shown with all its slices
        self.waited = 0  # looks in a row that found no further slice
        self.lacking = -1  # slices that were not at hand at the last look

    @property
    def origin(self) -> Series:
        """The series that is cut through."""
        return self.of.origin

    @property
    def needs(self) -> tuple[Wanted, ...]:
        """All slices: every cut needs them all."""
        return self.of.sources

    def peek(self, index: int) -> Picture | None:
        """Return a cut if all its slices are at hand."""
        picture, whole = self._cut(index)
        return picture if whole else None

    def read(self, index: int, given_up: threading.Event | None = None) -> Picture:
        """Return a cut of what is at hand; ``look`` says whether more is to come."""
        return self._cut(index)[0]

    def look(self) -> int:
        """Return how many slices are not at hand; ``waited`` counts looks that found no other."""
        lacking = sum(self._slice(number) is None for number in range(self.of.count))
        self.waited = self.waited + 1 if lacking == self.lacking else 0
        self.lacking = lacking
        return lacking

    def wait_again(self) -> None:
        """Wait for slices once more: some that had been there are not at hand any more."""
        self.told, self.waited = False, 0

    def words(self, index: int) -> str:
        """Return how a cut was made: ``MPR 0.7 mm``, ``MIP 9 mm``; as thick as it really is."""
        axis = self.axis or Axis.AXIAL
        made = "MPR" if self.slab == THIN else str(self.slab.projection)
        return f"{made} {thickness_of(self.grid, axis, index, self.slab):.3g} mm"

    def around(self, index: int, room: int) -> list[Wanted]:
        """Return all slices: every cut needs them all."""
        return list(self.of.sources)

    def _slice(self, number: int) -> NDArray[Any] | None:
        image, frame = self.of.source(number)
        return self.frames.peek(image, frame)

    def _cut(self, index: int) -> tuple[Picture, bool]:
        values, whole = image_at(self.grid, self._slice, self.axis or Axis.AXIAL, index, self.slab)
        image = self.series.images[0]
        count, date = self.count, self._date
        picture = picture_of(values, image, self.series, index, date, count=count, frame=index)
        missing = Pixels.MISSING if self.told else Pixels.LOADING
        return replace(
            picture,
            prior=self.prior,
            name=f"{self.series.description}   {self.words(index)}",
            pixels=Pixels.WHOLE if whole else missing,
        ), whole


def nearest(stack: Stack, plane: Plane, shift: float = 0.0) -> int | None:
    """Return the frame that lies nearest to a plane, ``shift`` mm along its normal.

    None where the stack does not run the plane's way: parallel frames only are scrolled together.
    """
    course = stack.course
    if course is None or abs(dot(course.normal, plane.normal)) < _SAME_WAY:
        return None
    at = zip(plane.position, plane.normal, strict=True)
    x, y, z = (part + shift * way for part, way in at)
    return int(np.abs(course.depths - dot((x, y, z), course.normal)).argmin())


def _has_veil(image: Image) -> bool:
    return bool(image.overlays) or image.shutter is not None


def _veil_key(image: Image, frame: int) -> Hashable:
    return "veil", image.source, image.sop_instance_uid, image.written, frame


def cut_name(series: Series, grid: Grid, axis: Axis, slab: Slab) -> str:
    """Return the name of the cuts through a series: no two that show other pixels share one.

    A frame's number is a place in one grid only: a series that has grown is another grid.
    """
    first = series.images[0]
    lies = sha256(repr(grid).encode()).hexdigest()[:16]
    return f"{name_of(first)}:{axis}:{slab.projection} {slab.millimetres:g} mm:{lies}"


def _reformatted(series: Series, grid: Grid, axis: Axis, slab: Slab) -> Series:
    """Return a series of one image whose frames are the cuts; no file stands behind it."""
    planes = planes_of(grid, axis)
    rows, columns = size_of(grid, axis)
    first = series.images[0]
    spacing = planes[0].spacing
    image = replace(
        first,
        sop_instance_uid=cut_name(series, grid, axis, slab),
        rows=rows,
        columns=columns,
        frames=len(planes),
        planes=planes,
        pixel_spacing=spacing,
        spacing=None,
        position=None,
        aspect=spacing[0] / spacing[1] if spacing else 1.0,
        sides=(letters(planes[0].along_row), letters(planes[0].along_column)),
        frame_windows=(),
        overlays=(),
        shutter=None,
        view="",
    )
    return replace(
        series,
        series_instance_uid=f"{series.series_instance_uid}:{axis}",
        description=axis.capitalize(),
        images=(image,),
    )
