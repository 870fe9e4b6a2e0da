"""The report's editor: a text edit whose spans are painted and whose anchors are sacred.

The document is the truth while editing; ``report`` reads it. Qt never changes the text by itself:
keys, input methods, pastes and menus all go through ``Editing``. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QObject,
    QPoint,
    QPointF,
    QRect,
    QSizeF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QClipboard,
    QContextMenuEvent,
    QFontMetricsF,
    QGuiApplication,
    QHelpEvent,
    QInputMethodEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextEdit, QToolTip, QWidget

from lacuna.report import edit
from lacuna.report.draft_mark import copied, is_empty, unmarked
from lacuna.report.model import Fill, FillState, Fixed, Gap, Report, Span
from lacuna.ui.editor import caret, keys
from lacuna.ui.editor.binding import GAP_OBJECT, Binding, Run
from lacuna.ui.editor.editing import Editing, Refused
from lacuna.ui.editor.gap_object import GAP_MARGIN, GapObject
from lacuna.ui.editor.gap_words import gap_words, short_length
from lacuna.ui.editor.geometry import lay_out, pieces
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.live import Replay, Setting, replayable
from lacuna.ui.editor.live_hand import LiveHand, LiveWord, word_at
from lacuna.ui.editor.live_view import LiveView
from lacuna.ui.editor.mark_paint import EVIDENCE, Marked
from lacuna.ui.editor.painter import GUTTER, Scene, SpanPainter, lines_height
from lacuna.ui.editor.spans import is_measured
from lacuna.ui.editor.styles import Styler
from lacuna.ui.paint import painting
from lacuna.ui.theme import Look, Role
from lacuna_models.api import FillRequest, Lock, Release, Seen, Soft, StepEvent, Strike

RIGHT_MARGIN = 32
_TOP_MARGIN = 14
_CARET = 2  # pixels
_SMALLEST, _LARGEST = 14, 24  # pixels, the report's zoom
_NO_WORDS = "Select the words to lock."
_NOTHING_TO_REVIEW = "There is no proposal to review."
MEANINGLESS = "These words mean nothing about this picture."


class ReportEditor(QTextEdit):
    """Shows and edits one report."""

    changed = Signal()
    hint = Signal(str)
    place_wanted = Signal(str)  # the id of a measurement: show where it was taken
    steered = Signal(object)  # a Command to the run under way, for the words pointed at
    mark_chosen = Signal(int)  # a click on a marked stretch: its position in the document

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._pixels, self._layer = look, Role.REPORT.pixels, Layer.CERTAINTY
        self._live = LiveView(self)
        self._hand, self._block, self._pointing = LiveHand(), 0, False
        self._marks: Callable[[], tuple[Marked, ...]] = tuple
        self._untouched = (0, 0, 0)
        self._selected = (0, 0)
        self._joins: int | None = None
        self._known: set[str] = set()
        self._meaningless = False
        self._binding = Binding(self.document())
        self._editing = Editing(self._binding)
        self._styler = Styler(self._binding, look)
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
        self._select(self._binding.position(0, 0))

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
        self._select(end)

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
            self._focus_on(stop)
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
            self._focus_on(run)
        return run is not None

    def select(self, start: int, end: int) -> None:
        """Select a range of positions of the document."""
        self._select(start, end)
        self.ensureCursorVisible()

    def go_to(self, position: int) -> None:
        """Put the caret at a position of the document."""
        self._select(position)
        self.ensureCursorVisible()

    def selection_scope(self) -> frozenset[str]:
        """Return the ids of the selected text: what a fill may rewrite.

        What is selected in part is cut at the selection's ends first, so that the rest stands.
        """
        cursor = self.textCursor()
        ranges = list(self._binding.ranges(cursor.selectionStart(), cursor.selectionEnd()))
        self.apply(lambda report: reduce(lambda r, place: edit.isolate(r, *place), ranges, report))
        return caret.rewritable(self._binding, self.textCursor())

    # -- a run ---------------------------------------------------------------------------------

    def begin_run(self, request: FillRequest, *, joins: bool = False) -> None:
        """Get ready to paint a run's tokens over its gaps.

        ``joins``: the last edit opened the gaps; what comes of the run is undone together with it,
        unless the reader changes something meanwhile.
        """
        self._live.begin(request)
        self._hand.clear()
        cursor = self.textCursor()
        self._selected = cursor.selectionStart(), cursor.selectionEnd()
        if any(isinstance(segment, Soft) for segment in request.segments):
            # What is rewritten was selected: its tokens would be painted on the selection's colour.
            self._select(cursor.selectionStart())
        self._known = {run.span.id for run in self._binding.runs()}
        self._untouched = self._touch()
        self._joins = self.document().revision() if joins else None
        self.setCursorWidth(0)  # beside a room of several lines it would stand as high as the room

    def show_step(self, step: StepEvent) -> None:
        """Paint a step. The first one opens the gaps; after it nothing moves until the end."""
        setting = Setting(self._measure(), self._pixels, self._metrics().horizontalAdvance)
        self._block = step.block
        self._hand.forget_struck()
        first = self._live.show(step, setting)
        if first and self._live.run is not None:
            self._styler.veil(self._live.run.rewritten)

    def adopt_request(self, request: FillRequest) -> None:
        """Go on painting a run whose report was changed meanwhile: gaps have come, or gone."""
        if self._live.run is not None and self._live.run.rooms:
            setting = Setting(self._measure(), self._pixels, self._metrics().horizontalAdvance)
            self._live.run.adopt(request, setting)
            self._relayout_gaps()

    def point_on(self, by: int) -> bool:
        """Point at the next word of the run under way, or the one before; False without a run."""
        words = self._live_words()
        self._hand.step(words, by)
        self.viewport().update()
        return bool(words)

    def lock_words(self) -> bool:
        """Lock the words of the run that are pointed at, or let go of locked ones."""
        chosen = self._chosen_words()
        act = Release if chosen and all(word.locked for word in chosen) else Lock
        return self._steer(chosen, act)

    def strike_words(self) -> bool:
        """Strike out the words of the run that are pointed at: they may not come back there."""
        chosen = self._chosen_words()
        self._hand.strike(chosen)
        return self._steer(chosen, Strike)

    def finish_run(self, after: Report | None = None) -> None:
        """End the run; ``after`` is written as one undo step.

        None leaves the report as it is, and what was selected selected.
        """
        self._live.finish()
        self._hand.clear()
        self._styler.veil(frozenset())
        self.setCursorWidth(_CARET)
        untouched = self._touch() == self._untouched
        if after is None:
            if untouched:
                self._select(*self._selected)
            return
        self._binding.write(after, join=self._joins == self.document().revision())
        self._live.settle()
        waiting = [run for run in self._binding.runs() if caret.is_proposal(run)]
        waiting.sort(key=lambda run: run.span.id in self._known)  # this run's before older ones
        first = waiting[0] if waiting else None
        if first is not None and untouched:
            self._focus_on(first)  # never under the hands of someone who is typing

    def can_replay(self, filled: frozenset[str]) -> bool:
        """Whether the steps of a run that filled these spans can be painted over the fills."""
        sources = replayable([run.span for run in self._binding.runs()])
        return bool(filled) and filled <= set(sources.values())

    def show_replay(self, step: StepEvent | None) -> None:
        """Paint a recorded step over the proposals that came of it; None shows the report."""
        if step is None and self._live.replay is None:
            return
        if step is None:
            self._live.replay = None
            self._styler.veil(frozenset())
        else:
            sources = replayable([run.span for run in self._binding.runs()])
            replay = self._live.replay = Replay(step, sources)
            self._styler.veil(frozenset(i for i in sources if replay.tokens(i) is not None))
        self.viewport().update()

    # -- the look ------------------------------------------------------------------------------

    def set_layer(self, layer: Layer) -> None:
        """Tell something else by colours and lines."""
        self._layer = layer
        self._styler.set_layer(layer)
        self.viewport().update()

    def set_marks(self, marks: Callable[[], tuple[Marked, ...]]) -> None:
        """Say where to ask for marks: they move with the text, so they are asked for each frame."""
        self._marks = marks

    @property
    def binding(self) -> Binding:
        """The document and its spans, for marks that stand in it."""
        return self._binding

    def set_reduced_motion(self, calm: bool) -> None:
        """Leave out every fade and repaint four times a second."""
        self._live.calm = calm

    def set_meaningless(self, meaningless: bool) -> None:
        """Say whether what the model writes now means nothing about the picture."""
        self._meaningless = meaningless
        self.viewport().update()

    @property
    def pixels(self) -> int:
        """The size of the report's text."""
        return self._pixels

    def zoom(self, by: int) -> None:
        """Make the report's text larger or smaller, by pixels, within its bounds."""
        self._pixels = min(max(self._pixels + by, _SMALLEST), _LARGEST)
        self._styler.set_look(self._look, self._pixels)
        self._relayout_gaps()

    def measure(self) -> tuple[int, int]:
        """Return where lines begin in the viewport, and how long they are, in pixels."""
        return GUTTER, round(self._measure())

    def span_boxes(self, span_id: str) -> list[QRect]:
        """Return where a span's lines lie in the viewport, for tests and popups."""
        run = self._binding.run_of(span_id)
        if run is None:
            return []
        scene = self._scene()
        offset = -self._scroll()
        return [
            piece.box(scene.above, scene.below).translated(offset).toAlignedRect()
            for piece in pieces(self.document(), run.start, run.end)
        ]

    # -- Qt ------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        marks = SpanPainter(self._binding, self._scene())
        self._pass(marks.under, event)
        super().paintEvent(event)
        self._pass(marks.over, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.setCursorWidth(_CARET)
        if keys.is_harmless(event):
            super().keyPressEvent(event)
            self._offer_selection()
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
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self)
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
        """Put the selection on the clipboard as plain text, gaps as they are typed.

        A model's words that nobody took over carry the line that says so.

        ``createMimeDataFromSelection``, Qt's own place for this, is not overridden: what Python
        hands back from it is freed twice, and the application dies with the report.
        """
        if self.textCursor().hasSelection():
            QGuiApplication.clipboard().setText(self._copied())

    def undo(self) -> None:
        """Take the last step back."""
        self._travel(self.document().undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._travel(self.document().redo)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        self._attempt(lambda: self._editing.paste(self.textCursor(), unmarked(source.text())))

    def cut(self) -> None:
        """Copy the selection, then delete it unless it holds an anchor."""
        self.copy()
        self.cut_selection()

    def cut_selection(self) -> bool:
        """Delete the selection; False, with a hint, if it holds an anchor."""
        return self._attempt(lambda: self._editing.remove(self.textCursor()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._point_at(event):
            return
        self._choose_mark(event)
        measured = self._measured_under(event.position().toPoint())
        if measured is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.place_wanted.emit(measured.span.id)
            return
        self.setCursorWidth(_CARET)
        gap = self._gap_under(event.position())
        if gap is not None and event.button() == Qt.MouseButton.LeftButton:
            self._focus_on(gap)
            return
        cursor = self.textCursor()
        place = self.cursorForPosition(event.position().toPoint()).position()
        if cursor.selectionStart() <= place <= cursor.selectionEnd():
            self._select(place)  # dragging text would move it past the guard
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._pointing:
            super().mouseMoveEvent(event)
            return
        word = word_at(self._live_words(), event.position() + self._scroll())
        if word is not None:
            self._hand.reach(word)
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._pointing:
            super().mouseReleaseEvent(event)
            self._offer_selection()
            return
        self._pointing = False
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.strike_words()
        else:
            self.lock_words()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            event.ignore()  # the image scrolls
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._live.run is not None:
            self._relayout_gaps()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.build_menu(event.pos()).exec(event.globalPos())

    def build_menu(self, point: QPoint) -> QMenu:
        """Return the menu for a point of the viewport."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        word = word_at(self._live_words(), QPointF(point) + self._scroll())
        if word is not None:
            self._hand.point(word)
            menu.addAction("Release\tCtrl+L" if word.locked else "Lock\tCtrl+L", self.lock_words)
            menu.addAction("Strike out\tCtrl+Shift+X", self.strike_words)
            menu.addSeparator()
        measured = self._measured_under(point)
        if measured is not None:
            show = partial(self.place_wanted.emit, measured.span.id)
            menu.addAction("Show in the image\tAlt+click", show)
            menu.addSeparator()
        for words, act in self._menu_acts():
            menu.addAction(words, act)
        return menu

    # -- the reader's hand on a run ------------------------------------------------------------

    def _live_words(self) -> list[LiveWord]:
        if self._live.run is None:
            return []
        return SpanPainter(self._binding, self._scene()).live_words()

    def _chosen_words(self) -> tuple[LiveWord, ...]:
        return self._hand.chosen(self._live_words())

    def _steer(
        self, words: tuple[LiveWord, ...], act: Callable[[Seen], Lock | Release | Strike]
    ) -> bool:
        tokens = [token for word in words for token in word.tokens]
        if tokens:
            self.steered.emit(act(Seen.of(tokens, self._block)))
        self.viewport().update()
        return bool(tokens)

    def _point_at(self, event: QMouseEvent) -> bool:
        """Begin to point at words of the run under way; False where there are none."""
        word = word_at(self._live_words(), event.position() + self._scroll())
        if word is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        self._hand.point(word)
        self._pointing = True
        self.viewport().update()
        return True

    def _choose_mark(self, event: QMouseEvent) -> None:
        place = self.cursorForPosition(event.position().toPoint()).position()
        if any(mark.start <= place <= mark.end for mark in self._marks()):
            self.mark_chosen.emit(place)

    # -- inside --------------------------------------------------------------------------------

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setCursorWidth(_CARET)
        self.setAccessibleName("Report")
        self.installEventFilter(self)
        self.viewport().installEventFilter(self)
        self.document().setDocumentMargin(0)
        frame = self.document().rootFrame()
        margins = frame.frameFormat()
        margins.setLeftMargin(GUTTER)
        margins.setRightMargin(RIGHT_MARGIN)
        margins.setTopMargin(_TOP_MARGIN)
        margins.setBottomMargin(_TOP_MARGIN)
        frame.setFrameFormat(margins)
        self._gap_object = GapObject(self.document(), self._gap_size)
        self.document().documentLayout().registerHandler(GAP_OBJECT, self._gap_object)
        self.document().contentsChanged.connect(self.changed)
        self.cursorPositionChanged.connect(self.viewport().update)
        self.selectionChanged.connect(self.viewport().update)
        self._live.reflow.connect(self._relayout_gaps)
        self._live.repaint.connect(self.viewport().update)
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
        self._select(place)
        self.ensureCursorVisible()

    def _type(self, words: str) -> None:
        self._attempt(lambda: self._editing.type(self.textCursor(), words))

    def _delete(self, move: QTextCursor.MoveOperation) -> None:
        cursor = self.textCursor()
        if not cursor.hasSelection():
            cursor.movePosition(move, QTextCursor.MoveMode.KeepAnchor)
        self._attempt(lambda: self._editing.remove(cursor))

    def _copied(self) -> str:
        cursor = self.textCursor()
        words = self._binding.text_between(cursor.selectionStart(), cursor.selectionEnd())
        return copied(words, [run.span for run in caret.within(self._binding, cursor)])

    def _offer_selection(self) -> None:
        """Where to select is to copy (X11), Qt has just done so, without marks: do it again."""
        clipboard = QGuiApplication.clipboard()
        if clipboard.supportsSelection() and self.textCursor().hasSelection():
            clipboard.setText(self._copied(), QClipboard.Mode.Selection)

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

    def _touch(self) -> tuple[int, int, int]:
        """What changes when the reader types or moves the caret."""
        cursor = self.textCursor()
        return cursor.anchor(), cursor.position(), self.document().revision()

    def _focus_on(self, run: Run) -> None:
        self._select(run.start, run.end if isinstance(run.span, Gap) else None)
        self.ensureCursorVisible()

    def _select(self, start: int, end: int | None = None) -> None:
        cursor = self.textCursor()
        cursor.setPosition(start)
        if end is not None:
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def _menu_acts(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("Cut\tCtrl+X", self.cut),
            ("Copy\tCtrl+C", self.copy),
            ("Paste\tCtrl+V", self.paste),
            ("Lock or unlock\tCtrl+L", self.toggle_lock),
            ("Insert a gap\tCtrl+Space", self.insert_gap),
            ("Accept all proposals", lambda: self.apply(edit.accept_all)),
        ]

    # -- painting and room ---------------------------------------------------------------------

    def _pass(self, paint: Callable[[QPainter], None], event: QPaintEvent) -> None:
        with painting(self.viewport()) as painter:
            painter.setClipRect(event.rect())
            painter.translate(-self._scroll())
            paint(painter)

    def _scroll(self) -> QPointF:
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _scene(self) -> Scene:
        focus = caret.focused(self._binding, self.textCursor())
        live = self._live
        return Scene(
            self._look,
            self._pixels,
            self._layer,
            focus,
            live.shown,
            live.settling,
            self._meaningless,
            self._hand,
            tuple(
                mark
                for mark in self._marks()
                if mark.kind not in EVIDENCE or self._layer is Layer.EVIDENCE
            ),
        )

    def _measure(self) -> float:
        return float(self.viewport().width() - GUTTER - RIGHT_MARGIN)

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._look.font(Role.REPORT, self._pixels))

    def _gap_size(self, span_id: str) -> QSizeF:
        metrics = self._metrics()
        words = short_length(self._binding.length_of(span_id))
        width = metrics.horizontalAdvance(words) + self._pixels + 2 * GAP_MARGIN
        height = metrics.ascent()
        shown = self._live.shown
        room = shown.rooms.get(span_id) if shown is not None else None
        if room is None:
            return QSizeF(width, height)
        if room.lines == 1:
            return QSizeF(width + (room.width - width) * self._live.opening, height)
        full = lines_height(metrics, room.lines)
        return QSizeF(self._measure(), height + (full - height) * self._live.opening)

    def _relayout_gaps(self) -> None:
        lay_out(self.document())
        for run in self._binding.runs():
            if isinstance(run.span, Gap):
                self.document().markContentsDirty(run.start, 1)
        self.viewport().update()

    def _gap_under(self, point: QPointF) -> Run | None:
        marks, place = SpanPainter(self._binding, self._scene()), point + self._scroll()
        gaps = (run for run in self._binding.runs() if isinstance(run.span, Gap))
        return next((run for run in gaps if marks.gap_box(run).contains(place)), None)

    def _measured_under(self, point: QPoint) -> Run | None:
        """Return the measurement at a point of the viewport."""
        runs = (run for run in self._binding.runs() if is_measured(run.span))
        boxes = ((run, self.span_boxes(run.span.id)) for run in runs)
        return next((run for run, lines in boxes if any(b.contains(point) for b in lines)), None)

    def _tip(self, point: QPoint) -> str:
        gap = self._gap_under(QPointF(point))
        run = gap or self._binding.run_at(self.cursorForPosition(point).position())
        return _words_about(run) if run is not None else ""


def _words_about(run: Run) -> str:
    span = run.span
    if isinstance(span, Gap):
        return gap_words(span.length)
    if is_measured(span):
        return "Measured. Alt+click shows it in the image, Ctrl+L unlocks it."
    if is_empty(span):
        return f"Locked. {MEANINGLESS}" if isinstance(span, Fixed) else MEANINGLESS
    if isinstance(span, Fixed):
        return "Locked. Ctrl+L unlocks it."
    if isinstance(span, Fill) and span.state is FillState.PROPOSED:
        return f"Proposed by {span.origin.model}. Ctrl+Enter accepts, Ctrl+Backspace rejects."
    return ""


def _is_own_command(event: QKeyEvent) -> bool:
    return keys.is_harmless(event) or any(event.matches(key) for key in keys.OWN)
