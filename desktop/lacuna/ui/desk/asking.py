"""Asking: a question about the images on show; answers that may go into the report as proposals."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject

from lacuna.report.amend import inserted
from lacuna.report.apply import origin_of
from lacuna.report.model import Fill, FillState, Gap, ModelOrigin, new_id
from lacuna.report.text import clean
from lacuna.session import Change, Session
from lacuna.ui.desk.filling import ALTERNATIVES, Filling, Seeds
from lacuna.ui.editor.layers import certainty_of
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.acts import Act
from lacuna.work.engine_worker import EngineWorker, Failure
from lacuna_models.api import AskRequest, Done, ModelInfo, StepEvent
from lacuna_models.api import Fill as Answer

NO_MODEL = "The model is not loaded yet. Ask again in a moment."
RUNNING = "A fill is under way. Ask once it has settled."
NO_PLACE = "Put the caret where the answer is to stand: not inside an anchor."
NO_ANSWER = "The model has no answer to that."


class Asking(QObject):
    """One question at a time; a newer one replaces it. GUI thread only."""

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
        self._asked: str | None = None  # the id of the question under way
        self._model: ModelInfo | None = None
        self._answers: list[Fill] = []
        ask = panel.kit.ask
        panel.act_chosen.connect(self._on_act)
        ask.sent.connect(self.ask)
        ask.insert_wanted.connect(self._insert)
        ask.closed.connect(self._give_up)
        worker.stepped.connect(self._on_step)
        worker.finished_run.connect(self._on_done)
        worker.failed.connect(self._on_failed)
        session.observe(self._on_change)

    def ask(self, question: str) -> None:
        """Ask the model; an answer comes as it settles."""
        model = self._session.model
        if model is None or self._session.run is not None:
            self._panel.kit.ask.show_words(NO_MODEL if model is None else RUNNING)
            return
        prompt = dataclasses.replace(self._filling.prompt(), question=question)
        request = AskRequest(
            new_id(), prompt, question, (self._seeds(),), alternatives=ALTERNATIVES
        )
        self._asked, self._model, self._answers = request.id, model, []
        self._panel.kit.ask.show_thinking("Starting", "")
        self._worker.submit(request)

    def _on_act(self, act: Act) -> None:
        if act is Act.ASK:
            self._panel.kit.open_panel(self._panel.kit.ask)

    def _on_step(self, step: StepEvent) -> None:
        if step.request_id == self._asked and step.row == 0:
            draft = "".join(span.text for span in step.spans).strip()
            words = f"Step {step.step} of {step.steps}"
            self._panel.kit.ask.show_thinking(words, draft)

    def _on_done(self, done: Done) -> None:
        if done.request_id != self._asked or self._model is None:
            return
        self._asked = None
        nothing = self._session.words_mean_nothing
        origin = origin_of(done, self._model, demonstrator_on_patient=nothing)
        self._answers = [fill for answer in done.fills for fill in _proposals(answer, origin)]
        if not self._answers:
            self._panel.kit.ask.show_words(NO_ANSWER)
            return
        told = [(fill.text, _told(fill)) for fill in self._answers]
        self._panel.kit.ask.show_answers(told, meaningless=nothing)

    def _on_failed(self, failure: Failure) -> None:
        if failure.request_id is not None and failure.request_id == self._asked:
            self._asked = None
            self._panel.kit.ask.show_words(f"{failure.message} {failure.remedy}".strip())

    def _insert(self, number: int) -> None:
        """Put an answer at the caret as a proposal: it waits for review like any other."""
        editor = self._panel.editor
        place = editor.binding.place(editor.textCursor().selectionEnd())
        before = self._panel.report()
        if place is not None and number < len(self._answers):
            answer = dataclasses.replace(self._answers[number], id=new_id())
            self._panel.apply(lambda report: inserted(report, *place, answer))
        if self._panel.report() == before:
            self._panel.hint.emit(NO_PLACE)

    def _give_up(self) -> None:
        if self._asked is not None:
            self._asked = None
            self._worker.stop_run()

    def _on_change(self, change: Change) -> None:
        if change is Change.RUN and self._session.run is not None:
            self._asked = None  # a fill goes before a question
        if change is Change.STUDY:
            self._give_up()
            self._answers = []
            self._panel.kit.ask.show_answers((), meaningless=False)


def _proposals(answer: Answer, origin: ModelOrigin) -> list[Fill]:
    """Return an answer and its alternatives as proposals, the best first."""
    said = [(answer.text, answer.mean_entropy)]
    said += [(other.text, other.mean_entropy) for other in answer.alternatives]
    return [
        Fill(new_id(), words, Gap(new_id()), origin, FillState.PROPOSED, entropy)
        for text, entropy in said
        if (words := clean(text).strip())
    ]


def _told(fill: Fill) -> str:
    return certainty_of(fill.mean_entropy, fill.origin.certainty).value
