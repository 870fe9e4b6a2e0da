"""Measurements and the case: whose they are, and how they come into the report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from lacuna.session import Session
from lacuna.study.measure import Length
from lacuna.study.model import Study
from lacuna.ui.desk.measuring import Measuring
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.theme import Look
from lacuna.ui.viewer.board import mark_of
from tests.desktop.ui.conftest import activate
from tests.helpers import studies


class Desk:
    """A window with its session, fed by hand instead of by a job pool."""

    def __init__(self, look: Look) -> None:
        self.panel = ReportPanel(look)
        self.window = MainWindow(look, self.panel, self.panel.notice_slot)
        self.session = Session()
        self.measuring = Measuring(self.window, self.session)
        self.window.frame_wanted.connect(self._show)

    def open(self, study: Study) -> None:
        self.session.open(study)
        self.window.show_study(study)

    def draw(self, *shapes: Length) -> None:
        picture = self.window.image_view.picture
        assert picture is not None
        for shape in shapes:
            self.window.image_view.board.put(mark_of(shape, picture))

    def _show(self, series: int, index: int) -> None:
        assert self.window.study is not None
        self.window.show_picture(studies.picture(self.window.study.series[series], index))


@pytest.fixture
def desk(qtbot: QtBot, look: Look) -> Desk:
    desk = Desk(look)
    qtbot.addWidget(desk.window)
    desk.window.resize(1600, 1000)
    activate(qtbot, desk.window)
    return desk


LONG, ACROSS = Length((20, 60), (106, 60)), Length((60, 40), (60, 97))


def test_marks_stay_with_their_case_for_the_sitting(desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(LONG)
    other = studies.study()
    desk.open(replace(other, patient=replace(other.patient, id="other")))
    assert not desk.window.image_view.board.marks
    desk.open(studies.study())
    assert len(desk.window.image_view.board.marks) == 1


def test_undo_turns_to_the_frame_of_what_it_undoes(desk: Desk) -> None:
    desk.open(studies.study(studies.series(1), studies.series(2, count=3)))
    view = desk.window.image_view
    desk.window.show_series(1)
    view.go_to(2)
    desk.draw(LONG)
    desk.window.show_series(0)
    (mark,) = view.board.marks
    assert desk.window.show_spot(mark.spot)
    assert view.picture is not None
    assert (view.picture.series.number, view.picture.index) == (2, 2)
    assert not desk.window.show_spot(replace(mark.spot, sop_uid="none"))
