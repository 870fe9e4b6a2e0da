"""House style: soft text worded anew, its facts pinned; what would change one stays, and why."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lacuna.errors import UserFacingError
from lacuna.report.amend import origin_of_call, reworded
from lacuna.report.model import Fixed, Gap, Report
from lacuna.report.request import segments_of
from lacuna.session import Change, Session
from lacuna.ui.desk.filling import Filling, Seeds
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.acts import Act
from lacuna.ui.steering.card import CardWords, Tint
from lacuna.work.engine_worker import EngineWorker, Failure
from lacuna_models.api import ModelInfo, Rewrite, RewriteRequest

CALL = "style"
CARD = "style"
NOTHING = "There is no soft text to reword."
UNCHANGED = "The text is in house style already."
_MOST = 3  # refusals that a card has room for


class Restyling(QObject):
    """Sends soft text to be reworded: what is selected, or all of it. GUI thread only."""

    def __init__(
        self,
        panel: ReportPanel,
        session: Session,
        worker: EngineWorker,
        filling: Filling,
        seeds: Seeds,
    ) -> None:
        super().__init__(panel)
        self._panel, self._session, self._worker = panel, session, worker
        self._filling, self._seeds = filling, seeds
        self._asked: tuple[RewriteRequest, ModelInfo] | None = None
        panel.act_chosen.connect(self._on_act)
        worker.answered.connect(self._on_answer)
        worker.failed.connect(self._on_failed)
        session.observe(self._on_change)

    def reword(self) -> None:
        """Ask for soft text in the style of the report's setting."""
        model = self._session.model
        if model is None or self._session.run is not None:
            return
        report = self._panel.report()
        scope = self._panel.selection_scope() or _soft(report)
        report = self._panel.report()
        if not scope & _soft(report):
            self._panel.hint.emit(NOTHING)
            return
        request = RewriteRequest(
            CALL,
            self._filling.prompt(),
            segments_of(report, scope & _soft(report)),
            seed=self._seeds(),
        )
        self._asked = request, model
        self._worker.call(CALL, lambda engine, cancel: tuple(engine.rewrite(request, cancel)))

    def _on_act(self, act: Act) -> None:
        if act is Act.STYLE:
            self.reword()

    def _on_answer(self, call: str, answer: object) -> None:
        if call != CALL or self._asked is None or not isinstance(answer, tuple):
            return
        (request, model), self._asked = self._asked, None
        rewrites = [each for each in answer if isinstance(each, Rewrite)]
        origin = origin_of_call(model, request.seed, nothing=self._session.words_mean_nothing)
        before = self._panel.report()
        self._panel.apply(lambda report: reworded(report, rewrites, origin))
        refused = [refusal for rewrite in rewrites for refusal in rewrite.refusals]
        if refused:
            self._panel.kit.foot.show_card(_refused([(r.text, r.reason) for r in refused]))
        elif self._panel.report() == before:
            self._panel.hint.emit(UNCHANGED)

    def _on_failed(self, failure: Failure) -> None:
        if failure.request_id == CALL:
            self._asked = None
            self._filling.say(UserFacingError(failure.message, failure.remedy))

    def _on_change(self, change: Change) -> None:
        if change in (Change.STUDY, Change.RUN):
            self._asked = None
            self._worker.drop_call(CALL)


def _soft(report: Report) -> frozenset[str]:
    """Return the ids of text that may be worded anew: all that stands and is not locked."""
    return frozenset(
        span.id
        for span in report.spans()
        if not isinstance(span, Fixed | Gap) and span.text.strip()
    )


def _refused(refusals: list[tuple[str, str]]) -> CardWords:
    """Say which sentences stay as they were, and why."""
    count = len(refusals)
    title = f"{count} sentences stay as they were" if count > 1 else "1 sentence stays as it was"
    told = "\n".join(f"“{text.strip()}” {reason}" for text, reason in refusals[:_MOST])
    more = f"\nAnd {count - _MOST} more." if count > _MOST else ""
    return CardWords(CARD, title, told + more, Tint.PLAIN, "lock")
