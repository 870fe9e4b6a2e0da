"""The report as it stood when a run began, with a step of that run over it. Nothing can be changed.

GUI thread only.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QInputMethodEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.editor.live import Replay, Room, Setting, rooms_for
from lacuna.ui.theme import Look
from lacuna.ui.timeline.runs import Recorded
from lacuna_models.api import Soft, StepEvent


class RecordedPage(ReportEditor):
    """Shows a recorded run. It takes no key: the report's editor keeps the focus."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self._run: Recorded | None = None
        self._step: StepEvent | None = None
        self.setReadOnly(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursorWidth(0)
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
        self._styler.veil(frozenset(rewritten & drafted))
        self._paint_step(self._rooms())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._step is not None:
            self._paint_step(self._rooms())

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

    def _rooms(self) -> dict[str, Room]:
        """Return the room of each gap: what its first draft is given in a run."""
        if self._run is None:
            return {}
        setting = Setting(self._measure(), self._pixels, self._metrics().horizontalAdvance)
        return rooms_for(self._run.request, self._run.steps[0], setting)

    def _paint_step(self, rooms: dict[str, Room]) -> None:
        if self._run is None or self._step is None:
            return
        sources = {s.id: s.id for s in self._run.request.segments}
        self._live.replay = Replay(self._step, sources, rooms)
        self._relayout_gaps()
