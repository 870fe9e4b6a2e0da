"""The bar at the head of the window: whose study this is, and the window's own buttons.

Where room is short the buttons shrink to their icons, then the study's words are cut; name, birth
date and number are cut last of all.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lacuna.study.model import Study
from lacuna.study.wording import sex_and_age
from lacuna.ui.theme import Look, Role
from lacuna.ui.widgets import Button, Hairline, IconButton, Mark, Words

HEIGHT = 48
HIDDEN = "Identifiers hidden"
_NAME, _OTHERS = 240, 32  # what the name and the others keep in a narrow window: the name is last
_UNBOUND = (1 << 24) - 1  # Qt's own largest width of a widget


class CaseBar(QWidget):
    """48 px. Identifiers can be hidden at a click: a screen is seen by others, too."""

    open_requested = Signal()
    model_requested = Signal()
    checks_requested = Signal()
    identifiers_toggled = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._study: Study | None = None
        self._hidden = False
        self.setFixedHeight(HEIGHT)
        self._name = self._words(Role.TITLE, look.theme.text.strong, _NAME)
        self._facts = self._words(Role.LABEL, look.theme.text.second)
        self._eye = IconButton(look, "eye-off", "Hide identifiers", size=28)
        self._eye.clicked.connect(self.toggle_identifiers)
        edge = look.theme.line.edge
        self._line = Hairline(look, Qt.Orientation.Vertical, colour=edge, length=20)
        self._title = self._words(Role.TITLE, look.theme.text.normal)
        self._details = self._words(Role.LABEL, look.theme.text.second)
        self._open = Button(look, "Open study", icon="folder-open", key="Ctrl+O")
        self._model = Button(look, "Choose a model", icon="cpu")
        self._checks = Button(look, "Check", icon="list-checks", key="F7")
        self._checks.clicked.connect(self.checks_requested)
        self._open.clicked.connect(self.open_requested)
        self._model.clicked.connect(self.model_requested)
        self._row = self._lay_out()
        self.show_empty()

    def show_empty(self) -> None:
        """Show the program's name alone."""
        self._study = None
        self._refresh()

    def show_study(self, study: Study) -> None:
        """Show whose study this is."""
        self._study = study
        self._refresh()

    def set_checks(self, count: int | None) -> None:
        """Say how many marks on the report ask for the reader's word; None: no report is open."""
        checks = "1 check open" if count == 1 else f"{count} checks open"
        self._checks.set_text(checks if count else "Check")
        self._checks.set_short(str(count) if count else "")
        self._fit()

    def toggle_identifiers(self) -> None:
        """Hide or show everything that names the patient."""
        self._hidden = not self._hidden
        self.identifiers_toggled.emit()
        self._refresh()

    @property
    def identifiers_hidden(self) -> bool:
        """Whether name, birth date, number and accession are hidden."""
        return self._hidden

    def text(self) -> str:
        """Return all words shown, for tests and screen readers."""
        parts = (self._name, self._facts, self._title, self._details)
        return "  ".join(words.text() for words in parts if words.text())

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        spare = sum(button.sizeHint().width() - button.compact_width for button in self._yielding())
        return QSize(hint.width() - spare, hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.surface.panel))
        painter.fillRect(0, HEIGHT - 1, self.width(), 1, QColor(theme.line.hairline))

    def _refresh(self) -> None:
        study, open_case = self._study, self._study is not None
        for widget in (self._eye, self._line, self._open, self._checks):
            widget.setVisible(open_case)
        if study is None:
            self._show("Lacuna", "", "", "")
            return
        patient = study.patient
        general = sex_and_age(patient.sex, patient.age)
        if self._hidden:
            self._eye.set_icon("eye", "Show identifiers")
            self._show(HIDDEN, general, study.description, study.date)
            return
        self._eye.set_icon("eye-off", "Hide identifiers")
        number = f"ID {patient.id}" if patient.id else ""
        accession = f"Acc {study.accession}" if study.accession else ""
        facts = _spaced(general, patient.birth_date, number)
        self._show(
            patient.name or "No name", facts, study.description, _spaced(study.date, accession)
        )

    def _show(self, name: str, facts: str, title: str, details: str) -> None:
        words = (self._name, self._facts, self._title, self._details)
        for label, text in zip(words, (name, facts, title, details), strict=True):
            label.set_text(text)
            label.setVisible(bool(text))
        self._fit()

    def _fit(self) -> None:
        """Let give way what matters least, and only as much as the bar lacks."""
        words = self._title, self._details, self._facts, self._name
        for label in words:
            label.setMaximumWidth(_UNBOUND)
        for button in self._yielding():
            button.set_compact(False)
        lacking = self._row.sizeHint().width() - self.width()
        for button in self._yielding():
            whole = button.sizeHint().width()
            button.set_compact(lacking > 0)
            lacking -= whole - button.sizeHint().width()
        for label in (label for label in words if not label.isHidden()):
            least, whole = label.minimumSizeHint().width(), label.sizeHint().width()
            shown = max(least, whole - max(lacking, 0))
            label.setMaximumWidth(shown)
            lacking -= whole - shown
        self._row.activate()

    def _yielding(self) -> list[Button]:
        """Return the buttons there are, the first to give way first."""
        return [one for one in (self._open, self._model, self._checks) if not one.isHidden()]

    def _words(self, role: Role, colour: str, keeps: int = _OTHERS) -> Words:
        return Words(self._look, role, colour, keeps=keeps)

    def _lay_out(self) -> QHBoxLayout:
        row = QHBoxLayout(self)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        row.setContentsMargins(16, 0, 12, 1)
        row.setSpacing(8)
        row.addWidget(Mark(self._look, 16))
        row.addSpacing(8)
        row.addWidget(self._name)
        row.addWidget(self._facts)
        row.addSpacing(4)
        row.addWidget(self._eye)
        row.addSpacing(2)
        row.addWidget(self._line)
        row.addSpacing(4)
        row.addWidget(self._title)
        row.addWidget(self._details)
        row.addStretch(1)
        row.addWidget(self._checks)
        row.addWidget(self._open)
        row.addWidget(self._model)
        return row


def _spaced(*parts: str) -> str:
    return "   ".join(part for part in parts if part)
