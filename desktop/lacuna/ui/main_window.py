"""The window: bars, rail, strip, image, report column, and where each stands. GUI thread only.

It wires its own parts and asks for the rest by signals; the application answers through the
methods. Its title is the program's name and nothing else: titles end up in logs and screenshots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QWheelEvent,
)
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from lacuna.errors import UserFacingError
from lacuna.study.model import Study
from lacuna.ui.case_bar import CaseBar
from lacuna.ui.column_splitter import REPORT, REPORT_MIN, ColumnSplitter
from lacuna.ui.drop_welcome import DropWelcome
from lacuna.ui.empty_state import EmptyState
from lacuna.ui.model_dialog import ModelDialog
from lacuna.ui.notice_bar import NoticeBar
from lacuna.ui.notices import CHOOSE_MODEL, Notice, NoticeKind, error_notice
from lacuna.ui.open_dialog import choose_files, choose_folder, choose_new_file
from lacuna.ui.series_strip import SeriesStrip
from lacuna.ui.status_bar import NO_CASE, StatusBar
from lacuna.ui.theme import Look
from lacuna.ui.tool_rail import ToolRail
from lacuna.ui.viewer.board import Spot
from lacuna.ui.viewer.hanging import Layout
from lacuna.ui.viewer.image_menu import build_menu, layout_menu
from lacuna.ui.viewer.image_painter import to_qimage
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.keys_dialog import KeysDialog
from lacuna.ui.viewer.lightbox import Lightbox
from lacuna.ui.viewer.patients_dialog import PatientsDialog
from lacuna.ui.viewer.picture import Picture, same_series
from lacuna.ui.viewer.preview import Preview
from lacuna.ui.viewer.viewer_state import Act
from lacuna.ui.viewer.viewports import Viewports
from lacuna.ui.widgets import Panel

TITLE = "Lacuna"
WIDE = 1400  # from here on the report has room for its full width
HINT_KEY = "image-hint"


class MainWindow(QWidget):
    """The application's window.

    Args:
        look: colours and fonts.
        report: the report column's content; F6 gives it the focus.
        notice_slot: a layout within ``report`` where notices stand; None puts them above it.
    """

    open_requested = Signal(object)  # list[Path]: files, folders, ZIPs
    sample_requested = Signal()
    model_chosen = Signal(object)  # Path of a checkpoint folder; None: the demonstrator
    frame_wanted = Signal(int, int)  # the active viewport turns: an entry of the strip, a frame
    closing = Signal()  # before the window goes: stop what runs

    def __init__(
        self,
        look: Look,
        report: QWidget,
        notice_slot: QBoxLayout | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.setMinimumSize(1024, 640)
        self._report = report
        self._may_close: Callable[[], bool] = lambda: True
        self.case_bar = CaseBar(look)
        self.status_bar = StatusBar(look)
        self.notices = NoticeBar(look)
        self.empty_state = EmptyState(look)
        self.tool_rail = ToolRail(look)
        self.series_strip = SeriesStrip(look)
        self.viewports = Viewports(look)
        self.lightbox = Lightbox(self.viewports, self.series_strip, self)
        self._column, self._slot = self._report_column(look, notice_slot)
        self._splitter = ColumnSplitter(look, self.viewports, self._column)
        self._stack = QStackedWidget()
        self.drop_welcome = DropWelcome(look, self._stack)
        self.model_dialog = ModelDialog(look, self._stack)
        self.keys_dialog = KeysDialog(look, self._stack)
        self.preview = Preview(look, self._stack)
        self.patients_dialog = PatientsDialog(look, self._stack)
        self._lay_out()
        self._connect()
        self._add_shortcuts()
        self.show_empty()

    def sizeHint(self) -> QSize:
        return QSize(1600, 1000)

    @property
    def study(self) -> Study | None:
        """What is open."""
        return self.lightbox.study

    @property
    def image_view(self) -> ImageView:
        """The active viewport."""
        return self.viewports.active

    @property
    def report_width(self) -> int:
        """How wide the report column is, in pixels."""
        return self._column.width()

    def show_empty(self) -> None:
        """Show the place to drop a study."""
        self.lightbox.clear()
        self.case_bar.show_empty()
        self.status_bar.set_state(NO_CASE)
        self.empty_state.take_notices(self.notices)
        self._stack.setCurrentIndex(0)
        self.empty_state.drop_area.open_button.setFocus()

    def show_study(self, study: Study, priors: Sequence[Study] = ()) -> None:
        """Show a study, and ask for the first frames of what hangs in its viewports."""
        self.model_dialog.hide()
        self.case_bar.show_study(study)
        self._slot.addWidget(self.notices)
        self.notices.withdraw(HINT_KEY)  # it was about the study before
        self._stack.setCurrentIndex(1)
        self._report.setFocus()
        self.lightbox.show_study(study, priors)

    def update_study(self, study: Study, priors: Sequence[Study] = (), *, last: bool) -> None:
        """Take over the open study as it has grown; ``last``: no more of it is to come."""
        self.case_bar.show_study(study)
        self.lightbox.update_study(study, priors, last=last)

    def show_series(self, index: int) -> None:
        """Turn the active viewport to another entry of the strip."""
        self.lightbox.show_series(index)

    def show_spot(self, spot: Spot) -> bool:
        """Turn to a frame by its name; False if the open study has no such frame."""
        return self.lightbox.show_spot(spot)

    def show_picture(self, picture: Picture) -> None:
        """Show a decoded frame; one of a series that is no longer on show is dropped."""
        self.lightbox.show_picture(picture)

    def set_thumbnail(self, picture: Picture) -> None:
        """Give the picture's series its small picture, windowed as the file says."""
        for index, entry in enumerate(self.series_strip.entries()):
            if entry.series is not None and same_series(entry.series, picture.series):
                self.series_strip.set_thumbnail(index, to_qimage(picture.thumbnail()))

    def toggle_maximised(self) -> None:
        """Give the image the whole width, or take it back."""
        shown = self._column.isVisible()
        self._column.setVisible(not shown)
        self.series_strip.setVisible(not shown)

    def switch_focus(self) -> None:
        """Move the keys between image and report."""
        target = self._report if self.image_view.hasFocus() else self.image_view
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose_model(self) -> None:
        """Ask which model is to answer."""
        self.model_dialog.open()

    def browse_files(self) -> None:
        """Let the reader choose files to open."""
        self._open(choose_files(self))

    def browse_folder(self) -> None:
        """Let the reader choose a folder to open."""
        self._open(choose_folder(self))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._splitter.set_narrow(event.size().width() < WIDE)
        dialogs = (self.model_dialog, self.keys_dialog, self.preview, self.patients_dialog)
        for overlay in dialogs:
            overlay.fit()

    def set_close_guard(self, guard: Callable[[], bool]) -> None:
        """Ask ``guard`` before the window closes; False keeps it open."""
        self._may_close = guard

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Whatever the pointer is over: eyes on the image, hands on the report.
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.image_view.turn_wheel(event)
        else:
            super().wheelEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close():
            event.ignore()
            return
        self.closing.emit()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            self._welcome_drop(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._welcome_drop(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._welcome_drop(False)
        event.acceptProposedAction()
        self._open(local_paths(event.mimeData()))

    def _welcome_drop(self, welcome: bool) -> None:
        """Show that what is held over the window can be dropped there, or no longer."""
        self.empty_state.drop_area.set_welcome(welcome)
        self.drop_welcome.set_shown(welcome and self.study is not None)

    def _open(self, paths: list[Path]) -> None:
        if paths:
            self.open_requested.emit(paths)

    def _on_notice(self, _key: str, action: str) -> None:
        if action == CHOOSE_MODEL:
            self.choose_model()

    def _on_demonstrator(self) -> None:
        self.model_chosen.emit(None)

    def _on_cine(self) -> None:
        self.image_view.toggle_cine()
        self.tool_rail.set_cine(self.image_view.cine.running)

    def _on_layout(self, layout: Layout) -> None:
        """Beside several columns of images the report stands at its least width."""
        self._splitter.prefer(REPORT if layout.columns == 1 else REPORT_MIN)

    def _on_act(self, act: Act) -> None:
        self.image_view.act(act)

    def _save_pdf(self, pdf: bytes) -> None:
        path = choose_new_file(self, "Save the PDF", "document.pdf")
        if path is not None:
            self._save(path, pdf)

    def _save(self, path: Path, content: bytes) -> None:
        try:
            path.write_bytes(content)
        except OSError as error:
            reason = (error.strerror or "no reason").lower()
            told = UserFacingError(f"{path.name} could not be saved: {reason}.")
            self.notices.show_notice(error_notice(told, "save"))

    def _on_hint(self, sentence: str) -> None:
        self.notices.show_notice(Notice(NoticeKind.INFO, HINT_KEY, sentence))

    def _open_menu(self, place: QPoint) -> None:
        build_menu(self.image_view, self.lightbox).popup(place)

    def _open_layouts(self, place: QPoint) -> None:
        layout_menu(self, self.lightbox).popup(place)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _connect(self) -> None:
        self.case_bar.open_requested.connect(self.browse_files)
        self.case_bar.model_requested.connect(self.choose_model)
        self.notices.acted.connect(self._on_notice)
        self.model_dialog.folder_chosen.connect(self.model_chosen)
        self.model_dialog.demonstrator_chosen.connect(self._on_demonstrator)
        self.empty_state.drop_area.open_requested.connect(self.browse_files)
        self.empty_state.drop_area.sample_requested.connect(self.sample_requested)
        self.tool_rail.tool_chosen.connect(self.viewports.set_tool)
        self.tool_rail.act_chosen.connect(self._on_act)
        self.tool_rail.cine_clicked.connect(self._on_cine)
        self.tool_rail.key_clicked.connect(self.lightbox.key_wanted)
        self.tool_rail.layout_clicked.connect(self._open_layouts)
        self.viewports.tool_changed.connect(self.tool_rail.set_tool)
        self.viewports.cine_changed.connect(self.tool_rail.set_cine)
        self.viewports.menu_wanted.connect(self._open_menu)
        self.viewports.layout_changed.connect(self._on_layout)
        self.viewports.maximise_wanted.connect(self.toggle_maximised)
        self.lightbox.frame_wanted.connect(self.frame_wanted)
        self.lightbox.save_wanted.connect(self._save_pdf)
        self.lightbox.hint.connect(self._on_hint)

    def _add_shortcuts(self) -> None:
        for keys, act in (
            ("Ctrl+O", self.browse_files),
            ("Ctrl+Shift+O", self.browse_folder),
            ("F6", self.switch_focus),
            ("F11", self._toggle_full_screen),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _report_column(self, look: Look, slot: QBoxLayout | None) -> tuple[QWidget, QBoxLayout]:
        """Return the column at the right, and the layout in it where notices go."""
        panel = Panel(look.theme.surface.panel)
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QVBoxLayout()
        column.addLayout(head)
        column.addWidget(self._report, 1)
        return panel, slot or head

    def _lay_out(self) -> None:
        work = QWidget()
        row = QHBoxLayout(work)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.tool_rail)
        row.addWidget(self.series_strip)
        row.addWidget(self._splitter, 1)
        self._stack.addWidget(self.empty_state)
        self._stack.addWidget(work)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.case_bar)
        column.addWidget(self._stack, 1)
        column.addWidget(self.status_bar)


def local_paths(data: QMimeData) -> list[Path]:
    """Return the local files and folders in a drop; nothing if anything in it is elsewhere."""
    urls = data.urls()
    if not all(url.isLocalFile() for url in urls):
        return []
    return [Path(url.toLocalFile()) for url in urls]
