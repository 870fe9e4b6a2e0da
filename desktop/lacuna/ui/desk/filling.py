"""Filling: Ctrl+G -> a request -> steps on the screen -> proposals in the report."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from PySide6.QtCore import QObject, QSignalBlocker, Signal

from lacuna.errors import UserFacingError
from lacuna.report import edit
from lacuna.report.apply import apply_done
from lacuna.report.draft_mark import words_mean_nothing
from lacuna.report.model import Report, Soft
from lacuna.report.request import build_request, can_follow, voice
from lacuna.session import Change, Session
from lacuna.settings import Settings
from lacuna.ui.desk.sending import IMAGE_CHIP, Sending
from lacuna.ui.editor.dock import SentChip
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import Notice, NoticeKind, error_notice
from lacuna.work.engine_worker import EngineWorker, Failure
from lacuna_models.api import (
    Done,
    FillRequest,
    ModelInfo,
    Prompt,
    SamplerSettings,
    StepEvent,
)

RUN_KEY = "run"
NOTES_KEY = "run-notes"
HINT_KEY = "hint"
INSTRUCTION_CHIP = "instruction"
OWN_VIEW_CHIP = "own-view"
ALTERNATIVES = 4  # proposals for a gap, the first one included: what the list has room for

Seeds = Callable[[], int]


def fresh_seed() -> int:
    """Return a seed short enough to be read aloud."""
    return random.SystemRandom().randrange(10_000)


class Filling(QObject):
    """Runs fills on the open report. Answers of stale requests are dropped by their id."""

    state_changed = Signal(str)  # for the status line; empty: no run
    settled = Signal(object, object, bool)  # Done, ModelInfo, whether its words mean nothing

    def __init__(
        self,
        window: MainWindow,
        panel: ReportPanel,
        session: Session,
        worker: EngineWorker,
        settings: Settings,
        seeds: Seeds = fresh_seed,
        sending: Sending | None = None,
    ) -> None:
        super().__init__(window)
        self._sending = sending or Sending(window, session)
        self._window = window
        self._panel = panel
        self._session = session
        self._worker = worker
        self._settings = settings
        self._seeds = seeds
        self._instruction, self._follow = "", settings.follow
        self._scope: frozenset[str] = frozenset()
        self._answering: ModelInfo | None = None  # the run's own: another may be loading meanwhile
        panel.fill_requested.connect(self.fill)
        panel.stop_requested.connect(self.stop)
        panel.report_changed.connect(self._on_report_changed)
        panel.chip_left_out.connect(self._on_left_out)
        panel.hint.connect(self._on_hint)
        self._sending.changed.connect(self.show_sent)
        worker.stepped.connect(self._on_step)
        worker.finished_run.connect(self._on_done)
        worker.failed.connect(self._on_failed)
        session.observe(self._on_change)

    def fill(self) -> None:
        """Fill the gaps; with a selection, rewrite it; with neither, try the proposals again."""
        self.begin(lambda: self._panel.selection_scope() or self._reopen_proposals())

    def begin(
        self,
        scope: Callable[[], frozenset[str]],
        change: Callable[[FillRequest], FillRequest] = lambda request: request,
    ) -> None:
        """Begin a run on what ``scope`` names, on all gaps where it names nothing.

        What ``scope`` does to the report belongs to the run, and is undone together with what
        comes of it. ``change`` may say more about the request.
        """
        notices = self._window.notices
        notices.withdraw(RUN_KEY)
        notices.withdraw(NOTES_KEY)
        before = self._panel.report()
        try:
            request = change(self._request(scope))
        except UserFacingError as error:
            self.say(error)
            return
        self._answering = self._session.model
        self._session.begin_run(request)
        self._panel.begin_run(request, joins=self._panel.report() != before)
        self._worker.submit(request)

    def say(self, error: UserFacingError) -> None:
        """Say why something cannot be done now, and the way out."""
        notice = Notice(NoticeKind.INFO, HINT_KEY, error.message.rstrip("."), error.remedy)
        self._window.notices.show_notice(notice)

    def prompt(self) -> Prompt:
        """Return what the model is told beside the report, as it would be now."""
        return Prompt(
            images=self._sending.images(), style=self._settings.style, instruction=self._instruction
        )

    @property
    def scope(self) -> frozenset[str]:
        """What the run under way may write; nothing named: all gaps."""
        return self._scope

    def instruct(self, words: str) -> None:
        """Tell the model something with every run on this report, until it is left out."""
        self._instruction = words
        self.show_sent()

    @property
    def follow(self) -> bool:
        """Whether other sentences follow the reader's words against the image."""
        return self._follow

    def set_follow(self, follow: bool) -> None:
        """Let other sentences follow the reader's words, or the image; of the next run on."""
        self._follow = follow
        self.show_sent()

    def stop(self) -> None:
        """Stop between two steps and keep what has settled."""
        self._worker.stop_run()

    def show_sent(self) -> None:
        """Say beside the fill button what goes to the model."""
        chips = self._sending.chips()
        if self._instruction:
            chips.append(SentChip(INSTRUCTION_CHIP, _brief(self._instruction), "", closable=True))
        model = self._session.model
        if not self._follow and model is not None and can_follow(model):
            chips.append(SentChip(OWN_VIEW_CHIP, "Model's own view", closable=True))
        self._panel.set_sent_chips(chips)

    def _request(self, choose: Callable[[], frozenset[str]]) -> FillRequest:
        model = self._session.model
        if model is None:
            raise UserFacingError("The model is not loaded yet.", "Fill again in a moment.")
        self._scope = scope = choose()
        seeds = (self._seeds(),)
        report = self._panel.report()
        settings = self._sampler(model.settings)
        request = build_request(report, self.prompt(), seeds=seeds, settings=settings, scope=scope)
        adapter = voice(report, model, follow=self._follow)
        return dataclasses.replace(request, alternatives=ALTERNATIVES, adapter=adapter)

    def _reopen_proposals(self) -> frozenset[str]:
        """Fill again: where no gap is left, the proposals that wait go back to what they replaced.

        Returns the ids of the text among that, to be rewritten again, and of the gaps beside it.
        """
        report = self._panel.report()
        waiting = list(edit.proposals(report))
        if not waiting or any(edit.gaps(report)):
            return frozenset()
        self._panel.apply(edit.reject_all)
        texts = {fill.replaced.id for fill in waiting if isinstance(fill.replaced, Soft)}
        if not texts:  # no scope then: every gap is free anyway
            return frozenset()
        return frozenset(texts | {gap.id for gap in edit.gaps(self._panel.report())})

    def _sampler(self, own: SamplerSettings) -> SamplerSettings:
        steps = self._settings.steps
        return own if steps is None else dataclasses.replace(own, steps=steps)

    def _on_step(self, step: StepEvent) -> None:
        if self._session.is_current(step.request_id):
            self._panel.show_step(step)
            self.state_changed.emit(f"Working, step {step.step} of {step.steps}")

    def _on_done(self, done: Done) -> None:
        case, model = self._session.case, self._answering
        if not self._session.is_current(done.request_id) or case is None or model is None:
            return
        nothing = words_mean_nothing(model, phantom=case.study.is_phantom)
        before = self._panel.report()
        after = apply_done(before, done, model, demonstrator_on_patient=nothing)
        self._finish(done, after)
        self.settled.emit(done, model, nothing)
        if done.notes:
            notice = Notice(NoticeKind.INFO, NOTES_KEY, "About this fill", " ".join(done.notes))
            self._window.notices.show_notice(notice)

    def _on_failed(self, failure: Failure) -> None:
        if self._session.is_current(failure.request_id):
            self._finish(None, None)
            error = UserFacingError(failure.message, failure.remedy)
            self._window.notices.show_notice(error_notice(error, RUN_KEY))

    def _finish(self, done: Done | None, after: Report | None) -> None:
        self._panel.finish_run(done, after)
        self._session.end_run()
        self.state_changed.emit("")

    def _on_hint(self, sentence: str) -> None:
        self._window.notices.show_notice(Notice(NoticeKind.INFO, HINT_KEY, sentence))

    def _on_left_out(self, chip: str) -> None:
        """Keep something from the model: the images until the reader turns to one again."""
        if chip == IMAGE_CHIP:
            self._sending.leave_out()
        if chip == INSTRUCTION_CHIP:
            self._instruction = ""
        self.show_sent()

    def _on_report_changed(self) -> None:
        self._window.notices.withdraw(HINT_KEY)  # it was about what stood there before
        self._session.write(self._panel.report())

    def _on_change(self, change: Change) -> None:
        if change is Change.STUDY and self._session.case is not None:
            if self._session.run is not None:
                self._worker.stop_run()
                self._finish(None, None)
            self._instruction = ""  # it was about another report
            # A report on its way into the editor is not the reader's writing.
            with QSignalBlocker(self._panel):
                self._panel.load(self._session.case.report)
        if change in (Change.STUDY, Change.GREW, Change.MODEL):
            self._panel.set_meaningless(self._session.words_mean_nothing)
        if change is Change.MODEL:
            self._panel.set_fill_enabled(self._session.model is not None)
            self.show_sent()


def _brief(words: str) -> str:
    return words if len(words) <= 24 else f"{words[:22].rstrip()} ..."
