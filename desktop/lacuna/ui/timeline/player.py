"""Scrubbing: which step of which run is on show, over the report or on a page of its own.

The newest run is painted over the proposals that came of it, as long as they stand together; every
other one over the report as it stood when that run began. Looking changes nothing. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget

from lacuna.report.model import Report
from lacuna.ui.editor.dock import Dock
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.theme import Look
from lacuna.ui.timeline.page import RecordedPage
from lacuna.ui.timeline.runs import RecentRuns, Recorded
from lacuna_models.api import Done, FillRequest, StepEvent

NO_RUN = "No run to look at yet."


class Player(QObject):
    """Moves through the steps of recent runs. ``moved`` says whether an earlier step is on show."""

    moved = Signal(bool)
    hint = Signal(str)

    def __init__(self, look: Look, editor: ReportEditor, dock: Dock, parent: QObject) -> None:
        super().__init__(parent)
        self.runs = RecentRuns()
        self.stack = QStackedWidget()
        self.page = RecordedPage(look)
        self._editor, self._dock = editor, dock
        self._place = -1
        self._replaying = self._had_focus = False
        self.stack.addWidget(editor)
        self.stack.addWidget(self.page)

    @property
    def replaying(self) -> bool:
        """Whether an earlier step is on show instead of the report."""
        return self._replaying

    @property
    def shown(self) -> tuple[Recorded, int] | None:
        """The run and the place of its step that are on show; None: the report itself."""
        run = self.runs.current
        return (run, self._place) if run is not None and self._replaying else None

    def record(
        self, request: FillRequest, before: Report, steps: Sequence[StepEvent], done: Done
    ) -> None:
        """Keep a run that has ended, and stand at its end."""
        self.leave()
        if steps:
            self.runs.add(request, before, steps, done)
            self._place = len(steps) - 1
            self._dock.show_run(name_of(self.runs.all[-1]), back=False)

    def forget(self) -> None:
        """Another report is open: its runs are not this one's."""
        self.leave()
        self.runs.clear()
        self._dock.forget_runs()
        self._place = -1

    def choose(self, number: int) -> None:
        """Turn to another run, at its last step."""
        self.leave()
        self.runs.choose(number)
        run = self.runs.current
        if run is not None:
            self._show(run, len(run.steps) - 1)

    def back(self) -> None:
        """Go one step back."""
        self._go(self._place - 1)

    def on(self) -> None:
        """Go one step on."""
        self._go(self._place + 1)

    def go(self, place: int) -> None:
        """Show a step of the run that is looked at."""
        self._go(place)

    def leave(self) -> bool:
        """Show the report itself again; True if an earlier step was on show."""
        was, self._replaying = self._replaying, False
        self._editor.run.show_replay(None)
        self._turn_back()
        newest = self.runs.all[-1] if self.runs.all else None
        if newest is not None:
            self.runs.choose(newest.number)
            self._place = len(newest.steps) - 1
        if was:
            self.moved.emit(False)
            if newest is not None and self._dock.state == "settled":
                self._dock.show_done(newest.done, newest.steps)
                self._dock.show_run(name_of(newest), back=False)
        return was

    def _go(self, place: int) -> None:
        run = self.runs.current
        if run is None:
            self.hint.emit(NO_RUN)
        elif 0 <= place < len(run.steps) and self._dock.state != "running":
            self._show(run, place)

    def _turn_back(self) -> None:
        self.stack.setCurrentWidget(self._editor)
        if self._had_focus:  # a hidden widget cannot keep the keys
            self._had_focus = False
            self._editor.setFocus()

    def _show(self, run: Recorded, place: int) -> None:
        """Show a step; the last one of the newest run is the report as it stands."""
        at_end = self.runs.at_newest and place == len(run.steps) - 1
        self._place = place
        self._replaying = not at_end
        filled = frozenset(fill.segment_id for fill in run.done.fills if fill.text)
        over = self.runs.at_newest and self._editor.run.can_replay(filled)
        if at_end or over:
            self._editor.run.show_replay(None if at_end else run.steps[place])
            self._turn_back()
        else:
            self._had_focus = self._had_focus or self._editor.hasFocus()
            self.page.paper.zoom(self._editor.paper.pixels - self.page.paper.pixels)
            self.page.show_run(run)
            self.page.show_place(place)
            self.stack.setCurrentWidget(self.page)
        self._dock.show_done(run.done, run.steps)
        self._dock.show_replay(run.steps, place)
        self._dock.show_run(name_of(run), back=self._replaying)
        self.moved.emit(self._replaying)


def name_of(run: Recorded) -> str:
    """Return the run's short name."""
    return f"Run {run.number}"
