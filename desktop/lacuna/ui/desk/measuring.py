"""Measuring: each case has its board, and what was measured goes into the report."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lacuna.report.model import Author, Fixed, new_id
from lacuna.session import Change, Session
from lacuna.study.model import StudyKey
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.viewer.board import Board, Mark, other_diameter
from lacuna.ui.viewer.mark_words import report_words, unread

NOTHING_MEASURED = "Measure something on the image first."
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
        self._marks: dict[str, Mark] = {}  # by the id of the anchor that quotes it
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
                self._marks[anchor.id] = mark
                self._panel.insert_anchor(anchor)
                return
        self._panel.hint.emit(NOTHING_MEASURED)

    def show_place(self, span_id: str) -> None:
        """Turn to the image on which a measurement of the report was taken."""
        mark = self._marks.get(span_id)
        if mark is None or not self._window.show_spot(mark.spot):
            self._panel.hint.emit(NO_PLACE)
            return
        self._window.image_view.select_mark(mark.id)

    def _words(self, mark: Mark) -> str:
        place = self._window.lightbox.place_of(mark.spot)
        pair = other_diameter(mark, self._window.image_view.board.on(mark.spot))
        return report_words(mark, pair, place) if place else ""

    def _on_change(self, change: Change) -> None:
        case = self._session.case
        if case is None or change not in (Change.STUDY, Change.GREW):
            return
        before, self._open = self._open, case.study.key
        if change is Change.STUDY:
            board = self._boards.setdefault(self._open, Board())
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
