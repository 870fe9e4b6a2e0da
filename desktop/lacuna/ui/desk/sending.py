"""Sending: which images the model sees, what the chips say of it, and the preview."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from lacuna.session import Change, Session
from lacuna.study.model import Study
from lacuna.ui.editor.dock import SentChip
from lacuna.ui.main_window import MainWindow
from lacuna.ui.viewer.key_images import KeyImage, KeyImages, taken
from lacuna_models.api import ImageInput

IMAGE_CHIP = "image"
TOKENS_CHIP = "tokens"

_Key = tuple[str, str, str]


class Sending(QObject):
    """Keeps each case's key images. Without any, what the active viewport shows is sent.

    ``changed``: other images are sent now. Leaving the images out holds until the reader turns to
    another frame, or chooses a key image.
    """

    changed = Signal()

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._kept: dict[_Key, KeyImages] = {}
        self._left_out = False
        session.observe(self._on_change)
        window.lightbox.key_wanted.connect(self.toggle)
        window.frame_wanted.connect(self._on_frame)
        window.viewports.picture_changed.connect(self._on_picture)
        window.viewports.window_changed.connect(self._on_picture)
        window.viewports.active_changed.connect(self.changed)

    @property
    def key_images(self) -> KeyImages:
        """The open case's key images."""
        case = self._session.case
        return self._kept.get(_key(case.study), KeyImages()) if case is not None else KeyImages()

    def sent(self) -> tuple[KeyImage, ...]:
        """Return what the model would get now, exactly."""
        if self._left_out:
            return ()
        if self.key_images.images:
            return self.key_images.images
        view = self._window.image_view
        if view.picture is None or view.state is None:
            return ()
        return (taken(view.picture, view.state),)

    def images(self) -> tuple[ImageInput, ...]:
        """Return the pixels that go to the model."""
        return tuple(image.picture for image in self.sent())

    def chips(self) -> list[SentChip]:
        """Return what is said of it beside the fill button."""
        count = self._count()
        if not count:
            return [SentChip("none", "No image", "image")]
        words = "1 image" if count == 1 else f"{count} images"
        chips = [SentChip(IMAGE_CHIP, words, "image" if count == 1 else "images", closable=True)]
        tokens = self.tokens()
        return (
            [*chips, SentChip(TOKENS_CHIP, f"{tokens:,} tokens", "file-text")] if tokens else chips
        )

    def tokens(self) -> int:
        """Return how many tokens the images take; 0 where the model does not say."""
        model = self._session.model
        return self._count() * model.tokens_per_image if model is not None else 0

    def toggle(self) -> None:
        """Send the active viewport's frame as it is seen, or send it no longer."""
        case, view = self._session.case, self._window.image_view
        if case is None or view.picture is None or view.state is None:
            return
        self._left_out = False
        self._keep(self.key_images.toggled(taken(view.picture, view.state)))

    def drop(self, number: int) -> None:
        """Send one of the key images no longer, by its place among them."""
        self._keep(self.key_images.without(number))

    def leave_out(self) -> None:
        """Send no image until the reader turns to one again."""
        self._left_out = True
        self._tell()

    def _count(self) -> int:
        if self._left_out:
            return 0
        return len(self.key_images.images) or int(self._window.image_view.picture is not None)

    def _keep(self, images: KeyImages) -> None:
        case = self._session.case
        if case is not None:
            self._kept[_key(case.study)] = images
            self._tell()

    def _tell(self) -> None:
        self._window.viewports.set_kept(self.key_images.names)
        self._mark_strip()
        self.changed.emit()

    def _mark_strip(self) -> None:
        """Mark the series of which an image goes to the model."""
        window, sent = self._window, set[int]()
        uids = {image.spot.sop_uid for image in self.key_images.images}
        stack = window.viewports.stack_of(window.image_view)
        for number, entry in enumerate(window.series_strip.entries()):
            if entry.series is None or not self._count():
                continue
            if uids:
                own = {image.sop_instance_uid for image in entry.series.images}
                if own & uids:
                    sent.add(number)
            elif stack is not None and entry.series in (stack.series, stack.origin):
                sent.add(number)
        window.series_strip.set_sent(frozenset(sent))

    def _on_frame(self, _series: int, _index: int) -> None:
        self._left_out = False
        if self._window.image_view.picture is None:  # another series: its picture is yet to come
            self._on_picture()

    def _on_picture(self, _what: object = None) -> None:
        self._mark_strip()
        self.changed.emit()

    def _on_change(self, change: Change) -> None:
        if change is Change.STUDY:
            self._left_out = False
            self._window.viewports.set_kept(self.key_images.names)


def _key(study: Study) -> _Key:
    return study.study_instance_uid, study.patient.id, study.patient.name
