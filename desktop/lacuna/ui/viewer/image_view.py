"""The viewport: one image on black, handled with mouse and keys. GUI thread only.

It decodes nothing: ``index_wanted`` asks for another frame of the series, ``show_picture`` brings
it. What it shows changes by the pure functions of ``viewer_state``.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lacuna.study.model import Window
from lacuna.ui.theme import Look
from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.annotations import paint_annotations, write_centred
from lacuna.ui.viewer.board import Board, Mark, Spot, spot_of
from lacuna.ui.viewer.cine import Cine
from lacuna.ui.viewer.image_painter import ImagePainter
from lacuna.ui.viewer.lens import Lens
from lacuna.ui.viewer.mark_painter import paint_marks
from lacuna.ui.viewer.pen import KINDS, Pen
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.sheet import Sheet, lay
from lacuna.ui.viewer.viewer_state import CT_PRESETS, Act, Tool, ViewState
from lacuna_resources.themes import ThemeName, load

_ON_BLACK = load(ThemeName.DARK)  # the image stays black in every theme
_STILL = 4.0  # view pixels that a hand may slip between press and release of a click
_NOTCH = 120  # what a wheel's notch counts, in eighths of a degree
_ACT_KEYS = {
    Qt.Key.Key_R: Act.ROTATE_RIGHT,
    Qt.Key.Key_L: Act.ROTATE_LEFT,
    Qt.Key.Key_H: Act.FLIP_HORIZONTAL,
    Qt.Key.Key_V: Act.FLIP_VERTICAL,
    Qt.Key.Key_I: Act.INVERT,
    Qt.Key.Key_Space: Act.RESET,
}
_TOOL_KEYS = {
    Qt.Key.Key_W: Tool.WINDOW,
    Qt.Key.Key_Z: Tool.ZOOM,
    Qt.Key.Key_D: Tool.LENGTH,
    Qt.Key.Key_A: Tool.ANGLE,
    Qt.Key.Key_E: Tool.ELLIPSE,
}
_DELETE_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class ImageView(QWidget):
    """One viewport. Left drag: the chosen tool; middle: pan; right: zoom; wheel: scroll."""

    index_wanted = Signal(int)  # a frame of the series, from 0
    series_wanted = Signal(int)  # how many series further on: -1 or 1
    maximise_wanted = Signal()
    spot_wanted = Signal(object)  # Spot: another frame, where a mark was changed
    window_changed = Signal(object)  # Window, as shown
    tool_changed = Signal(Tool)
    quote_wanted = Signal()  # the selected mark goes into the report
    menu_wanted = Signal(QPoint)  # where on the screen

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._painter = ImagePainter()
        self._picture: Picture | None = None
        self._state: ViewState | None = None
        self._message = ""
        self._count = 0  # the frames that can be scrolled through
        self._index = 0  # the frame last asked for; it may still be on its way
        self._tool = Tool.WINDOW
        self._pen = Pen()
        self._lens = Lens()
        self.cine = Cine(self)
        self.cine.due.connect(self._show_next)
        self.cine.changed.connect(self.update)
        self._drag: Tool | None = None
        self._last = QPointF()
        self._click: QPointF | None = None  # where the right button went down and still is
        self._wheel = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Image")
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
    def tool(self) -> Tool:
        """What the left button does."""
        return self._tool

    @property
    def board(self) -> Board:
        """What has been drawn on the study's images."""
        return self._pen.board

    @property
    def selected_mark(self) -> Mark | None:
        """The mark whose handles are shown."""
        return self._pen.board.get(self._pen.selected)

    def use_board(self, board: Board) -> None:
        """Draw on another study's board from now on."""
        self._pen.drop()
        self._pen.board = board
        self.update()

    def select_mark(self, mark_id: str) -> None:
        """Show a mark's handles, now or once its frame is shown."""
        self._pen.selected = mark_id
        self.update()

    def show_picture(self, picture: Picture) -> None:
        """Show a frame. Window, zoom and turns stay as they are within one series."""
        if self._picture is None or spot_of(self._picture) != spot_of(picture):
            self._pen.leave(spot_of(picture))
        same = self._picture is not None and self._picture.series is picture.series
        self._state = self._state if same and self._state else ViewState(picture.window)
        self._picture, self._message = picture, ""
        self._index, self._count = picture.index, picture.count
        self.window_changed.emit(self._state.window)
        self.update()

    def show_message(self, message: str, count: int = 0) -> None:
        """Show no image but a sentence: opening, or why there is none.

        ``count`` frames can be scrolled through all the same, from the one last asked for.
        """
        self.cine.stop()
        self._picture, self._state, self._message = None, None, message
        self._count, self._index = count, self._index if count else 0
        self.update()

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left button does."""
        self._tool = tool
        self._pen.stop()
        self.setCursor(Qt.CursorShape.CrossCursor if tool in KINDS else Qt.CursorShape.ArrowCursor)
        self.update()
        self.tool_changed.emit(tool)

    def act(self, act: Act) -> None:
        """Turn, flip, invert or reset."""
        if self._picture and self._state:
            self._change(views.apply_act(self._state, act, self._picture.window))

    def set_window(self, window: Window) -> None:
        """Look through another window."""
        if self._picture and self._state and self._picture.grey:
            self._change(replace(self._state, window=window))

    def scroll(self, by: int) -> None:  # type: ignore[override]  # QWidget's moves pixels
        """Ask for the frame ``by`` further on; nothing happens at the ends of the series."""
        self.go_to(views.step_index(self._index, self._count, by))

    def go_to(self, index: int) -> None:
        """Ask for a frame of the series, from 0, unless it is the one last asked for."""
        self.cine.stop()
        self._ask(index)

    def toggle_cine(self) -> None:
        """Run through the frames of the series at the file's rate, or stop."""
        if self.cine.running:
            self.cine.stop()
        elif self._picture is not None and self._picture.count > 1:
            self.cine.start(self._picture.image.frame_rate)

    def delete_mark(self) -> None:
        """Take the selected mark away."""
        self._pen.delete()
        self.update()

    def turn_wheel(self, event: QWheelEvent) -> None:
        """Scroll by the wheel, also one that was turned elsewhere in the window."""
        # With Alt held, Qt on some systems reports the turn as a sideways one.
        self._wheel += (event.angleDelta().y() or event.angleDelta().x()) / _NOTCH
        notches = int(self._wheel)
        self._wheel -= notches
        self.scroll(-notches)
        event.accept()

    def _show_next(self) -> None:
        """Ask for the next frame, round the end, unless the last one is still on its way."""
        picture = self._picture
        if picture is not None and picture.index == self._index:
            self._ask((picture.index + 1) % picture.count)

    def _ask(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self.index_wanted.emit(index)

    def sizeHint(self) -> QSize:
        return QSize(640, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._look.theme.surface.image))
        box, sheet = self._box(), self._sheet()
        if self._picture and self._state and sheet:
            quick = self._drag is Tool.WINDOW
            self._painter.paint(painter, box, self._picture, self._state, quick=quick)
            whole = QRectF(self.rect())
            marks = self._pen.marks(sheet)
            paint_marks(painter, self._look, box, sheet, marks, self._pen.selected)
            if self._lens.place is not None:
                self._lens.paint(painter, box, sheet, self._state, marks)
            rate = self.cine.rate
            paint_annotations(painter, self._look, whole, self._picture, self._state, rate)
        elif self._message:
            write_centred(painter, self._look, box, self._message)
        self._paint_frame(painter)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        # Esc belongs to the window, where it stops a run, unless a shape is under way.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(self._pen.drawing and event.key() == Qt.Key.Key_Escape)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._draws(event.position()):
            return
        tools = {
            Qt.MouseButton.LeftButton: self._tool,
            Qt.MouseButton.MiddleButton: Tool.PAN,
            Qt.MouseButton.RightButton: Tool.ZOOM,
        }
        self._drag, self._last = tools.get(event.button()), event.position()
        self._click = self._last if event.button() is Qt.MouseButton.RightButton else None
        self._lens.place = self._last if self._drag is Tool.MAGNIFY else None
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        sheet = self._sheet()
        if self._drag is None and sheet and self._pen.move(sheet, event.position()):
            self.update()
            return
        if self._slips(event.position()):
            return
        if self._drag is Tool.MAGNIFY:
            self._lens.place = event.position()
            self.update()
        elif self._drag and self._picture and self._state:
            moved = event.position() - self._last
            self._last = event.position()
            self._change(self._dragged(self._state, self._picture, moved))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        sheet = self._sheet()
        if sheet and event.button() is Qt.MouseButton.LeftButton:
            self._pen.release(sheet, event.position())
        self._drag, self._lens.place = None, None
        self.update()
        if sheet and self._click is not None and event.button() is Qt.MouseButton.RightButton:
            self._pen.select_at(sheet, event.position())
            self.menu_wanted.emit(event.globalPosition().toPoint())
        self._click = None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # The mouse's comes with the press on some systems; here a right drag zooms.
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self._picture is not None:
            self.menu_wanted.emit(self.mapToGlobal(self.rect().center()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._tool in KINDS:
            self.mousePressEvent(event)  # two quick clicks, each of which sets a point
        elif event.button() is Qt.MouseButton.LeftButton:
            self.maximise_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.turn_wheel(event)
            return
        if self._state:
            turned = event.angleDelta().y() or event.angleDelta().x()
            offset = event.position() - QPointF(self.rect().center())
            point = (offset.x(), offset.y())
            self._change(views.wheel_zoom(self._state, turned / _NOTCH, point))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self._show_change(self._pen.undo())
            return
        if event.matches(QKeySequence.StandardKey.Redo):
            self._show_change(self._pen.redo())
            return
        key = Qt.Key(event.key())
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        modified = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if modified or not self._press(key, 10 if far else 1):
            super().keyPressEvent(event)

    def _press(self, key: Qt.Key, stride: int) -> bool:
        """Do what a key stands for; return whether it stands for anything here."""
        count = self._count
        steps = {
            Qt.Key.Key_Up: -stride,
            Qt.Key.Key_Down: stride,
            Qt.Key.Key_Home: -count,
            Qt.Key.Key_End: count,
        }
        if key in steps:
            self.scroll(steps[key])
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.series_wanted.emit(-1 if key is Qt.Key.Key_PageUp else 1)
        elif key in _ACT_KEYS:
            self.act(_ACT_KEYS[key])
        elif key in _TOOL_KEYS:
            self.set_tool(_TOOL_KEYS[key])
        elif key is Qt.Key.Key_C:
            self.toggle_cine()
        elif key in _DELETE_KEYS or key is Qt.Key.Key_Escape:
            done = self._escape() if key is Qt.Key.Key_Escape else self._pen.delete()
            self.update()
            return done
        else:
            return self._press_digit(key - Qt.Key.Key_0)
        return True

    def _press_digit(self, digit: int) -> bool:
        """0 and 1 are the picture's own windows; the others are Hounsfield units, so CT only."""
        if self._picture is None:
            return False
        windows = {0: self._picture.auto, 1: self._picture.window}
        if self._picture.series.modality == "CT":
            windows |= CT_PRESETS
        if digit in windows:
            self.set_window(windows[digit])
        return digit in windows

    def _escape(self) -> bool:
        """Give up one thing that is under way; return whether there was any."""
        if self._pen.cancel():
            return True
        running = self.cine.running
        self.cine.stop()
        return running

    def _slips(self, place: QPointF) -> bool:
        """Whether the right button is held as still as a click's."""
        if self._click is not None and (place - self._click).manhattanLength() >= _STILL:
            self._click = None
        return self._click is not None

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(1, 2, -1, -1)

    def _sheet(self) -> Sheet | None:
        """Return the picture as it lies in the view."""
        if self._picture is None or self._state is None:
            return None
        return lay(self._box(), self._picture, self._state)

    def _draws(self, place: QPointF) -> bool:
        """Whether a press of the left button is the pen's; if so, it has it."""
        sheet = self._sheet()
        taken = sheet is not None and self._pen.press(sheet, self._tool, place)
        self.update()
        return taken

    def _show_change(self, spot: Spot | None) -> None:
        """Show what undo or redo has changed, on another frame if need be: nothing is hidden."""
        self.update()
        if spot is not None and (self._picture is None or spot_of(self._picture) != spot):
            self.spot_wanted.emit(spot)

    def _dragged(self, state: ViewState, picture: Picture, moved: QPointF) -> ViewState:
        if self._drag is Tool.PAN:
            return views.drag_pan(state, moved.x(), moved.y())
        if self._drag is Tool.ZOOM:
            return views.drag_zoom(state, moved.y())
        if not picture.grey:
            return state
        return views.drag_window(state, moved.x(), moved.y(), picture.span)

    def _change(self, state: ViewState) -> None:
        old, self._state = self._state, state
        if old is None or old.window != state.window:
            self.window_changed.emit(state.window)
        self.update()

    def _paint_frame(self, painter: QPainter) -> None:
        """Frame the active viewport, heavier at its head; all around while it has the keys."""
        width = 2 if self.hasFocus() else 1
        colour = QColor(_ON_BLACK.line.focus if self.hasFocus() else _ON_BLACK.text.third)
        inner = self.rect().adjusted(width, 2, -width, -width)
        painter.setClipRegion(QRegion(self.rect()) - QRegion(inner))
        painter.fillRect(self.rect(), colour)
        painter.fillRect(0, 0, self.width(), 2, QColor(_ON_BLACK.text.normal))
