"""Says in the model dialog what a folder needs of this computer, as soon as it is named."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject

from lacuna.errors import UserFacingError
from lacuna.model_memory import memory_words
from lacuna.ui.main_window import MainWindow
from lacuna.work.jobs import JobPool, Progress


class Sizing(QObject):
    """Looks a folder's headers up off the GUI thread: it may lie on a slow share."""

    def __init__(self, window: MainWindow, pool: JobPool) -> None:
        super().__init__(window)
        self._dialog, self._pool = window.model_dialog, pool
        self._dialog.folder_named.connect(self._look_up)

    def _look_up(self, folder: Path) -> None:
        job = self._pool.prepare(partial(_words, folder))
        job.done.connect(self._on_words)
        self._pool.start(job)

    def _on_words(self, told: tuple[Path, str]) -> None:
        self._dialog.tell_memory(*told)


def _words(folder: Path, _progress: Progress, _cancel: Event) -> tuple[Path, str]:
    """Return the folder and what is to be said of it: nothing, while the path is being typed."""
    if not (folder / "config.json").is_file():
        return folder, ""
    try:
        return folder, f"This model {memory_words(folder)}."
    except UserFacingError as error:
        return folder, str(error)
