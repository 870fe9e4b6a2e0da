"""The image side's keys: a list, and another key by pressing it. GUI thread only."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from lacuna.errors import UserFacingError
from lacuna.ui.overlay import Overlay
from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.commands import WORDS, Bindings, Command
from lacuna.ui.viewer.keyboard import key_text
from lacuna.ui.widgets import Button, Kind, Words

PRESS = "Press a key"
NO_KEY = "none"
_HINT = "Click a key, then press another. Delete leaves a command without one."
_BARE = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)


class KeysDialog(Overlay):
    """Changes bindings one at a time; a key that is taken is refused in a sentence."""

    changed = Signal(object)  # Bindings

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent)
        self._bindings = Bindings()
        self._waiting: Command | None = None
        self._buttons: dict[Command, Button] = {}
        self._complaint = Words(look, Role.LABEL, look.theme.alert.text)
        self._lay_out()

    def use(self, bindings: Bindings) -> None:
        """Show these bindings."""
        self._bindings, self._waiting = bindings, None
        self._refresh()

    def button(self, command: Command) -> Button:
        """Return the button that shows a command's key."""
        return self._buttons[command]

    def complaint(self) -> str:
        """Return why the last key was not taken."""
        return self._complaint.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = self._waiting
        if command is None:
            super().keyPressEvent(event)
            return
        event.accept()
        if Qt.Key(event.key()) in _BARE:
            return  # held for the key that is to come
        self._waiting = None
        if event.key() != Qt.Key.Key_Escape:
            gone = event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
            self._take(command, "" if gone else key_text(event))
        self._refresh()

    def _take(self, command: Command, key: str) -> None:
        try:
            self._bindings = self._bindings.with_key(command, key)
        except UserFacingError as error:
            self._complaint.set_text(str(error))
            return
        self._complaint.set_text("")
        self.changed.emit(self._bindings)

    def _wait_for(self, command: Command) -> None:
        self._waiting = command
        self._complaint.set_text("")
        self._refresh()
        self.setFocus()

    def _back_to_usual(self) -> None:
        self._bindings, self._waiting = Bindings(), None
        self._complaint.set_text("")
        self._refresh()
        self.changed.emit(self._bindings)

    def _refresh(self) -> None:
        for command, button in self._buttons.items():
            key = self._bindings.key(command) or NO_KEY
            button.set_text(PRESS if command is self._waiting else key)

    def _lay_out(self) -> None:
        look, text = self._look, self._look.theme.text
        usual = Button(look, "Usual keys", kind=Kind.QUIET)
        close = Button(look, "Close", key="Esc")
        usual.clicked.connect(self._back_to_usual)
        close.clicked.connect(self.close_overlay)
        foot = QHBoxLayout()
        foot.addWidget(usual)
        foot.addWidget(self._complaint)
        foot.addStretch(1)
        foot.addWidget(close)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(12)
        column.addWidget(Words(look, Role.DIALOG, text.strong, "Keys on the image"))
        column.addWidget(Words(look, Role.UI, text.second, _HINT))
        column.addWidget(self._list(), 1)
        column.addLayout(foot)

    def _list(self) -> QScrollArea:
        page = QWidget()
        page.setStyleSheet("background: transparent;")
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for row, command in enumerate(Command):
            button = Button(self._look, "", kind=Kind.PLAIN, height=28)
            button.clicked.connect(partial(self._wait_for, command))
            self._buttons[command] = button
            words = Words(self._look, Role.UI, self._look.theme.text.normal, WORDS[command])
            grid.addWidget(words, row, 0)
            grid.addWidget(button, row, 1, Qt.AlignmentFlag.AlignRight)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setStyleSheet("background: transparent;")
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        return area
