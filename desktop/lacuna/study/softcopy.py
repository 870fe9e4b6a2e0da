"""What is laid over an image: overlays, shutters, presentation states. Frozen, no pixels.

Graphic points are image points (x, y) in pixels from the picture's upper left corner, or, where
``relative`` says so, shares of the displayed area, 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lacuna.study.model import Source

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay plane, PS3.3 C.9.2: ``read_overlays`` gives its bits.

    ``row`` and ``column`` are where its first bit lies, from 1 as in the file; it may begin outside
    the image. ``kind`` is G for graphics, R for a region of interest.
    """

    group: int  # 0x6000, 0x6002, ...
    rows: int
    columns: int
    row: int = 1
    column: int = 1
    kind: str = "G"
    label: str = ""
    frames: int = 1
    first_frame: int = 0  # of the image, from 0, to which its first frame belongs
    embedded: bool = False  # in unused bits of the pixels (retired in 2004, still met)


@dataclass(frozen=True, slots=True, eq=False)
class OverlayBits:
    """An overlay on one frame: ``bits`` is bool, (rows, columns) of the image itself."""

    overlay: Overlay
    bits: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shutter:
    """What of an image is meant to be seen, PS3.3 C.7.6.11; several shapes all apply.

    Rows and columns count from 1, edges and the circle's rim are seen. ``grey`` is what covers the
    rest: 0 black, 1 white. ``bitmap`` is an overlay's group: where its bits are set, it covers.
    """

    rectangle: tuple[int, int, int, int] | None = None  # left, top, right, bottom
    circle: tuple[int, int, int] | None = None  # row, column, radius in columns
    polygon: tuple[tuple[int, int], ...] = ()  # row, column
    bitmap: int | None = None
    grey: float = 0.0


class GraphicKind(StrEnum):
    """Graphic Type, PS3.3 C.10.5.1.2."""

    POINT = "POINT"
    POLYLINE = "POLYLINE"
    INTERPOLATED = "INTERPOLATED"
    CIRCLE = "CIRCLE"  # centre, a point on the rim
    ELLIPSE = "ELLIPSE"  # ends of the major axis, ends of the minor axis


@dataclass(frozen=True, slots=True)
class Graphic:
    """One graphic object."""

    kind: GraphicKind
    points: Points
    filled: bool = False
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """One text object: in a box, at an anchor, or both. ``anchored`` draws a line to the anchor."""

    text: str
    box: Points = ()  # two corners
    anchor: tuple[float, float] | None = None
    anchored: bool = False
    box_relative: bool = False
    anchor_relative: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """A graphic layer, and what of it belongs to ``images``; () is every image of the state."""

    name: str
    order: int
    images: tuple[Reference, ...]
    graphics: tuple[Graphic, ...] = ()
    captions: tuple[Caption, ...] = ()
    grey: float | None = None  # recommended display value, 0 to 1


@dataclass(frozen=True, slots=True)
class Reference:
    """A composite instance that another refers to. ``frames`` count from 0; () is all."""

    sop_class_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...] = ()
    series_uid: str = ""
    study_uid: str = ""

    def covers(self, sop_instance_uid: str, frame: int) -> bool:
        """Return whether a frame of an instance is meant."""
        return sop_instance_uid == self.sop_instance_uid and (
            not self.frames or frame in self.frames
        )


@dataclass(frozen=True, slots=True)
class DisplayedArea:
    """Which part of an image is shown, PS3.3 C.10.4. Corners are (column, row) from 1.

    ``mode`` is SCALE TO FIT, TRUE SIZE or MAGNIFY. ``spacing`` is (row, column), mm.
    """

    images: tuple[Reference, ...]
    top_left: tuple[int, int]
    bottom_right: tuple[int, int]
    mode: str = "SCALE TO FIT"
    magnification: float | None = None
    spacing: tuple[float, float] | None = None
    aspect: float = 1.0  # a pixel's height / its width


@dataclass(frozen=True, slots=True)
class Table:
    """A modality or VOI LUT's bytes-for-bytes content (PS3.3 C.11.1.1, C.11.2.1.1).

    ``data`` are its entries, ``first`` the value that the first one stands for, ``bits`` how many
    bits of an entry are in use.
    """

    first: int
    bits: int
    data: tuple[int, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class SoftcopyWindow:
    """A VOI window or LUT of a presentation state for ``images``; () is every image of it."""

    images: tuple[Reference, ...]
    window: Any  # a model.Window, or a Table


@dataclass(frozen=True, slots=True)
class PresentationState:
    """A grayscale softcopy presentation state, PS3.3 A.33.1: how somebody looked at images.

    Rotation is clockwise and comes first, then ``flip`` turns left and right over (C.10.6).
    ``inverse`` None leaves each image as its own header says.
    """

    sop_instance_uid: str
    label: str
    description: str
    creator: str
    date: str  # as shown
    images: tuple[Reference, ...]
    windows: tuple[SoftcopyWindow, ...] = ()
    rescale: tuple[float, float] | None = None  # slope, intercept; takes the images' own place
    modality_table: Table | None = None
    inverse: bool | None = None
    shutter: Shutter | None = None
    rotation: int = 0  # 0, 90, 180, 270
    flip: bool = False
    areas: tuple[DisplayedArea, ...] = ()
    layers: tuple[Layer, ...] = ()
    source: Source | None = None  # read once, when it was opened
    written: tuple[int, int] | None = None  # the file's size and time of change (ns) then

    def covers(self, sop_instance_uid: str, frame: int = 0) -> bool:
        """Return whether the state says anything of a frame."""
        return any(one.covers(sop_instance_uid, frame) for one in self.images)

    def window_of(self, sop_instance_uid: str, frame: int = 0) -> Any:
        """Return a frame's ``model.Window`` or ``Table``; None where the state has none for it."""
        found = (one.window for one in self.windows if _meant(one.images, sop_instance_uid, frame))
        return next(found, None)

    def area_of(self, sop_instance_uid: str, frame: int = 0) -> DisplayedArea | None:
        """Return which part of a frame is shown; None where the state does not say."""
        found = (one for one in self.areas if _meant(one.images, sop_instance_uid, frame))
        return next(found, None)

    def layers_of(self, sop_instance_uid: str, frame: int = 0) -> tuple[Layer, ...]:
        """Return what is drawn over a frame, the lowest layer first."""
        found = (one for one in self.layers if _meant(one.images, sop_instance_uid, frame))
        return tuple(sorted(found, key=lambda layer: layer.order))


def _meant(images: tuple[Reference, ...], sop_instance_uid: str, frame: int) -> bool:
    """Whether a part of a state belongs to a frame: to those it names, or to all of them."""
    return not images or any(one.covers(sop_instance_uid, frame) for one in images)
