"""The status line: offline, the model, its device, what is going on | what this program is for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lacuna.ui.theme import Look, Role
from lacuna.ui.widgets import Hairline, Icon, Words

HEIGHT = 28
RESEARCH_USE = "Research use. Draft, requires review"
NO_CASE = "No case open"
MEANINGLESS = "Demonstrator model, its words mean nothing here"
_GAP = 8


class StatusBar(QWidget):
    """28 px at the foot of the window. Loading shows as a thin line along its upper edge."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._progress = look, -1.0
        theme = look.theme
        self.setFixedHeight(HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 1, 16, 0)
        self._row.setSpacing(_GAP)
        self._row.addWidget(Icon(look, "shield-check", theme.text.good, 14))
        self._row.addWidget(Words(look, Role.HEADING, theme.text.good, "Offline"))
        self._row.addWidget(self._separator())
        self._flask = Icon(look, "flask-conical", theme.demonstrator.text, 14)
        self._row.addWidget(self._flask)
        self._model = self._item("No model")
        self._device_line = self._separator()
        self._row.addWidget(self._device_line)
        self._device = self._item("")
        self._row.addWidget(self._separator())
        self._state = self._item(NO_CASE, theme.text.third)
        self._row.addStretch(1)
        self._row.addWidget(Icon(look, "triangle-alert", theme.text.strong, 14))
        self._row.addWidget(Words(look, Role.HEADING, theme.text.strong, RESEARCH_USE))
        self.set_model("No model", demonstrator=False)
        self.set_device("")

    def set_model(self, name: str, *, demonstrator: bool, meaningless: bool = False) -> None:
        """Name the model that answers; the demonstrator is always marked as such.

        ``meaningless``: the picture is none that it can know, and the line says so all the time.
        """
        theme = self._look.theme
        self._flask.setVisible(demonstrator)
        own = MEANINGLESS if meaningless else "Demonstrator model"
        self._model.set_text(own if demonstrator else name)
        self._model.set_colour(theme.demonstrator.text if demonstrator else theme.text.second)

    def set_device(self, device: str) -> None:
        """Say where the model runs, ``CPU`` or the accelerator's name; empty hides it."""
        self._device.set_text(device)
        self._device.setVisible(bool(device))
        self._device_line.setVisible(bool(device))

    def set_state(self, text: str) -> None:
        """Say what is going on: saved, no case open, working at a step, loading."""
        self._state.set_text(text)

    def set_progress(self, fraction: float | None) -> None:
        """Draw how much is loaded, 0 to 1, along the upper edge; None takes the line away."""
        self._progress = -1.0 if fraction is None else min(max(fraction, 0.0), 1.0)
        self.update()

    def progress(self) -> float | None:
        """Return what the loading line shows."""
        return None if self._progress < 0 else self._progress

    def texts(self) -> tuple[str, str, str]:
        """Return model, device and state as shown."""
        return self._model.text(), self._device.text(), self._state.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.surface.window))
        painter.fillRect(0, 0, self.width(), 1, QColor(theme.line.hairline))
        if self._progress >= 0:
            line = QRectF(0, 0, self.width() * self._progress, 2)
            painter.fillRect(line, QColor(theme.model.line))

    def _item(self, text: str, colour: str = "") -> Words:
        tint = colour or self._look.theme.text.second
        words = Words(self._look, Role.LABEL, tint, text, figures=True)
        self._row.addWidget(words)
        return words

    def _separator(self) -> Hairline:
        edge = self._look.theme.line.edge
        return Hairline(self._look, Qt.Orientation.Vertical, colour=edge, length=12)
