"""Errors while Qt asks for paint or gives a key: they reach the excepthook, nobody dies."""

from __future__ import annotations

import ast
from pathlib import Path

import lacuna.ui
from tests.helpers.command import python

CODE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.editor.painter import SpanPainter
from lacuna.ui.theme import dress, make_look

def break_down(*_):
    (one,) = ()  # the interpreter's own error, unlike one that a module raises

seen = []
qt, look = QApplication([]), make_look()
dress(qt, look)
editor = ReportEditor(look)
SpanPainter.under = break_down
sys.excepthook = lambda kind, *_: seen.append(kind)
editor.show()
QTimer.singleShot(200, qt.quit)
qt.exec()
assert seen and set(seen) == {ValueError}, seen
"""


def test_an_error_in_painting_does_not_end_the_process() -> None:
    done = python(CODE)
    assert done.returncode == 0, done.stderr.decode()


def test_no_widget_puts_python_above_qt_s_own_events() -> None:
    for path in Path(lacuna.ui.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not names & {"event", "viewportEvent", "notify"}, path.name
