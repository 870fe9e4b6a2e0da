"""Measurements and the case: whose they are, and how they come into the report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from lacuna.report import edit
from lacuna.report.model import Author, Fixed, Gap, Report, Section, Soft, Span
from lacuna.session import Session
from lacuna.study.geometry import Region
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
        self.measuring = Measuring(self.window, self.panel, self.session)
        self.window.frame_wanted.connect(self._show)
        self.panel.report_changed.connect(self._keep)

    def open(self, study: Study) -> None:
        self.panel.load(self.session.open(study).report)
        self.window.show_study(study)

    def put(self, *spans: Span) -> None:
        """Write a report of one section; the caret stands at its end."""
        self.panel.load(Report((Section(None, spans),)))
        self.panel.editor.moveCursor(QTextCursor.MoveOperation.End)
        self._keep()

    def text(self) -> str:
        return edit.body(self.panel.report().spans())

    def measured(self) -> Fixed:
        (span,) = (span for span in self.panel.report().spans() if isinstance(span, Fixed))
        return span

    def draw(self, *shapes: Length) -> None:
        picture = self.window.image_view.picture
        assert picture is not None
        for shape in shapes:
            self.window.image_view.board.put(mark_of(shape, picture))

    def _keep(self) -> None:
        if self.session.case is not None:
            self.session.write(self.panel.report())

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


def of_patient(**facts: str) -> Study:
    study = studies.study()
    return replace(study, patient=replace(study.patient, **facts))


CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
QUOTED = "12 x 8 mm (se 1, im 1)".replace(" ", "\u00a0")
LONG, ACROSS = Length((20, 60), (106, 60)), Length((60, 40), (60, 97))


@pytest.mark.parametrize("other", [{"id": "other"}, {"birth_date": "3 Feb 1901"}])
def test_marks_stay_with_their_case_for_the_sitting(desk: Desk, other: dict[str, str]) -> None:
    desk.open(studies.study())
    desk.draw(LONG)
    desk.open(of_patient(**other))
    assert not desk.window.image_view.board.marks
    desk.open(studies.study())
    assert len(desk.window.image_view.board.marks) == 1


def test_marks_stand_when_a_birth_date_comes_late(desk: Desk) -> None:
    desk.open(of_patient(birth_date=""))
    desk.draw(LONG)
    grown = of_patient(birth_date="3 Feb 1901")
    desk.session.grow(grown)
    desk.window.update_study(grown, last=True)
    assert len(desk.window.image_view.board.marks) == 1
    desk.open(of_patient(birth_date="4 Mar 1902"))
    assert not desk.window.image_view.board.marks
    desk.open(grown)
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


def test_ctrl_m_quotes_two_diameters_as_a_locked_span(qtbot: QtBot, desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(LONG, ACROSS)
    desk.put(Soft("a", "Rounded nodule in the right mid zone,"))
    qtbot.keyClick(desk.panel.editor, Qt.Key.Key_M, CTRL)
    assert desk.text() == "Rounded nodule in the right mid zone, " + QUOTED
    assert (desk.measured().text, desk.measured().author) == (QUOTED, Author.MEASUREMENT)
    qtbot.keyClick(desk.panel.editor, Qt.Key.Key_Backspace)
    assert desk.measured().text == QUOTED
    qtbot.keyClick(desk.panel.editor, Qt.Key.Key_Z, CTRL)
    assert desk.text() == "Rounded nodule in the right mid zone,"


def test_ctrl_m_works_from_the_image_too(qtbot: QtBot, desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(LONG)
    desk.put(Soft("a", "Nodule of "))
    desk.window.image_view.setFocus()
    qtbot.keyClick(desk.window.image_view, Qt.Key.Key_M, CTRL)
    assert desk.text() == "Nodule of " + QUOTED.replace("x\u00a08\u00a0", "")
    assert desk.window.image_view.hasFocus()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", QUOTED),
        ("(", ")", f"({QUOTED})"),
        ("Nodule", ".", f"Nodule {QUOTED}."),
        ("Nodule ", "seen", f"Nodule {QUOTED} seen"),
        ("Lungs:\n", "\nHeart", f"Lungs:\n{QUOTED}\nHeart"),
    ],
)
def test_a_quoted_measurement_keeps_its_distance(
    desk: Desk, before: str, after: str, expected: str
) -> None:
    desk.open(studies.study())
    desk.draw(LONG, ACROSS)
    desk.put(Soft("a", before + after))
    cursor = desk.panel.editor.textCursor()
    cursor.setPosition(len(before))
    desk.panel.editor.setTextCursor(cursor)
    desk.panel.measurement_wanted.emit()
    assert desk.text() == expected


@pytest.mark.parametrize("drawn", [0, 1])  # the one that is quoted, the one across it
def test_a_deleted_mark_whose_size_still_stands_in_the_report_is_said(
    desk: Desk, drawn: int
) -> None:
    desk.open(studies.study())
    desk.draw(LONG, ACROSS)
    desk.put(Soft("a", "Nodule of "))
    desk.panel.measurement_wanted.emit()
    board = desk.window.image_view.board
    assert not said(desk)
    desk.draw(Length((200, 200), (220, 200)))  # another's matter
    assert not said(desk)
    board.remove(board.marks[drawn].id)
    (told,) = said(desk)
    assert QUOTED in told
    board.undo()
    assert not said(desk)
    board.put(replace(board.marks[drawn], shape=Length((20, 60), (190, 60))))
    assert QUOTED in said(desk)[0]
    desk.put(Soft("b", "Nodule."))  # the words went, and with them what was wrong
    assert not said(desk)


def test_what_one_case_quotes_is_not_said_of_another(desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(LONG)
    desk.put(Soft("a", "Nodule of "))
    desk.panel.measurement_wanted.emit()
    board = desk.window.image_view.board
    board.remove(board.marks[0].id)
    assert len(said(desk)) == 1
    desk.open(of_patient(id="other"))
    assert not said(desk)
    desk.open(studies.study())
    assert len(said(desk)) == 1


def said(desk: Desk) -> list[str]:
    notices = desk.window.notices.notices()
    return [notice.text for notice in notices if notice.key == "quoted"]


def test_a_measurement_takes_the_place_of_the_gap_in_focus(qtbot: QtBot, desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(LONG, ACROSS)
    desk.put(Soft("a", "Nodule of "), Gap("g"), Soft("b", " in the lung."))
    desk.panel.editor.moveCursor(QTextCursor.MoveOperation.Start)
    qtbot.keyClick(desk.panel.editor, Qt.Key.Key_Tab)
    desk.panel.measurement_wanted.emit()
    assert desk.text() == f"Nodule of {QUOTED} in the lung."


def test_no_measurement_breaks_an_anchor(desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(LONG)
    desk.put(Fixed("f", "Mildly enlarged"))
    cursor = desk.panel.editor.textCursor()
    cursor.setPosition(4)
    desk.panel.editor.setTextCursor(cursor)
    desk.panel.measurement_wanted.emit()
    assert desk.text() == "Mildly enlarged"


def test_the_selected_measurement_goes_before_the_last(desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(Length((0, 0), (50, 0)), Length((0, 200), (100, 200)))
    desk.put()
    desk.panel.measurement_wanted.emit()
    assert desk.text().startswith("14\u00a0mm")
    desk.window.image_view.select_mark(desk.window.image_view.board.marks[0].id)
    desk.put()
    desk.panel.measurement_wanted.emit()
    assert desk.text().startswith("7\u00a0mm")


def test_without_a_measurement_a_sentence_says_what_is_missing(qtbot: QtBot, desk: Desk) -> None:
    desk.open(studies.study())
    with qtbot.waitSignal(desk.panel.hint) as told:
        desk.panel.measurement_wanted.emit()
    assert told.args == ["Measure something on the image first."]


def test_what_has_no_length_is_not_replaced_by_an_older_measurement(
    qtbot: QtBot, desk: Desk
) -> None:
    series = studies.series()
    regions = (Region(0, 0, 255, 99, (0.14, 0.14)), Region(0, 100, 255, 255, (0.0, 0.0), ("", "")))
    desk.open(studies.study(replace(series, images=(replace(series.images[0], regions=regions),))))
    desk.draw(Length((0, 50), (100, 50)), Length((0, 150), (100, 150)))
    desk.put()
    with qtbot.waitSignal(desk.panel.hint) as told:
        desk.panel.measurement_wanted.emit()
    assert told.args == ["No length can be measured in this region."]
    assert desk.text() == ""
    view = desk.window.image_view
    view.select_mark(view.board.marks[0].id)
    desk.panel.measurement_wanted.emit()
    assert desk.text().startswith("14\u00a0mm")


def test_alt_click_turns_to_the_image(qtbot: QtBot, desk: Desk) -> None:
    desk.open(studies.study(studies.series(1), studies.series(4, count=3)))
    view = desk.window.image_view
    desk.window.show_series(1)
    view.go_to(2)
    desk.draw(LONG)
    desk.put(Soft("a", "Nodule, "))
    desk.panel.measurement_wanted.emit()
    assert desk.text().endswith("(se\u00a04,\u00a0im\u00a03)")
    desk.window.show_series(0)
    point = desk.panel.editor.paper.span_boxes(desk.measured().id)[0].center()
    viewport = desk.panel.editor.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=point)
    assert view.picture is not None
    assert view.picture.series.number == 1
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, ALT, pos=point)
    assert (view.picture.series.number, view.picture.index) == (4, 2)
    assert view.selected_mark == view.board.marks[0]


def test_the_menu_of_a_measurement_leads_to_the_image(desk: Desk) -> None:
    desk.open(studies.study(studies.series(1), studies.series(2)))
    desk.window.show_series(1)
    desk.draw(LONG)
    desk.put(Soft("a", "Nodule, "))
    desk.panel.measurement_wanted.emit()
    desk.window.show_series(0)
    editor = desk.panel.editor
    menu = editor.build_menu(editor.paper.span_boxes(desk.measured().id)[0].center())
    menu.actions()[0].trigger()
    assert desk.window.image_view.picture is not None
    assert desk.window.image_view.picture.series.number == 2
    elsewhere = editor.build_menu(QPoint(300, 300))
    assert not any("image" in action.text() for action in elsewhere.actions())


def test_an_unlocked_measurement_is_the_reader_s_own_words(qtbot: QtBot, desk: Desk) -> None:
    desk.open(studies.study())
    desk.draw(LONG, ACROSS)
    desk.put(Soft("a", "Nodule, "))
    desk.panel.measurement_wanted.emit()
    point = desk.panel.editor.paper.span_boxes(desk.measured().id)[0].center()
    desk.panel.editor.toggle_lock()
    assert not any(isinstance(span, Fixed) for span in desk.panel.report().spans())
    with qtbot.assertNotEmitted(desk.panel.place_wanted):
        qtbot.mouseClick(desk.panel.editor.viewport(), Qt.MouseButton.LeftButton, ALT, pos=point)


def test_a_measurement_is_told_from_another_anchor_by_its_ticks(desk: Desk) -> None:
    desk.open(studies.study())
    editor = desk.panel.editor

    def shot(author: Author) -> object:
        desk.panel.load(Report((Section(None, (Fixed("f", "12 mm", author),)),)))
        return editor.viewport().grab(editor.paper.span_boxes("f")[0]).toImage()

    assert shot(Author.MEASUREMENT) != shot(Author.TYPED)


def test_a_broken_frame_bars_neither_its_neighbours_nor_a_measured_place(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.open(studies.study(studies.series(1, count=3)))
    view = desk.window.image_view
    desk.draw(LONG)
    (mark,) = view.board.marks
    view.go_to(1)

    def shown() -> int | None:
        return None if view.picture is None else view.picture.index

    def fail() -> None:
        stack = desk.window.viewports.stack_of(view)
        assert stack is not None
        desk.window.viewports.fail(view, stack, "This image cannot be read.")

    fail()
    assert shown() is None
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert shown() == 2
    fail()
    assert desk.window.show_spot(mark.spot)
    assert shown() == 0
