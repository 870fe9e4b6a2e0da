"""Pages of PDFs: what a viewport is about to show is drawn off the GUI thread and brought back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from lacuna.errors import UserFacingError
from lacuna.study.pdf import draw_page
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.pdf_page import PdfPage, Wanted
from lacuna.ui.viewer.viewports import Viewports
from lacuna.work.jobs import Job, JobPool, Urgency

_Errand = tuple[ImageView, PdfPage, Wanted]


class Sheets(QObject):
    """Draws one page at a time; pages that were scrolled past meanwhile are skipped."""

    def __init__(self, viewports: Viewports, pool: JobPool) -> None:
        super().__init__(viewports)
        self._pool = pool
        self._waiting: list[_Errand] = []
        self._now: _Errand | None = None
        viewports.sheet_wanted.connect(self.fetch)

    def fetch(self, view: ImageView, page: PdfPage, wanted: Wanted) -> None:
        """Draw a page of what a viewport shows, as soon as may be."""
        self._waiting.append((view, page, wanted))
        self._go_on()

    def _go_on(self) -> None:
        self._waiting = [errand for errand in self._waiting if _meant(errand)]
        if self._now is not None or not self._waiting:
            return
        self._now = self._waiting.pop(0)
        _view, page, wanted = self._now
        draw = partial(draw_page, page.paper.pdf, wanted.number, wanted.columns)
        job = self._pool.prepare(lambda _progress, _cancel: draw())
        job.done.connect(self._on_done)
        job.failed.connect(self._on_failed)
        job.ended.connect(self._on_ended)
        self._pool.start(job, Urgency.SEEN)

    def _on_done(self, pixels: object) -> None:
        if self._now is not None and _meant(self._now):
            view, page, wanted = self._now
            page.put(wanted.number, pixels)  # type: ignore[arg-type]  # a signal carries objects
            view.update()

    def _on_failed(self, error: UserFacingError) -> None:
        if self._now is not None and _meant(self._now):
            view, page, wanted = self._now
            page.fail(wanted.number, error.message)
            view.update()

    def _on_ended(self, _job: Job) -> None:
        self._now = None
        self._go_on()


def _meant(errand: _Errand) -> bool:
    """Whether a viewport still shows the document, and is about to show the page so wide."""
    view, page, wanted = errand
    return view.page is page and page.waits_for(wanted)
