"""A presentation state -> how a picture is looked at. Free of Qt.

Of a state are taken: its modality rescale or LUT and its shutter (by the stack, ``Presented``), its
window or VOI LUT, rotation, flip, polarity, displayed area and graphics. What of it cannot be kept
to, ``left_out`` says.
"""

from __future__ import annotations

from dataclasses import replace

from lacuna.study.model import Study, Window
from lacuna.study.softcopy import DisplayedArea, Layer, PresentationState, Table
from lacuna.study.voi import window_through
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.placing import column_width
from lacuna.ui.viewer.viewer_state import MAX_ZOOM, MIN_ZOOM, ViewState, fit_scale

TRUE_SIZE = "Its true size cannot be kept: its area is fitted."
OTHER_PIXELS = "Its pixel shape is not the image's own, and is not applied."
_ALIKE = 0.01  # two pixel shapes that differ by less are one

Corners = tuple[float, float, float, float]  # left, top, right, bottom, in pixels of the image


def states_for(study: Study, picture: Picture) -> tuple[PresentationState, ...]:
    """Return the presentation states of a study that say anything of a frame."""
    uid, frame = picture.image.sop_instance_uid, picture.frame
    return tuple(state for state in study.presentations if state.covers(uid, frame))


def changes_values(state: PresentationState) -> bool:
    """Whether a frame has to be read anew for a state: its values, or what covers them."""
    return bool(state.rescale or state.modality_table or state.shutter)


def shown_through(
    state: PresentationState,
    picture: Picture,
    now: ViewState,
    view: tuple[float, float] | None = None,
    pitch: float | None = None,
) -> ViewState:
    """Return how the state wants a picture to be seen.

    DICOM turns first and flips then (PS3.3 C.10.6); a view flips first, so the turn runs back.
    ``view`` is its width and height; without it, or without an area, the picture is fitted.
    ``pitch`` is the size of a view pixel in mm; without it, a true size is.
    """
    turns = state.rotation // 90
    inverted = picture.low_is_bright if state.inverse is None else state.inverse
    seen = ViewState(
        window=window_of(state, picture) or now.window,
        turns=(-turns if state.flip else turns) % 4,
        flipped=state.flip,
        invert=inverted != picture.low_is_bright,
    )
    area = area_of(state, picture)
    return seen if area is None or view is None else _framed(seen, area, picture, view, pitch)


def window_of(state: PresentationState, picture: Picture) -> Window | None:
    """Return the window or VOI LUT that a state has for a frame; None where it has none."""
    found = state.window_of(picture.image.sop_instance_uid, picture.frame)
    if isinstance(found, Table):
        return window_through(found)
    return found if isinstance(found, Window) else None


def layers_of(state: PresentationState, picture: Picture) -> tuple[Layer, ...]:
    """Return the graphics that a state draws on a frame, the lowest layer first."""
    return state.layers_of(picture.image.sop_instance_uid, picture.frame)


def area_of(state: PresentationState, picture: Picture) -> DisplayedArea | None:
    """Return the displayed area that a state has for a frame."""
    return state.area_of(picture.image.sop_instance_uid, picture.frame)


def corners_of(area: DisplayedArea) -> Corners:
    """Return an area's edges. After a turn, its first corner is not the image's upper left one."""
    columns, rows = zip(area.top_left, area.bottom_right, strict=True)
    return min(columns) - 1.0, min(rows) - 1.0, float(max(columns)), float(max(rows))


def true_width(state: PresentationState, picture: Picture) -> float | None:
    """Return how wide in mm a state wants a pixel to be shown; None where it asks for no size."""
    area = area_of(state, picture)
    return _true_width(area, picture) if area is not None else None


def left_out(state: PresentationState, picture: Picture, pitch: float | None = None) -> str:
    """Return a sentence on what of a state is not applied; empty where all of it is.

    ``pitch`` is the size of a view pixel in mm, None where nobody knows it.
    """
    area = area_of(state, picture)
    if area is None:
        return ""
    if area.mode == "TRUE SIZE":
        known = pitch is not None and _true_width(area, picture) is not None
        return "" if known else TRUE_SIZE
    return OTHER_PIXELS if abs(area.aspect / picture.aspect - 1) > _ALIKE else ""


def _true_width(area: DisplayedArea, picture: Picture) -> float | None:
    if area.mode != "TRUE SIZE":
        return None
    return area.spacing[1] if area.spacing is not None else column_width(picture)


def _framed(
    seen: ViewState,
    area: DisplayedArea,
    picture: Picture,
    view: tuple[float, float],
    pitch: float | None,
) -> ViewState:
    """Zoom and move a fitted view so that it shows an area, in its middle."""
    rows, columns = picture.values.shape[:2]
    left, top, right, bottom = corners_of(area)
    aspect = picture.aspect
    whole = fit_scale(columns, rows * aspect, *view, seen.turns)
    wanted = fit_scale(right - left, (bottom - top) * aspect, *view, seen.turns)
    if area.mode == "MAGNIFY" and area.magnification:
        wanted = area.magnification
    millimetres = _true_width(area, picture)
    if pitch is not None and millimetres is not None:
        zoom = millimetres / pitch / whole  # as large as it is, whatever the reader's limits
    else:
        zoom = min(max(wanted / whole, MIN_ZOOM), MAX_ZOOM)
    x = ((left + right) / 2 - columns / 2) * whole * zoom
    y = ((top + bottom) / 2 - rows / 2) * whole * zoom * aspect
    x = -x if seen.flipped else x
    for _ in range(seen.turns):
        x, y = -y, x
    return replace(seen, zoom=zoom, pan=(-x, -y))
