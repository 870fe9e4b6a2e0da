"""Prefetch: what the viewports will want next is decoded before it is asked for. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from lacuna.study.cache import PixelCache
from lacuna.ui.viewer.stack import Wanted
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
        self._timer = QTimer(self, interval=_WAIT_MS, singleShot=True)
        self._timer.timeout.connect(self._look)
        viewports.picture_changed.connect(self._on_picture)

    def _on_picture(self, _view: object) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        missing = [one for one in self._wanted() if self._cache.peek(*one) is None]
        if missing:
            self._cache.ahead(missing[:_AT_ONCE])
            self._timer.start()

    def _wanted(self) -> list[Wanted]:
        """Return what is near the frames on show: the active viewport's first."""
        active = self._viewports.active
        views = sorted(self._viewports.views(), key=lambda view: view is not active)
        pairs = [(view, self._viewports.stack_of(view)) for view in views]
        stacks = [(view, stack) for view, stack in pairs if stack is not None]
        room = int(self._cache.budget * _SHARE) // max(len(stacks), 1)
        near = [one for view, stack in stacks for one in stack.around(view.index, room)]
        return list({(id(image), frame): (image, frame) for image, frame in near}.values())
