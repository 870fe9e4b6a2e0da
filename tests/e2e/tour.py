"""`python -m tests.e2e.tour OUT.webp`: a short film of the real window, for the README.

The bundled model, the sample study, keys only. Each step of a run is one picture, shown for as long
as a reader needs, not as long as it took: the film tells what happens, not how fast.
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import count
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QImage

from lacuna.app import Application
from lacuna.report.alternatives import source_of
from lacuna.settings import Settings
from lacuna.ui.editor.layers import Layer
from lacuna_models.api import StepEvent, TokenState
from tests.e2e import drive, stage
from tests.e2e.stage import ALT, CTRL, KEY, SHIFT
from tests.e2e.steering_screens import WRONG, SteeringTour

SIZE = (1200, 750)
HELD = ("moderate", "mild", "nodule")  # words worth holding, in the drawing's language
SEEDS = 8
STEP, LOOK, READ = 220, 1100, 2200  # milliseconds that a picture stands
MOST_BYTES = 1_500_000


class Film(SteeringTour):
    """Takes pictures instead of files. ``rolling``: one for each step of a run, too."""

    def __init__(self, application: Application, out: Path) -> None:
        super().__init__(application, out)
        self.frames: list[tuple[Image.Image, int]] = []
        self.rolling = False
        self.editor = drive.editor_of(application)
        self.parts.worker.stepped.connect(self._on_rolling)

    def shot(self, milliseconds: int) -> None:
        """Take a picture; the same picture again only stands longer."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        image = self.parts.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        smooth = Qt.TransformationMode.SmoothTransformation
        small = image.scaled(*SIZE, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        stride = small.bytesPerLine()
        raw = bytes(small.constBits())
        picture = Image.frombytes("RGB", SIZE, raw, "raw", "RGB", stride)
        if self.frames and self.frames[-1][0].tobytes() == picture.tobytes():
            before, stood = self.frames[-1]
            self.frames[-1] = (before, stood + milliseconds)
        else:
            self.frames.append((picture, milliseconds))

    def rest(self, milliseconds: int) -> None:
        """Let what moves come to rest, and take a picture."""
        drive.pause(0.35)
        self.shot(milliseconds)

    def _on_rolling(self, _step: StepEvent) -> None:
        if self.rolling:
            self.shot(STEP)

    def roll(self) -> None:
        """Film the run under way to its end."""
        self.rolling = True
        drive.wait_for_end(self.application)
        self.rolling = False
        self.rest(LOOK)

    def film(self) -> None:
        """Lock, fill, hold a word on the way, take an alternative, see evidence, be warned."""
        self.begin()
        self.rest(READ)
        self._fill_and_hold()
        self._conclude()
        self.keys(KEY.Key_Down, ALT)
        self.rest(READ)
        self.keys(KEY.Key_Down, ALT)
        self.rest(READ)
        self.keys(KEY.Key_Escape)
        self.panel._header._switch.choose(Layer.EVIDENCE)
        self._answered("evidence")
        self.rest(READ)
        self.panel._header._switch.choose(Layer.CERTAINTY)
        self.keys(KEY.Key_End, CTRL)
        self.type(WRONG)
        self.rest(LOOK)
        drive.wait_for(lambda: bool(self.parts.steering.reviewing.open_marks()), "a mark")
        self.walk_to_wrong()
        self.rest(READ + LOOK)

    def _fill_and_hold(self) -> None:
        """Fill; pause at the fourth step, lock a word, go on."""
        self.steps.clear()
        self.rolling = True
        self.keys(KEY.Key_G, CTRL)
        drive.wait_for(lambda: len(self.steps) >= 4, "four steps")
        self.keys(KEY.Key_P, CTRL)
        drive.pause(0.5)
        self.rolling = False
        for word in self.editor.run.words():
            self.keys(KEY.Key_Right, ALT)
            sure = all(token.state is not TokenState.CHANGING for token in word.tokens)
            if sure and word.text.lower() in HELD:
                break
        self.rest(LOOK)
        self.keys(KEY.Key_L, CTRL)
        self.keys(KEY.Key_P, CTRL)
        self.roll()
        self.keys(KEY.Key_Z, CTRL)
        self.keys(KEY.Key_G, CTRL)
        drive.wait_for_end(self.application)

    def _conclude(self) -> None:
        """Write the impression from the findings, until a seed has more than one thing to say."""
        for _ in range(SEEDS):
            taken = len(self.frames)
            self.keys(KEY.Key_I, CTRL, SHIFT)
            self.roll()
            self.go_to_impression()
            span = self.editor.focused_span()
            source = source_of(span) if span is not None else None
            if source is not None and len(self.parts.steering.alternating.of(source)) > 1:
                return
            del self.frames[taken:]
            self.keys(KEY.Key_Z, CTRL)


def save(frames: list[tuple[Image.Image, int]], path: Path) -> int:
    """Write the film as an animated WebP that fits a README; return its size in bytes."""
    first, *rest = [picture for picture, _ in frames]
    for quality in (80, 65, 50, 35, 20):
        first.save(
            path,
            save_all=True,
            append_images=rest,
            duration=[stands for _, stands in frames],
            loop=0,
            quality=quality,
            method=6,
        )
        if path.stat().st_size <= MOST_BYTES:
            break
    return path.stat().st_size


def run(path: Path) -> int:
    """Film the tour; return the file's size in bytes."""
    seeds = partial(next, count(stage.SEED))
    with stage.shown(Settings(reduced_motion=True), seeds=seeds) as application:
        film = Film(application, path.parent)
        film.film()
    return save(film.frames, path)


def main() -> int:
    """Read the command line and film."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    size = run(parser.parse_args().out)
    print(f"{size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
