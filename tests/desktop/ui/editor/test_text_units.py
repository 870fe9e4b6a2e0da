from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QTextCursor, QTextDocument
from pytestqt.qtbot import QtBot

from lacuna.ui.editor.text_units import to_index, to_units, units
from tests.desktop.report.builders import TEXT


@given(TEXT, st.data())
def test_code_points_and_units_are_inverse(text: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(text)))
    assert units(text) == len(text.encode("utf-16-le")) // 2
    assert to_index(text, to_units(text, index)) == index


def test_a_place_inside_a_pair_is_the_pair_s_own() -> None:
    assert to_index("a\U0001f469b", 2) == 1
    assert to_index("a\U0001f469b", 3) == 2
    assert to_index("a", 9) == 1


def test_qt_counts_as_we_say(qtbot: QtBot) -> None:
    text = "e\u0301\U0001f469\U0001f3fd\u2695\ufe0fz"
    document = QTextDocument(text)
    cursor = QTextCursor(document)
    cursor.movePosition(QTextCursor.MoveOperation.End)
    assert cursor.position() == units(text)
