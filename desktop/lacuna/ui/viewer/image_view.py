"""The viewport: one image on black, handled with mouse and keys. GUI thread only.

It decodes nothing: ``index_wanted`` asks for another frame of the series, ``show_picture`` brings
it. What it shows changes by the pure functions of ``viewer_state``; the mouse is ``hand``'s, what
keys do is ``obey``'s, where the picture stands ``placing``'s, a document ``lectern``'s.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lacuna.study.model import Window
from lacuna.study.softcopy import Layer, PresentationState
from lacuna.ui.theme import Look
from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.bindings import Bindings
from lacuna.ui.viewer.board import Board, Mark, Spot, spot_of
from lacuna.ui.viewer.cine import Cine
from lacuna.ui.viewer.document_page import DocumentPage, Paper
from lacuna.ui.viewer.hand import Hand, draws, turned
from lacuna.ui.viewer.keyboard import key_text, wheel_text
from lacuna.ui.viewer.lectern import WHOLE, Lectern
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.viewer.obey import obey
from lacuna.ui.viewer.pdf_page import PdfPage
from lacuna.ui.viewer.picture import Picture, same_series
from lacuna.ui.viewer.placing import (
    Placing,
    Screen,
    Size,
    column_width,
    screen_of,
    true_size_words,
)
from lacuna.ui.viewer.presenting import (
    Corners,
    area_of,
    corners_of,
    layers_of,
    shown_through,
    true_width,
)
from lacuna.ui.viewer.sheet import Sheet, lay
from lacuna.ui.viewer.view_painter import Extras, ViewPainter
from lacuna.ui.viewer.viewer_state import Act, Tool, ViewState

_FAR = 10  # frames


class ImageView(QWidget):
    """One viewport. Left drag: the chosen tool; middle: pan; right: zoom; wheel: scroll."""

    index_wanted = Signal(int)  # a frame of the series, from 0
    series_wanted = Signal(int)  # how many series further on: -1 or 1
    maximise_wanted = Signal()
    spot_wanted = Signal(object)  # Spot: another frame, where a mark was changed
    window_changed = Signal(object)  # Window, as shown
    picture_changed = Signal()  # another frame, or none
    tool_changed = Signal(Tool)
    quote_wanted = Signal()  # the selected mark goes into the report
    menu_wanted = Signal(QPoint)  # where on the screen
    command_wanted = Signal(object)  # Command: what a single viewport cannot do
    sheet_wanted = Signal(object, object)  # PdfPage, Wanted: a page of it, to be drawn
    note_wanted = Signal()  # words for the text that was just placed
    entered = Signal()  # the reader's hand or keys have come here

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painter = ViewPainter(look)
        self._picture: Picture | None = None
        self._state: ViewState | None = None
        self._lectern = Lectern(look, self, self._box)
        self._lectern.sheet_wanted.connect(self.sheet_wanted)
        self._presentation: PresentationState | None = None
        self._message = ""
        self._placing = Placing()
        self._count = 0  # the frames that can be scrolled through
        self._index = 0  # the frame last asked for; it may still be on its way
        self._hand = Hand(self)
        self.bindings = Bindings()
        self.screen_dpi: float | None = None  # as the reader has measured it
        self.remembered: Window | None = None  # the window that the series was last seen through
        self.extras = Extras()
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
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    @property
    def state(self) -> ViewState | None:
        """How it is looked at."""
        return self._state

    @property
    def page(self) -> DocumentPage | PdfPage | None:
        """The document that is shown in place of a picture."""
        return self._lectern.page

    @property
    def index(self) -> int:
        """The frame that is shown or on its way, from 0."""
        return self._index

    @property
    def tool(self) -> Tool:
        """What the left button does."""
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
        same = old is not None and same_series(old.series, picture.series)
        if not same:
            self._presentation = None
        if not same or self._state is None:
            known = self.remembered if picture.grey else None
            self._state = ViewState(known or picture.window)
            self._placing.hang()
        self._picture, self._message = picture, ""
        self._lectern.clear()
        self.board.settle(picture)
        self._index, self._count = picture.index, picture.count
        self._place()
        self.window_changed.emit(self._state.window)
        self.picture_changed.emit()
        self.update()

    def show_message(self, message: str, count: int = 0) -> None:
        """Show no image but a sentence: opening, or why there is none.

        ``count`` frames can be scrolled through all the same, from the one last asked for.
        """
        self._clear(message)
        self._count, self._index = count, self._index if count else 0
        self.picture_changed.emit()

    def show_paper(self, paper: Paper) -> None:
        """Show a document's text, or its pages; the wheel and the arrow keys scroll it."""
        self._clear("")
        self._count = self._index = 0
        self._lectern.put(paper)
        self.picture_changed.emit()

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left button does."""
        self._hand.take(tool)
        cursor = Qt.CursorShape.CrossCursor if draws(tool) else Qt.CursorShape.ArrowCursor
        self.setCursor(cursor)
        self.update()
        self.tool_changed.emit(tool)

    def act(self, act: Act) -> None:
        """Turn, flip, invert or reset; a document is made as wide as the view by a reset."""
        if act is Act.RESET:
            self._lectern.fit()
            self._placing.hang()
        if self._picture and self._state:
            self.change(views.apply_act(self._state, act, self._picture.window))
            if act is Act.RESET:
                self._placing.hang()
            self._place()

    def zoom(self, notches: float, at: QPointF | None = None) -> None:
        """Enlarge about a place in the view, its middle without one."""
        if self._lectern.zoom(notches, at) or self._state is None:
            return
        way = at - QPointF(self.rect().center()) if at is not None else QPointF()
        self.change(views.wheel_zoom(self._state, notches, (way.x(), way.y())))

    def hold_size(self, size: Size) -> str:
        """Show the picture at a size and keep it there; return what is to be said of it."""
        picture, screen = self._picture, self.screen_told()
        if picture is None:
            return ""
        if size is Size.TRUE and (column_width(picture) is None or screen.pitch is None):
            return true_size_words(picture, screen)
        self._placing.hold(size)
        self._place()
        return true_size_words(picture, screen) if size is Size.TRUE else ""

    @property
    def held_size(self) -> Size | None:
        """The size that the picture is kept at."""
        return self._placing.size

    def screen_told(self) -> Screen:
        """Return what is known of the screen that the view is on."""
        told = self.screen().physicalDotsPerInch()
        return screen_of(told, self.screen_dpi, self.devicePixelRatioF())

    def set_window(self, window: Window) -> None:
        """Look through another window."""
        if self._picture and self._state and self._picture.grey:
            self.change(replace(self._state, window=window))

    def present(self, state: PresentationState | None) -> None:
        """Look at the picture as a presentation state says; None takes it back."""
        self._presentation = state
        if self._picture is not None and self._state is not None:
            kept, box = self._state, self._box()
            if state is None:
                self.change(ViewState(self._picture.window))
                return
            view, pitch = (box.width(), box.height()), self.screen_told().pitch
            self.change(shown_through(state, self._picture, kept, view, pitch))
            millimetres = true_width(state, self._picture)
            if millimetres is not None and pitch is not None:
                self._placing.hold(Size.TRUE, millimetres)

    def layers(self) -> tuple[Layer, ...]:
        """Return the graphics that lie over the picture."""
        if self._presentation is None or self._picture is None:
            return ()
        return layers_of(self._presentation, self._picture)

    def area(self) -> Corners | None:
        """Return which part of the picture is presented, in its pixels; None for all of it."""
        if self._presentation is None or self._picture is None:
            return None
        found = area_of(self._presentation, self._picture)
        return corners_of(found) if found is not None else None

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

    def write_note(self, words: str) -> None:
        """Write the words of the text that was placed; without words it is given up."""
        sheet = self.sheet()
        if sheet is not None:
            self._hand.pen.write_note(sheet, words)
        self.update()

    def escape(self) -> bool:
        """Give up one thing that is under way; return whether there was any."""
        done = self._hand.pen.cancel() or self.cine.running
        self.cine.stop()
        self.update()
        return done

    def change(self, state: ViewState) -> None:
        """Look at the picture in another way."""
        old, self._state = self._state, state
        if old is not None:
            self._placing.moved(old, state)
        if old is None or old.window != state.window:
            self.window_changed.emit(state.window)
        self.update()

    def sheet(self) -> Sheet | None:
        """Return the picture as it lies in the view."""
        if self._picture is None or self._state is None:
            return None
        return lay(self._box(), self._picture, self._state)

    def set_extras(self, extras: Extras) -> None:
        """Say what is painted beside the image: lines of other viewports, which texts."""
        if extras != self.extras:
            self.extras = extras
            self.update()

    def move_page(self, dx: float, dy: float) -> bool:
        """Move the document that is shown with the pointer; False if there is none."""
        return self._lectern.move(dx, dy)

    def turn_wheel(self, event: QWheelEvent) -> None:
        """Scroll by the wheel, also one that was turned elsewhere in the window."""
        self.scroll(-self._hand.notches(event))
        event.accept()

    def sizeHint(self) -> QSize:
        return QSize(640, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._painter.paint(self, self._box(), self._hand, self._message)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
        self._lectern.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
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
        self._picture, self._state, self._message = None, None, message
        self._lectern.clear()
        self.update()

    def _show_next(self) -> None:
        """Ask for the next frame, round the end, unless the last one is still on its way."""
        picture = self._picture
        if picture is not None and picture.index == self._index:
            self._ask((picture.index + 1) % picture.count)

    def _ask(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self.index_wanted.emit(index)

    def _place(self) -> None:
        """Put the picture where it belongs, unless the reader has moved it."""
        if self._picture is None or self._state is None:
            return
        box = self._box()
        view = box.width(), box.height()
        self._state = self._placing.placed(self._picture, self._state, view, self.screen_told())
        self.update()

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(1, 2, -1, -1)

    def _show_change(self, spot: Spot | None) -> None:
        """Show what undo or redo has changed, on another frame if need be: nothing is hidden."""
        self.update()
        if spot is not None and (self._picture is None or spot_of(self._picture) != spot):
            self.spot_wanted.emit(spot)
