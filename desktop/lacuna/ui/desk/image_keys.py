"""The image side's keys and buttons: as the settings say, changed in a dialog. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from lacuna.ui.main_window import MainWindow
from lacuna.ui.viewer.bindings import Bindings


class ImageKeys(QObject):
    """Puts bindings into the viewports, and says when the reader has chosen others."""

    changed = Signal(object)  # dict[str, str]: the reader's own, by the names of what they do

    def __init__(self, window: MainWindow, bindings: Bindings) -> None:
        super().__init__(window)
        self._window = window
        window.lightbox.keys_wanted.connect(self.show)
        window.keys_dialog.changed.connect(self._on_changed)
        window.viewports.use_bindings(bindings)

    def show(self) -> None:
        """Show the keys, to be changed."""
        self._window.keys_dialog.use(self._window.viewports.bindings)
        self._window.keys_dialog.open()

    def _on_changed(self, bindings: Bindings) -> None:
        self._window.viewports.use_bindings(bindings)
        self.changed.emit(bindings.stored())
