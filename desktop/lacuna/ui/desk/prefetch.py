"""Prefetch: what the viewports will want next is decoded before it is asked for. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from lacuna.study.cache import PixelCache
from lacuna.ui.viewer.stack import Stack, Wanted
from lacuna.ui.viewer.viewports import Viewports

_WAIT_MS = 60  # after a frame was shown: a hand that scrolls on is not held up
_SHARE = 0.8  # of the budget: some of it is the thumbnails' and the frames just left
_AT_ONCE = 256  # frames named in one go; naming is work, too


class Prefetch(QObject):
    """Tells the cache what lies around the frames on show, until all of that is there.

    What does not fit into the budget is left alone: the frames nearest to the reader stay.
    """

    def __init__(self, viewports: Viewports, cache: PixelCache) -> None:
        super().__init__(viewports)
        self._viewports, self._cache = viewports, cache
        self._whole: tuple[Stack, ...] = ()  # stacks of which every frame was there
        self._timer = QTimer(self, interval=_WAIT_MS, singleShot=True)
        self._timer.timeout.connect(self._look)
        viewports.picture_changed.connect(self._on_picture)

    def _on_picture(self, _view: object) -> None:
        stacks = self._viewports.stacks()
        if stacks == self._whole and self._cache.used < self._cache.budget:
            return  # all of it is there, and nothing has had to go since
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        stacks = self._viewports.stacks()
        wanted = self._wanted(stacks)
        missing = [one for one in wanted if self._cache.peek(*one) is None]
        if missing:
            if self._cache.ahead(missing[:_AT_ONCE]):
                self._timer.start()  # what cannot be decoded is not waited for
        elif len(wanted) >= _frames_of(stacks):
            self._whole = stacks

    def _wanted(self, stacks: tuple[Stack, ...]) -> list[Wanted]:
        """Return what is near the frames on show: the active viewport's first."""
        active = self._viewports.active
        views = sorted(self._viewports.views(), key=lambda view: view is not active)
        pairs = [(view, self._viewports.stack_of(view)) for view in views]
        room = int(self._cache.budget * _SHARE) // max(len(stacks), 1)
        near = [
            one
            for view, stack in pairs
            if stack is not None
            for one in stack.around(view.index, room)
        ]
        return list({(id(image), frame): (image, frame) for image, frame in near}.values())


def _frames_of(stacks: tuple[Stack, ...]) -> int:
    """Return how many different frames stand behind stacks."""
    return len({(id(image), frame) for stack in stacks for image, frame in stack.needs})
