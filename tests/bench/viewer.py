"""``python -m tests.bench.viewer``: the viewer beside plain pydicom, on the same files, in one run.

A CT is drawn and written uncompressed. Plain pydicom reads it first, so that neither side meets a
cold disk. Then the real window is given the folder: how soon the first image is on the screen, how
soon all is decoded, how much memory that takes, how long a frame of scrolling and of dragging the
window takes on a viewport of 1024 x 1024, and the same while the bundled model fills a report.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import psutil
import pydicom
from pydicom.uid import generate_uid
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.paths import locate
from lacuna.settings import Settings
from lacuna.study.cache import PixelCache
from lacuna.study.load import load_study
from lacuna.ui.theme import dress, make_look
from lacuna.ui.viewer.hanging import Layout
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.viewer_state import Tool
from lacuna.work.engine_worker import ModelChoice
from tests.e2e import drive
from tests.helpers import demo_studies as demo

SIDE, THREADS = 512, 8
WINDOW = (1024 + 2 + 160 + 641, 1024 + 3 + 76)  # leaves the image 1024 x 1024 beside the report
MB = 1 << 20
Figures = dict[str, float]


def write_ct(folder: Path, slices: int) -> list[Path]:
    """Write one drawn slice again and again, shifted a little so that no two are alike."""
    (first,) = demo.ct(folder, slices=1, size=SIDE, thickness=1.0)
    ds = pydicom.dcmread(first)
    pixels = ds.pixel_array
    first.unlink()
    paths = []
    for number in range(slices):
        ds.SOPInstanceUID = generate_uid(entropy_srcs=["bench", str(number)])
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.InstanceNumber = number + 1
        ds.ImagePositionPatient = [-90.0, -90.0, float(number)]
        ds.PixelData = np.roll(pixels, number % SIDE, axis=1).tobytes()
        paths.append(folder / f"{number:05}.dcm")
        ds.save_as(paths[-1], enforce_file_format=True)
    return paths


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def plain(paths: list[Path]) -> Figures:
    """Return what plain pydicom takes: headers, and all pixels with one thread and with eight."""

    def read(path: Path) -> int:
        return int(pydicom.dcmread(path).pixel_array[0, 0])

    def several() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(read, paths))

    return {
        "headers s": seconds(lambda: [pydicom.dcmread(p, stop_before_pixels=True) for p in paths]),
        "pixels, 1 thread s": seconds(lambda: [read(path) for path in paths]),
        f"pixels, {THREADS} threads s": seconds(several),
    }


def cached(paths: list[Path]) -> float:
    """Return how long the cache takes to decode all, headers not counted."""
    study = load_study(paths[:1] if not paths else [paths[0].parent])
    frames = [(image, 0) for series in study.series for image in series.images]
    cache = PixelCache(4 * len(frames) * SIDE * SIDE, THREADS)

    def all_of_them() -> None:
        for future in [cache.request(*frame) for frame in frames]:
            future.result()

    try:
        return seconds(all_of_them)
    finally:
        cache.close()


@contextmanager
def memory() -> Iterator[Callable[[], float]]:
    """Watch the process's memory; the function given returns the highest rise so far, in bytes."""
    process, stop = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    highest = [before]

    def watch() -> None:
        while not stop.wait(0.02):
            highest[0] = max(highest[0], process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: float(highest[0] - before)
    finally:
        stop.set()
        thread.join()


def opened(application: Application, folder: Path, slices: int) -> Figures:
    """Drop the folder; return when the first image, and when every image, was there."""
    window, cache = application.parts.window, application.parts.pixels
    with memory() as rise:
        begun, busy = time.perf_counter(), time.thread_time()
        drive.drop(window, folder)
        while window.image_view.picture is None:
            QApplication.processEvents()
            time.sleep(0.0005)  # a window that waits leaves the core to who works
        window.image_view.repaint()
        first, own = time.perf_counter() - begun, time.thread_time() - busy
        wanted = min(slices * SIDE * SIDE * 2, int(cache.budget * 0.7))
        while cache.used < wanted or application.parts.opening.under_way:
            QApplication.processEvents()
            time.sleep(0.001)
        whole = time.perf_counter() - begun
        drive.pause(0.5)
        used = rise()
    return {
        "first image ms": first * 1000,
        "first image own ms": own * 1000,
        "all decoded in the window s": whole,
        "peak memory / pixel bytes": used / (slices * SIDE * SIDE * 2),
        "budget MB": cache.budget / MB,
    }


@dataclass(frozen=True, slots=True)
class Frame:
    """Milliseconds of one frame: by the clock, and of the window's own thread alone.

    On a machine that others use at the same time, the second says what a quiet one would take.
    """

    clock: float
    own: float


class Watch:
    """Times frames one after the other."""

    def __init__(self) -> None:
        self._clock, self._own = time.perf_counter(), time.thread_time()

    def frame(self) -> Frame:
        """Return what has passed since the watch was made."""
        clock, own = time.perf_counter() - self._clock, time.thread_time() - self._own
        return Frame(clock * 1000, own * 1000)


def scrolled(view: ImageView, steps: int) -> list[Frame]:
    """Return how long each frame takes: the wish to scroll until it is painted."""
    count = view.picture.count if view.picture is not None else 1
    taken = []
    for step in range(steps):
        index = (view.index + 1) % count
        watch = Watch()
        view.go_to(index)
        view.repaint()
        QApplication.processEvents()
        taken.append(watch.frame())
        if view.picture is None or view.picture.index != index:
            drive.wait_for(lambda: view.picture is not None, f"frame {step}")
    return taken


def dragged(view: ImageView, steps: int) -> list[Frame]:
    """Return how long each move takes of a drag that changes the window."""
    view.set_tool(Tool.WINDOW)
    _mouse(view, QEvent.Type.MouseButtonPress, 300, Qt.MouseButton.LeftButton)
    taken = []
    for step in range(steps):
        watch = Watch()
        _mouse(view, QEvent.Type.MouseMove, 300 + step % 200, Qt.MouseButton.NoButton)
        view.repaint()
        QApplication.processEvents()
        taken.append(watch.frame())
    _mouse(view, QEvent.Type.MouseButtonRelease, 300, Qt.MouseButton.LeftButton)
    return taken


def _mouse(view: ImageView, kind: QEvent.Type, x: int, button: Qt.MouseButton) -> None:
    place, held = QPointF(x, 400), Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, place, view.mapToGlobal(place), button, held, none)
    QApplication.sendEvent(view, event)


