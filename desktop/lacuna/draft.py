"""The headless draft: a study and marked-up text -> the report with its gaps filled.

The window's twin of this act runs in ``work``; here it runs on the calling thread. Torch is
imported when a model is loaded, not before.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Literal

from lacuna.department import Department
from lacuna.errors import UserFacingError
from lacuna.report.apply import apply_done
from lacuna.report.draft_mark import words_mean_nothing
from lacuna.report.edit import set_length
from lacuna.report.markup import parse
from lacuna.report.model import Author, Report
from lacuna.report.request import build_request, voice
from lacuna.report.template import whole_draft
from lacuna.study.load import load_study
from lacuna.study.model import Study
from lacuna.study.pixels import image_input
from lacuna.ui.viewer.hanging import hang
from lacuna.ui.viewer.picture import frame_at
from lacuna_models.api import (
    CancelToken,
    Done,
    Engine,
    ImageInput,
    ModelInfo,
    Origin,
    Prompt,
    Reason,
    StepEvent,
    Words,
)

MAX_REPORT_BYTES = 1 << 20
STDERR = 2  # the file descriptor: C code knows no sys.stderr

Step = Callable[[StepEvent], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``text`` is marked-up; None drafts the whole report."""

    study: tuple[Path, ...]
    text: str | None = None
    seed: int = 0
    steps: int | None = None
    model: Path | None = None
    adapter: Path | None = None
    device: str = "auto"
    style: Literal["full", "terse", "detailed"] = "full"
    alternatives: int = 1
    words: int | None = None  # of a whole draft
    follow: bool = True  # whether other sentences follow the words that stand
    server: Department | None = None  # thinks instead of a model on this computer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. ``notes`` are sentences for the reader."""

    report: Report
    done: Done
    info: ModelInfo
    picture: ImageInput
    notes: tuple[str, ...]

    @property
    def words_mean_nothing(self) -> bool:
        """Whether a demonstrator speaks about a picture that it was not drawn for."""
        return mean_nothing(self.info, self.picture)

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped; what had settled is kept."""
        return self.done.reason is Reason.CANCELLED


def read_text(content: bytes, name: str) -> str:
    """Decode a report file, every byte of which will come back.

    Raises:
        UserFacingError: too long, or not UTF-8.
    """
    if len(content) > MAX_REPORT_BYTES:
        raise UserFacingError(f"{name} is longer than a report: {len(content):,} bytes.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserFacingError(f"{name} is not UTF-8 text.", "Save it as UTF-8.") from error


def draft(order: Order, *, on_step: Step | None = None) -> Outcome:
    """Carry out an order. Ctrl+C during the run stops it between steps and keeps what settled.

    Raises:
        UserFacingError, EngineError: the study, the text, the model or the adapter is refused.
    """
    report = _whole(order) if order.text is None else parse(order.text, Author.TYPED)
    build_request(report, Prompt(), seeds=(order.seed,))  # refuses a text without a gap at once
    study = load_study(order.study)
    picture = first_picture(study)
    engine = _engine(order)
    try:
        with ctrl_c() as cancel:
            done = _run(engine, order, report, picture, cancel, on_step)
        return _outcome(engine.info, done, report, study, picture)
    finally:
        engine.close()


def _whole(order: Order) -> Report:
    draft = whole_draft()
    if order.words is None:
        return draft
    (gap,) = draft.spans()
    return set_length(draft, gap.id, Words(order.words))


def first_picture(study: Study) -> ImageInput:
    """Return the image that stands first on the screen, as the window hangs the study."""
    place = hang(study).places[0]
    image, frame = frame_at(place.series, place.index)
    with _hushed():
        return image_input(image, place.window, frame)


def saw_one(images: int) -> str:
    """Say which of several images the model saw."""
    return f"The model saw one of {images} images: the one that the window shows first."


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what the decoders' C code prints about damage off the terminal: we say it ourselves."""
    if sys.stderr is not None:
        with suppress(OSError):  # a full disk behind it
            sys.stderr.flush()
    kept = os.dup(STDERR)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), STDERR)
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)


def _engine(order: Order) -> Engine:
    if order.server is not None:
        return order.server.open()
    return load_for(order.model, order.device, order.adapter)


def load_for(model: Path | None, device: str, adapter: Path | None) -> Engine:
    """Load an engine. Imports torch."""
    from lacuna_models.engine import load_engine

    return load_engine(model, device=device, adapter=adapter)


def _run(
    engine: Engine,
    order: Order,
    report: Report,
    picture: ImageInput,
    cancel: CancelToken,
    on_step: Step | None,
) -> Done:
    own = engine.info.settings
    settings = None if order.steps is None else replace(own, steps=order.steps)
    prompt = Prompt(images=(picture,), style=order.style)
    request = build_request(report, prompt, seeds=(order.seed,), settings=settings)
    adapter = voice(report, engine.info, follow=order.follow)
    told = replace(request, alternatives=order.alternatives, adapter=adapter)
    return to_its_end(engine.fill(told, cancel), on_step)


def to_its_end(events: Iterator[StepEvent | Done], on_step: Step | None) -> Done:
    """Run an engine's generator to its end, telling each step."""
    for event in events:
        if isinstance(event, Done):
            return event
        if on_step is not None:
            on_step(event)
    raise AssertionError("the engine ended without a Done")


def _outcome(
    info: ModelInfo, done: Done, report: Report, study: Study, picture: ImageInput
) -> Outcome:
    empty = mean_nothing(info, picture)
    filled = apply_done(report, done, info, demonstrator_on_patient=empty)
    return Outcome(filled, done, info, picture, tuple(_notes(study, done)))


def mean_nothing(info: ModelInfo, picture: ImageInput) -> bool:
    """Return whether a demonstrator speaks about a picture that it was not drawn for."""
    return words_mean_nothing(info, phantom=picture.origin is Origin.PHANTOM)


def _notes(study: Study, done: Done) -> Iterator[str]:
    for refusal in study.refused:
        yield refusal.reason
    images = sum(image.frames for series in study.series for image in series.images)
    if images > 1:
        yield saw_one(images)
    if done.reason is Reason.CANCELLED:
        yield f"Stopped at step {done.steps}. What had settled is kept."
    yield from done.notes


@contextmanager
def ctrl_c() -> Iterator[threading.Event]:
    """Make Ctrl+C set an event; a second one interrupts at once. On the main thread only."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
