"""One-shot jobs off the GUI thread: open a study, decode a picture."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Signal

from lacuna.errors import Cancelled, UserFacingError

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Work = Callable[[Progress, threading.Event], Any]


class Job(QObject):
    """One piece of work under way. Lives on the GUI thread; its signals arrive there.

    ``done`` carries the result, ``failed`` a ``UserFacingError``; a cancelled job sends neither.
    Connect bound methods of QObjects only: anything else would run on the worker's thread.
    """

    done = Signal(object)
    failed = Signal(object)
    progressed = Signal(int, int)
    ended = Signal(object)  # the job itself, last, whatever happened

    def __init__(self, work: Work, parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._cancel = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop; its result, if any, is dropped."""
        self._cancel.set()

    def run(self) -> None:
        """Do the work. Runs on a pool thread."""
        try:
            if not self._cancel.is_set():
                result = self._work(self.progressed.emit, self._cancel)
                if not self._cancel.is_set():
                    self.done.emit(result)
        except Cancelled:
            pass
        except UserFacingError as error:
            self.failed.emit(error)
        except Exception as error:  # noqa: BLE001  a bug: logged by kind, shown as one sentence
            # The text of an unexpected error may hold patient data; its type does not.
            _log.error("job-failed %s", type(error).__name__)
            self.failed.emit(UserFacingError("Something went wrong inside Lacuna.", "Try again."))
        finally:
            self.ended.emit(self)


class JobPool(QObject):
    """A small pool. ``close`` waits, so no thread outlives the window."""

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="lacuna-job")
        self._jobs: set[Job] = set()

    def prepare(self, work: Work) -> Job:
        """Make a job, not yet started, so that its signals can be connected first."""
        job = Job(work, self)
        job.ended.connect(self._forget)
        self._jobs.add(job)
        return job

    def start(self, job: Job) -> None:
        """Hand the job to a pool thread."""
        self._pool.submit(job.run)

    def close(self) -> None:
        """Cancel what runs and wait for it."""
        for job in self._jobs:
            job.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._jobs.clear()

    def _forget(self, job: Job) -> None:
        self._jobs.discard(job)
        job.deleteLater()
