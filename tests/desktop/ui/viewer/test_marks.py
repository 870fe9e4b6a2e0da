"""Drawing on the image with mouse and keys: what is drawn, moved, deleted, undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QShortcut
from pytestqt.qtbot import QtBot

from lacuna.study import measure
from lacuna.study.measure import Angle, Arrow, EllipseRoi, Length, Probe, Scale
from lacuna.ui.theme import Look
from lacuna.ui.viewer.board import Board, Mark
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.picture import picture_of
from lacuna.ui.viewer.sheet import lay
from lacuna.ui.viewer.viewer_state import Act, Tool
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> ImageView:
    """Two view pixels to each image pixel; image pixel (0, 0) begins at view pixel (1, 2)."""
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(514, 515)
    activate(qtbot, view)
    view.show_picture(studies.picture(studies.series(count=2)))
    return view


def place(x: float, y: float) -> QPoint:
    """Return where an image point is seen."""
    return QPoint(round(1 + 2 * x), round(2 + 2 * y))


def drag(qtbot: QtBot, view: ImageView, *points: tuple[float, float]) -> None:
    """Press at the first image point, drag over the others, let go at the last."""
    first, *rest = (place(*point) for point in points)
    qtbot.mousePress(view, LEFT, pos=first)
    for point in rest:
        qtbot.mouseMove(view, point)
    qtbot.mouseRelease(view, LEFT, pos=(rest or [first])[-1])


def click(qtbot: QtBot, view: ImageView, x: float, y: float) -> None:
    qtbot.mouseMove(view, place(x, y))
    drag(qtbot, view, (x, y))


def only(view: ImageView) -> Mark:
    (mark,) = view.board.marks
    return mark


def near(shape: measure.Shape, *points: tuple[float, float]) -> bool:
    flat = [part for point in measure.points(shape) for part in point]
    return flat == pytest.approx([part for point in points for part in point], abs=0.6)


def test_a_length_is_dragged(qtbot: QtBot, view: ImageView) -> None:
    qtbot.keyClick(view, Qt.Key.Key_D)
    drag(qtbot, view, (40, 60), (90, 100), (120, 60))
    shape = only(view).shape
    assert isinstance(shape, Length)
    assert near(shape, (40, 60), (120, 60))
    assert measure.length(shape, only(view).scale) == pytest.approx(80 * 0.14, abs=0.15)


def test_a_length_is_clicked(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.LENGTH)
    click(qtbot, view, 40, 60)
    assert not view.board.marks
    click(qtbot, view, 120, 60)
    assert near(only(view).shape, (40, 60), (120, 60))


def test_two_quick_clicks_set_two_points(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.LENGTH)
    click(qtbot, view, 40, 60)
    with qtbot.assertNotEmitted(view.maximise_wanted):
        qtbot.mouseDClick(view, LEFT, pos=place(120, 60))
        qtbot.mouseRelease(view, LEFT, pos=place(120, 60))
    assert near(only(view).shape, (40, 60), (120, 60))


def test_an_angle_is_one_drag_and_one_click(qtbot: QtBot, view: ImageView) -> None:
    qtbot.keyClick(view, Qt.Key.Key_A)
    drag(qtbot, view, (100, 50), (50, 50))
    assert not view.board.marks
    click(qtbot, view, 50, 100)
    mark = only(view)
    assert isinstance(mark.shape, Angle)
    assert near(mark.shape, (100, 50), (50, 50), (50, 100))
    assert measure.degrees(mark.shape, mark.scale) == pytest.approx(90, abs=1)


def test_an_angle_is_three_clicks(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.ANGLE)
    for x, y in ((100, 50), (50, 50), (50, 100)):
        assert not view.board.marks
        click(qtbot, view, x, y)
    assert near(only(view).shape, (100, 50), (50, 50), (50, 100))


def test_an_ellipse_reads_the_values_under_it(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series(modality="CT")
    image = replace(series.images[0], value_unit="HU")
    values = np.full((256, 256), -800, np.int16)
    values[100:140, 100:140] = 60
    view.show_picture(picture_of(values, image, series, 0))
    qtbot.keyClick(view, Qt.Key.Key_E)
    drag(qtbot, view, (105, 105), (135, 135))
    mark = only(view)
    assert isinstance(mark.shape, EllipseRoi)
    assert mark.statistics is not None
    assert (mark.statistics.mean, mark.statistics.sd, mark.value_unit) == (60, 0, "HU")


def test_a_probe_and_an_arrow(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.PROBE)
    click(qtbot, view, 20.5, 30.5)
    assert isinstance(only(view).shape, Probe)
    assert only(view).values == (160,)
    view.set_tool(Tool.ARROW)
    drag(qtbot, view, (60, 60), (90, 90))
    assert isinstance(view.board.marks[-1].shape, Arrow)


@pytest.mark.parametrize("acts", [(Act.ROTATE_RIGHT,), (Act.FLIP_HORIZONTAL, Act.ROTATE_LEFT)])
def test_a_mark_stays_on_its_finding_when_the_image_is_turned(
    qtbot: QtBot, view: ImageView, acts: tuple[Act, ...]
) -> None:
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    drawn = only(view)
    for act in acts:
        view.act(act)
    assert only(view) == drawn
    assert view.picture is not None
    assert view.state is not None
    sheet = lay(view.rect().adjusted(1, 2, -1, -1).toRectF(), view.picture, view.state)
    for point in ((40.0, 60.0), (0.0, 0.0), (255.0, 3.0)):
        back = sheet.image_point(sheet.view_point(point))
        assert back == pytest.approx(point, abs=1e-6)
    view.set_tool(Tool.SELECT)
    qtbot.mousePress(view, LEFT, pos=sheet.view_point((40, 60)).toPoint())
    qtbot.mouseMove(view, sheet.view_point((40, 100)).toPoint())
    qtbot.mouseRelease(view, LEFT, pos=sheet.view_point((40, 100)).toPoint())
    assert near(only(view).shape, (40, 100), (120, 60))


def test_a_zoomed_and_panned_image_is_measured_in_its_own_pixels(
    qtbot: QtBot, view: ImageView
) -> None:
    qtbot.mousePress(view, RIGHT, pos=QPoint(250, 250))
    qtbot.mouseMove(view, QPoint(250, 150))
    qtbot.mouseRelease(view, RIGHT, pos=QPoint(250, 150))
    assert view.state is not None
    zoom = view.state.zoom
    assert zoom > 1
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    shape = only(view).shape
    assert isinstance(shape, Length)
    assert measure.length(shape, Scale()) == pytest.approx(80 / zoom, abs=0.6)


def test_pixels_that_are_not_square_are_measured_by_their_sides(
    qtbot: QtBot, view: ImageView
) -> None:
    series = studies.series()
    image = replace(series.images[0], pixel_spacing=(0.5, 1.0))
    view.show_picture(picture_of(np.zeros((200, 100), np.uint16), image, series, 0))
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (100, 100), (150, 100))
    drag(qtbot, view, (100, 50), (100, 100))
    sizes = [
        measure.length(mark.shape, mark.scale)
        for mark in view.board.marks
        if isinstance(mark.shape, Length)
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.03)


def test_nothing_is_measured_beyond_the_image(qtbot: QtBot, view: ImageView) -> None:
    view.resize(900, 515)
    view.set_tool(Tool.LENGTH)
    qtbot.mousePress(view, LEFT, pos=QPoint(10, 200))
    qtbot.mouseMove(view, QPoint(890, 200))
    qtbot.mouseRelease(view, LEFT, pos=QPoint(890, 200))
    shape = only(view).shape
    assert isinstance(shape, Length)
    assert (shape.start[0], shape.end[0]) == (0, 256)


def test_a_handle_moves_one_end(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    first = only(view)
    drag(qtbot, view, (120, 60), (140, 90))
    assert near(only(view).shape, (40, 60), (140, 90))
    assert only(view).id == first.id
    qtbot.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert only(view) == first


def test_the_whole_mark_moves_and_keeps_its_size_at_the_edge(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    view.set_tool(Tool.SELECT)
    drag(qtbot, view, (80, 60), (90, 70))
    assert near(only(view).shape, (50, 70), (130, 70))
    drag(qtbot, view, (90, 70), (250, 70))
    assert near(only(view).shape, (176, 70), (256, 70))


def test_delete_takes_the_selected_mark_and_undo_brings_it_back(
    qtbot: QtBot, view: ImageView
) -> None:
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    drawn = only(view)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert not view.board.marks
    qtbot.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert only(view) == drawn
    qtbot.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert not view.board.marks
    qtbot.keyClick(view, Qt.Key.Key_Z, CTRL | SHIFT)
    assert only(view) == drawn


def test_delete_without_a_selection_takes_nothing(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    view.set_tool(Tool.SELECT)
    click(qtbot, view, 200, 200)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert len(view.board.marks) == 1
    click(qtbot, view, 80, 60)
    qtbot.keyClick(view, Qt.Key.Key_Backspace)
    assert not view.board.marks


def test_escape_gives_up_the_shape_under_way_and_nothing_else(
    qtbot: QtBot, view: ImageView
) -> None:
    stopped: list[bool] = []
    QShortcut(Qt.Key.Key_Escape, view).activated.connect(lambda: stopped.append(True))
    view.set_tool(Tool.LENGTH)
    click(qtbot, view, 40, 60)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not stopped
    click(qtbot, view, 200, 200)
    assert not view.board.marks
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert stopped == [True]


def test_a_slip_of_the_hand_draws_nothing(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.LENGTH)
    click(qtbot, view, 40, 60)
    click(qtbot, view, 40, 60)
    assert not view.board.marks


def test_each_frame_has_its_own_marks(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series(count=2)
    view.show_picture(studies.picture(series, 0))
    bare = view.grab().toImage()
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    assert view.grab().toImage() != bare
    view.show_picture(studies.picture(series, 1))
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert len(view.board.marks) == 1
    view.show_picture(studies.picture(series, 0))
    assert view.grab().toImage() != bare


def test_a_shape_under_way_does_not_follow_to_another_frame(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series(count=2)
    view.show_picture(studies.picture(series, 0))
    view.set_tool(Tool.LENGTH)
    click(qtbot, view, 40, 60)
    view.show_picture(studies.picture(series, 1))
    click(qtbot, view, 120, 60)
    assert not view.board.marks


def test_undo_on_another_frame_shows_that_frame(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series(count=2)
    view.show_picture(studies.picture(series, 0))
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    drawn = only(view)
    view.show_picture(studies.picture(series, 1))
    with qtbot.waitSignal(view.spot_wanted) as wanted:
        qtbot.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert wanted.args == [drawn.spot]


def test_the_window_tool_never_takes_a_mark(qtbot: QtBot, view: ImageView) -> None:
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    drawn = only(view)
    view.set_tool(Tool.WINDOW)
    drag(qtbot, view, (40, 60), (60, 90))
    assert only(view) == drawn
    assert view.state is not None
    assert view.picture is not None
    assert view.state.window != view.picture.window


def test_another_study_has_another_board(qtbot: QtBot, view: ImageView) -> None:
    first = view.board
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    view.use_board(Board())
    assert not view.board.marks
    view.use_board(first)
    assert len(view.board.marks) == 1


def test_a_caliper_is_amber_with_a_dark_outline(qtbot: QtBot, view: ImageView) -> None:
    series = studies.series()
    white = np.full((256, 256), 4000, np.uint16)
    view.show_picture(picture_of(white, series.images[0], series, 0))
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    image = view.grab().toImage()
    column = [QColor(image.pixel(place(80, 60).x(), y)) for y in range(110, 135)]
    assert any(colour.red() > colour.blue() + 60 for colour in column)
    assert sum(colour.lightness() < 30 for colour in column) >= 2


def test_a_label_stays_in_view_and_covers_no_mark(qtbot: QtBot, view: ImageView) -> None:
    """At the right edge there is no room on the usual side."""
    view.set_tool(Tool.LENGTH)
    bare = view.grab().toImage()
    drag(qtbot, view, (200, 20), (255, 20))
    drawn = view.grab().toImage()
    changed = [
        (x, y) for x in range(512) for y in range(100) if drawn.pixel(x, y) != bare.pixel(x, y)
    ]
    line = [(x, y) for x, y in changed if x > place(198, 0).x()]
    label = [(x, y) for x, y in changed if x < place(195, 0).x()]
    assert {x for x, _ in line} >= set(range(place(202, 0).x(), place(254, 0).x()))
    assert max(y for _, y in line) - min(y for _, y in line) < 20
    assert len({x for x, _ in label}) > 30


def test_an_image_without_a_size_is_measured_in_pixels(qtbot: QtBot, view: ImageView) -> None:
    picture = studies.picture()
    view.show_picture(replace(picture, image=replace(picture.image, pixel_spacing=None)))
    view.set_tool(Tool.LENGTH)
    drag(qtbot, view, (40, 60), (120, 60))
    assert only(view).scale == Scale()


def test_nothing_is_drawn_where_there_is_no_image(qtbot: QtBot, view: ImageView) -> None:
    view.show_message("This image cannot be read")
    for tool in Tool:
        view.set_tool(tool)
        drag(qtbot, view, (40, 60), (120, 60))
    assert not view.board.marks
