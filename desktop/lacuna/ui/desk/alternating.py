"""Alternatives: a gap's other proposals, exchanged in place, each exchange one undo step."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint

from lacuna.report import alternatives, edit
from lacuna.report.alternatives import Choice
from lacuna.report.model import Fill, Gap, Report
from lacuna.report.text import clean
from lacuna.ui.desk.filling import Filling
from lacuna.ui.editor.layers import certainty_of
from lacuna.ui.editor.painter import GUTTER
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.acts import Act
from lacuna.ui.steering.choices import Row
from lacuna.ui.steering.length_menu import LengthMenu
from lacuna_models.api import Done, ModelInfo

KEPT = 400  # gaps whose proposals are remembered; the oldest are forgotten
NO_PLACE = "Go to a proposal or a gap first, with Tab."
NONE_HERE = "There is no other proposal here. Fill again for new ones."
JUDGED = "Part of it is yours already. Undo that first, or fill again."
NO_GAP = "Go to a gap first, with Tab."


class Alternating(QObject):
    """Remembers what each gap was answered by; Alt+Down and Alt+Up go through it. GUI thread."""

    def __init__(self, panel: ReportPanel, filling: Filling) -> None:
        super().__init__(panel)
        self._panel, self._filling = panel, filling
        self._choices: dict[str, tuple[Choice, ...]] = {}
        self._shown: str | None = None  # the gap whose proposals are listed
        self._wanted: str | None = None  # the gap that is being filled for its alternatives
        self._busy = False
        filling.settled.connect(self._on_settled)
        panel.act_chosen.connect(self._on_act)
        panel.kit.choices.chosen.connect(self._take)
        panel.editor.cursorPositionChanged.connect(self._on_moved)
        panel.report_changed.connect(self._on_moved)

    def of(self, source: str) -> tuple[Choice, ...]:
        """Return the proposals for a gap, in order of merit."""
        return self._choices.get(source, ())

    def _on_act(self, act: Act) -> None:
        if act is Act.LENGTH:
            self._choose_length()
        elif act in (Act.NEXT, Act.PREVIOUS) and not self._panel.running:
            self._turn(1 if act is Act.NEXT else -1)

    def _on_settled(self, done: Done, model: ModelInfo, nothing: bool) -> None:
        for fill in done.fills:  # what an earlier run had to say is not this one's
            self._choices.pop(fill.segment_id, None)
        self._choices.update(alternatives.choices(done, model, nothing=nothing))
        for old in list(self._choices)[:-KEPT]:
            del self._choices[old]
        wanted, self._wanted = self._wanted, None
        if wanted is not None and wanted in self._choices:
            self._list(wanted)

    def _turn(self, by: int) -> None:
        """Put the next proposal in place; a gap that has none yet is filled for some."""
        span = self._panel.editor.focused_span()
        if isinstance(span, Gap):
            self._wanted = span.id
            self._filling.begin(lambda: frozenset({span.id}))
            return
        source = alternatives.source_of(span) if span is not None else None
        if source is None:
            self._panel.hint.emit(NO_PLACE if span is None else NONE_HERE)
            return
        at = self._at(source)
        if at is None:
            judged = alternatives.shown(self._panel.report(), source) is None
            self._panel.hint.emit(JUDGED if judged and self.of(source) else NONE_HERE)
        elif self._shown != source and by > 0:
            self._list(source)  # the first key shows what there is; the next one takes it
        else:
            self._put(source, (at + by) % len(self.of(source)))

    def _take(self, number: int) -> None:
        if self._shown is not None and number < len(self.of(self._shown)):
            self._put(self._shown, number)

    def _put(self, source: str, number: int) -> None:
        choice = self.of(source)[number]
        self._busy = True
        self._panel.apply(lambda report: alternatives.choose(report, source, choice))
        self._busy = False
        self._list(source)

    def _list(self, source: str) -> None:
        """Show the list under the proposal, with the focus on its first words."""
        editor, found = self._panel.editor, self.of(source)
        first = _first_fill(self._panel.report(), source)
        at = self._at(source)
        if first is None or at is None or not found:
            return
        self._busy = True
        editor.focus_span(first.id)
        self._busy = False
        boxes = editor.paper.span_boxes(first.id)
        if boxes:
            rows = [_row(choice) for choice in found]
            left, width = GUTTER, round(editor.paper.measure())
            place = QPoint(left, boxes[-1].bottom() + 3)
            self._panel.kit.choices.show_rows(rows, at, place, width)
            self._shown = source

    def _at(self, source: str) -> int | None:
        """Return which proposal stands there; None if the reader has made it another's."""
        standing = alternatives.shown(self._panel.report(), source)
        texts = [clean(choice.text) for choice in self.of(source)]
        return texts.index(standing) if standing in texts else None

    def _on_moved(self) -> None:
        """Put the list away once the reader turns to something else."""
        if self._busy or self._shown is None:
            return
        span = self._panel.editor.focused_span()
        if span is None or alternatives.source_of(span) != self._shown:
            self._shown = None
            self._panel.kit.choices.hide()

    def _choose_length(self) -> None:
        editor = self._panel.editor
        span = editor.focused_span()
        if not isinstance(span, Gap):
            self._panel.hint.emit(NO_GAP)
            return
        menu = LengthMenu(span.length, editor)
        gap_id = span.id
        menu.chosen.connect(
            lambda length: self._panel.apply(lambda r: edit.set_length(r, gap_id, length))
        )
        box = editor.paper.span_boxes(gap_id)[0]
        menu.popup(editor.viewport().mapToGlobal(box.bottomLeft()))


def _first_fill(report: Report, source: str) -> Fill | None:
    spans = (s for s in report.spans() if isinstance(s, Fill))
    return next((span for span in spans if alternatives.source_of(span) == source), None)


def _row(choice: Choice) -> Row:
    sure = certainty_of(choice.answer.mean_entropy, choice.origin.certainty)
    return Row(choice.text, sure, choice.score)
