"""The image side's keys and buttons: a list, and another one by pressing it. GUI thread only."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QWidget

from lacuna.errors import UserFacingError
from lacuna.ui.overlay import Overlay, bare_area
from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.bindings import Bindings
from lacuna.ui.viewer.commands import WORDS, Order
from lacuna.ui.viewer.keyboard import button_text, key_text, wheel_text
from lacuna.ui.viewer.mouse import WORDS as MOUSE_WORDS
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.widgets import Button, Kind, Words

PRESS = "Press a key"
PRESS_BUTTON = "Press a button, or turn the wheel"
NO_KEY = "none"
_HINT = "Click one, then press another, on the mouse for the mouse. Delete leaves it without one."
_BARE = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)


class KeysDialog(Overlay):
    """Changes bindings one at a time; a key that is taken is refused in a sentence."""

    changed = Signal(object)  # Bindings

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent)
        self._bindings = Bindings()
        self._waiting: Order | MouseAct | None = None
        self._buttons: dict[Order | MouseAct, Button] = {}
        self.catcher = _Catcher(self.card)
        self.catcher.caught.connect(self._on_caught)
        self._complaint = Words(look, Role.LABEL, look.theme.alert.text)
        self._lay_out()

    def use(self, bindings: Bindings) -> None:
        """Show these bindings."""
        self._bindings, self._waiting = bindings, None
        self._refresh()

    def button(self, command: Order | MouseAct) -> Button:
        """Return the button that shows what a command, or an act of the mouse, is done by."""
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
        gone = event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        if isinstance(command, MouseAct) and not gone and event.key() != Qt.Key.Key_Escape:
            return  # a button is waited for
        self._waiting = None
        if event.key() != Qt.Key.Key_Escape:
            self._take(command, "" if gone else key_text(event))
        self._refresh()

    def _on_caught(self, place: str) -> None:
        command, self._waiting = self._waiting, None
        if isinstance(command, MouseAct):
            self._take(command, place)
        self._refresh()

    def _take(self, command: Order | MouseAct, key: str) -> None:
        try:
            if isinstance(command, MouseAct):
                self._bindings = self._bindings.with_input(command, key)
            else:
                self._bindings = self._bindings.with_key(command, key)
        except UserFacingError as error:
            self._complaint.set_text(str(error))
            return
        self._complaint.set_text("")
        self.changed.emit(self._bindings)

    def _wait_for(self, command: Order | MouseAct) -> None:
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
            mouse = isinstance(command, MouseAct)
            press = PRESS_BUTTON if mouse else PRESS
            button.set_text(press if command is self._waiting else self._written(command))
        self.catcher.setVisible(isinstance(self._waiting, MouseAct))
        self.catcher.raise_()
        self.catcher.setGeometry(self.card.rect())

    def _written(self, command: Order | MouseAct) -> str:
        if isinstance(command, MouseAct):
            return self._bindings.mouse.input(command) or NO_KEY
        return self._bindings.key(command) or NO_KEY

    def _lay_out(self) -> None:
        look, text = self._look, self._look.theme.text
        usual = Button(look, "Usual ones", kind=Kind.QUIET)
        close = Button(look, "Close", key="Esc")
        usual.clicked.connect(self._back_to_usual)
        close.clicked.connect(self.close_overlay)
        foot = QHBoxLayout()
        foot.addWidget(usual)
        foot.addWidget(self._complaint)
        foot.addStretch(1)
        foot.addWidget(close)
        column = self.column()
        column.addWidget(Words(look, Role.DIALOG, text.strong, "Keys and buttons on the image"))
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
        told: list[tuple[Order | MouseAct, str]] = [*MOUSE_WORDS.items(), *WORDS.items()]
        for row, (command, named) in enumerate(told):
            button = Button(self._look, "", kind=Kind.PLAIN, height=28)
            button.clicked.connect(partial(self._wait_for, command))
            self._buttons[command] = button
            words = Words(self._look, Role.UI, self._look.theme.text.normal, named)
            grid.addWidget(words, row, 0)
            grid.addWidget(button, row, 1, Qt.AlignmentFlag.AlignRight)
        area = bare_area()
        area.setWidget(page)
        return area


class _Catcher(QWidget):
    """Lies over the list while a button is waited for, so that no other one takes the press."""

    caught = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        text = button_text(event.button(), event.modifiers())
        if text:
            self.caught.emit(text)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        self.caught.emit(wheel_text(event))
