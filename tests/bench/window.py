"""`python -m tests.bench.window`: how quick the real window is while a fill runs.

The bundled model on its own thread, the real widgets, the sample study. Figures are of this machine
as it is now: say what else runs on it. ``work`` is what the main thread itself did, without its
waits for a busy machine. Nothing is asserted; ``--json`` is for comparing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QTextCursor

from lacuna.app import Application
from lacuna.settings import Settings
from lacuna_models.api import Done, StepEvent
from lacuna_resources.samples import sample_study
from tests.e2e import drive, stage
from tests.e2e.stage import CTRL

TICK = 1  # milliseconds between looks at the clock, to find stalls


class Paints(QObject):
    """Notes when the report's viewport has been painted."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self.viewport = drive.editor_of(application).viewport()
        self.last = 0.0
        self.viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self, self._painted)  # the paint itself comes after this filter
        return super().eventFilter(watched, event)

    def _painted(self) -> None:
        self.last = time.perf_counter()


class Pulse(QObject):
    """Looks at the clock as often as the main thread lets it: what is missing is a stall."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self.gaps, self._last = [], time.perf_counter()
        self._timer.start(TICK)

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now


class Bench:
    """Drives one window through the measures. Times are in milliseconds."""

    def __init__(self, application: Application) -> None:
        self.application, self.parts = application, application.parts
        self.editor = drive.editor_of(application)
        self.paints, self.pulse = Paints(application), Pulse()
        self.steps: list[tuple[StepEvent, float]] = []
        self.ended = 0.0
        self._waiting: list[float] = []
        self.painted: list[float] = []
        self.worked: list[float] = []  # seconds of the main thread's own work for each of these
        self.parts.worker.stepped.connect(self._on_step)
        self.parts.worker.finished_run.connect(self._on_done)

    def _on_step(self, step: StepEvent) -> None:
        """A step has come to the main thread: connected last, so the panel has it already."""
        self.steps.append((step, time.perf_counter()))

    def _on_done(self, _done: Done) -> None:
        self.ended = time.perf_counter()

    def fill(self, during: Callable[[], None] | None = None) -> float:
        """Fill the gaps; return the time from the key to the first step painted."""
        self.steps.clear()
        before = self.paints.last
        began = time.perf_counter()
        drive.press(self.editor, Qt.Key.Key_G, CTRL)
        drive.wait_for(lambda: bool(self.steps), "a step")
        drive.wait_for(lambda: self.paints.last > max(before, self.steps[0][1]), "its frame")
        first = self.paints.last - began
        if during is not None:
            during()
        drive.wait_for_end(self.application)
        return 1000 * first

    def undo(self) -> None:
        """Bring the gaps back."""
        drive.press(self.editor, Qt.Key.Key_Z, CTRL)
        drive.pause(0.3)

    def frames(self, runs: int) -> tuple[list[float], list[float], list[float]]:
        """Return event-to-frame times, stalls, and first frames after Ctrl+G, of some runs."""
        frames: list[float] = []
        stalls: list[float] = []
        firsts: list[float] = []
        self.parts.worker.stepped.connect(self._await_frame)
        for _ in range(runs):
            self.pulse.start()
            firsts.append(self.fill())
            self.pulse.stop()
            stalls.append(1000 * max(self.pulse.gaps, default=0.0))
            self.undo()
        self.parts.worker.stepped.disconnect(self._await_frame)
        frames.extend(1000 * each for each in self.painted)
        return frames, stalls, firsts

    def _await_frame(self, _step: StepEvent) -> None:
        """Paint at once what the step has made necessary, and take the time of it."""
        began, worked = time.perf_counter(), time.thread_time()
        if not self.parts.panel.running:
            return
        self.paints.viewport.repaint()
        self.painted.append(time.perf_counter() - began)
        self.worked.append(time.thread_time() - worked)

    def stops(self, runs: int) -> list[tuple[float, float]]:
        """Return (Esc to the run's end, that run's usual step), of some runs."""
        found = []
        for _ in range(runs):
            self.steps.clear()
            drive.press(self.editor, Qt.Key.Key_G, CTRL)
            drive.wait_for(lambda: len(self.steps) >= 2, "two steps")
            at = [when for _, when in self.steps]
            step = at[-1] - at[-2]
            began = time.perf_counter()
            drive.press(self.editor, Qt.Key.Key_Escape)
            drive.wait_for_end(self.application)
            found.append((1000 * (time.perf_counter() - began), 1000 * step))
            self.undo()
        return found

    def keystrokes(self, keys: int) -> tuple[list[float], list[float]]:
        """Return key-to-glyph times (key, edit, layout, frame) while a fill runs, and the work."""
        found: list[float] = []
        work: list[float] = []

        def type_one() -> None:
            while self.parts.session.run is not None and len(found) < keys:
                self.editor.moveCursor(QTextCursor.MoveOperation.End)
                began, worked = time.perf_counter(), time.thread_time()
                drive.type_text(self.editor, "x")
                self.paints.viewport.repaint()
                found.append(1000 * (time.perf_counter() - began))
                work.append(1000 * (time.thread_time() - worked))
                drive.pause(0.02)

        while len(found) < keys:
            self.fill(type_one)
            while self.editor.document().isUndoAvailable():
                self.undo()
        return found, work


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile by nearest rank."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def run(runs: int) -> dict[str, float]:
    """Measure everything; figures in milliseconds."""
    with stage.shown(Settings()) as application:
        drive.wait_for_model(application)
        application.parts.opening.open_paths([sample_study()])
        drive.wait_for_picture(application)
        bench = Bench(application)
        bench.fill()  # the context is encoded once; after it, it is warm
        bench.undo()
        return measured(bench, runs)


def measured(bench: Bench, runs: int) -> dict[str, float]:
    """Return all figures of a window whose context is warm."""
    frames, stalls, firsts = bench.frames(runs)
    stops = bench.stops(runs)
    keys, work = bench.keystrokes(5 * runs)
    worked = [1000 * each for each in bench.worked]
    return {
        "runs": runs,
        "steps": len(frames),
        "step_to_frame_p50": percentile(frames, 0.5),
        "step_to_frame_p95": percentile(frames, 0.95),
        "step_to_frame_work_p95": percentile(worked, 0.95),
        "first_step_median": statistics.median(firsts),
        "first_step_worst": max(firsts),
        "stall_median": statistics.median(stalls),
        "stall_worst": max(stalls),
        "esc_to_stopped_median": statistics.median(stop for stop, _ in stops),
        "esc_beyond_a_step_worst": max(stop - step for stop, step in stops),
        "key_to_glyph_p50": percentile(keys, 0.5),
        "key_to_glyph_p95": percentile(keys, 0.95),
        "key_to_glyph_work_p95": percentile(work, 0.95),
    }


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = run(arguments.runs)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:28} {value:8.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
