"""What the report column holds for steering: foot, list of alternatives, lines to type in, keys.

It shows and asks; the desk answers. GUI thread only.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from lacuna.ui.ask.panel import AskPanel, InstructPanel, LinePanel
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.editor.painter import GUTTER
from lacuna.ui.editor.paper import RIGHT_MARGIN
from lacuna.ui.steering.acts import BOUND, ENTRIES, GROUPS, Act
from lacuna.ui.steering.card import Foot
from lacuna.ui.steering.choices import Choices
from lacuna.ui.steering.marks import Marks
from lacuna.ui.theme import Look


class SteeringKit(QObject):
    """The parts, and one signal for all acts: ``chosen`` with an ``Act``."""

    chosen = Signal(object)  # Act
    changed = Signal()  # something opens or closes

    def __init__(self, look: Look, editor: ReportEditor, column: QWidget) -> None:
        super().__init__(column)
        self._column, self._editor = column, editor
        self._called: dict[Act, str] = {}
        self.foot = Foot(look, GUTTER, RIGHT_MARGIN)
        self.choices = Choices(look, editor.viewport())
        self.marks = Marks(editor.binding, self)
        self.ask = AskPanel(look)
        self.instruct = InstructPanel(look)
        self.foot.changed.connect(self.changed)
        self.choices.toggled.connect(self.changed)
        for panel in (self.ask, self.instruct):
            self.foot.add_panel(panel)
            panel.closed.connect(partial(self.close_panel, panel))
        editor.paper.set_marks(self.marks.painted)
        self.marks.changed.connect(editor.viewport().update)
        for entry in ENTRIES:
            if entry.act not in BOUND:
                key = QShortcut(QKeySequence(entry.key), column)
                key.activated.connect(partial(self.chosen.emit, entry.act))

    def call(self, act: Act, words: str) -> None:
        """Name an act in the menu by what it would do now; empty: there it is not offered."""
        self._called[act] = words

    def build_menu(self) -> QMenu:
        """Return the menu of all acts, with their keys."""
        menu = QMenu(self._column)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for number, group in enumerate(GROUPS):
            if number:
                menu.addSeparator()
            for entry in group:
                key = QKeySequence(entry.key).toString(QKeySequence.SequenceFormat.NativeText)
                if words := self._called.get(entry.act, entry.words):
                    menu.addAction(f"{words}\t{key}", partial(self.chosen.emit, entry.act))
        return menu

    def open_menu(self, place: QPoint) -> None:
        """Open the menu at a point of the screen."""
        self.build_menu().popup(place)

    def open_panel(self, panel: LinePanel) -> None:
        """Show a line to type in, with the caret in it; another one gives way."""
        for other in (self.ask, self.instruct):
            self.foot.show_panel(other, shown=other is panel)
        panel.line.setFocus()
        panel.line.selectAll()

    def close_panel(self, panel: LinePanel) -> None:
        """Put a line away; the report has the keys again."""
        self.foot.show_panel(panel, shown=False)
        self._editor.setFocus()

    def close_something(self) -> bool:
        """Close what lies on top, as Esc does; False if nothing does."""
        if self.choices.isVisible():
            self.choices.hide()
            return True
        return self.foot.close_card()

    @property
    def something_open(self) -> bool:
        """Whether Esc has something to close."""
        return self.choices.isVisible() or self.foot.card is not None
