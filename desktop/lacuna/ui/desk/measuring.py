"""Measuring: each case has its board, and what was measured goes into the report."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lacuna.report.model import Author, Fixed, new_id
from lacuna.session import Change, Session
from lacuna.study.model import StudyKey
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import Notice, NoticeKind
from lacuna.ui.viewer.board import Board, Mark, other_diameter
from lacuna.ui.viewer.mark_words import report_words, unread

GONE = "The report quotes a measurement that is gone or changed"
NOTHING_MEASURED = "Measure something on the image first."
QUOTED_KEY = "quoted"
NO_PLACE = "Where this was measured is not known any more."


class Measuring(QObject):
    """Keeps what is drawn apart by case: two patients under one UID never share a mark.

    Nor do two of one id and name, born on different days.

    A measurement in the report is an anchor; its id leads back to the mark. Once unlocked it is the
    reader's own words, and leads nowhere.
    """

    def __init__(self, window: MainWindow, panel: ReportPanel, session: Session) -> None:
        super().__init__(window)
        self._window = window
        self._panel = panel
        self._session = session
        self._boards: dict[StudyKey, Board] = {}
        self._open: StudyKey | None = None
        self._quoted: dict[str, tuple[Mark, ...]] = {}  # by the id of the anchor that quotes them
        self._stale: tuple[str, ...] = ()  # ids of anchors whose marks stand no more; it was said
        session.observe(self._on_change)
        panel.measurement_wanted.connect(self.insert)
        window.viewports.quote_wanted.connect(self.insert)
        panel.place_wanted.connect(self.show_place)

    def insert(self) -> None:
        """Insert the selected measurement, else the last one, at the caret of the report."""
        view = self._window.image_view
        chosen = view.selected_mark
        candidates = [*view.board.marks, *([chosen] if chosen else [])]
        for mark in reversed(candidates):
            why = unread(mark)
            if why:
                self._panel.hint.emit(why)  # never an older one's size in its place
                return
            words = self._words(mark)
            if words:
                anchor = Fixed(new_id(), words, Author.MEASUREMENT)
                self._quoted[anchor.id] = (mark, *self._pair(mark))
                self._panel.insert_anchor(anchor)
                return
        self._panel.hint.emit(NOTHING_MEASURED)

    def show_place(self, span_id: str) -> None:
        """Turn to the image on which a measurement of the report was taken."""
        marks = self._quoted.get(span_id)
        if marks is None or not self._window.show_spot(marks[0].spot):
            self._panel.hint.emit(NO_PLACE)
            return
        self._window.image_view.select_mark(marks[0].id)

    def _words(self, mark: Mark) -> str:
        place = self._window.lightbox.place_of(mark.spot)
        pair = next(iter(self._pair(mark)), None)
        return report_words(mark, pair, place) if place else ""

    def _pair(self, mark: Mark) -> tuple[Mark, ...]:
        """Return the diameter that is quoted with a mark, if there is one."""
        pair = other_diameter(mark, self._window.image_view.board.on(mark.spot))
        return () if pair is None else (pair,)

    def _look(self) -> None:
        """Say which sizes in the report are of marks that are gone, or others by now."""
        stale = self._stale_spans()
        ids = tuple(span.id for span in stale)
        if ids == self._stale:
            return
        self._stale = ids
        if not stale:
            self._window.notices.withdraw(QUOTED_KEY)
            return
        words = "; ".join(span.text for span in stale)
        text = f"Still in the report: {words}. Mend the words, or undo on the image."
        self._window.notices.show_notice(
            Notice(NoticeKind.ALERT, QUOTED_KEY, GONE, text, icon="triangle-alert")
        )

    def _stale_spans(self) -> list[Fixed]:
        case = self._session.case
        board = None if case is None else self._boards.get(case.study.key)
        if case is None or board is None or not self._quoted:
            return []
        shapes = {mark.id: mark.shape for mark in board.marks}
        spans = (span for span in case.report.spans() if isinstance(span, Fixed))
        return [
            span
            for span in spans
            if any(shapes.get(mark.id) != mark.shape for mark in self._quoted.get(span.id, ()))
        ]

    def _on_change(self, change: Change) -> None:
        self._follow(change)
        self._look()

    def _follow(self, change: Change) -> None:
        case = self._session.case
        if case is None or change not in (Change.STUDY, Change.GREW):
            return
        before, self._open = self._open, case.study.key
        if change is Change.STUDY:
            board = self._boards.get(self._open)
            if board is None:
                board = self._boards[self._open] = Board()
                board.observe(self._look)
            self._window.viewports.use_board(board)
        elif before is not None and before != self._open:
            self._rename(before, self._open)

    def _rename(self, before: StudyKey, now: StudyKey) -> None:
        """Its birth date has come: what was drawn joins what had been drawn under that."""
        board, known = self._boards.pop(before), self._boards.get(now)
        if known is None:
            self._boards[now] = board
        else:
            known.stand(board.marks)
            self._window.viewports.use_board(known)
