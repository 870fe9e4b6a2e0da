"""A PDF in a viewport: which pages are wanted, how many are kept, what a torn one says."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSizeF
from pytestqt.qtbot import QtBot

from lacuna.ui.theme import Look
from lacuna.ui.viewer.document_page import Paper
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.pdf_page import PdfPage

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
