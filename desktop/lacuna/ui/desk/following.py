"""Whether other sentences follow the reader's words where the image says otherwise.

There is a choice only where the checkpoint brings both. Off, it is said beside the fill button.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from lacuna.report.request import can_follow
from lacuna.session import Change, Session
from lacuna.ui.desk.filling import OWN_VIEW_CHIP, Filling
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.acts import Act

KEEP_OWN = "Let the model keep its own view of the image"
FOLLOW_ME = "Let other sentences follow my words"
FOLLOWS = "Other sentences now follow your words, also where the image says otherwise."
KEEPS = "Other sentences now follow the image, also where your words say otherwise."
NO_CHOICE = "This model always keeps its own view of the image."


class Following(QObject):
    """Turns it on and off from the menu of acts, by key or by the chip. GUI thread only."""

    chosen = Signal(bool)

    def __init__(self, panel: ReportPanel, session: Session, filling: Filling) -> None:
        super().__init__(panel)
        self._panel, self._session, self._filling = panel, session, filling
        panel.act_chosen.connect(self._on_act)
        panel.chip_left_out.connect(self._on_left_out)
        session.observe(self._on_change)
        self._offer()

    def _on_act(self, act: Act) -> None:
        if act is not Act.FOLLOW:
            return
        if self._is_choice:
            self._follow(not self._filling.follow)
        else:
            self._panel.hint.emit(NO_CHOICE)

    def _on_left_out(self, chip: str) -> None:
        if chip == OWN_VIEW_CHIP:
            self._follow(True)

    def _follow(self, follow: bool) -> None:
        self._filling.set_follow(follow)
        self._offer()
        self._panel.hint.emit(FOLLOWS if follow else KEEPS)
        self.chosen.emit(follow)

    def _on_change(self, change: Change) -> None:
        if change is Change.MODEL:
            self._offer()

    def _offer(self) -> None:
        """Name in the menu what choosing it would do now; without a choice, nothing."""
        words = KEEP_OWN if self._filling.follow else FOLLOW_ME
        self._panel.kit.call(Act.FOLLOW, words if self._is_choice else "")

    @property
    def _is_choice(self) -> bool:
        model = self._session.model
        return model is not None and can_follow(model)
