"""Choosing what answers: a checkpoint folder on this machine, or the bundled demonstrator.

It lies within the window, over a veil between case bar and status line, and keeps the keys until
it is closed. GUI thread only.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from lacuna.ui.open_dialog import choose_folder
from lacuna.ui.overlay import Overlay
from lacuna.ui.paint import paint_box
from lacuna.ui.theme import CONTROL_RADIUS, Look, Role
from lacuna.ui.widgets import Button, Icon, IconButton, Kind, Words

NO_FOLDER = "There is no such folder."
_TYPED_MS = 300  # a path is looked up when the typing rests


class PathField(QLineEdit):
    """Where a folder's path is typed, pasted or shown."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setFixedHeight(36)
        self.setFrame(False)
        self.setFont(look.font(Role.UI))
        self.setTextMargins(40, 0, 12, 0)
        self.setAccessibleName("Checkpoint folder")
        self.setStyleSheet("background: transparent;")
        Icon(look, "hard-drive", look.theme.text.second, 16, self).move(12, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        line, width = (theme.line.focus, 2.0) if self.hasFocus() else (theme.line.control, 1.0)
        box = QRectF(self.rect())
        painter = QPainter(self)
        paint_box(painter, box, CONTROL_RADIUS, fill=theme.surface.panel, line=line, width=width)
        painter.end()
        super().paintEvent(event)


class ModelDialog(Overlay):
    """Asks which model is to answer."""

    folder_chosen = Signal(object)  # Path
    demonstrator_chosen = Signal()
    folder_named = Signal(object)  # Path: what is it, and does it fit?

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent, height=None)
        theme = look.theme
        self.field = PathField(look)
        self.setFocusProxy(self.field)
        self._choose = Button(look, "Choose", icon="folder-open", height=36)
        self._close = IconButton(look, "x", "Close", size=28)
        self._complaint = Words(look, Role.LABEL, theme.alert.text)
        self._memory = Words(look, Role.LABEL, theme.text.second)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_TYPED_MS)
        self._rest.timeout.connect(self._name_folder)
        self.demonstrator_button = Button(look, "Use the demonstrator", kind=Kind.QUIET, height=36)
        self._cancel = Button(look, "Cancel", key="Esc", height=36)
        self.load_button = Button(look, "Load the model", key="Enter", kind=Kind.PRIMARY, height=36)
        self._lay_out()
        self._choose.clicked.connect(self._browse)
        self._close.clicked.connect(self.close_overlay)
        self._cancel.clicked.connect(self.close_overlay)
        self.demonstrator_button.clicked.connect(self._take_demonstrator)
        self.load_button.clicked.connect(self._take_folder)
        self.field.textChanged.connect(self._on_text)
        self.field.returnPressed.connect(self._take_folder)
        self._on_text("")

    def complaint(self) -> str:
        """Return what is said against the folder typed."""
        return self._complaint.text()

    def tell_memory(self, folder: Path, words: str) -> None:
        """Say what a folder needs, unless another has been named meanwhile."""
        if folder == self._folder():
            self._memory.set_text(words)

    def memory(self) -> str:
        """Return what is said of the folder's need of memory."""
        return self._memory.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_folder()
        super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep Tab within the dialog."""
        stops = [self.field, self._choose, self.demonstrator_button, self._cancel]
        stops += [self.load_button] if self.load_button.isEnabled() else []
        stops.append(self._close)
        here = next((place for place, stop in enumerate(stops) if stop.hasFocus()), -1)
        reason = Qt.FocusReason.TabFocusReason
        stops[(here + (1 if forward else -1)) % len(stops)].setFocus(reason)
        return True

    def _browse(self) -> None:
        for folder in choose_folder(self, "Choose a checkpoint folder"):
            self.field.setText(str(folder))

    def _on_text(self, text: str) -> None:
        self._complaint.set_text("")
        self._memory.set_text("")
        self.load_button.setEnabled(bool(text.strip()))
        self._rest.start()

    def _folder(self) -> Path | None:
        text = self.field.text().strip()
        return Path(text).expanduser() if text else None

    def _name_folder(self) -> None:
        folder = self._folder()
        if folder is not None:
            self.folder_named.emit(folder)

    def _take_folder(self) -> None:
        folder = self._folder()
        if folder is None:
            return
        if not folder.is_dir():
            self._complaint.set_text(NO_FOLDER)
            return
        self.close_overlay()
        self.folder_chosen.emit(folder)

    def _take_demonstrator(self) -> None:
        self.close_overlay()
        self.demonstrator_chosen.emit()

    def _lay_out(self) -> None:
        look, text = self._look, self._look.theme.text
        head = _row(Words(look, Role.DIALOG, text.strong, "Choose a model"), None, self._close)
        words = "Lacuna reads a folder on this machine. It does not download, and it loads "
        demonstrator = "Without a checkpoint the bundled demonstrator answers. "
        tone = look.theme.demonstrator
        note = _row(
            Icon(look, "flask-conical", tone.text, 16),
            Words(look, Role.LABEL, tone.text, f"{demonstrator}It knows drawings, not patients."),
            None,
        )
        foot = _row(self.demonstrator_button, None, self._cancel, self.load_button)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(28, 24, 28, 24)
        column.setSpacing(0)
        column.addLayout(head)
        column.addSpacing(12)
        column.addWidget(Words(look, Role.UI, text.second, f"{words}safetensors only."))
        column.addSpacing(16)
        column.addWidget(Words(look, Role.LABEL, text.second, "Checkpoint folder"))
        column.addSpacing(8)
        column.addLayout(_row(self.field, self._choose))
        column.addSpacing(6)
        column.addWidget(self._complaint)
        column.addWidget(self._memory)
        column.addSpacing(14)
        column.addLayout(note)
        column.addSpacing(12)
        column.addLayout(foot)


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Return the widgets side by side; None is room that stretches."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row
