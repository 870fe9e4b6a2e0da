"""Measurements on cuts: only where they were made, and only of pixels that are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QTextEdit
from pytestqt.qtbot import QtBot

from lacuna.study.geometry import Plane
from lacuna.study.measure import EllipseRoi, Length, Probe
from lacuna.study.model import Image, Series
from lacuna.study.volume import SLABS, THIN, Axis, grid_of
from lacuna.ui.main_window import MainWindow
from lacuna.ui.theme import Look
from lacuna.ui.viewer import cuts
from lacuna.ui.viewer.annotations import corner_texts
from lacuna.ui.viewer.board import Board, Mark, mark_of, spot_of
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.mark_words import label_lines, report_words, unread
from lacuna.ui.viewer.picture import Picture, Pixels
from lacuna.ui.viewer.stack import Direct, Reformat, Stack
from lacuna.ui.viewer.viewer_state import ViewState
from tests.desktop.ui.conftest import activate
from tests.helpers import studies

SIZE, COUNT = 32, 12
ROI = EllipseRoi((8, 2), (24, 10))
KEY = Qt.Key


class Slices(Direct):
    """Slices as bright as their places, of which some are still to come."""

    budget = 1 << 30

    def __init__(self) -> None:
        self.there = set(range(1, COUNT + 1))

    def peek(self, image: Image, frame: int = 0) -> NDArray[Any] | None:
        if image.instance_number not in self.there:
            return None
        return np.full((SIZE, SIZE), 10 * image.instance_number, np.int16)

    def values(self, image: Image, frame: int = 0, given_up: object = None) -> NDArray[Any]:
        return np.full((SIZE, SIZE), 10 * image.instance_number, np.int16)


def ct(count: int = COUNT, first: float = 0.0, thickness: float | None = 5.0) -> Series:
    """Return axial slices 3 mm apart, each ``thickness`` mm thick."""
    series = studies.series(3, count=count, modality="CT")
    images = tuple(
        replace(
            image,
            sop_instance_uid=f"1.{place + first}",
            rows=SIZE,
            columns=SIZE,
            view="",
            value_unit="HU",
            frame_of_reference="1.9",
            planes=(
                Plane(
                    (0.0, 0.0, first + 3.0 * place),
                    (1.0, 0, 0),
                    (0, 1.0, 0),
                    (1.0, 1.0),
                    thickness,
                ),
            ),
            pixel_spacing=(1.0, 1.0),
        )
        for place, image in enumerate(series.images)
    )
    return replace(series, description="Soft", images=images)


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> MainWindow:
    window = MainWindow(look, QTextEdit())
    window.lightbox.frames = Slices()
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    activate(qtbot, window)
    window.show_study(studies.study(ct()))
    QApplication.processEvents()
    return window


def coronal(window: MainWindow) -> ImageView:
    """Return the viewport of the coronal cut, active."""
    view = next(
        view
        for view in window.viewports.views()
        if getattr(window.viewports.stack_of(view), "axis", None) is Axis.CORONAL
    )
    window.viewports.activate(view)
    return view


def seen(view: ImageView) -> tuple[Mark, ...]:
    """Return the marks that stand on what a viewport shows."""
    assert view.picture is not None
    return view.board.on(spot_of(view.picture))


def draw(view: ImageView, shape: EllipseRoi | Length | Probe) -> Mark:
    assert view.picture is not None
    mark = mark_of(shape, view.picture)
    view.board.put(mark)
    return mark


def cut(frames: Direct, slab: Any = THIN, series: Series | None = None) -> Reformat:
    of = series or ct()
    grid = grid_of(of)
    assert grid is not None
    return Reformat(Stack(of, studies.study(of), frames), grid, Axis.AXIAL, slab)


def test_what_was_measured_on_a_slab_stands_on_no_other(window: MainWindow) -> None:
    view = coronal(window)
    thin = draw(view, Length((4, 4), (20, 4)))
    found = {thin: seen(view)}
    for _ in SLABS[1:]:
        window.lightbox.cuts.next_slab()
        assert seen(view) == ()
        mark = draw(view, ROI)
        found[mark] = seen(view)
    assert all(marks == (mark,) for mark, marks in found.items())
    window.lightbox.cuts.next_slab()  # thin again
    assert seen(view) == (thin,)


def test_statistics_are_those_of_the_pixels_shown() -> None:
    frames = Slices()
    for slab, mean in zip(SLABS, (60, 60, 70, 90, 50), strict=True):
        mark = mark_of(ROI, cut(frames, slab).read(5))
        assert mark.statistics is not None
        assert mark.statistics.mean == pytest.approx(mean, abs=6), slab


def test_a_series_that_has_grown_is_cut_elsewhere() -> None:
    frames = Slices()
    short, long = cut(frames), cut(frames, series=ct(COUNT + 2, -6.0))
    assert spot_of(short.read(5)).series_uid == spot_of(long.read(5)).series_uid
    assert spot_of(short.read(5)) != spot_of(long.read(5))


def test_undo_shows_the_slab_that_it_changes(qtbot: QtBot, window: MainWindow) -> None:
    view = coronal(window)
    window.lightbox.cuts.next_slab()
    window.lightbox.cuts.next_slab()
    view.go_to(9)
    draw(view, Length((4, 4), (20, 4)))
    for _ in SLABS[2:]:
        window.lightbox.cuts.next_slab()
    view.go_to(3)
    view.setFocus()
    qtbot.keyClick(view, KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert view.picture is not None
    assert view.picture.name == "Coronal   MIP 10 mm"
    assert view.picture.index == 9
    qtbot.keyClick(view, KEY.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert len(seen(view)) == 1


def test_a_cut_nobody_shows_any_more_is_cut_again(window: MainWindow) -> None:
    view = coronal(window)
    window.lightbox.cuts.next_slab()
    mark = draw(view, Length((4, 4), (20, 4)))
    window.lightbox.set_layout(window.viewports.arrangement.ONE)
    window.viewports.activate(window.viewports.views()[0])
    assert window.show_spot(mark.spot)
    assert seen(window.image_view) == (mark,)
    assert not window.show_spot(replace(mark.spot, sop_uid="1.2"))


def test_the_report_says_through_what_it_was_measured(window: MainWindow) -> None:
    view = coronal(window)
    view.go_to(8)
    place = window.lightbox.place_of
    thin = draw(view, Length((4, 4), (20, 4)))
    assert place(thin.spot) == "se 3, coronal 9, MPR 1 mm"
    window.lightbox.cuts.next_slab()
    window.lightbox.cuts.next_slab()
    thick = draw(view, Length((4, 4), (20, 4)))
    said = report_words(thick, None, place(thick.spot)).replace("\u00a0", " ")
    assert said == "16 mm (se 3, coronal 9, MIP 10 mm)"
    assert place(thin.spot) == "se 3, coronal 9, MPR 1 mm"
    assert place(replace(thin.spot, sop_uid="1.2")) == ""


def test_statistics_wait_for_all_slices() -> None:
    frames, board = Slices(), Board()
    slab = SLABS[2]
    frames.there -= {7}
    part = cut(frames, slab)
    mark = mark_of(ROI, part.read(5))
    probe = mark_of(Probe((9, 9)), part.read(5))
    line = mark_of(Length((4, 4), (20, 4)), part.read(5))
    for one in (mark, probe, line):
        board.put(one)
    assert label_lines(mark)[0] == "Loading: no statistics"
    assert label_lines(probe) == ["Loading: no value"]
    assert label_lines(line) == ["16 mm"]
    assert (unread(mark), unread(line)) == ("Loading: no statistics.", "")
    assert report_words(mark, None, "se 3, axial 6") == ""
    board.remove(mark.id)
    board.settle(part.read(4))  # another place of the cut
    assert {one.pixels for one in board.marks} == {Pixels.LOADING, Pixels.WHOLE}
    frames.there |= {7}
    board.settle(part.read(5))
    assert label_lines(board.marks[0]) == ["70 HU"]
    board.undo()
    settled = board.get(mark.id)
    assert settled is not None
    assert label_lines(settled)[:2] == ["mean 70 HU   SD 0 HU", "min 70 HU   max 70 HU"]
    board.undo()
    assert len(board.marks) == 2


def test_a_region_drawn_while_slices_load_is_read_when_they_are_there(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "_PATIENCE", 1000)
    frames = window.lightbox.frames
    assert isinstance(frames, Slices)
    frames.there -= {3, 4}
    view = coronal(window)
    window.viewports.picture_wanted.connect(_read_at_once(window))
    window.lightbox.cuts.next_slab()
    mark = draw(view, ROI)
    assert mark.statistics is None
    frames.there |= {3, 4}
    qtbot.waitUntil(lambda: seen(view)[0].statistics is not None)
    found = seen(view)[0].statistics
    assert found is not None
    assert found.minimum > 0


def test_slices_that_never_come_are_said_to_be_missing(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "_PATIENCE", 1)
    frames = window.lightbox.frames
    assert isinstance(frames, Slices)
    frames.there -= {3}
    view = coronal(window)
    window.viewports.picture_wanted.connect(_read_at_once(window))
    window.lightbox.cuts.next_slab()
    draw(view, ROI)
    qtbot.waitUntil(lambda: seen(view)[0].pixels is Pixels.MISSING)
    assert label_lines(seen(view)[0])[0] == "Slices are missing: no statistics"
    stack = window.viewports.stack_of(view)
    assert isinstance(stack, Reformat)
    frames.there -= {5}  # it had to leave the memory: the cut is waited for once more
    view.go_to(view.index - 1)
    assert not stack.told
    frames.there |= {3, 5}
    qtbot.waitUntil(lambda: view.picture is not None and view.picture.pixels is Pixels.WHOLE)


def _read_at_once(window: MainWindow) -> Any:
    """Return what answers a viewport's wish at once, as the desk's jobs do after a while."""

    def answer(view: ImageView, stack: Stack, index: int) -> None:
        window.viewports.deliver(view, stack, stack.read(index))

    return answer


def test_corners_say_how_thick_slices_and_slabs_are(window: MainWindow) -> None:
    view, *_ = window.viewports.views()
    assert view.picture is not None
    assert view.state is not None
    corners = corner_texts(view.picture, view.state)
    assert corners.top_left == "Soft   se 3  im 1/12"
    assert corners.top_right == "slice 5 mm   20 Nov 2026"
    prior = corner_texts(replace(view.picture, prior=True), view.state)
    assert prior.top_right == "20 Nov 2026   slice 5 mm"
    unknown = corner_texts(_without_thickness(view.picture), view.state)
    assert unknown.top_right == "20 Nov 2026"


def _without_thickness(picture: Picture) -> Picture:
    (plane,) = picture.image.planes
    image = replace(picture.image, planes=(replace(plane, thickness=None),))
    return replace(picture, image=image)


@pytest.mark.parametrize(
    ("slab", "index", "words"),
    [
        (THIN, 5, "MPR 5 mm"),  # the slices' own thickness, not their distance
        (SLABS[1], 5, "mean 8 mm"),  # two slices 3 mm apart, each 5 mm thick
        (SLABS[2], 5, "MIP 11 mm"),
        (SLABS[2], 0, "MIP 8 mm"),  # at the volume's end
        (SLABS[4], 5, "MinIP 11 mm"),
    ],
)
def test_a_cut_is_as_thick_as_it_says(slab: Any, index: int, words: str) -> None:
    stack = cut(Slices(), slab)
    picture = stack.read(index)
    assert picture.name == f"Axial   {words}"
    assert cut(Slices(), slab, ct(thickness=None)).words(5) in {
        "MPR 3 mm",
        "mean 6 mm",
        "MIP 9 mm",
        "MinIP 9 mm",
    }


def test_frames_are_counted_as_frames() -> None:
    cine = studies.series()
    picture = studies.picture(cine)
    many = replace(cine.images[0], frames=24)

    def corner(*images: Image, index: int) -> str:
        series = replace(cine, images=images)
        shown = replace(picture, series=series, index=index)
        return corner_texts(shown, ViewState(shown.window)).top_left

    assert corner(many, index=11) == "PA   se 1  frame 12/24"
    other = replace(many, sop_instance_uid="1.2.3.2")
    still = replace(many, frames=1, sop_instance_uid="1.2.3.3")
    assert corner(many, other, still, index=25) == "PA   se 1  im 2/3  frame 2/24"
    assert corner(many, other, still, index=48) == "PA   se 1  im 3/3"
