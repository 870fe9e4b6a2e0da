"""A presentation state -> how a picture is looked at. Free of Qt.

Of a state are taken: its window, rotation, flip, polarity and graphics. Its own modality rescale,
VOI tables and displayed area are not; where one of them is there, ``left_out`` says so.
"""

from __future__ import annotations

from lacuna.study.model import Study, Window
from lacuna.study.softcopy import Layer, PresentationState
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.viewer_state import ViewState

LEFT_OUT = "Its own value tables are not applied."


def states_for(study: Study, picture: Picture) -> tuple[PresentationState, ...]:
    """Return the presentation states of a study that say anything of a frame."""
    uid, frame = picture.image.sop_instance_uid, picture.frame
    return tuple(state for state in study.presentations if state.covers(uid, frame))


def shown_through(state: PresentationState, picture: Picture, now: ViewState) -> ViewState:
    """Return how the state wants a picture to be seen, fitted into the view.

    DICOM turns first and flips then (PS3.3 C.10.6); a view flips first, so the turn runs back.
    """
    turns = state.rotation // 90
    inverted = picture.low_is_bright if state.inverse is None else state.inverse
    return ViewState(
        window=window_of(state, picture) or now.window,
        turns=(-turns if state.flip else turns) % 4,
        flipped=state.flip,
        invert=inverted != picture.low_is_bright,
    )


def window_of(state: PresentationState, picture: Picture) -> Window | None:
    """Return the window that a state has for a frame; None where it has none."""
    uid, frame = picture.image.sop_instance_uid, picture.frame
    for one in state.windows:
        meant = not one.images or any(image.covers(uid, frame) for image in one.images)
        if meant and isinstance(one.window, Window):
            return one.window
    return None


def layers_of(state: PresentationState, picture: Picture) -> tuple[Layer, ...]:
    """Return the graphics that a state draws on a frame, the lowest layer first."""
    uid, frame = picture.image.sop_instance_uid, picture.frame
    found = [
        layer
        for layer in state.layers
        if not layer.images or any(image.covers(uid, frame) for image in layer.images)
    ]
    return tuple(sorted(found, key=lambda layer: layer.order))


def left_out(state: PresentationState) -> str:
    """Return a sentence on what of a state is not applied; empty where all of it is."""
    tables = any(not isinstance(one.window, Window) for one in state.windows)
    return LEFT_OUT if tables or state.modality_table or state.rescale else ""
