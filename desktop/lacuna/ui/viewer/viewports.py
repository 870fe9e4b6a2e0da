"""Several viewports in rows and columns, one of them active. GUI thread only.

It shows stacks: a frame that is at hand at once, any other after ``picture_wanted`` was answered by
``deliver``. Keys and tools of the image side go to the active viewport; a tool chosen in one is
every one's. What hangs where is ``hanging``'s, what moves together ``linking``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from lacuna.study.model import Window
from lacuna.ui.theme import Look
from lacuna.ui.viewer.bindings import Bindings
from lacuna.ui.viewer.board import Board
from lacuna.ui.viewer.hanging import Layout
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.linking import Links, reference_lines
from lacuna.ui.viewer.pdf_page import PdfPage, Wanted
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.stack import Stack
from lacuna.ui.viewer.viewer_state import Tool

OPENING = "Opening the image"
SERIES_MIME = "application/x-lacuna-series"
MOST = Layout.SIX.count
_GAP = 2


class Viewports(QWidget):
    """The image side's viewports. ``active`` is the one that keys, rail and report mean."""

    picture_wanted = Signal(object, object, int)  # a viewport, its stack, a frame: decode it
    index_wanted = Signal(int)  # the active viewport turns to a frame
    picture_changed = Signal(object)  # a viewport shows another frame, or none
    texts_toggled = Signal()  # corner texts, and with them all that names a patient
    window_changed = Signal(object)  # Window, as shown in the active viewport
    active_changed = Signal()
    tool_changed = Signal(Tool)
    cine_changed = Signal(bool)  # of the active viewport
    layout_changed = Signal(object)  # Layout
    series_wanted = Signal(int)
    series_dropped = Signal(object, int)  # a viewport, an entry of the strip
    maximise_wanted = Signal()
    spot_wanted = Signal(object)
    quote_wanted = Signal()
    sheet_wanted = Signal(object, object, object)  # a viewport, its PdfPage, Wanted
    note_wanted = Signal()
    menu_wanted = Signal(QPoint)
    command_wanted = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._views: list[ImageView] = []
        self._stacks: dict[ImageView, Stack] = {}
        self._papers: dict[ImageView, object] = {}  # the request whose document is waited for
        self._windows: dict[str, Window] = {}
        self._kept: frozenset[tuple[str, int]] = frozenset()
        self._layout = Layout.ONE
        self._enlarged: ImageView | None = None
        self._board = Board()
        self._bindings = Bindings()
        self._screen_dpi: float | None = None
        self.links = Links()
        self.shows_lines = True
        self.shows_texts = True
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self.setAcceptDrops(True)
        self._active = self._make()
        self._arrange()

    @property
    def active(self) -> ImageView:
        """The viewport that keys and tools go to."""
        return self._active

    @property
    def arrangement(self) -> Layout:
        """How many rows and columns there are."""
        return self._layout

    @property
    def bindings(self) -> Bindings:
        """Which key does what."""
        return self._bindings

    def views(self) -> tuple[ImageView, ...]:
        """Return the viewports of the layout, row by row."""
        return tuple(self._views[: self._layout.count])

    def stack_of(self, view: ImageView) -> Stack | None:
        """Return what a viewport scrolls through."""
        return self._stacks.get(view)

    def stacks(self) -> tuple[Stack, ...]:
        """Return what the viewports of the layout scroll through, each once."""
        found = (self._stacks.get(view) for view in self.views())
        return tuple(dict.fromkeys(stack for stack in found if stack is not None))

    def set_layout(self, layout: Layout) -> None:
        """Show so many viewports; those that go keep what they show, for when they come back."""
        changed = layout is not self._layout
        self._layout, self._enlarged = layout, None
        while len(self._views) < layout.count:
            self._make()
        if self._active not in self.views():
            self.activate(self._views[0])
        self._arrange()
        self.refresh()
        if changed:
            self.layout_changed.emit(layout)

    def clear(self, message: str = "") -> None:
        """Show nothing, in one viewport."""
        self._stacks.clear()
        self._papers.clear()
        self._windows.clear()
        self.links = Links(on=self.links.on)  # the reader's choice outlives the study
        for view in self._views:
            view.remembered = None
            view.show_message("")
        self.set_layout(Layout.ONE)
        self._active.show_message(message)

    def show_stack(self, view: ImageView, stack: Stack, index: int = 0) -> None:
        """Let a viewport scroll through a stack, from a frame on."""
        known = self._windows.get(stack.series.series_instance_uid)
        view.remembered = stack.window or known
        self._stacks[view] = stack
        self._papers.pop(view, None)
        self.links.forget(view)
        view.show_message(OPENING)
        view.await_frame(index)
        self._show_frame(view, index)

    def renew_stack(self, view: ImageView, stack: Stack, index: int) -> None:
        """Put a stack of the same series in a viewport's hands: one that grew, or is cut anew."""
        self._stacks[view] = stack
        view.await_frame(index)
        self._show_frame(view, index)

    def await_paper(self, view: ImageView, request: object) -> None:
        """Let a viewport turn from what it scrolls through to a document that a request brings."""
        self._stacks.pop(view, None)
        self._papers[view] = request
        self.links.forget(view)

    def shows_paper(self, view: ImageView) -> bool:
        """Whether a viewport has turned to a document, be it there yet or not."""
        return view in self._papers

    def awaits_paper(self, view: ImageView, request: object) -> bool:
        """Whether it is this request's document that a viewport has turned to, and no other's."""
        return self._papers.get(view) is request

    def deliver(self, view: ImageView, stack: Stack, picture: Picture) -> None:
        """Show a frame that was asked for, unless the viewport has turned to something else."""
        if self._stacks.get(view) is stack and picture.index == view.index:
            view.show_picture(picture)

    def fail(self, view: ImageView, stack: Stack, message: str) -> None:
        """Say in place of a frame why there is none; those beside it can still be reached."""
        if self._stacks.get(view) is stack:
            view.show_message(message, stack.count)

    def activate(self, view: ImageView) -> None:
        """Make a viewport the one that keys and tools go to."""
        if view is self._active:
            return
        self._active = view
        self.refresh()
        self.active_changed.emit()
        self.cine_changed.emit(view.cine.running)
        if view.state is not None:
            self.window_changed.emit(view.state.window)

    def step_active(self, by: int) -> None:
        """Go to the viewport ``by`` further on, round the end, and give it the keys."""
        views = self.views()
        view = views[(views.index(self._active) + by) % len(views)]
        self.activate(view)
        view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def use_board(self, board: Board) -> None:
        """Draw on another case's board from now on."""
        self._board = board
        for view in self._views:
            view.use_board(board)

    def show_marks(self) -> None:
        """Paint anew what came onto the board by itself, and read it off the pixels on show."""
        for view in self.views():
            if view.picture is not None:
                view.board.settle(view.picture)
            view.update()

    def use_bindings(self, bindings: Bindings) -> None:
        """Let other keys mean the commands."""
        self._bindings = bindings
        for view in self._views:
            view.bindings = bindings

    def use_screen(self, dpi: float | None) -> None:
        """Take the reader's word for how fine the screen is, in pixels an inch."""
        self._screen_dpi = dpi
        for view in self._views:
            view.screen_dpi = dpi

    def set_tool(self, tool: Tool) -> None:
        """Choose what the tool's button does in every viewport."""
        for view in self._views:
            if view.tool is not tool:
                view.set_tool(tool)
        self.tool_changed.emit(tool)

    def set_kept(self, kept: frozenset[tuple[str, int]]) -> None:
        """Say which frames go to the model, by instance and frame."""
        self._kept = kept
        self.refresh()

    def toggle_link(self) -> None:
        """Scroll together from here on, or each for itself."""
        self.links.toggle(self.views(), self._stacks)
        self.refresh()

    def toggle_enlarged(self) -> bool:
        """Give the active viewport all the room, or take it back; False if it stands alone."""
        if self._layout is Layout.ONE:
            return False
        self._enlarged = None if self._enlarged is not None else self._active
        self._arrange()
        return True

    def refresh(self) -> None:
        """Paint anew what depends on other viewports: lines, the active frame, what is synced."""
        lines = reference_lines(self._active, self.views()) if self.shows_lines else {}
        for view in self.views():
            extras = replace(
                view.extras,
                lines=lines.get(view, ()),
                active=view is self._active,
                alone=self._layout is Layout.ONE or self._enlarged is view,
                texts=self.shows_texts,
                linked=self.links.on and self.links.follows(view),
                kept=self._is_kept(view.picture),
            )
            view.set_extras(extras)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(self._look.theme.surface.window))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(SERIES_MIME):
            event.acceptProposedAction()
        else:
            event.ignore()  # files are the window's

    def dropEvent(self, event: QDropEvent) -> None:
        view = self.view_at(event.position().toPoint())
        entry = bytes(event.mimeData().data(SERIES_MIME).data())
        if view is None or not entry.isdigit():
            event.ignore()
            return
        event.acceptProposedAction()
        self.activate(view)
        self.series_dropped.emit(view, int(entry))

    def view_at(self, place: QPoint) -> ImageView | None:
        """Return the viewport at a place in this widget."""
        return next((view for view in self.views() if view.geometry().contains(place)), None)

    def _make(self) -> ImageView:
        view = ImageView(self._look, self)
        view.bindings = self._bindings
        view.screen_dpi = self._screen_dpi
        view.use_board(self._board)
        if self._views:
            view.set_tool(self._views[0].tool)
        view.entered.connect(self._on_entered)
        view.index_wanted.connect(self._on_index)
        view.window_changed.connect(self._on_window)
        view.picture_changed.connect(self._on_picture)
        view.tool_changed.connect(self.set_tool)
        view.cine.changed.connect(self._on_cine)
        view.sheet_wanted.connect(self._on_sheet)
        view.maximise_wanted.connect(self._on_maximise)
        for own, ours in (
            (view.series_wanted, self.series_wanted),
            (view.spot_wanted, self.spot_wanted),
            (view.quote_wanted, self.quote_wanted),
            (view.note_wanted, self.note_wanted),
            (view.menu_wanted, self.menu_wanted),
            (view.command_wanted, self.command_wanted),
        ):
            own.connect(ours)
        self._views.append(view)
        return view

    def _arrange(self) -> None:
        shown: Sequence[ImageView] = self.views() if self._enlarged is None else [self._enlarged]
        columns = self._layout.columns if self._enlarged is None else 1
        for view in self._views:
            self._grid.removeWidget(view)
            view.setVisible(view in shown)
            if view not in shown:
                view.cine.stop()
        for number in range(MOST):
            self._grid.setRowStretch(number, 0)
            self._grid.setColumnStretch(number, 0)
        for number, view in enumerate(shown):
            row, column = divmod(number, columns)
            self._grid.addWidget(view, row, column)
            self._grid.setRowStretch(row, 1)
            self._grid.setColumnStretch(column, 1)

    def _show_frame(self, view: ImageView, index: int) -> None:
        stack = self._stacks.get(view)
        if stack is None:
            return
        picture = stack.peek(index)
        if picture is not None:
            view.show_picture(picture)
        else:
            self.picture_wanted.emit(view, stack, index)

    def _follow(self, view: ImageView) -> None:
        """Turn the viewports that are linked to where this one is."""
        for other, index in self.links.others(view, self.views(), self._stacks):
            if other.index != index:
                other.await_frame(index)
                self._show_frame(other, index)

    def _is_kept(self, picture: Picture | None) -> bool:
        return picture is not None and (picture.image.sop_instance_uid, picture.frame) in self._kept

    def _sender(self) -> ImageView:
        sender = self.sender()
        return sender if isinstance(sender, ImageView) else self._active

    def _on_entered(self) -> None:
        self.activate(self._sender())

    def _on_index(self, index: int) -> None:
        view = self._sender()
        self._show_frame(view, index)
        if view is self._active:
            self.index_wanted.emit(index)

    def _on_window(self, window: Window) -> None:
        view = self._sender()
        picture = view.picture
        if picture is not None and picture.grey:
            self._windows[picture.series.series_instance_uid] = window
        if view is self._active:
            self.window_changed.emit(window)

    def _on_picture(self) -> None:
        view = self._sender()
        if view.picture is not None:
            self.links.meet(view, self.views(), self._stacks)
            if view is self._active:
                self._follow(view)
        self.refresh()
        self.picture_changed.emit(view)

    def _on_sheet(self, page: PdfPage, wanted: Wanted) -> None:
        self.sheet_wanted.emit(self._sender(), page, wanted)

    def _on_cine(self, running: bool) -> None:
        if self._active.cine.running == running:
            self.cine_changed.emit(running)

    def _on_maximise(self) -> None:
        if not self.toggle_enlarged():
            self.maximise_wanted.emit()


def next_layout(layout: Layout, by: int) -> Layout:
    """Return the layout after or before one, held at both ends."""
    order = (Layout.ONE, Layout.TWO, Layout.STACKED, Layout.THREE, Layout.FOUR, Layout.SIX)
    return order[min(max(order.index(layout) + by, 0), len(order) - 1)]
