"""The report's editor: a text edit whose spans are painted and whose anchors are sacred.

The document is the truth while editing; ``report`` reads it. Qt never changes the text by itself:
keys, input methods, pastes and menus all go through ``Editing``. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QInputMethodEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextEdit, QToolTip, QWidget

from lacuna.report import edit
from lacuna.report.model import Fixed, Report, Span
from lacuna.ui.editor import caret, keys
from lacuna.ui.editor.binding import Binding
from lacuna.ui.editor.clipboard import Clipboard
from lacuna.ui.editor.editing import Editing, Refused
from lacuna.ui.editor.live_hand import LiveHand
from lacuna.ui.editor.live_view import LiveView
from lacuna.ui.editor.paper import Paper
from lacuna.ui.editor.run_on_paper import RunOnPaper
from lacuna.ui.editor.tips import tip
from lacuna.ui.theme import Look

_NO_WORDS = "Select the words to lock."
_NOTHING_TO_REVIEW = "There is no proposal to review."


class ReportEditor(QTextEdit):
    """Shows and edits one report. ``paper`` sets it, ``run`` follows runs on it."""

    changed = Signal()
    hint = Signal(str)
    place_wanted = Signal(str)  # the id of a measurement: show where it was taken
    mark_chosen = Signal(int)  # a click on a marked stretch: its position in the document

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._binding = Binding(self.document())
        self._editing, self._clipboard = Editing(self._binding), Clipboard(self._binding)
        live, hand = LiveView(self), LiveHand()
        self.paper = Paper(self, self._binding, look, live, hand)
        self.run = RunOnPaper(self, self._binding, self.paper, live, hand)
        self._set_up()

    # -- the report ----------------------------------------------------------------------------

    def report(self) -> Report:
        """Return the report as it stands."""
        return self._binding.read()

    def load(self, report: Report) -> None:
        """Show another report; undo starts afresh.

        Raises:
            UserFacingError: for text that could not be given back unchanged.
        """
        self._binding.load(report)
        caret.select(self, self._binding.position(0, 0))

    def apply(self, change: Callable[[Report], Report]) -> None:
        """Change the report by a pure edit, as one undo step."""
        before = self.report()
        after = change(before)
        if after != before:
            self._binding.write(after)

    def toggle_lock(self) -> None:
        """Lock the selection, or unlock it if it is locked; without one, what is at the caret."""
        start, end = caret.lock_range(self._binding, self.textCursor())
        ranges = list(self._binding.ranges(start, end))
        text = "".join(self._binding.body(s)[low:high] for s, low, high in ranges)
        if not text.replace(edit.GAP_CHARACTER, "").strip():
            self.hint.emit(_NO_WORDS)
            return
        act = edit.unlock if caret.is_locked(self._binding, start, end) else edit.lock
        self.apply(lambda report: reduce(lambda r, place: act(r, *place), ranges, report))
        caret.select(self, end)

    def insert_gap(self) -> None:
        """Put a gap at the caret, in place of the selection."""
        self._attempt(lambda: self._editing.insert_gap(self.textCursor()))

    def insert_anchor(self, anchor: Fixed) -> bool:
        """Put an anchor at the caret, in place of the selection; False, with a hint, if refused."""
        return self._attempt(lambda: self._editing.insert_anchor(self.textCursor(), anchor))

    def accept(self) -> None:
        """Accept the proposals in focus or selected, and go on to the next place."""
        self._judge(edit.accept)

    def reject(self) -> None:
        """Reject the proposals in focus or selected; what stood before comes back."""
        self._judge(edit.reject)

    def focus_next(self, *, back: bool = False) -> bool:
        """Go to the next gap or proposal, round the end; False if there is none."""
        stop = caret.next_stop(self._binding, self.textCursor(), back=back)
        if stop is not None:
            caret.focus_on(self, stop)
        return stop is not None

    def focused_span(self) -> Span | None:
        """Return the gap that is selected, or the proposal at the caret."""
        run = caret.focused(self._binding, self.textCursor())
        return run.span if run is not None else None

    def span_here(self) -> Span | None:
        """Return the span at the caret or at the start of the selection."""
        place = self.textCursor().selectionStart()
        run = self._binding.run_at(place) or self._binding.run_at(place - 1)
        return run.span if run is not None else None

    def focus_span(self, span_id: str) -> bool:
        """Go to a span; False if it does not stand in the report."""
        run = self._binding.run_of(span_id)
        if run is not None:
            caret.focus_on(self, run)
        return run is not None

    def select(self, start: int, end: int) -> None:
        """Select a range of positions of the document."""
        caret.select(self, start, end)
        self.ensureCursorVisible()

    def go_to(self, position: int) -> None:
        """Put the caret at a position of the document."""
        caret.select(self, position)
        self.ensureCursorVisible()

    def selection_scope(self) -> frozenset[str]:
        """Return the ids of the selected text: what a fill may rewrite.

        What is selected in part is cut at the selection's ends first, so that the rest stands.
        """
        cursor = self.textCursor()
        ranges = list(self._binding.ranges(cursor.selectionStart(), cursor.selectionEnd()))
        self.apply(lambda report: reduce(lambda r, place: edit.isolate(r, *place), ranges, report))
        return caret.rewritable(self._binding, self.textCursor())

    @property
    def binding(self) -> Binding:
        """The document and its spans, for marks that stand in it."""
        return self._binding

    def tip(self, point: QPoint) -> str:
        """Return what is said of the span at a point of the viewport; empty for plain text."""
        run = self.paper.run_at(point)
        return tip(run.span) if run is not None else ""

    # -- Qt ------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        marks = self.paper.painter()
        self.paper.paint(marks.under, event)
        super().paintEvent(event)
        self.paper.paint(marks.over, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.run.wake_caret()
        if keys.is_harmless(event):
            super().keyPressEvent(event)
            self._clipboard.offer(self.textCursor())  # Qt has just done so, without marks
        elif not self._handled(event):
            event.ignore()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer for keys and tips before Qt does.

        Neither ``event`` nor ``viewportEvent`` is overridden: Qt would paint and take keys beneath
        that Python frame, and there, with PySide 6.11 on Python 3.11, an error of the interpreter's
        own (a tuple that does not unpack) ends the process in place of reaching the excepthook.
        """
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            self._claims(event)
            return True
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip(event.pos()), self)
            return True
        return super().eventFilter(watched, event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        # Qt would replace the selection at the first composed letter, past the guard.
        if event.preeditString() and self.textCursor().hasSelection() and not self.cut_selection():
            return
        if words := event.commitString():
            event.setCommitString("")
            super().inputMethodEvent(QInputMethodEvent())  # what was composed goes, line and all
            self._type(words)
        super().inputMethodEvent(event)

    def copy(self) -> None:
        """Put the selection on the clipboard.

        ``createMimeDataFromSelection``, Qt's own place for this, is not overridden: what Python
        hands back from it is freed twice, and the application dies with the report.
        """
        self._clipboard.copy(self.textCursor())

    def undo(self) -> None:
        """Take the last step back."""
        self._travel(self.document().undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._travel(self.document().redo)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        brought = self._clipboard.brought(source.text())
        self._attempt(lambda: self._editing.insert(self.textCursor(), brought))

    def cut(self) -> None:
        """Copy the selection, then delete it unless it holds an anchor."""
        self.copy()
        self.cut_selection()

    def cut_selection(self) -> bool:
        """Delete the selection; False, with a hint, if it holds an anchor."""
        return self._attempt(lambda: self._editing.remove(self.textCursor()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self.run.press(event.position()):
            return
        place = self.paper.position_at(event.position().toPoint())
        if self.paper.marked_at(place):
            self.mark_chosen.emit(place)
        measured = self.paper.measured_at(event.position().toPoint())
        if measured is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.place_wanted.emit(measured.span.id)
            return
        self.run.wake_caret()
        gap = self.paper.gap_at(event.position())
        if gap is not None and left:
            caret.focus_on(self, gap)
            return
        cursor = self.textCursor()
        if cursor.selectionStart() <= place <= cursor.selectionEnd():
            caret.select(self, place)  # dragging text would move it past the guard
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.run.drag(event.position()):
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        struck = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not self.run.release(strike=struck):
            super().mouseReleaseEvent(event)
            self._clipboard.offer(self.textCursor())  # Qt has just done so, without marks

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.paper.zoom(1 if event.angleDelta().y() > 0 else -1)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            event.ignore()  # the image scrolls
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.run.under_way:
            self.paper.relayout_gaps()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.build_menu(event.pos()).exec(event.globalPos())

    def build_menu(self, point: QPoint) -> QMenu:
        """Return the menu for a point of the viewport."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        word = self.run.point_at(QPointF(point))
        if word is not None:
            lock = "Release\tCtrl+L" if word.locked else "Lock\tCtrl+L"
            menu.addAction(lock, self.run.lock_words)
            menu.addAction("Strike out\tCtrl+Shift+X", self.run.strike_words)
            menu.addSeparator()
        measured = self.paper.measured_at(point)
        if measured is not None:
            show = partial(self.place_wanted.emit, measured.span.id)
            menu.addAction("Show in the image\tAlt+click", show)
            menu.addSeparator()
        for words, act in self._menu_acts():
            menu.addAction(words, act)
        return menu

    # -- inside --------------------------------------------------------------------------------

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        caret.show(self)
        self.setAccessibleName("Report")
        self.installEventFilter(self)
        self.viewport().installEventFilter(self)
        self.document().contentsChanged.connect(self.changed)
        self.cursorPositionChanged.connect(self.paper.repaint)
        self.selectionChanged.connect(self.paper.repaint)
        self.load(Report())

    def _claims(self, event: QKeyEvent) -> None:
        """Say which keys are the report's. Qt claims Ctrl+Backspace and others for itself."""
        event.setAccepted(bool(keys.typed(event)) or _is_own_command(event))

    def _handled(self, event: QKeyEvent) -> bool:
        move = keys.deletion(event)
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            back = event.key() == Qt.Key.Key_Backtab
            return self.focus_next(back=back) or bool(self.focusNextPrevChild(not back))
        for sequence, act in self._commands():
            if event.matches(sequence):
                act()
                return True
        if move is not None:
            self._delete(move)
        elif words := keys.typed(event):
            self._type(words)
        else:
            return False
        return True

    def _commands(self) -> tuple[tuple[keys.StandardKey, Callable[[], None]], ...]:
        return (
            (keys.StandardKey.Undo, self.undo),
            (keys.StandardKey.Redo, self.redo),
            (keys.StandardKey.Copy, self.copy),
            (keys.StandardKey.Cut, self.cut),
            (keys.StandardKey.Paste, self.paste),
        )

    def _travel(self, act: Callable[[], None]) -> None:
        """Undo or redo, with the caret where the text changed.

        The document travels, not the editor: Qt would put the editor's caret where it adds up the
        lengths of what it changed, which may lie behind the document's end.
        """
        before, caret_before = self.toPlainText(), self.textCursor().position()
        act()
        place = caret.after_travel(before, self.toPlainText(), caret_before)
        caret.select(self, place)
        self.ensureCursorVisible()

    def _type(self, words: str) -> None:
        self._attempt(lambda: self._editing.type(self.textCursor(), words))

    def _delete(self, move: QTextCursor.MoveOperation) -> None:
        cursor = self.textCursor()
        if not cursor.hasSelection():
            cursor.movePosition(move, QTextCursor.MoveMode.KeepAnchor)
        self._attempt(lambda: self._editing.remove(cursor))

    def _attempt(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except Refused as refused:
            self.hint.emit(str(refused))
            return False
        self.ensureCursorVisible()
        return True

    def _judge(self, verdict: Callable[[Report, str], Report]) -> None:
        chosen = caret.judged(self._binding, self.textCursor())
        self.apply(lambda report: reduce(verdict, chosen, report))
        if not self.focus_next() and not chosen:
            self.hint.emit(_NOTHING_TO_REVIEW)

    def _menu_acts(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("Cut\tCtrl+X", self.cut),
            ("Copy\tCtrl+C", self.copy),
            ("Paste\tCtrl+V", self.paste),
            ("Lock or unlock\tCtrl+L", self.toggle_lock),
            ("Insert a gap\tCtrl+Space", self.insert_gap),
            ("Accept all proposals", lambda: self.apply(edit.accept_all)),
        ]


def _is_own_command(event: QKeyEvent) -> bool:
    return keys.is_harmless(event) or any(event.matches(key) for key in keys.OWN)
