"""Steering a run while it goes on: words held and struck out, pauses, steps, edits of the report.

What the reader does to the report meanwhile is told to the run, which starts again only what it
must. Commands are heard between two steps.
"""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, QTimer

from lacuna.errors import UserFacingError
from lacuna.report.request import build_request
from lacuna.session import Session
from lacuna.ui.desk.filling import Filling
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.acts import Act
from lacuna.work.engine_worker import EngineWorker
from lacuna_models.api import Advance, Command, Edit, FillRequest, Pause, Resume

BREATH = 120  # milliseconds after a key until the run is told: a word is one edit, not seven
NO_RUN = "Nothing runs now."


class Steering(QObject):
    """Passes the reader's hand on to the run under way. GUI thread only."""

    def __init__(
        self, panel: ReportPanel, session: Session, worker: EngineWorker, filling: Filling
    ) -> None:
        super().__init__(panel)
        self._panel, self._session = panel, session
        self._worker, self._filling = worker, filling
        self._told: FillRequest | None = None
        self._breath = QTimer(self)
        self._breath.setSingleShot(True)
        self._breath.setInterval(BREATH)
        self._breath.timeout.connect(self._tell)
        panel.steered.connect(self._steer)
        panel.act_chosen.connect(self._on_act)
        panel.report_changed.connect(self._on_report_changed)

    def _steer(self, command: Command) -> None:
        run = self._session.run
        if run is not None:
            self._worker.steer(run.id, command)

    def _on_act(self, act: Act) -> None:
        if act not in (Act.PAUSE, Act.STEP_ON):
            return
        if self._session.run is None:
            self._panel.hint.emit(NO_RUN)
        elif act is Act.STEP_ON:
            self._steer(Advance())
        else:
            pausing = not self._panel.paused
            self._steer(Pause() if pausing else Resume())
            self._panel.set_paused(pausing)

    def _on_report_changed(self) -> None:
        if self._session.run is not None:
            self._breath.start()

    def _tell(self) -> None:
        """Tell the run how the report stands now, if that is news to it."""
        run = self._session.run
        if run is None:
            return
        try:
            now = build_request(
                self._panel.report(),
                run.prompt,
                seeds=run.seeds,
                request_id=run.id,
                scope=self._filling.scope,
            )
        except UserFacingError:  # nothing is left to fill: what comes of the run finds no place
            return
        known = self._told if self._told is not None and self._told.id == run.id else run
        if now.segments == known.segments:
            return
        self._told = dataclasses.replace(run, segments=now.segments)
        self._panel.adopt_request(self._told)
        self._steer(Edit(now.segments))
