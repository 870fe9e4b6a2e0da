"""The viewport: what ``showing`` shows, handled with mouse and keys. GUI thread only.

``index_wanted`` asks for another frame of the series, ``show_picture`` brings it. The mouse is
``hand``'s, what keys do is ``obey``'s.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lacuna.ui.theme import Look
from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.bindings import Bindings
from lacuna.ui.viewer.board import Board, Mark, Spot, spot_of
from lacuna.ui.viewer.cine import Cine
from lacuna.ui.viewer.document_page import Paper
from lacuna.ui.viewer.hand import Hand, draws, turned
from lacuna.ui.viewer.keyboard import key_text, wheel_text
from lacuna.ui.viewer.lectern import WHOLE
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.viewer.obey import obey
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.showing import Showing
from lacuna.ui.viewer.viewer_state import Tool

_FAR = 10  # frames


class ImageView(Showing):
    """One viewport. ``bindings`` say which button, turn of the wheel and key does what."""

    index_wanted = Signal(int)  # a frame of the series, from 0
    series_wanted = Signal(int)  # how many series further on: -1 or 1
    maximise_wanted = Signal()
    spot_wanted = Signal(object)  # Spot: another frame, where a mark was changed
    tool_changed = Signal(Tool)
    quote_wanted = Signal()  # the selected mark goes into the report
    menu_wanted = Signal(QPoint)  # where on the screen
    command_wanted = Signal(object)  # Command: what a single viewport cannot do
    note_wanted = Signal()  # words for the text that was just placed
    entered = Signal()  # the reader's hand or keys have come here

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self._count = 0  # the frames that can be scrolled through
        self._index = 0  # the frame last asked for; it may still be on its way
        self._hand = Hand(self)
        self.bindings = Bindings()
        self.cine = Cine(self)
        self.cine.due.connect(self._show_next)
        self.cine.changed.connect(self.update)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Image")
        self.installEventFilter(self)
        self.setMouseTracking(True)  # a shape may follow the pointer between two clicks

    @property
    def index(self) -> int:
        """The frame that is shown or on its way, from 0."""
        return self._index

    @property
    def tool(self) -> Tool:
        """What the tool's button does, usually the left one."""
        return self._hand.tool

    @property
    def board(self) -> Board:
        """What has been drawn on the study's images."""
        return self._hand.pen.board

    @property
    def selected_mark(self) -> Mark | None:
        """The mark whose handles are shown."""
        return self.board.get(self._hand.pen.selected)

    def use_board(self, board: Board) -> None:
        """Draw on another study's board from now on."""
        self._hand.pen.drop()
        self._hand.pen.board = board
        if self._picture is not None:
            board.settle(self._picture)
        self.update()

    def select_mark(self, mark_id: str) -> None:
        """Show a mark's handles, now or once its frame is shown."""
        self._hand.pen.selected = mark_id
        self.update()

    def show_picture(self, picture: Picture) -> None:
        """Show a frame. Window, zoom and turns stay as they are within one series."""
        old = self._picture
        if old is None or spot_of(old) != spot_of(picture):
            self._hand.pen.leave(spot_of(picture))
        self.board.settle(picture)
        self._index, self._count = picture.index, picture.count
        super().show_picture(picture)

    def show_message(self, message: str, count: int = 0) -> None:
        """Show no image but a sentence: opening, or why there is none.

        ``count`` frames can be scrolled through all the same, from the one last asked for.
        """
        self._count, self._index = count, self._index if count else 0
        super().show_message(message)

    def show_paper(self, paper: Paper) -> None:
        """Show a document's text, or its pages; the wheel and the arrow keys scroll it."""
        self._count = self._index = 0
        super().show_paper(paper)

    def set_tool(self, tool: Tool) -> None:
        """Choose what the tool's button does."""
        self._hand.take(tool)
        cursor = Qt.CursorShape.CrossCursor if draws(tool) else Qt.CursorShape.ArrowCursor
        self.setCursor(cursor)
        self.update()
        self.tool_changed.emit(tool)

    def scroll(self, by: int) -> None:  # type: ignore[override]  # QWidget's moves pixels
        """Ask for the frame ``by`` further on; nothing happens at the ends of the series."""
        if not self._lectern.scroll(by):
            self.go_to(views.step_index(self._index, self._count, by))

    def scroll_far(self, to_end: bool) -> None:
        """Ask for the first or the last frame of the series, or an end of the document."""
        far = WHOLE if self.page is not None else self._count
        self.scroll(far if to_end else -far)

    def go_to(self, index: int) -> None:
        """Ask for a frame of the series, from 0, unless it is the one last asked for."""
        self.cine.stop()
        self._ask(index)

    def await_frame(self, index: int) -> None:
        """Note that a frame is on its way that somebody else asked for."""
        self._index = index

    def toggle_cine(self) -> None:
        """Run through the frames of the series at the file's rate, or stop."""
        if self.cine.running:
            self.cine.stop()
        elif self._picture is not None and self._picture.count > 1:
            self.cine.start(self._picture.image.frame_rate)

    def delete_mark(self) -> bool:
        """Take the selected mark away; return whether there was one."""
        done = self._hand.pen.delete()
        self.update()
        return done

    def note_place(self) -> QPoint | None:
        """Return where in the view a text waits for its words."""
        sheet, at = self.sheet(), self._hand.pen.placed_note
        return sheet.view_point(at).toPoint() if sheet is not None and at is not None else None

    def note_writer(self) -> Callable[[str], None] | None:
        """Return what writes the words of the text that waits for them; None if none does."""
        if self._picture is None or self._hand.pen.placed_note is None:
            return None
        return self._hand.pen.note_writer(self._picture)

    def escape(self) -> bool:
        """Give up one thing that is under way; return whether there was any."""
        done = self._hand.pen.cancel() or self.cine.running
        self.cine.stop()
        self.update()
        return done

    def turn_wheel(self, event: QWheelEvent) -> None:
        """Scroll by the wheel, also one that was turned elsewhere in the window."""
        self.scroll(-self._hand.notches(event))
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._painter.paint(self, self._box(), self._hand, self._message)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ScreenChangeInternal:
            self._place()  # a true size is another one on another screen
        # Esc belongs to the window, where it stops a run, unless a shape is under way. A filter,
        # not ``event``: an error while painting beneath that would end the process (see the
        # report's editor).
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(self._hand.pen.drawing and event.key() == Qt.Key.Key_Escape)
            return True
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.entered.emit()
        self._hand.press(event)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._hand.move(event):
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._hand.release(event)
        self.update()
        if clicked and (self._picture is not None or self.page is not None):
            self.menu_wanted.emit(event.globalPosition().toPoint())
        if self._hand.pen.placed_note:
            self.note_wanted.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # The mouse's comes with the press on some systems; here a right drag zooms.
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self._picture is not None:
            self.menu_wanted.emit(self.mapToGlobal(self.rect().center()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if draws(self.tool):
            self.mousePressEvent(event)  # two quick clicks, each of which sets a point
        elif event.button() is Qt.MouseButton.LeftButton:
            self.maximise_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        act = self.bindings.mouse.turned(wheel_text(event))
        if act is MouseAct.WHEEL_ZOOM:
            self.zoom(turned(event), event.position())
        elif act is not None:
            far = _FAR if act is MouseAct.WHEEL_FAR else 1
            self.scroll(-far * self._hand.notches(event))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pen, standard = self._hand.pen, QKeySequence.StandardKey
        if event.matches(standard.Undo):
            self._show_change(pen.undo())
        elif event.matches(standard.Redo):
            self._show_change(pen.redo())
        elif not self._press(key_text(event)):
            super().keyPressEvent(event)

    def _press(self, key: str) -> bool:
        """Do what a key stands for; return whether it stands for anything here."""
        if key == "Esc":
            return self.escape()
        order = self.bindings.order(key)
        return order is not None and obey(self, order)

    def _clear(self, message: str) -> None:
        self.cine.stop()
        super()._clear(message)

    def _show_next(self) -> None:
        """Ask for the next frame, round the end, unless the last one is still on its way."""
        picture = self._picture
        if picture is not None and picture.index == self._index:
            self._ask((picture.index + 1) % picture.count)

    def _ask(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self.index_wanted.emit(index)

    def _show_change(self, spot: Spot | None) -> None:
        """Show what undo or redo has changed, on another frame if need be: nothing is hidden."""
        self.update()
        if spot is not None and (self._picture is None or spot_of(self._picture) != spot):
            self.spot_wanted.emit(spot)
