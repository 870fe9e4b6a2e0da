"""Case bar and status line: what they say, and what they keep to themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lacuna.study.model import Patient
from lacuna.ui.case_bar import CaseBar
from lacuna.ui.status_bar import RESEARCH_USE, StatusBar
from lacuna.ui.theme import Look
from lacuna.ui.widgets import Button, IconButton, Words
from tests.helpers import studies


@pytest.fixture
def case_bar(qtbot: QtBot, look: Look) -> CaseBar:
    bar = CaseBar(look)
    qtbot.addWidget(bar)
    bar.resize(1600, 48)
    bar.show()
    return bar


@pytest.fixture
def status_bar(qtbot: QtBot, look: Look) -> StatusBar:
    bar = StatusBar(look)
    qtbot.addWidget(bar)
    bar.resize(1600, 28)
    bar.show()
    return bar


def shown(bar: StatusBar) -> list[str]:
    return [words.text() for words in bar.findChildren(Words) if words.isVisible()]


def test_the_case_bar_says_whose_study_it_is(case_bar: CaseBar) -> None:
    assert case_bar.text() == "Lacuna"
    case_bar.show_study(studies.study())
    for words in ("DOE, Jane", "F, 64 y", "11 Apr 1962", "ID 0042317", "Acc 88213"):
        assert words in case_bar.text()


def test_identifiers_are_hidden_at_a_click(qtbot: QtBot, case_bar: CaseBar) -> None:
    case_bar.show_study(studies.study())
    eye = case_bar.findChild(IconButton)
    qtbot.mouseClick(eye, Qt.MouseButton.LeftButton)
    assert case_bar.identifiers_hidden
    for secret in ("DOE", "Jane", "1962", "0042317", "88213"):
        assert secret not in case_bar.text()
    assert "F, 64 y" in case_bar.text()
    assert "Chest, PA and lateral" in case_bar.text()
    qtbot.mouseClick(eye, Qt.MouseButton.LeftButton)
    assert "DOE, Jane" in case_bar.text()


def test_hidden_identifiers_stay_hidden_in_the_next_case(case_bar: CaseBar) -> None:
    case_bar.toggle_identifiers()
    case_bar.show_study(studies.study())
    assert "DOE" not in case_bar.text()


def test_a_patient_without_data_is_not_invented(case_bar: CaseBar) -> None:
    case_bar.show_study(replace(studies.study(), patient=Patient(), accession=""))
    assert "No name" in case_bar.text()
    assert "ID" not in case_bar.text()
    assert "Acc" not in case_bar.text()


def uncut(bar: CaseBar, *told: str) -> bool:
    """Whether each of the words told is seen whole."""
    bar.repaint()
    cut = [words.text() for words in bar.findChildren(Words) if words.toolTip()]
    return not any(part in words for part in told for words in cut)


@pytest.mark.parametrize("width", [1280, 1024])
def test_whose_study_it_is_stays_whole_in_a_narrow_window(case_bar: CaseBar, width: int) -> None:
    case = replace(studies.study(), description="Chest, PA and lateral, in two planes " * 3)
    case_bar.show_study(case)
    case_bar.set_checks(3)
    case_bar.resize(width, 48)
    assert uncut(case_bar, "DOE, Jane", "11 Apr 1962", "ID 0042317", "Acc 88213")
    assert not uncut(case_bar, "Chest, PA and lateral")
    buttons = [one for one in case_bar.findChildren(Button) if one.isVisible()]
    assert all(one.compact for one in buttons)
    assert {one.toolTip() for one in buttons} == {
        "Open study (Ctrl+O)",
        "Choose a model",
        "3 checks open (F7)",
    }
    case_bar.resize(2400, 48)
    assert uncut(case_bar, "Chest, PA and lateral")
    assert not any(one.compact or one.toolTip() for one in buttons)


def test_in_the_bar_words_go_only_where_room_is_short(case_bar: CaseBar) -> None:
    case_bar.show_study(studies.study())
    words, icons = [one.compact for one in case_bar.findChildren(Button)], []
    for width in range(1600, 1000, -20):
        case_bar.resize(width, 48)
        icons.append(sum(one.compact for one in case_bar.findChildren(Button)))
    assert not any(words)
    assert icons == sorted(icons)


def test_a_very_long_name_yields_to_the_buttons(case_bar: CaseBar) -> None:
    patient = replace(studies.study().patient, name="DOE, " + "Jane " * 200)
    case_bar.show_study(replace(studies.study(), patient=patient))
    assert case_bar.minimumSizeHint().width() < 1024


def test_in_a_narrow_window_the_name_is_the_last_to_be_cut(case_bar: CaseBar) -> None:
    case_bar.show_study(studies.study())
    case_bar.resize(500, 48)
    QApplication.processEvents()
    name, *others = (words for words in case_bar.findChildren(Words) if words.isVisible())
    assert name.width() >= name.sizeHint().width()
    assert any(words.width() < words.sizeHint().width() for words in others)


def test_the_status_line_always_says_what_this_is_for(status_bar: StatusBar) -> None:
    assert RESEARCH_USE == "Research use. Draft, requires review"
    assert RESEARCH_USE in shown(status_bar)
    assert "Offline" in shown(status_bar)
    assert "No case open" in shown(status_bar)


def test_the_demonstrator_never_shows_under_another_name(status_bar: StatusBar) -> None:
    status_bar.set_model("chest-expert", demonstrator=True)
    assert status_bar.texts()[0] == "Demonstrator model"
    status_bar.set_model("chest-expert", demonstrator=True, meaningless=True)
    assert "mean nothing" in status_bar.texts()[0]
    status_bar.set_model("DiffusionGemma 26B", demonstrator=False)
    assert status_bar.texts()[0] == "DiffusionGemma 26B"


def test_device_and_state_are_shown(status_bar: StatusBar) -> None:
    status_bar.set_device("CPU")
    status_bar.set_state("Working, step 7 of 16")
    assert {"CPU", "Working, step 7 of 16"} <= set(shown(status_bar))


def test_loading_shows_as_a_line(status_bar: StatusBar, look: Look) -> None:
    line = QColor(look.theme.model.line)

    def lit(x: int) -> bool:
        return status_bar.grab().toImage().pixelColor(x, 1) == line

    assert not lit(10)
    status_bar.set_progress(0.5)
    assert lit(790)
    assert not lit(810)
    status_bar.set_progress(7)
    assert status_bar.progress() == 1
    status_bar.set_progress(None)
    assert not lit(10)
