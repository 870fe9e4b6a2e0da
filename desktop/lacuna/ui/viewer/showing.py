"""What a viewport shows, and how it is looked at: a picture, a document, or a sentence.

It decodes nothing: ``show_picture`` brings a frame. How it is looked at changes by the pure
functions of ``viewer_state``; where the picture stands is ``placing``'s, a document ``lectern``'s.
GUI thread only.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from lacuna.study.model import Window
from lacuna.study.softcopy import Layer, PresentationState
from lacuna.ui.theme import Look
from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.document_page import DocumentPage, Paper
from lacuna.ui.viewer.lectern import Lectern
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
from lacuna.ui.viewer.viewer_state import Act, ViewState


class Showing(QWidget):
    """A picture on black, or a document. It has no hands: ``ImageView`` gives it mouse and keys."""

    window_changed = Signal(object)  # Window, as shown
    picture_changed = Signal()  # another frame, or none
    sheet_wanted = Signal(object, object)  # PdfPage, Wanted: a page of it, to be drawn

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
        self.screen_dpi: float | None = None  # as the reader has measured it
        self.remembered: Window | None = None  # the window that the series was last seen through
        self.extras = Extras()

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

    def show_picture(self, picture: Picture) -> None:
        """Show a frame. Window, zoom and turns stay as they are within one series."""
        old = self._picture
        same = old is not None and same_series(old.series, picture.series)
        if not same:
            self._presentation = None
        if not same or self._state is None:
            known = self.remembered if picture.grey else None
            self._state = ViewState(known or picture.window)
            self._placing.hang()
        self._picture, self._message = picture, ""
        self._lectern.clear()
        self._place()
        self.window_changed.emit(self._state.window)
        self.picture_changed.emit()
        self.update()

    def show_message(self, message: str) -> None:
        """Show no image but a sentence: opening, or why there is none."""
        self._clear(message)
        self.picture_changed.emit()

    def show_paper(self, paper: Paper) -> None:
        """Show a document's text, or its pages."""
        self._clear("")
        self._lectern.put(paper)
        self.picture_changed.emit()

    def act(self, act: Act) -> None:
        """Turn, flip, invert or reset; a document is made as wide as the view by a reset."""
        if act is Act.INVERT:
            self._lectern.invert()
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

    def sizeHint(self) -> QSize:
        return QSize(640, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)  # three abreast leave the report its width in the least window

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
        self._lectern.refresh()

    def _clear(self, message: str) -> None:
        self._picture, self._state, self._message = None, None, message
        self._lectern.clear()
        self.update()

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
