"""Checking: what speaks against the report, where it comes from, what an edit left behind.

The model is asked when the reader rests and on F7, never while a run goes on. It marks; it changes
nothing. Marks on words that change meanwhile go by themselves.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from lacuna.report.model import Fill, FillState, Gap, Report
from lacuna.report.request import segments_of
from lacuna.session import Change, Session
from lacuna.ui.desk.filling import Filling
from lacuna.ui.desk.score_marks import evidence_marks, radar_marks, stale_marks
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.marks import Marks
from lacuna.work.engine_worker import EngineWorker, Failure
from lacuna_models.api import Measure, ModelInfo, ScoreRequest, Scores, Segment

REST = 900  # milliseconds without a change until the reader is taken to rest
RADAR, EVIDENCE, STALE = "radar", "evidence", "stale"
_MEASURES = {
    RADAR: Measure.CRITICAL,
    EVIDENCE: Measure.EVIDENCE,
    STALE: Measure.DEPENDENCE,
}


class Checking(QObject):
    """Asks the model for scores and turns them into marks. GUI thread only."""

    checked = Signal(str)  # a group of marks is up to date

    def __init__(
        self, panel: ReportPanel, session: Session, worker: EngineWorker, filling: Filling
    ) -> None:
        super().__init__(panel)
        self._panel, self._session = panel, session
        self._worker, self._filling = worker, filling
        self._layer = Layer.CERTAINTY
        self._before: tuple[Segment, ...] = ()  # as it stood when the model last had its say
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.look)
        panel.report_changed.connect(self._on_report_changed)
        panel.layer_chosen.connect(self._on_layer)
        filling.settled.connect(self._on_settled)
        worker.answered.connect(self._on_answer)
        worker.failed.connect(self._on_failed)
        session.observe(self._on_change)

    @property
    def marks(self) -> Marks:
        """The marks on the report."""
        return self._panel.kit.marks

    @property
    def able(self) -> bool:
        """Whether the model's opinion of this report means anything, and can be had now."""
        ready = self._session.model is not None and self._session.case is not None
        return ready and self._session.run is None and not self._session.words_mean_nothing

    def look(self) -> None:
        """Ask for all that is due: the radar, what an edit left behind, evidence where shown."""
        if not self.able:
            return
        report = self._panel.report()
        self._ask(RADAR, report, _readers(report))
        models = _models(report)
        if models and self._before and self._before != segments_of(report):
            self._ask(STALE, report, models, before=self._before)
        if self._layer is Layer.EVIDENCE:
            self._ask(EVIDENCE, report, None)

    def settle(self) -> None:
        """Take the report as it stands for what the model's sentences go with."""
        self._before = segments_of(self._panel.report())
        self.marks.drop(STALE)

    def _ask(
        self,
        group: str,
        report: Report,
        only: frozenset[str] | None,
        before: tuple[Segment, ...] = (),
    ) -> None:
        if only is not None and not only:
            self.marks.drop(group)
            self.checked.emit(group)
            return
        request = ScoreRequest(
            id=group,
            prompt=self._filling.prompt(),
            segments=segments_of(report),
            measure=_MEASURES[group],
            before=before,
            only=only,
        )
        self._worker.call(group, lambda engine, cancel: engine.score(request, cancel))

    def _on_answer(self, group: str, answer: object) -> None:
        if group not in _MEASURES or not isinstance(answer, Scores):
            return
        make = {RADAR: radar_marks, EVIDENCE: evidence_marks, STALE: stale_marks}[group]
        self.marks.put(group, make(answer))
        self.checked.emit(group)

    def _on_failed(self, failure: Failure) -> None:
        """A check that cannot be made marks nothing; F7 says so."""
        if failure.request_id in _MEASURES:
            self.marks.drop(failure.request_id)
            self.checked.emit(failure.request_id)

    def _on_report_changed(self) -> None:
        if self._session.run is None:
            self._rest.start()

    def _on_layer(self, layer: Layer) -> None:
        self._layer = layer
        if layer is Layer.EVIDENCE:
            self.look()

    def _on_settled(self, _done: object, _model: ModelInfo, _nothing: bool) -> None:
        self.settle()
        self._rest.start()

    def _on_change(self, change: Change) -> None:
        if change is Change.STUDY:
            self._before = ()
            self.marks.drop()
            self._rest.start()
        if change is Change.MODEL:
            self.marks.drop(RADAR, EVIDENCE, STALE)
            if self._session.model is not None:
                self._rest.start()


def _readers(report: Report) -> frozenset[str]:
    """Return the ids of what the reader stands for: anchors, typed text, what they accepted."""
    return frozenset(
        span.id
        for span in report.spans()
        if not isinstance(span, Gap)
        if not (isinstance(span, Fill) and span.state is FillState.PROPOSED)
    )


def _models(report: Report) -> frozenset[str]:
    """Return the ids of the model's sentences, accepted or not, that nobody has rewritten."""
    fills = (span for span in report.spans() if isinstance(span, Fill))
    return frozenset(fill.id for fill in fills if fill.state is not FillState.EDITED)
