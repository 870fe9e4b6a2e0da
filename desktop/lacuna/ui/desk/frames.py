"""Frames and documents: what a viewport asks for is read off the GUI thread and brought back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from lacuna.errors import UserFacingError
from lacuna.study.document import Document
from lacuna.study.documents import read_document
from lacuna.ui.viewer.document_page import Paper, paper_of
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.lightbox import Lightbox
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.stack import Stack
from lacuna.ui.viewer.viewports import Viewports
from lacuna.work.jobs import Job, JobPool


class Frames(QObject):
    """One job a viewport: what is asked for next cancels what was asked for before."""

    unreadable = Signal()  # no picture is shown, because the frame asked for has none

    def __init__(self, viewports: Viewports, lightbox: Lightbox, pool: JobPool) -> None:
        super().__init__(viewports)
        self._viewports, self._pool = viewports, pool
        self._jobs: dict[ImageView, Job] = {}
        viewports.picture_wanted.connect(self.fetch)
        lightbox.document_wanted.connect(self.fetch_document)

    def fetch(self, view: ImageView, stack: Stack, index: int) -> None:
        """Decode a frame and show it in its viewport."""
        errand = _Errand(self, view, stack)
        self._start(errand, view, partial(stack.read, index), errand.bring)

    def fetch_document(self, view: ImageView, document: Document) -> None:
        """Read a document and show its words in its viewport."""
        self._viewports.forget(view)
        errand = _Errand(self, view, None)
        self._start(errand, view, partial(_read_paper, document), errand.bring_paper)

    def bring(self, view: ImageView, stack: Stack, picture: Picture) -> None:
        """Show what was read."""
        self._viewports.deliver(view, stack, picture)

    def bring_paper(self, view: ImageView, paper: Paper) -> None:
        """Show a document, unless the viewport has turned to images meanwhile."""
        if self._viewports.stack_of(view) is None:
            view.show_paper(paper)

    def fail(self, view: ImageView, stack: Stack | None, error: UserFacingError) -> None:
        """Say why there is nothing to show."""
        if stack is None:
            if self._viewports.stack_of(view) is not None:
                return  # it was a document, and the viewport shows images by now
            view.show_message(str(error))
        else:
            self._viewports.fail(view, stack, str(error))
        self.unreadable.emit()

    def _start(
        self,
        errand: _Errand,
        view: ImageView,
        read: Callable[[], object],
        done: Callable[[object], None],
    ) -> None:
        old = self._jobs.pop(view, None)
        if old is not None:
            old.cancel()
        job = self._pool.prepare(lambda _progress, _cancel: read())
        job.done.connect(done)
        job.failed.connect(errand.fail)
        job.ended.connect(errand.end)
        job.ended.connect(self._on_ended)
        self._jobs[view] = job
        self._pool.start(job)

    def _on_ended(self, job: Job) -> None:
        self._jobs = {view: own for view, own in self._jobs.items() if own is not job}


class _Errand(QObject):
    """Remembers for whom a job reads: its answer comes to a method, on the GUI thread."""

    def __init__(self, frames: Frames, view: ImageView, stack: Stack | None) -> None:
        super().__init__(frames)
        self._frames, self._view, self._stack = frames, view, stack

    def bring(self, picture: object) -> None:
        """A picture has come."""
        if self._stack is not None and isinstance(picture, Picture):
            self._frames.bring(self._view, self._stack, picture)

    def bring_paper(self, paper: object) -> None:
        """A document has come."""
        if isinstance(paper, Paper):
            self._frames.bring_paper(self._view, paper)

    def fail(self, error: UserFacingError) -> None:
        """Nothing has come."""
        self._frames.fail(self._view, self._stack, error)

    def end(self, _job: Job) -> None:
        """The job is over, also one that was cancelled and brought nothing."""
        self.deleteLater()


def _read_paper(document: Document) -> Paper:
    return paper_of(document.title, document.date, read_document(document), document.note)
