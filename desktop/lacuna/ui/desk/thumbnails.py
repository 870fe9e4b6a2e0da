"""The strip's small pictures: drawn one at a time, after all that is on the screen or near it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable
from functools import partial
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject

from lacuna.study.cache import PixelCache
from lacuna.study.model import Image
from lacuna.ui.main_window import MainWindow
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.stack import Stack
from lacuna.work.jobs import Job, JobPool, Urgency


class Thumbnails(QObject):
    """Asks for each series' first frame once. GUI thread.

    One at a time: however many series a folder has, they keep no more than one thread waiting.
    """

    def __init__(self, window: MainWindow, pool: JobPool, cache: PixelCache) -> None:
        super().__init__(window)
        self._window, self._pool = window, pool
        self._frames = _Later(cache)
        self._asked: set[tuple[str, str, str]] = set()
        self._waiting: deque[Stack] = deque()
        self._job: Job | None = None

    def forget(self) -> None:
        """Another study is shown: what was asked for is wanted no longer."""
        self._asked.clear()
        self._waiting.clear()
        if self._job is not None:
            self._job.cancel()

    def look(self) -> None:
        """Ask for the pictures of the entries that have come since."""
        for entry in self._window.series_strip.entries():
            if entry.series is not None and entry.key not in self._asked:
                self._asked.add(entry.key)
                self._waiting.append(Stack(entry.series, entry.study, self._frames))
        self._go_on()

    def _go_on(self) -> None:
        if self._job is not None or not self._waiting:
            return
        read = partial(self._waiting.popleft().read, 0)
        self._job = self._pool.prepare(lambda _progress, cancel: read(cancel))
        self._job.done.connect(self._on_done)
        self._job.ended.connect(self._on_ended)
        self._pool.start(self._job, Urgency.ADORNMENT)

    def _on_done(self, picture: Picture) -> None:
        self._window.set_thumbnail(picture)

    def _on_ended(self, _job: Job) -> None:
        self._job = None
        self._go_on()


class _Later:
    """The cache's frames, asked for after all others."""

    def __init__(self, cache: PixelCache) -> None:
        self._cache = cache
        self.budget = cache.budget

    def peek(self, image: Image, frame: int = 0) -> NDArray[Any] | None:
        return self._cache.peek(image, frame)

    def values(
        self, image: Image, frame: int = 0, given_up: threading.Event | None = None
    ) -> NDArray[Any]:
        return self._cache.values(image, frame, given_up, later=True)

    def kept(self, key: Hashable) -> Any:
        return self._cache.kept(key)

    def keep(self, key: Hashable, thing: object, size: int) -> None:
        self._cache.keep(key, thing, size)
