"""Measured on the real image with the mouse, quoted in the report, kept through a real fill."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.report.model import Author, Fill, Fixed, Report
from lacuna_resources.samples import sample_study
from tests.e2e import drive

pytestmark = pytest.mark.e2e

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


def quoted(report: Report) -> list[Fixed]:
    return [
        span
        for span in report.spans()
        if isinstance(span, Fixed) and span.author is Author.MEASUREMENT
    ]


def test_a_measured_finding_is_quoted_filled_around_and_found_again(
    application: Application,
) -> None:
    parts = application.parts
    window, view, editor = parts.window, parts.window.image_view, drive.editor_of(application)
    drive.drop(window, sample_study())
    drive.wait_for_picture(application)
    drive.press(view, Qt.Key.Key_D)
    middle = view.rect().center()
    for way in (QPoint(60, 0), QPoint(0, 40)):
        QTest.mousePress(view, LEFT, pos=middle - way)
        QTest.mouseMove(view, middle + way)
        QTest.mouseRelease(view, LEFT, pos=middle + way)
    assert len(view.board.marks) == 2
    drive.press(editor, Qt.Key.Key_Home, CTRL)
    drive.press(editor, Qt.Key.Key_Down)
    drive.press(editor, Qt.Key.Key_Home)
    drive.type_text(editor, "Nodule,")
    drive.press(editor, Qt.Key.Key_M, CTRL)
    (anchor,) = quoted(parts.panel.report())
    words = anchor.text.split("\u00a0")
    assert words[1] == "x"
    assert float(words[0]) > float(words[2])
    assert anchor.text.endswith("mm at the detector (se\u00a01,\u00a0im\u00a01)")
    drive.press(editor, Qt.Key.Key_G, CTRL)
    drive.wait_for_end(application)
    assert any(isinstance(span, Fill) for span in parts.panel.report().spans())
    assert quoted(parts.panel.report()) == [anchor]
    window.show_series(len(parts.session.cases[0].study.series) - 1)
    place = editor.paper.span_boxes(anchor.id)[0].center()
    QTest.mouseClick(editor.viewport(), LEFT, ALT, place)
    drive.wait_for_picture(application)
    QApplication.processEvents()
    assert view.selected_mark in view.board.marks
