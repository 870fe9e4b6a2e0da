"""Cine: frames one after the other, at the file's rate. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal

DEFAULT_RATE = 10.0  # frames a second, where the file names none


class Cine(QObject):
    """A clock that asks for the next frame. Who answers too late is not asked twice."""

    due = Signal()
    changed = Signal(bool)  # whether it runs

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rate = 0.0  # frames a second, while it runs
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.due)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    def start(self, rate: float | None) -> None:
        """Run at ``rate`` frames a second."""
        self.rate = rate or DEFAULT_RATE
        self._timer.start(max(round(1000 / self.rate), 1))
        self.changed.emit(True)

    def stop(self) -> None:
        """Stand still; nothing happens if it does already."""
        if self.running:
            self._timer.stop()
            self.rate = 0.0
            self.changed.emit(False)
