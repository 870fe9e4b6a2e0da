"""Frames and documents: what a viewport asks for is read off the GUI thread and brought back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from lacuna.errors import UserFacingError
from lacuna.study.document import Document
from lacuna.study.documents import read_document
from lacuna.study.model import Source
from lacuna.study.wording import clean
from lacuna.ui.notices import unnamed
from lacuna.ui.viewer.document_page import Paper, paper_of
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.lightbox import Lightbox
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.stack import Stack
from lacuna.ui.viewer.viewports import Viewports
from lacuna.work.jobs import Job, JobPool, Urgency


class Frames(QObject):
    """One job a viewport: what is asked for next cancels what was asked for before."""

    unreadable = Signal()  # no picture is shown, because the frame asked for has none

    def __init__(
        self, viewports: Viewports, lightbox: Lightbox, pool: JobPool, named: Callable[[], bool]
    ) -> None:
        """Listen to the viewports; ``named`` tells whether files may be named."""
        super().__init__(viewports)
        self._viewports, self._pool, self._named = viewports, pool, named
        self._jobs: dict[ImageView, Job] = {}
        viewports.picture_wanted.connect(self.fetch)
        lightbox.document_wanted.connect(self.fetch_document)

    def fetch(self, view: ImageView, stack: Stack, index: int) -> None:
        """Decode a frame and show it in its viewport."""
        errand = _Errand(self, view, (stack, index))
        self._start(errand, view, partial(stack.read, index))

    def fetch_document(self, view: ImageView, document: Document) -> None:
        """Read a document and show its words in its viewport."""
        errand = _Errand(self, view, document)
        self._viewports.await_paper(view, errand)
        self._start(errand, view, lambda _cancel: _read_paper(document))

    def bring(self, view: ImageView, stack: Stack, picture: Picture) -> None:
        """Show what was read."""
        self._viewports.deliver(view, stack, picture)

    def bring_paper(self, view: ImageView, errand: QObject, paper: Paper) -> None:
        """Show a document, unless the viewport has turned to something else meanwhile."""
        if self._viewports.awaits_paper(view, errand):
            view.show_paper(paper)

    def fail(self, view: ImageView, stack: Stack, index: int, error: UserFacingError) -> None:
        """Say why there is no frame to show."""
        self._viewports.fail(view, stack, self._worded(error, stack.source(index)[0].source))
        self.unreadable.emit()

    def fail_paper(
        self, view: ImageView, errand: QObject, document: Document, error: UserFacingError
    ) -> None:
        """Say why there is no document to show, unless the viewport has turned to another thing."""
        if self._viewports.awaits_paper(view, errand):
            view.show_message(self._worded(error, document.source))
            self.unreadable.emit()

    def _worded(self, error: UserFacingError, source: Source) -> str:
        """Return what is wrong with a file, without its name where identifiers are hidden."""
        name = clean(source.name)
        return str(error) if self._named() else unnamed(str(error), name)

    def _start(
        self, errand: _Errand, view: ImageView, read: Callable[[threading.Event], object]
    ) -> None:
        old = self._jobs.pop(view, None)
        if old is not None:
            old.cancel()
        job = self._pool.prepare(lambda _progress, cancel: read(cancel))
        job.done.connect(errand.bring)
        job.failed.connect(errand.fail)
        job.ended.connect(errand.end)
        job.ended.connect(self._on_ended)
        self._jobs[view] = job
        self._pool.start(job, Urgency.SEEN)

    def _on_ended(self, job: Job) -> None:
        self._jobs = {view: own for view, own in self._jobs.items() if own is not job}


class _Errand(QObject):
    """Remembers for whom a job reads: its answer comes to a method, on the GUI thread."""

    def __init__(self, frames: Frames, view: ImageView, wanted: tuple[Stack, int] | Document):
        super().__init__(frames)
        self._frames, self._view, self._wanted = frames, view, wanted

    def bring(self, found: object) -> None:
        """A picture, or a document, has come."""
        if isinstance(found, Paper):
            self._frames.bring_paper(self._view, self, found)
        elif isinstance(found, Picture) and isinstance(self._wanted, tuple):
            self._frames.bring(self._view, self._wanted[0], found)

    def fail(self, error: UserFacingError) -> None:
        """Nothing has come."""
        if isinstance(self._wanted, tuple):
            self._frames.fail(self._view, *self._wanted, error)
        else:
            self._frames.fail_paper(self._view, self, self._wanted, error)

    def end(self, _job: Job) -> None:
        """The job is over, also one that was cancelled and brought nothing."""
        self.deleteLater()


def _read_paper(document: Document) -> Paper:
    return paper_of(document.title, document.date, read_document(document), document.note)
