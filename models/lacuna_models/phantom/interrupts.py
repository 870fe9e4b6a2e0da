"""Ctrl+C while something is going on that is to be finished first."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupts:
    """Within it, a first Ctrl+C only asks to stop; a second one stops at once.

    Truthy once asked. On other threads than the main one, and where Ctrl+C is ignored (as under
    nohup), it changes nothing.
    """

    def __init__(self) -> None:
        self._asked = False
        self._before: Any = None

    def __bool__(self) -> bool:
        return self._asked

    def __enter__(self) -> Self:
        before = signal.getsignal(signal.SIGINT)
        main = threading.current_thread() is threading.main_thread()
        if main and before not in (None, signal.SIG_IGN):
            self._before = before
            signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        signal.signal(signal.SIGINT, self._before)
