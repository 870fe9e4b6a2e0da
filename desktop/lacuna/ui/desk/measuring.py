"""Measuring: each case has its board, kept for the sitting."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lacuna.session import Change, Session
from lacuna.study.model import Study
from lacuna.ui.main_window import MainWindow
from lacuna.ui.viewer.board import Board

_Key = tuple[str, str, str]


class Measuring(QObject):
    """Keeps what is drawn apart by case: two patients under one UID never share a mark."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._boards: dict[_Key, Board] = {}
        session.observe(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change is Change.STUDY and self._session.case is not None:
            board = self._boards.setdefault(_key(self._session.case.study), Board())
            self._window.image_view.use_board(board)


def _key(study: Study) -> _Key:
    return study.study_instance_uid, study.patient.id, study.patient.name
