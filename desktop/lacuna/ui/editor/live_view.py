"""A run on the editor's clock: rooms that open once, frames that are coalesced, a last fade."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QObject, QTimer, QVariantAnimation, Signal

from lacuna.ui.editor.live import (
    CALM_FRAME_MS,
    CLOSING_MS,
    FRAME_MS,
    OPENING_MS,
    LiveRun,
    Replay,
    Setting,
    Shown,
)
from lacuna_models.api import FillRequest, StepEvent


class LiveView(QObject):
    """Owns the run that is shown. ``reflow`` asks for a new layout, ``repaint`` for a new frame.

    There are exactly two reflows a run: ``reflow`` while the rooms open at the first step, and once
    at the end. GUI thread only.
    """

    reflow = Signal()
    repaint = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.run: LiveRun | None = None
        self.replay: Replay | None = None
        self.opening = 1.0  # how far the rooms are open, 0 to 1
        self.settling = 1.0  # how far the written colours have come, 0 to 1
        self.calm = False  # reduced motion
        self._stale = False
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.timeout.connect(self._next_frame)
        self._opening = self._animation(OPENING_MS, self._open)
        self._closing = self._animation(CLOSING_MS, self._settle)

    @property
    def shown(self) -> Shown | None:
        """What is painted over the report, if anything."""
        return self.run or self.replay

    def begin(self, request: FillRequest) -> None:
        """Take a request; nothing moves before its first step."""
        self.run = LiveRun(request, time.monotonic, calm=self.calm)

    def show(self, step: StepEvent, setting: Setting) -> bool:
        """Show a step; True if it was this run's first. A stale step is dropped."""
        if self.run is None or step.request_id != self.run.request.id:
            return False
        first = not self.run.rooms
        if first:
            self.run.keep_rooms(step, setting)
        self.run.show(step)
        if first:
            self._play(self._opening, self._open)
        self._paint_soon()
        return first

    def finish(self) -> None:
        """Drop the run; the rooms close with the next layout."""
        self._opening.stop()
        self.run, self.opening = None, 1.0
        self._stale = False
        self.reflow.emit()

    def settle(self) -> None:
        """Let the colours of what was just written come in."""
        self._play(self._closing, self._settle)

    def _play(self, animation: QVariantAnimation, act: Callable[[float], None]) -> None:
        if self.calm:
            act(1.0)
        else:
            animation.start()

    def _animation(self, milliseconds: int, act: Callable[[float], None]) -> QVariantAnimation:
        animation = QVariantAnimation(self)
        animation.setDuration(milliseconds)
        animation.setStartValue(0.0)
        animation.setEndValue(1.0)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.valueChanged.connect(act)
        return animation

    def _open(self, value: float) -> None:
        self.opening = value
        self.reflow.emit()

    def _settle(self, value: float) -> None:
        self.settling = value
        self.repaint.emit()

    def _paint_soon(self) -> None:
        """Paint at once, then not before the next frame: steps that come faster are one."""
        if self._frame.isActive():
            self._stale = True
        else:
            self.repaint.emit()
            self._frame.start(CALM_FRAME_MS if self.calm else FRAME_MS)

    def _next_frame(self) -> None:
        if self._stale or (self.run is not None and self.run.moving()):
            self._stale = False
            self._paint_soon()
