"""The dock under the report, in three states: idle, running, settled. It asks; it decides nothing.

At most one button is filled. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from lacuna.ui.editor.dock_states import Idle, Running, SentChip, Settled, counted
from lacuna.ui.theme import Look
from lacuna_models.api import Done, StepEvent

__all__ = ["Dock", "SentChip"]

_NARROW = 560  # below it, key caps and figures yield to the buttons


class Dock(QStackedWidget):
    """Says what the model is given, does, or did, with the keys that matter now."""

    fill_clicked = Signal()
    stop_clicked = Signal()
    accept_clicked = Signal()
    reject_clicked = Signal()
    scrubbed = Signal(int)
    chip_left_out = Signal(str)
    normals_clicked = Signal()
    pause_clicked = Signal()  # pauses, or goes on
    step_clicked = Signal()  # one step, while paused
    continue_clicked = Signal()
    back_clicked = Signal()  # from an earlier step to the report
    runs_wanted = Signal(QPoint)  # a list of recent runs, at a point of the screen

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._idle = Idle(look)
        self._running = Running(look)
        self._settled = Settled(look)
        self._states = (self._idle, self._running, self._settled)
        for state in self._states:
            self.addWidget(state)
        self._idle.fill.clicked.connect(self.fill_clicked)
        self._idle.left_out.connect(self.chip_left_out)
        self._idle.normals.clicked.connect(self.normals_clicked)
        self._idle.runs.clicked.connect(self._ask_idle_runs)
        self._running.stop.clicked.connect(self.stop_clicked)
        self._running.pause.clicked.connect(self.pause_clicked)
        self._running.one.clicked.connect(self.step_clicked)
        self._settled.accept.clicked.connect(self.accept_clicked)
        self._settled.reject.clicked.connect(self.reject_clicked)
        self._settled.again.clicked.connect(self.fill_clicked)
        self._settled.timeline.scrubbed.connect(self.scrubbed)
        self._settled.go_on.clicked.connect(self.continue_clicked)
        self._settled.back.clicked.connect(self.back_clicked)
        self._settled.runs.clicked.connect(self._ask_runs)
        self.currentChanged.connect(self.updateGeometry)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return self._states[self.currentIndex()].sizeHint()

    def minimumSizeHint(self) -> QSize:
        # No width of its own: the column is as wide as the reader makes it, and the parts yield.
        return QSize(0, self._states[self.currentIndex()].minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = event.size().width() < _NARROW
        self._idle.set_narrow(narrow)
        self._running.set_narrow(narrow)
        self._settled.set_narrow(narrow)
        super().resizeEvent(event)

    @property
    def state(self) -> str:
        """What is shown: idle, running or settled."""
        return ("idle", "running", "settled")[self.currentIndex()]

    def set_chips(self, chips: Sequence[SentChip]) -> None:
        """Say what goes to the model."""
        self._idle.set_chips(chips)

    def set_fill_enabled(self, enabled: bool) -> None:
        """Say whether a model is there to fill."""
        self._idle.fill.setEnabled(enabled)
        self._idle.normals.setEnabled(enabled)
        self._settled.again.setEnabled(enabled)

    def show_idle(self) -> None:
        """Nothing runs and nothing waits for review."""
        self.setCurrentWidget(self._idle)

    def set_gaps(self, count: int) -> None:
        """Say how many gaps a fill would fill."""
        self._idle.fill.set_text(f"Fill {counted(count, 'gap')}" if count else "Fill")
        self._settled.set_gaps(count)

    def set_review(self, waiting: int) -> None:
        """Say how many proposals wait for review."""
        self._settled.set_review(waiting)

    def show_started(self, anchors: int) -> None:
        """A request has gone to the model; ``anchors`` are held."""
        self._running.start(anchors)
        self.setCurrentWidget(self._running)

    def show_step(self, steps: Sequence[StepEvent]) -> None:
        """Show the newest of a run's steps."""
        self._running.show_steps(steps)

    def set_paused(self, paused: bool) -> None:
        """Say that the run under way waits for the reader, or goes on."""
        self._running.set_paused(paused)

    def show_done(self, done: Done, steps: Sequence[StepEvent]) -> None:
        """Show how a run ended and what may be done about it."""
        self._settled.show_done(done, steps)
        self.setCurrentWidget(self._settled)

    def show_replay(self, steps: Sequence[StepEvent], place: int) -> None:
        """Move the playhead of the run that ended."""
        self._settled.show_place(steps, place)

    def show_run(self, name: str, *, back: bool) -> None:
        """Name the run that is looked at; ``back``: lead away from the earlier step on show."""
        self._settled.show_run(name, back=back)
        self._idle.runs.setVisible(True)

    def forget_runs(self) -> None:
        """There is no run to look at."""
        self._idle.runs.setVisible(False)

    def _ask_idle_runs(self) -> None:
        self.runs_wanted.emit(self._idle.runs.mapToGlobal(QPoint(0, 0)))

    def _ask_runs(self) -> None:
        runs = self._settled.runs
        self.runs_wanted.emit(runs.mapToGlobal(QPoint(0, 0)))
