"""Who and what came in one opening, to choose from. GUI thread only.

A row is one study, below the patient whose it is: patients never stand in one row.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from lacuna.study.model import Patient, PatientRecord, Study
from lacuna.study.wording import sex_and_age
from lacuna.ui.overlay import Overlay, bare_area
from lacuna.ui.paint import paint_box, paint_ring
from lacuna.ui.theme import CONTROL_RADIUS, Look, Role
from lacuna.ui.widgets import Button, Words

_HINT = "Each study keeps a report of its own."
_ROW = 40
_DATE_WIDTH, _COUNT_WIDTH = 150, 110


class PatientsDialog(Overlay):
    """Lists patients with their studies; a click, or Enter, chooses a study."""

    chosen = Signal(object, object)  # PatientRecord, Study

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent)
        self._rows: list[StudyRow] = []
        self._at = 0
        self._head = Words(look, Role.DIALOG, look.theme.text.strong)
        self._area = bare_area()
        self._lay_out()

    def show_patients(self, records: Sequence[PatientRecord], shown: Study | None) -> None:
        """List them; ``shown`` is the study that is open."""
        self._head.set_text("1 patient" if len(records) == 1 else f"{len(records)} patients")
        page = QWidget()
        page.setStyleSheet("background: transparent;")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(2)
        self._rows = []
        for record in records:
            text = self._look.theme.text
            column.addSpacing(10)
            column.addWidget(Words(self._look, Role.UI, text.strong, heading(record.patient)))
            if record.apart:
                column.addWidget(Words(self._look, Role.UI, text.second, record.apart))
            for study in record.studies:
                row = StudyRow(self._look, record, study, current=study is shown)
                row.clicked.connect(self._on_clicked)
                self._rows.append(row)
                column.addWidget(row)
        column.addStretch(1)
        self._area.setWidget(page)
        self._mark(next((n for n, row in enumerate(self._rows) if row.study is shown), 0))

    def rows(self) -> tuple[StudyRow, ...]:
        """Return the studies listed."""
        return tuple(self._rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if key in steps and self._rows:
            self._mark(min(max(self._at + steps[key], 0), len(self._rows) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._rows:
            self._choose(self._rows[self._at])
        else:
            super().keyPressEvent(event)

    def _mark(self, at: int) -> None:
        self._at = at
        for number, row in enumerate(self._rows):
            row.set_marked(number == at)
        if self._rows:
            self._area.ensureWidgetVisible(self._rows[at])

    def _on_clicked(self) -> None:
        row = self.sender()
        if isinstance(row, StudyRow):
            self._choose(row)

    def _choose(self, row: StudyRow) -> None:
        self.close_overlay()
        self.chosen.emit(row.record, row.study)

    def _lay_out(self) -> None:
        close = Button(self._look, "Close", key="Esc")
        close.clicked.connect(self.close_overlay)
        head = QHBoxLayout()
        head.addWidget(self._head)
        head.addStretch(1)
        head.addWidget(close)
        column = self.column()
        column.addLayout(head)
        column.addWidget(Words(self._look, Role.UI, self._look.theme.text.second, _HINT))
        column.addWidget(self._area, 1)


class StudyRow(QAbstractButton):
    """One study: its day, what it is, how many images it has; the open one says so."""

    def __init__(self, look: Look, record: PatientRecord, study: Study, *, current: bool) -> None:
        super().__init__()
        self._look, self.record, self.study, self.current = look, record, study, current
        self._marked = False
        self.setAccessibleName(f"{heading(record.patient)}, {'   '.join(self.words())}")
        self.setFixedHeight(_ROW)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def words(self) -> tuple[str, str, str]:
        """Return the day, what it is, and how much of it there is."""
        study = self.study
        kind = ", ".join(study.modalities)
        what = "   ".join(part for part in (kind, study.description) if part) or "Study"
        count = study.image_count or len(study.documents)
        thing = "image" if study.image_count else "document"
        much = "open now" if self.current else f"{count:,} {thing}{'' if count == 1 else 's'}"
        return study.date or "No date", what, much

    def set_marked(self, marked: bool) -> None:
        """Say whether Enter chooses it."""
        self._marked = marked
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, _ROW)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter, box = self._look.theme, QPainter(self), QRectF(self.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse():
            paint_box(painter, box, CONTROL_RADIUS, fill=theme.surface.hover)
        if self._marked:
            paint_ring(painter, box, CONTROL_RADIUS - 1, self._look)
        painter.setFont(self._look.font(Role.UI))
        metrics = painter.fontMetrics()
        inner = box.adjusted(12, 0, -12, 0)
        middle = inner.adjusted(_DATE_WIDTH, 0, -_COUNT_WIDTH, 0)
        date, what, much = self.words()
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(theme.text.second)
        painter.drawText(inner, left, date)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, much)
        painter.setPen(theme.text.normal)
        room = int(middle.width())
        painter.drawText(middle, left, metrics.elidedText(what, Qt.TextElideMode.ElideRight, room))


def heading(patient: Patient) -> str:
    """Return who a patient is, in one line."""
    number = f"ID {patient.id}" if patient.id else ""
    general = sex_and_age(patient.sex, patient.age)
    parts = (patient.name or "No name", general, patient.birth_date, number)
    return "   ".join(part for part in parts if part)