def while_filling(application: Application, work: Callable[[], list[Frame]]) -> list[Frame]:
    """Return a figure's frames, all of them taken while the model was at work."""
    parts, taken = application.parts, list[Frame]()
    while len(taken) < 300:
        parts.filling.fill()
        drive.wait_for(lambda: parts.session.run is not None, "a run")
        while parts.session.run is not None and len(taken) < 300:
            taken += work()
        parts.filling.stop()
        drive.wait_for_end(application)
    return taken


def window_figures(folder: Path, slices: int, place: Path) -> Figures:
    """Return what is measured in the real window."""
    existing = QApplication.instance()
    qt = existing if isinstance(existing, QApplication) else QApplication([])
    look = make_look()
    dress(qt, look)
    application = Application(look, Settings(), locate(place))
    try:
        application.parts.window.resize(*WINDOW)
        application.start(ModelChoice(), sample=False)
        drive.wait_for_model(application)
        figures = opened(application, folder, slices)
        window = application.parts.window
        drive.pause(0.5)
        figures |= spread("scroll 2x2", scrolled(window.image_view, 200))
        window.lightbox.set_layout(Layout.ONE)
        drive.pause(0.3)
        view = window.image_view
        figures |= {"viewport": float(view.width())}
        figures |= spread("scroll", scrolled(view, 300))
        figures |= spread("drag", dragged(view, 300))
        figures |= spread("scroll, filling", while_filling(application, lambda: scrolled(view, 10)))
        figures |= spread("drag, filling", while_filling(application, lambda: dragged(view, 10)))
        return figures
    finally:
        application.parts.window.set_close_guard(lambda: True)
        application.parts.window.close()
        application.close()


def spread(name: str, taken: list[Frame]) -> Figures:
    """Return the median, the 95th percentile and the worst of a figure's frames."""
    found: Figures = {}
    for kind, values in (
        ("ms", [frame.clock for frame in taken]),
        ("own ms", [frame.own for frame in taken]),
    ):
        middle, high, worst = np.percentile(values, (50, 95, 100))
        found |= {f"{name} {kind} p50": middle, f"{name} {kind} p95": high}
        found |= {f"{name} {kind} worst": worst}
    return found


def main() -> int:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = place / "ct"
        paths = write_ct(folder, arguments.slices)
        peer = plain(paths)
        ours = cached(paths)
        figures: Figures = {"slices": arguments.slices, "cores": os.cpu_count() or 0}
        figures |= {f"pydicom {name}": value for name, value in peer.items()}
        figures[f"cache, {THREADS} threads s"] = ours
        figures["decoded / pydicom"] = ours / peer[f"pixels, {THREADS} threads s"]
        figures |= window_figures(folder, arguments.slices, place / "data")
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
