"""Answering an event before Qt does, without a Python ``event`` above Qt's own.

A widget here never overrides ``event`` or ``viewportEvent``: Qt would paint and take keys beneath
that Python frame, and with PySide 6.11 on Python 3.11 an interpreter's own error raised there (a
tuple that does not unpack, a missing key) ends the process in place of reaching the excepthook.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject


class Answering(QObject):
    """Asks ``answer`` about each event of an object first; True ends the event. GUI thread only."""

    def __init__(self, watched: QObject, answer: Callable[[QEvent], bool]) -> None:
        super().__init__(watched)
        self._answer = answer
        watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        return self._answer(event)
