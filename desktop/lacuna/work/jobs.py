"""One-shot jobs off the GUI thread: open a study, decode a picture."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from lacuna.errors import Cancelled, UserFacingError

Progress = Callable[[int, int], None]
Work = Callable[[Progress, threading.Event], Any]


class Urgency(IntEnum):
    """Which of the jobs that wait is begun first; equals in the order in which they came."""

    SEEN = 0  # somebody looks at the place where the answer will stand
    WORK = 1
    ADORNMENT = 2


class Job(QObject):
    """One piece of work under way. Lives on the GUI thread; its signals arrive there.

    ``done`` carries the result, ``failed`` a ``UserFacingError``; a cancelled job sends neither.
    Connect bound methods of QObjects only: anything else would run on the worker's thread.
    """

    done = Signal(object)
    failed = Signal(object)
    progressed = Signal(int, int)
    ended = Signal(object)  # the job itself, last, whatever happened
    broke = Signal(object)  # an exception that nobody expected, for the log
    _came = Signal(object)  # the result or the sentence, on its way to the GUI thread

    def __init__(self, work: Work, parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._cancel = threading.Event()
        self._came.connect(self._on_came)

    def cancel(self) -> None:
        """Ask the job to stop. GUI thread; its result is dropped, even one already on its way."""
        self._cancel.set()

    def run(self) -> None:
        """Do the work. Runs on a pool thread."""
        try:
            if not self._cancel.is_set():
                self._came.emit(self._work(self.progressed.emit, self._cancel))
        except Cancelled:
            pass
        except UserFacingError as error:
            self._came.emit(error)
        except Exception as error:  # noqa: BLE001  a bug: logged by place, shown as one sentence
            # The text of an unexpected error may hold patient data; it is never shown.
            self.broke.emit(error)
            self._came.emit(UserFacingError("Something went wrong inside Lacuna.", "Try again."))
        finally:
            self.ended.emit(self)

    def _on_came(self, result: object) -> None:
        if self._cancel.is_set():
            return
        if isinstance(result, UserFacingError):
            self.failed.emit(result)
        else:
            self.done.emit(result)


class JobPool(QObject):
    """A small pool; what waits is begun by its urgency. ``close`` waits: no thread outlives it."""

    broke = Signal(object)  # an exception that nobody expected in a job, for the log

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="lacuna-job")
        self._jobs: set[Job] = set()
        self._waiting: list[tuple[Urgency, int, Job]] = []  # a heap
        self._numbers = itertools.count()
        self._lock = threading.Lock()  # of what waits
        self._closed = False

    def prepare(self, work: Work) -> Job:
        """Make a job, not yet started, so that its signals can be connected first."""
        job = Job(work, self)
        job.ended.connect(self._forget)
        job.broke.connect(self.broke)
        self._jobs.add(job)
        return job

    def start(self, job: Job, urgency: Urgency = Urgency.WORK) -> None:
        """Hand the job to a pool thread. A pool that was closed leaves it undone."""
        # A study that was read as the window closed still arrives, and asks for its pictures.
        if not self._closed:
            with self._lock:
                heapq.heappush(self._waiting, (urgency, next(self._numbers), job))
            self._pool.submit(self._run_next)

    def close(self) -> None:
        """Cancel what runs and wait for it."""
        self._closed = True
        for job in self._jobs:
            job.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._jobs.clear()
        self._waiting.clear()

    def _run_next(self) -> None:
        """Run the most urgent job that waits, whichever was handed over just now. Pool thread."""
        with self._lock:
            _, _, job = heapq.heappop(self._waiting)
        job.run()

    def _forget(self, job: Job) -> None:
        self._jobs.discard(job)
        job.deleteLater()
