"""Presentation states: window, turns, polarity and graphics as DICOM means them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from lacuna.study.model import Window
from lacuna.study.softcopy import (
    Graphic,
    GraphicKind,
    Layer,
    PresentationState,
    Reference,
    SoftcopyWindow,
    Table,
)
from lacuna.ui.theme import Look
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.picture import picture_of
from lacuna.ui.viewer.presenting import left_out, shown_through, states_for
from lacuna.ui.viewer.viewer_state import ViewState
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

WINDOW = Window(500, 100)
MINE = Reference("1.2", "1.2.3.1")


def state(**more: object) -> PresentationState:
    base = PresentationState("1.9", "LABEL", "", "", "", (MINE,))
    return replace(base, **more)  # type: ignore[arg-type]


def test_only_states_that_mean_the_frame_are_offered() -> None:
    mine, other = state(), replace(state(), images=(Reference("1.2", "9.9"),))
    study = replace(studies.study(), presentations=(mine, other))
    assert states_for(study, studies.picture()) == (mine,)


def test_window_polarity_and_turns_are_taken_over() -> None:
    picture = studies.picture()
    seen = shown_through(
        state(windows=(SoftcopyWindow((), WINDOW),), inverse=True, rotation=90),
        picture,
        ViewState(picture.window),
    )
    assert seen == ViewState(WINDOW, turns=1, invert=True)
    dark = replace(picture, image=replace(picture.image, photometric="MONOCHROME1"))
    assert not shown_through(state(inverse=True), dark, seen).invert


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turn_comes_before_a_flip(qtbot: QtBot, look: Look, rotation: int) -> None:
    """The pixels on screen are those of numpy's own turn and flip, in DICOM's order."""
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(130, 131)
    activate(qtbot, view)
    series = studies.series()
    values = np.zeros((128, 128), np.uint16)
    values[:64, :64], values[:64, 64:], values[64:, :64], values[64:, 64:] = 0, 1300, 2600, 4095
    view.show_picture(picture_of(values, series.images[0], series, 0))
    view.present(
        state(rotation=rotation, flip=True, windows=(SoftcopyWindow((), Window(2048, 4096)),))
    )
    wanted = np.fliplr(np.rot90(values, -rotation // 90))
    shown = view.grab().toImage()
    for x, y in ((32, 40), (96, 40), (32, 90), (96, 90)):
        grey = shown.pixelColor(x + 1, y + 2).red()
        assert grey == pytest.approx(wanted[y, x] / 4095 * 255, abs=4)


def test_graphics_lie_over_the_image_until_it_is_left(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(514, 515)
    activate(qtbot, view)
    view.show_picture(studies.picture())
    before = view.grab().toImage()
    line = Graphic(GraphicKind.POLYLINE, ((20, 60), (200, 60)))
    circle = Graphic(GraphicKind.CIRCLE, ((128, 128), (148, 128)))
    ellipse = Graphic(GraphicKind.ELLIPSE, ((60, 200), (120, 200), (90, 190), (90, 210)))
    view.present(state(layers=(Layer("one", 1, (), (line, circle, ellipse)),)))
    after = view.grab().toImage()
    for x, y in ((100, 122), (1 + 2 * 148, 2 + 2 * 128), (1 + 2 * 60, 2 + 2 * 200)):
        assert after.pixelColor(x, y) != before.pixelColor(x, y)
    view.present(None)
    assert view.grab().toImage() == before


def test_what_cannot_be_applied_is_said() -> None:
    assert left_out(state()) == ""
    table = Table(0, 8, (0, 1, 2))
    assert "not applied" in left_out(state(windows=(SoftcopyWindow((), table),)))
