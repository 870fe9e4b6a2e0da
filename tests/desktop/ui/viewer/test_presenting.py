"""Presentation states: window, turns, polarity and graphics as DICOM means them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from lacuna.study.load import load_study
from lacuna.study.measure import EllipseRoi, Length
from lacuna.study.model import Window
from lacuna.study.softcopy import (
    DisplayedArea,
    Graphic,
    GraphicKind,
    Layer,
    PresentationState,
    Reference,
    Shutter,
    SoftcopyWindow,
    Table,
)
from lacuna.study.tables import look_up
from lacuna.study.voi import render
from lacuna.ui.theme import Look
from lacuna.ui.viewer.board import Board, mark_of
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.mark_words import label_lines
from lacuna.ui.viewer.picture import picture_of
from lacuna.ui.viewer.presenting import changes_values, left_out, shown_through, states_for
from lacuna.ui.viewer.stack import Direct, Presented, Stack
from lacuna.ui.viewer.viewer_state import ViewState, drag_window
from tests.desktop.study.builder import dataset, ramp, save
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


def test_a_table_of_values_is_looked_through_as_a_window() -> None:
    picture = studies.picture()
    table = Table(100, 12, tuple(range(0, 4096, 8)))
    mine = state(windows=(SoftcopyWindow((), table),))
    seen = shown_through(mine, picture, ViewState(picture.window))
    values = np.array([[0, 100, 356, 5000]], np.int16)
    expected = look_up(values, table) / 4095 * 255
    assert np.abs(render(values, seen.window) - expected).max() <= 0.5
    dragged = drag_window(seen, 10, 0, 1000.0).window
    assert (dragged.table, dragged.function) == (None, "LINEAR")
    assert left_out(mine, picture) == ""


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", [False, True])
def test_the_displayed_area_fills_the_view(
    qtbot: QtBot, look: Look, rotation: int, flip: bool
) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(402, 303)
    view.show_picture(studies.picture())
    area = DisplayedArea((), (33, 17), (96, 48))
    view.present(state(rotation=rotation, flip=flip, areas=(area,)))
    sheet = view.sheet()
    assert sheet is not None
    ends = sheet.view_point((32, 16)), sheet.view_point((96, 48))
    seen = QRectF(*ends).normalized()
    box = QRectF(view.rect()).adjusted(1, 2, -1, -1)
    assert seen.center().x() == pytest.approx(box.center().x())
    assert seen.center().y() == pytest.approx(box.center().y())
    over = seen.width() / box.width(), seen.height() / box.height()
    assert max(over) == pytest.approx(1)


def test_a_magnification_counts_pixels_of_the_screen(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(600, 600)
    view.show_picture(studies.picture())
    view.present(state(areas=(DisplayedArea((), (1, 1), (10, 10), "MAGNIFY", 3.0),)))
    sheet = view.sheet()
    assert sheet is not None
    assert sheet.view_point((1, 0)).x() - sheet.view_point((0, 0)).x() == pytest.approx(3)


def test_what_cannot_be_applied_is_said() -> None:
    picture = studies.picture()
    assert left_out(state(), picture) == ""
    area = DisplayedArea((), (1, 1), (10, 10))
    assert left_out(state(areas=(area,)), picture) == ""
    assert "true size" in left_out(state(areas=(replace(area, mode="TRUE SIZE"),)), picture)
    assert "pixel shape" in left_out(state(areas=(replace(area, aspect=2.0),)), picture)


def test_a_states_rescale_and_shutter_are_read_from_the_file(tmp_path: Path) -> None:
    ds = dataset(ramp(), RescaleSlope=1, RescaleIntercept=-1024, SOPInstanceUID="1.2.3.4")
    study = load_study([save(tmp_path / "i.dcm", ds)])
    plain = Stack(study.series[0], study, Direct())
    mine = replace(
        state(rescale=(2.0, -5.0), shutter=Shutter(rectangle=(3, 2, 20, 12), grey=0.5)),
        images=(Reference("1.2", "1.2.3.4"),),
    )
    assert changes_values(mine)
    seen = Presented(plain, mine).read(0)
    assert np.array_equal(seen.values, ramp().astype(int) * 2 - 5)
    shown = seen.veiled(np.full(seen.values.shape, 7, np.uint8))
    assert (shown[0, 0], shown[5, 5]) == (128, 7)
    assert seen.through
    assert not Presented(plain, replace(mine, rescale=None)).read(0).through
    other = Presented(plain, state(rescale=(2.0, -5.0))).read(0)  # it means another image
    assert other.values[0, 0] == -1024
    assert other.veil is None


def test_statistics_are_of_the_values_that_are_shown() -> None:
    plain = studies.picture(studies.series(modality="CT"))
    plain = replace(plain, image=replace(plain.image, value_unit="HU"))
    through = replace(plain, values=plain.values.astype(int) * 2, through="1.2.3")
    board, roi = Board(), EllipseRoi((20, 20), (60, 60))
    mark = mark_of(roi, plain)
    board.put(mark)
    board.put(mark_of(Length((0, 0), (9, 9)), plain))
    board.settle(through)
    read = board.get(mark.id)
    assert read is not None
    assert read.statistics is not None
    assert mark.statistics is not None
    assert read.statistics.mean == pytest.approx(2 * mark.statistics.mean)
    assert "HU" not in label_lines(read)[0]
    board.undo()
    board.settle(plain)
    assert board.marks == (mark,)
    board.redo()
    assert board.get(mark.id) == mark
