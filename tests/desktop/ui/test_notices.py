"""Notices: at most three, worded in one way, the demonstrator's always there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lacuna.errors import UserFacingError
from lacuna.study.model import Refusal
from lacuna.ui.notice_bar import CARD_HEIGHT, MOST, NoticeBar, NoticeCard
from lacuna.ui.notices import (
    Notice,
    NoticeAction,
    NoticeKind,
    demonstrator_notice,
    error_notice,
    refused_notice,
)
from lacuna.ui.theme import Look
from lacuna.ui.widgets import Button, IconButton


@pytest.fixture
def bar(qtbot: QtBot, look: Look) -> NoticeBar:
    bar = NoticeBar(look)
    qtbot.addWidget(bar)
    bar.resize(640, 200)
    return bar


def info(key: str) -> Notice:
    return Notice(NoticeKind.INFO, key, f"Title {key}", "One sentence.")


def keys(bar: NoticeBar) -> list[str]:
    return [notice.key for notice in bar.notices()]


def test_the_bar_takes_no_room_while_there_is_nothing_to_say(bar: NoticeBar) -> None:
    assert bar.isHidden()
    bar.show_notice(info("a"))
    assert not bar.isHidden()
    bar.withdraw("a")
    assert bar.isHidden()


def test_there_are_never_more_than_three(bar: NoticeBar) -> None:
    for key in "abcde":
        bar.show_notice(info(key))
    assert keys(bar) == ["c", "d", "e"]
    assert len(bar.cards()) == MOST == 3


def test_the_demonstrator_is_pushed_out_by_nothing(bar: NoticeBar) -> None:
    bar.show_notice(demonstrator_notice(about_patient=True))
    for key in "abcd":
        bar.show_notice(info(key))
    assert keys(bar) == ["demonstrator", "c", "d"]


def test_an_alert_outlasts_information(bar: NoticeBar) -> None:
    bar.show_notice(error_notice(UserFacingError("It failed.", "Try again.")))
    for key in "abcd":
        bar.show_notice(info(key))
    assert keys(bar) == ["error", "c", "d"]


def test_what_is_new_is_seen_even_beside_alerts(bar: NoticeBar) -> None:
    for key in "abc":
        bar.show_notice(error_notice(UserFacingError("It failed."), key))
    bar.show_notice(info("new"))
    assert keys(bar) == ["b", "c", "new"]


def test_a_notice_takes_the_place_of_its_predecessor(bar: NoticeBar) -> None:
    bar.show_notice(info("a"))
    bar.show_notice(Notice(NoticeKind.INFO, "a", "Newer"))
    assert [notice.title for notice in bar.notices()] == ["Newer"]


def test_the_demonstrator_cannot_be_closed(bar: NoticeBar) -> None:
    bar.show_notice(demonstrator_notice(about_patient=True))
    assert not bar.cards()[0].findChildren(IconButton)


def test_others_can_be_closed(qtbot: QtBot, bar: NoticeBar) -> None:
    bar.show_notice(info("a"))
    close = bar.cards()[0].findChild(IconButton)
    with qtbot.waitSignal(bar.closed) as closed:
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert closed.args == ["a"]
    assert bar.notices() == ()


def test_an_act_reports_what_was_asked_for(qtbot: QtBot, bar: NoticeBar) -> None:
    actions = (NoticeAction("again", "Try again"), NoticeAction("cpu", "Use the CPU"))
    bar.show_notice(Notice(NoticeKind.ALERT, "gpu", "The GPU stopped answering", "", actions))
    buttons = bar.cards()[0].findChildren(Button)
    assert [button.text() for button in buttons] == ["Try again", "Use the CPU"]
    with qtbot.waitSignal(bar.acted) as acted:
        qtbot.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    assert acted.args == ["gpu", "cpu"]


def test_everything_said_can_be_recorded(bar: NoticeBar) -> None:
    said: list[Notice] = []
    bar.shown.connect(said.append)
    bar.show_notice(info("a"))
    assert said == [info("a")]


def test_a_card_is_48_high_and_grows_rather_than_cut_a_sentence(
    qtbot: QtBot, look: Look, bar: NoticeBar
) -> None:
    bar.show_notice(demonstrator_notice(about_patient=True))
    bar.show()
    assert bar.cards()[0].height() == CARD_HEIGHT == 48
    bar.resize(480, 200)
    QApplication.processEvents()
    card = bar.cards()[0]
    assert card.height() == card.heightForWidth(card.width()) > 48


def test_in_a_narrow_column_acts_go_below_the_words(qtbot: QtBot, look: Look) -> None:
    acts = (NoticeAction("choose", "Choose a model"), NoticeAction("own", "Use the demonstrator"))
    said = "There is no checkpoint folder at /models/of/the/department. Choose another folder."
    card = NoticeCard(look, Notice(NoticeKind.ALERT, "load", "Not loaded", said, acts))
    qtbot.addWidget(card)
    card.resize(416, card.heightForWidth(416))
    card.show()
    title, text = card._heights(card.width())
    for button in card.findChildren(Button):
        assert button.y() >= title + text
        assert card.rect().contains(button.geometry())


def test_the_demonstrator_is_told_apart_by_stripes_not_by_colour_alone(
    bar: NoticeBar, look: Look
) -> None:
    def bar_colours(notice: Notice) -> int:
        bar.show_notice(notice)
        bar.show()
        card = next(card for card in bar.cards() if card.notice == notice)
        image = card.grab().toImage()
        return len({image.pixel(2, y) for y in range(10, 38)})

    assert bar_colours(info("plain")) == 1
    assert bar_colours(demonstrator_notice(about_patient=True)) > 2


def test_words_about_refused_files() -> None:
    one = Refusal("IMG0007.dcm", "IMG0007.dcm is cut off.")
    assert refused_notice([one], 4).title == "1 of 4 files was refused"
    assert refused_notice([one], 1).title == "1 of 1 file was refused"
    two = refused_notice([one, Refusal("a.txt", "a.txt is no DICOM file.")], 2)
    assert two.title == "2 of 2 files were refused"
    assert two.text == "IMG0007.dcm is cut off. And 1 more."


def test_words_about_the_demonstrator_depend_on_the_picture() -> None:
    real = demonstrator_notice(about_patient=True)
    drawn = demonstrator_notice(about_patient=False)
    assert "mean nothing" in real.text
    assert "not for patients" in drawn.text


def test_a_refused_file_is_told_without_its_name() -> None:
    one = Refusal("DOE JANE.dcm", "DOE JANE.dcm is the same image as DOE.dcm.", "DOE.dcm")
    told = refused_notice([one], 4, named=False)
    assert told.text == "This file is the same image as another."
    assert "DOE.dcm" in refused_notice([one], 4).text
