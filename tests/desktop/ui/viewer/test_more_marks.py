"""Two diameters, Cobb angles, outlines and words; ultrasound regions and SUV."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lacuna.study import measure
from lacuna.study.geometry import Region
from lacuna.study.measure import (
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Probe,
)
from lacuna.ui.theme import Look
from lacuna.ui.viewer.board import Board, Mark, mark_of, spot_of
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.mark_words import label_lines, report_words
from lacuna.ui.viewer.note_field import NoteField
from lacuna.ui.viewer.picture import picture_of
from lacuna.ui.viewer.presets import presets
from lacuna.ui.viewer.scale_bar import bar_for, bar_text
from lacuna.ui.viewer.viewer_state import Act, Tool
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> ImageView:
    """Two view pixels to each image pixel; image pixel (0, 0) begins at view pixel (1, 2)."""
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(514, 515)
    activate(qtbot, view)
    view.show_picture(studies.picture())
    return view


def place(x: float, y: float) -> QPoint:
    return QPoint(round(1 + 2 * x), round(2 + 2 * y))


def drag(qtbot: QtBot, view: ImageView, *points: tuple[float, float]) -> None:
    first, *rest = (place(*point) for point in points)
    qtbot.mousePress(view, LEFT, pos=first)
    for point in rest:
        qtbot.mouseMove(view, point)
    qtbot.mouseRelease(view, LEFT, pos=rest[-1])


def click(qtbot: QtBot, view: ImageView, x: float, y: float) -> None:
    qtbot.mouseMove(view, place(x, y))
    qtbot.mouseClick(view, LEFT, pos=place(x, y))


def only(view: ImageView) -> Mark:
    (mark,) = view.board.marks
    return mark


FOUR = ((40, 60), (120, 60), (80, 40), (80, 80))


@pytest.mark.parametrize(("tool", "kind"), [(Tool.BIDIRECTIONAL, Bidirectional), (Tool.COBB, Cobb)])
@pytest.mark.parametrize("way", ["dragged", "clicked", "one of each"])
def test_two_lines_are_dragged_or_clicked(
    qtbot: QtBot, view: ImageView, tool: Tool, kind: type, way: str
) -> None:
    view.set_tool(tool)
    first, second = (drag, drag) if way == "dragged" else (click, click)
    second = drag if way == "one of each" else second
    for draw, pair in ((first, FOUR[:2]), (second, FOUR[2:])):
        assert not view.board.marks
        if draw is drag:
            drag(qtbot, view, *pair)
        else:
            for point in pair:
                click(qtbot, view, *point)
    shape = only(view).shape
    assert isinstance(shape, kind)
    flat = [part for point in measure.points(shape) for part in point]
    assert flat == pytest.approx([part for point in FOUR for part in point], abs=0.6)


def test_two_diameters_are_told_longer_first(view: ImageView) -> None:
    assert view.picture is not None
    mark = mark_of(Bidirectional(*FOUR), view.picture)
    assert label_lines(mark) == ["11 \u00d7 5.6 mm"] or label_lines(mark) == ["11 \u00d7 6 mm"]
    said = report_words(mark, None, "se 3, im 45").replace("\u00a0", " ")
    assert said.endswith("mm (se 3, im 45)")


def test_a_cobb_angle_is_that_of_its_lines(view: ImageView) -> None:
    assert view.picture is not None
    mark = mark_of(Cobb((0, 0), (100, 0), (0, 100), (100, 200)), view.picture)
    assert label_lines(mark) == ["45\u00b0 Cobb"]


def test_an_outline_is_drawn_by_hand_and_reads_what_lies_inside(
    qtbot: QtBot, view: ImageView
) -> None:
    series = studies.series()
    values = np.zeros((256, 256), np.uint16)
    values[60:120, 40:100] = 500
    view.show_picture(picture_of(values, series.images[0], series, 0))
    view.set_tool(Tool.FREEHAND)
    drag(qtbot, view, (50, 70), (90, 70), (90, 110), (50, 110), (50, 75))
    mark = only(view)
    assert isinstance(mark.shape, FreehandRoi)
    assert mark.statistics is not None
    assert (mark.statistics.mean, mark.statistics.sd) == (500, 0)
    assert mark.statistics.count == pytest.approx(1600, rel=0.05)
    view.set_tool(Tool.SELECT)
    drag(qtbot, view, (70, 70), (80, 75))  # taken by its line, moved as a whole
    moved = only(view).shape
    assert isinstance(moved, FreehandRoi)
    assert moved.path[0] == pytest.approx((60, 75), abs=1)
    qtbot.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not view.board.marks


@pytest.mark.parametrize("back", [(50, 70), (51, 70), (70, 70)])
def test_a_line_there_and_back_is_no_outline(
    qtbot: QtBot, view: ImageView, back: tuple[float, float]
) -> None:
    view.set_tool(Tool.FREEHAND)
    drag(qtbot, view, (50, 70), (70, 70), (90, 70), (70, 70), back)
    assert not view.board.marks
    drag(qtbot, view, (50, 70), (70, 70), (90, 70), (70, 74), (50, 70))  # thin, and an outline
    assert isinstance(only(view).shape, FreehandRoi)


def test_a_small_area_is_told_to_a_tenth() -> None:
    picture = studies.picture()
    mark = mark_of(FreehandRoi(((10, 10), (14, 10), (14, 14), (10, 14))), picture)
    assert label_lines(mark)[-1] == "0.3 mm\u00b2"


def test_words_are_typed_on_the_spot(qtbot: QtBot, view: ImageView) -> None:
    view.note_wanted.connect(view.update)
    view.set_tool(Tool.NOTE)
    click(qtbot, view, 60, 60)
    field = NoteField(view)
    QTest.keyClicks(field, "look here")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert isinstance(only(view).shape, Note)
    assert label_lines(only(view)) == ["look here"]
    assert report_words(only(view), None, "se 1, im 1") == ""
    click(qtbot, view, 90, 90)
    given_up = NoteField(view)
    QTest.keyClicks(given_up, "no")
    qtbot.keyClick(given_up, Qt.Key.Key_Escape)
    assert len(view.board.marks) == 1


def test_words_stay_with_the_image_that_they_were_begun_on(qtbot: QtBot, view: ImageView) -> None:
    stack = studies.series(count=2)
    view.show_picture(studies.picture(stack, 0))
    board = view.board
    view.set_tool(Tool.NOTE)
    click(qtbot, view, 60, 60)
    field = NoteField(view)
    QTest.keyClicks(field, "here")
    view.use_board(Board())  # another study is dropped meanwhile
    view.show_picture(studies.picture(stack, 1))
    assert field.isHidden()
    assert not view.board.marks
    (mark,) = board.marks
    assert mark.spot == spot_of(studies.picture(stack, 0))
    assert view.selected_mark is None


def test_a_length_in_an_ultrasound_region_has_the_region_s_scale() -> None:
    picture = studies.picture()
    image = replace(
        picture.image, pixel_spacing=None, regions=(Region(0, 0, 127, 255, (0.5, 0.25)),)
    )
    picture = replace(picture, image=image)
    inside = mark_of(Length((10, 10), (50, 10)), picture)
    assert (inside.scale.unit, measure.length(inside.shape, inside.scale)) == ("mm", 10)  # type: ignore[arg-type]
    across = mark_of(Length((10, 10), (200, 10)), picture)
    assert label_lines(across) == ["No length: it leaves its region"]


def test_pet_values_are_told_as_suv_where_the_tags_allow_it() -> None:
    series = studies.series(modality="PT")
    image = replace(series.images[0], suv_factor=0.001, value_unit="")
    picture = picture_of(np.full((256, 256), 5000, np.int16), image, series, 0)
    probe = mark_of(Probe((5, 5)), picture)
    assert label_lines(probe) == ["5 SUVbw"]
    region = mark_of(EllipseRoi((10, 10), (60, 60)), picture)
    assert region.statistics is not None
    assert region.statistics.mean == pytest.approx(5.0)
    window = presets(picture)[2]
    assert (window.center - window.width / 2, window.center + window.width / 2) == (0, 5000)


def test_presets_belong_to_the_modality() -> None:
    def digits(modality: str) -> set[int]:
        return set(presets(studies.picture(studies.series(modality=modality))))

    assert digits("CT") == {0, 1, 2, 3, 4, 5, 6}
    assert digits("DX") == {0, 1}
    assert digits("MR") == {0, 1, 2, 3}
    assert digits("PT") == {0, 1}


def test_the_scale_bar_is_as_long_as_it_says(view: ImageView) -> None:
    sheet = view.sheet()
    assert sheet is not None
    bar = bar_for(measure.scale_of(sheet.picture.image), sheet, 512)
    assert bar is not None
    assert bar_text(bar) == "1 cm"
    assert bar.pixels == pytest.approx(10 / 0.14 * 2, rel=0.01)
    view.act(Act.ROTATE_RIGHT)
    turned = view.sheet()
    assert turned is not None
    again = bar_for(measure.Scale(0.14, 0.28, "mm"), turned, 512)
    assert again is not None
    assert again.pixels == pytest.approx(again.millimetres / 0.28 * 2, rel=0.01)
    assert bar_for(measure.Scale(), sheet, 512) is None
