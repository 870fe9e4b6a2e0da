"""Reviewing: F7 leads from mark to mark; a card says why, and what may be done. GUI thread only.

Nothing is changed without the reader's word, an anchor not even then: it must be unlocked first.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from lacuna.report.amend import amendable, amended
from lacuna.report.model import Fill
from lacuna.session import Change, Session
from lacuna.ui.desk.checking import RADAR, STALE, Checking
from lacuna.ui.desk.filling import Filling
from lacuna.ui.desk.ruling import Ruling
from lacuna.ui.editor.mark_paint import EVIDENCE, MarkKind
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.steering.acts import Act, key_of
from lacuna.ui.steering.card import CardAct, CardWords, Tint
from lacuna.ui.steering.marks import Standing

MARK, OFFER, CLEAR = "mark", "offer", "clear"
_CHANGE, _KEEP, _REFILL, _LEAVE = "change", "keep", "refill", "leave"
_LOCKED = "You locked this. Unlock it with Ctrl+L to change it."
_MOST = 18  # letters of a phrase on a button
NOTHING_STALE = "Every sentence still fits what you wrote."


class Reviewing(QObject):
    """Shows the card of the mark at the caret, and does what the reader chooses there."""

    def __init__(
        self,
        window: MainWindow,
        panel: ReportPanel,
        session: Session,
        checking: Checking,
        ruling: Ruling,
        filling: Filling,
    ) -> None:
        super().__init__(panel)
        self._window, self._panel, self._session = window, panel, session
        self._checking, self._ruling, self._filling = checking, ruling, filling
        self._marks = panel.kit.marks
        self._walking = False  # F7 was pressed: the answer leads to the first mark
        panel.act_chosen.connect(self._on_act)
        panel.editor.mark_chosen.connect(self._show_at)
        panel.editor.cursorPositionChanged.connect(self._on_moved)
        panel.kit.foot.acted.connect(self._on_acted)
        panel.kit.foot.closed.connect(self._on_closed)
        checking.checked.connect(self._on_checked)
        self._marks.changed.connect(self._on_marks)
        panel.report_changed.connect(self._on_marks)
        window.case_bar.checks_requested.connect(self.check)
        session.observe(self._on_change)

    def check(self) -> None:
        """Look at everything now, and go to the next thing that speaks against the report."""
        self._walking = True
        self._ruling.look()
        if self._checking.able:
            self._checking.look()
        else:
            self._on_checked(RADAR)

    def open_marks(self) -> list[Standing]:
        """Return the marks that ask for the reader's word, in reading order."""
        return [s for s in self._marks.standing() if s.mark.kind not in EVIDENCE]

    def refill(self) -> None:
        """Write the model's sentences anew that no longer fit, and nothing else."""
        editor = self._panel.editor
        stale = [s for s in self._marks.standing(STALE) if s.mark.kind is MarkKind.STALE]
        runs = [editor.binding.run_at(s.start) for s in stale]
        ids = frozenset(run.span.id for run in runs if run is not None)
        scope = frozenset(i for i in ids if self._is_models(i))
        self._panel.kit.foot.withdraw(OFFER)
        if not scope:
            self._panel.hint.emit(NOTHING_STALE)
            return
        self._marks.drop(STALE)
        self._filling.begin(lambda: scope)

    def _is_models(self, span_id: str) -> bool:
        run = self._panel.editor.binding.run_of(span_id)
        return run is not None and isinstance(run.span, Fill)

    def _on_act(self, act: Act) -> None:
        if act is Act.CHECK:
            self.check()
        elif act is Act.REFILL and not self._panel.running:
            self.refill()

    def _on_checked(self, group: str) -> None:
        if group == STALE:
            self._offer()
        if group != RADAR or not self._walking:
            return
        self._walking = False
        found = self.open_marks()
        if found:
            here = self._panel.editor.textCursor().position()
            following = next((s for s in found if s.start > here), found[0])
            self._panel.editor.go_to(following.start)
            self._show(following)
        else:
            self._panel.kit.foot.show_card(_clear(model=self._checking.able))

    def _on_marks(self) -> None:
        count = len(self.open_marks())
        self._window.case_bar.set_checks(count if self._session.case is not None else None)
        card = self._panel.kit.foot.card
        if card is not None and card.key == MARK and self._at_caret() is None:
            self._panel.kit.foot.withdraw(MARK)
        if not self._marks.standing(STALE):
            self._panel.kit.foot.withdraw(OFFER)

    def _on_moved(self) -> None:
        """A card goes with its words, and with the caret."""
        card = self._panel.kit.foot.card
        standing = self._at_caret()
        if standing is None:
            self._panel.kit.foot.withdraw(MARK)
        elif card is not None and card.key == MARK:
            self._show(standing)
        if card is not None and card.key == CLEAR:
            self._panel.kit.foot.withdraw(CLEAR)

    def _at_caret(self) -> Standing | None:
        place = self._panel.editor.textCursor().position()
        return next((s for s in self.open_marks() if s.start <= place <= s.end), None)

    def _show_at(self, position: int) -> None:
        found = (s for s in self.open_marks() if s.start <= position <= s.end)
        standing = next(found, None)
        if standing is not None:
            self._show(standing)

    def _show(self, standing: Standing) -> None:
        found = self.open_marks()
        count = f"{found.index(standing) + 1} of {len(found)}"
        self._panel.kit.foot.show_card(self._words(standing, count))

    def _words(self, standing: Standing, count: str) -> CardWords:
        mark = standing.mark
        if mark.kind is MarkKind.STALE:
            acts = (_refill_act(), CardAct(_KEEP, "Keep it", "Ctrl+Backspace"))
            return CardWords(
                MARK, mark.title, mark.reason, Tint.MODEL, "rotate-cw", count, acts=acts
            )
        place = self._place(standing)
        free = place is not None and amendable(self._panel.report(), *place)
        change = free and bool(mark.instead)
        text = mark.reason if free else " ".join(part for part in (mark.reason, _LOCKED) if part)
        keep = CardAct(_KEEP, f"Keep “{_brief(mark.text)}”", "Ctrl+Backspace")
        to = CardAct(_CHANGE, f"Change to “{_brief(mark.instead)}”", "Ctrl+Enter")
        return CardWords(
            MARK,
            mark.title,
            text,
            Tint.ALERT,
            "triangle-alert",
            count,
            scores=mark.expected,
            acts=(to, keep) if change else (keep,),
        )

    def _on_acted(self, key: str, act: str) -> None:
        if act == _REFILL:
            self._panel.kit.foot.withdraw(key)
            self.refill()
        elif key == OFFER and act == _LEAVE:
            self._panel.kit.foot.withdraw(OFFER)
            self._checking.settle()
        elif key == MARK:
            standing = self._at_caret()
            self._panel.kit.foot.withdraw(MARK)
            if standing is not None:
                self._decide(standing, act)

    def _decide(self, standing: Standing, act: str) -> None:
        place = self._place(standing)
        if act == _KEEP:
            self._marks.keep(standing.mark)
        elif act == _CHANGE and place is not None:
            words = standing.mark.instead
            self._panel.apply(lambda report: amended(report, *place, words))

    def _place(self, standing: Standing) -> tuple[int, int, int] | None:
        """Return (section, start, end) of the marked words; None where they cross sections."""
        places = list(self._panel.editor.binding.ranges(standing.start, standing.end))
        return places[0] if len(places) == 1 else None

    def _offer(self) -> None:
        """Offer to refill what no longer fits; the reader may also leave it."""
        stale = self._marks.standing(STALE)
        if not stale or self._panel.running or self._panel.kit.foot.card is not None:
            return
        many = len(stale) > 1
        noun = f"{len(stale)} sentences no longer fit" if many else "1 sentence no longer fits"
        leave = CardAct(_LEAVE, "Leave them" if many else "Leave it")
        words = "The model wrote them before your edit." if many else _BEFORE
        self._panel.kit.foot.show_card(
            CardWords(OFFER, noun, words, Tint.MODEL, "rotate-cw", acts=(_refill_act(), leave))
        )

    def _on_closed(self, key: str) -> None:
        if key == OFFER:
            self._checking.settle()

    def _on_change(self, change: Change) -> None:
        if change is Change.STUDY:
            self._walking = False
            self._marks.forget_kept()
            self._panel.kit.foot.withdraw()


_BEFORE = "The model wrote it before your edit."


def _brief(words: str) -> str:
    """Return words as a button has room for them."""
    flat = " ".join(words.split())
    return flat if len(flat) <= _MOST else f"{flat[: _MOST - 4].rstrip()} ..."


def _refill_act() -> CardAct:
    return CardAct(_REFILL, "Refill", key_of(Act.REFILL))


def _clear(*, model: bool) -> CardWords:
    looked = "The rules and the model found nothing." if model else "The rules found nothing."
    return CardWords(CLEAR, "Nothing speaks against the report", looked, icon="shield-check")
