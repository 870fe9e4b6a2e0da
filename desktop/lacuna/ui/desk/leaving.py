"""Leaving: what lives in memory only is asked after before the window closes."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from lacuna.report.draft_mark import marked
from lacuna.report.model import Gap, Report
from lacuna.session import Session
from lacuna.store.vault import Vault
from lacuna.ui.desk.shelving import Shelving
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import Notice, NoticeAction, NoticeKind

LEAVING_KEY = "leaving"
_PATIENCE_MS = 1000  # for what is being written; a disk takes a hundredth of that
_CLOSE, _COPY, _STAY = "close-window", "copy-report", "stay"
_COPYING = (NoticeAction(_COPY, "Copy report"),)
_ACTIONS = (NoticeAction(_STAY, "Stay"), NoticeAction(_CLOSE, "Close"))
_NOT_YET = "Close before all is kept?"
_REPORT = "Reports are not stored yet. Copy what you need first."


class Leaving(QObject):
    """Asks before something is lost; to close again is to say yes. GUI thread; it never blocks.

    What is not written yet is given a moment, and the window closes by itself after it. A disk or
    a keyring that takes longer is a question, too.
    """

    def __init__(
        self,
        window: MainWindow,
        panel: ReportPanel,
        session: Session,
        shelving: Shelving,
        vault: Vault,
    ) -> None:
        super().__init__(window)
        self._window, self._panel, self._session = window, panel, session
        self._shelving, self._vault = shelving, vault
        self._patience = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(self._ask)
        shelving.settled.connect(self._on_settled)
        window.notices.acted.connect(self._on_acted)
        window.set_close_guard(self._may_close)

    def _may_close(self) -> bool:
        self._shelving.hurry()
        question, waiting = self._question(), self._shelving.waiting
        if question is None or question in self._window.notices.notices():
            if waiting:
                self._vault.give_up()
            return True
        if not waiting:
            self._ask()
        elif not self._patience.isActive():
            self._patience.start()
        return False

    def _ask(self) -> None:
        question = self._question()
        if question is not None:
            self._window.notices.show_notice(question)

    def _question(self) -> Notice | None:
        waiting, lost = self._shelving.waiting, self._shelving.lost
        written = any(_written(case.report) for case in self._session.cases)
        if waiting:
            text = f"{_listed(waiting)} could not be kept yet."
            text += " If the keyring asks for a password, answer it first."
            return _notice(_NOT_YET, text, written)
        if written:
            text = f"{_listed(lost)} could not be kept either." if lost else ""
            return _notice("Close and lose the report?", text, written)
        if lost:
            text = "It could not be kept. Measurements can be saved as a DICOM report first."
            return _notice(f"Close and lose {' and '.join(lost)}?", text, written)
        return None

    def _on_settled(self) -> None:
        if self._patience.isActive():
            self._patience.stop()
            self._window.close()
        elif any(notice.title == _NOT_YET for notice in self._standing()):
            self._window.notices.withdraw(LEAVING_KEY)

    def _standing(self) -> list[Notice]:
        return [one for one in self._window.notices.notices() if one.key == LEAVING_KEY]

    def _on_acted(self, key: str, action: str) -> None:
        if key != LEAVING_KEY:
            return
        if action == _CLOSE:
            self._window.close()  # the question still stands, so this answers it
            return
        self._window.notices.withdraw(key)
        if action == _COPY:
            QGuiApplication.clipboard().setText(marked(self._panel.report()))


def _notice(title: str, text: str, written: bool) -> Notice:
    said = f"{_REPORT} {text}" if written else text
    actions = (*_COPYING, *_ACTIONS) if written else _ACTIONS
    return Notice(NoticeKind.ALERT, LEAVING_KEY, title, said.strip(), actions, "triangle-alert")


def _listed(whats: tuple[str, ...]) -> str:
    said = " and ".join(whats)
    return said[0].upper() + said[1:]


def _written(report: Report) -> bool:
    """Whether there is anything in the report but gaps."""
    return any(not isinstance(span, Gap) for span in report.spans())
