"""A PDF in a viewport: which pages are wanted, how many are kept, what a torn one says."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lacuna.ui.theme import Look
from lacuna.ui.viewer.document_page import Line, Paper
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.pdf_page import PdfPage
from lacuna.ui.viewer.viewer_state import Act

BOOK = Paper("Book", "", (), pdf=b"%PDF-", sheets=((595.0, 842.0),) * 60)
VIEW = QSizeF(600, 800)
WHITE = np.full((30, 20, 3), 255, np.uint8)


def test_a_page_is_asked_for_once_and_the_next_one_ahead(look: Look) -> None:
    page = PdfPage(look, BOOK)
    first = page.wanted(VIEW, 1.0)
    assert [one.number for one in first] == [0, 1]
    assert first[0].columns == 552
    assert page.wanted(VIEW, 1.0) == []
    assert page.wanted(VIEW, 2.0)[0].columns == 1104  # a finer screen
    page.scroll(1 << 20, VIEW)
    assert page.wanted(VIEW, 2.0)[-1].number == 59


def test_a_book_that_is_leafed_through_does_not_fill_the_memory(look: Look) -> None:
    page = PdfPage(look, BOOK)
    late = page.wanted(VIEW, 1.0)[0]
    for _ in range(600):
        for one in page.wanted(VIEW, 1.0):
            page.put(one.number, WHITE)
        page.scroll(1, VIEW)
        assert len(page.drawn) <= 8
    assert 59 in page.drawn
    assert not page.waits_for(late)  # it was scrolled past


def test_a_torn_page_says_so_in_its_place(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(600, 800)
    asked = []
    view.sheet_wanted.connect(lambda page, wanted: asked.append((page, wanted.number)))
    view.show_paper(BOOK)
    assert [number for _page, number in asked] == [0, 1]
    page = asked[0][0]
    before = view.grab().toImage()
    page.fail(0, "This page is damaged, and cannot be drawn.")
    torn = view.grab().toImage()
    assert torn != before
    page.put(0, WHITE)
    assert view.grab().toImage() != torn


def test_a_page_is_inverted_for_a_dark_room_and_back(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(600, 800)
    asked: list[PdfPage] = []
    view.sheet_wanted.connect(lambda page, _wanted: asked.append(page))
    view.show_paper(BOOK)
    asked[0].put(0, np.full((30, 20, 3), (255, 200, 0), np.uint8))
    seen = []
    for _ in range(3):
        seen.append(view.grab().toImage().pixelColor(300, 300).getRgb()[:3])
        view.act(Act.INVERT)
    assert seen == [(255, 200, 0), (0, 55, 255), (255, 200, 0)]


def test_a_pdf_is_enlarged_about_the_pointer_and_made_as_wide_as_the_view(look: Look) -> None:
    page, at = PdfPage(look, BOOK), QPointF(400, 300)
    usual = page.wanted(VIEW, 1.0)[0].columns
    assert page.caption(QRectF(QPointF(), VIEW)) == "Book   page 1 of 60"
    page.zoom(5.0, at, VIEW)
    larger = page.wanted(VIEW, 1.0)[0].columns
    assert larger > 1.9 * usual
    assert page.caption(QRectF(QPointF(), VIEW)) == "Book   page 1 of 60   201 %"
    page.zoom(-50.0, at, VIEW)
    assert page.wanted(VIEW, 1.0)[0].columns == round(usual / 4)  # no smaller
    page.fit(VIEW)
    assert page.wanted(VIEW, 1.0)[0].columns == usual


def test_what_is_read_stays_under_the_pointer_while_it_grows(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(600, 800)
    view.show_paper(BOOK)
    page, spot = view.page, QPoint(410, 290)
    assert isinstance(page, PdfPage)
    dotted = np.full((780, 552, 3), 255, np.uint8)
    page.put(0, dotted)
    inked = QImage(view.grab().toImage())
    dotted[290 - 26 - 8 : 290 - 26 + 8, 410 - 25 - 8 : 410 - 25 + 8] = 0
    page.put(0, dotted)
    assert view.grab().toImage().pixelColor(spot).lightness() < 60
    assert inked.pixelColor(spot).lightness() > 200
    view.zoom(4.0, QPointF(spot))
    assert view.grab().toImage().pixelColor(spot).lightness() < 60
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseMove(view, spot - QPoint(60, 40))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=spot - QPoint(60, 40))
    shot = view.grab().toImage()
    assert shot.pixelColor(spot - QPoint(60, 40)).lightness() < 60  # it came with the hand
    assert shot.pixelColor(spot).lightness() > 200


@pytest.mark.parametrize(
    ("keys", "percent"),
    [
        ([Qt.Key.Key_Plus], "115 %"),
        ([Qt.Key.Key_Equal], "115 %"),
        ([Qt.Key.Key_Minus], "87 %"),
        ([Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Space], "of 60"),
    ],
)
def test_keys_enlarge_a_pdf(qtbot: QtBot, look: Look, keys: list[Qt.Key], percent: str) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(600, 800)
    view.show_paper(BOOK)
    for key in keys:
        qtbot.keyClick(view, key)
    assert isinstance(view.page, PdfPage)
    assert view.page.caption(QRectF(QPointF(), VIEW)).endswith(percent)


def test_ctrl_and_the_wheel_enlarge_a_document(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(600, 800)
    view.show_paper(Paper("Letter", "", (Line("", "Dear colleague"),)))
    before = view.grab().toImage()
    at, control = QPointF(300, 200), Qt.KeyboardModifier.ControlModifier
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    turn = QWheelEvent(at, at, QPoint(), QPoint(0, 360), none, control, phase, False)
    QApplication.sendEvent(view, turn)
    assert view.grab().toImage() != before
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.grab().toImage() == before
