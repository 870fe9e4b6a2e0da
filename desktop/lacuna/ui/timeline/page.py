"""The report as it stood when a run began, with a step of that run over it. Nothing can be changed.

GUI thread only.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QInputMethodEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from lacuna.ui.editor import caret
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.editor.live import Replay, rooms_for
from lacuna.ui.theme import Look
from lacuna.ui.timeline.runs import Recorded
from lacuna_models.api import Soft, StepEvent


class RecordedPage(ReportEditor):
    """Shows a recorded run. It takes no key: the report's editor keeps the focus."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self._run: Recorded | None = None
        self._step: StepEvent | None = None
        self._veiled: frozenset[str] = frozenset()
        self.setReadOnly(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        caret.hide(self)
        self.setAccessibleName("The report at an earlier step")

    def show_run(self, run: Recorded) -> None:
        """Show the report as it stood when the run began; the run shown already stays."""
        if self._run is not run:
            self._run, self._step = run, None
            self.load(run.before)

    def show_place(self, place: int) -> None:
        """Paint a step of the run over the report."""
        if self._run is None:
            return
        self._step = self._run.steps[place]
        rewritten = {s.id for s in self._run.request.segments if isinstance(s, Soft)}
        drafted = {span.segment_id for span in self._step.spans}
        self._veiled = frozenset(rewritten & drafted)
        self._paint_step()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._step is not None:
            self._paint_step()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.ignore()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()

    def _claims(self, event: QKeyEvent) -> None:
        event.ignore()

    def _paint_step(self) -> None:
        """Paint the step; each gap has the room that its first draft is given in a run."""
        if self._run is None or self._step is None:
            return
        rooms = rooms_for(self._run.request, self._run.steps[0], self.paper.setting())
        sources = {s.id: s.id for s in self._run.request.segments}
        self.run.paint_over(Replay(self._step, sources, rooms), self._veiled)
        self.paper.relayout_gaps()
