"""The rule checker's marks: side, sex, negation, sizes, units, dates. Pure rules, so at every rest.

They stand beside the model's opinion, and need no model and no picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from PySide6.QtCore import QObject, QTimer

from lacuna.report import edit
from lacuna.report.check import Finding, Range, Rule, Subject, check
from lacuna.report.model import Report
from lacuna.session import Change, Session
from lacuna.study.model import Study
from lacuna.study.wording import MONTHS
from lacuna.ui.editor.mark_paint import MarkKind
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.marks import Mark

RULES = "rules"
_PARTS = 3  # day, month, year
REST = 400  # milliseconds without a key: half a sentence breaks rules that the whole one keeps
_TITLES = {
    Rule.SIDE: "Side",
    Rule.SEX: "Sex",
    Rule.NEGATION: "Found and denied",
    Rule.UNSUPPORTED: "Not in the findings",
    Rule.SIZE: "Size",
    Rule.UNITS: "Units",
    Rule.DATE: "Date",
    Rule.MEASUREMENT: "Measurements differ",
    Rule.GAP: "Left open",
}


class Ruling(QObject):
    """Runs the rules once the reader rests. GUI thread only."""

    def __init__(self, panel: ReportPanel, session: Session) -> None:
        super().__init__(panel)
        self._panel, self._session = panel, session
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.look)
        panel.report_changed.connect(self._rest.start)
        session.observe(self._on_change)

    def look(self) -> None:
        """Run the rules now; nothing is marked while a run goes on."""
        case = self._session.case
        if case is None or self._panel.running:
            return
        report = self._panel.report()
        found = check(report, subject_of(case.study))
        self._panel.kit.marks.put_ranges(RULES, self._marks(report, found))

    def _marks(self, report: Report, found: tuple[Finding, ...]) -> Iterator[tuple[Mark, int, int]]:
        binding = self._panel.editor.binding
        for finding in found:
            if finding.rule is Rule.GAP and not _words(report, finding.place).strip("\ufffc \n"):
                continue  # an open gap is seen as such
            place = finding.place
            start = binding.position(place.section, place.start)
            end = binding.position(place.section, place.end)
            yield _mark(report, finding), start, end

    def _on_change(self, change: Change) -> None:
        if change in (Change.STUDY, Change.RUN):
            self._rest.start()


def subject_of(study: Study) -> Subject:
    """Return who is reported on, as far as rules ask."""
    patient = study.patient
    return Subject(patient.sex, _day(patient.birth_date), _day(study.date.partition(",")[0]))


def _mark(report: Report, finding: Finding) -> Mark:
    other = f" “{_words(report, finding.other)}”" if finding.other is not None else ""
    reason = finding.reason + (f" Against:{other}." if other else "")
    return Mark(MarkKind.RULE, _words(report, finding.place), _TITLES[finding.rule], reason)


def _words(report: Report, place: Range) -> str:
    return edit.body(report.sections[place.section].spans)[place.start : place.end]


def _day(shown: str) -> date | None:
    """Return a date as the study shows it, 20 Nov 2026; None where it shows none."""
    parts = shown.split()
    if len(parts) != _PARTS or parts[1] not in MONTHS or not (parts[0] + parts[2]).isdecimal():
        return None
    return date(int(parts[2]), MONTHS.index(parts[1]) + 1, int(parts[0]))
