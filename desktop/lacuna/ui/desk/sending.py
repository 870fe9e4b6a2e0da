"""Sending: which images the model sees, what the chips say of it, and the preview."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from lacuna.session import Change, Session
from lacuna.study.model import Series, StudyKey, Window
from lacuna.ui.editor.dock import SentChip
from lacuna.ui.main_window import MainWindow
from lacuna.ui.viewer.key_images import KeyImage, KeyImages, taken, tokens_each
from lacuna.ui.viewer.picture import Picture, same_series
from lacuna.ui.viewer.viewer_state import ViewState
from lacuna_models.api import ImageInput

IMAGE_CHIP = "image"
TOKENS_CHIP = "tokens"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands on the screen, how, and the series that it comes from."""

    picture: Picture
    state: ViewState
    series: Series


class Sending(QObject):
    """Keeps each case's key images. Without any, what the active viewport shows is sent.

    A document is nothing that the model sees: while one is shown, what was shown before is sent.
    ``changed``: other images are sent now. Leaving the images out holds until the reader turns to
    another frame, or chooses a key image.
    """

    changed = Signal()
    keys_changed = Signal()  # other key images than before, by the reader's choice
    tokens_chosen = Signal(object)  # int, or None: the reader's own number of tokens an image

    def __init__(self, window: MainWindow, session: Session, tokens: int | None = None) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._chosen = tokens
        self._told = (-1, -1)
        self._kept: dict[StudyKey, KeyImages] = {}
        self._left_out = False
        self._seen: _Shown | None = None  # last, in the viewport that was active then
        self._open: StudyKey | None = None
        session.observe(self._on_change)
        window.lightbox.key_wanted.connect(self.toggle)
        window.lightbox.key_through_wanted.connect(self.send_through)
        window.lightbox.preview_wanted.connect(self.show_preview)
        window.preview.dropped.connect(self.drop)
        window.preview.tokens_chosen.connect(self.choose_tokens)
        window.frame_wanted.connect(self._on_frame)
        window.viewports.picture_changed.connect(self._on_picture)
        window.viewports.window_changed.connect(self._on_window)
        window.viewports.active_changed.connect(self._on_picture)

    @property
    def key_images(self) -> KeyImages:
        """The open case's key images."""
        case = self._session.case
        return self._kept.get(case.study.key, KeyImages()) if case is not None else KeyImages()

    def keys_of(self, study: StudyKey) -> KeyImages:
        """Return a case's key images, the open one's or another's."""
        return self._kept.get(study, KeyImages())

    def stand(self, study: StudyKey, images: KeyImages) -> None:
        """Take up what was chosen for a case in an earlier sitting, before all chosen in this."""
        self._kept[study] = images.under(self.keys_of(study))
        self._tell()

    def sent(self) -> tuple[KeyImage, ...]:
        """Return what the model would get now, exactly."""
        if self._left_out:
            return ()
        if self.key_images.images:
            return self.key_images.images
        shown = self._shown()
        return () if shown is None else (taken(shown.picture, shown.state),)

    def images(self) -> tuple[ImageInput, ...]:
        """Return the pixels that go to the model."""
        each = self._tokens_each()
        pictures = (image.picture for image in self.sent())
        return tuple(replace(picture, tokens=each) for picture in pictures)

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
        if model is None:
            return 0
        return self._count() * (self._tokens_each() or model.tokens_per_image)

    def words(self) -> str:
        """Return how many images are sent, and how many tokens they take."""
        count, tokens = self._count(), self.tokens()
        images = "1 image" if count == 1 else f"{count} images"
        return f"{images}, {tokens:,} tokens" if tokens else images

    def choose_tokens(self, tokens: int | None) -> None:
        """Give each image so many tokens; None goes by the rule."""
        self._chosen = tokens
        self.tokens_chosen.emit(tokens)
        self._tell()

    def show_preview(self) -> None:
        """Show the very pixels that would be sent now."""
        self._fill_preview()
        self._window.preview.open()

    def toggle(self) -> None:
        """Send the active viewport's frame as it is seen, or send it no longer."""
        case, view = self._session.case, self._window.image_view
        if case is None or view.picture is None or view.state is None:
            return
        self._left_out = False
        self._keep(self.key_images.toggled(taken(view.picture, view.state)))

    def send_through(self, window: Window) -> None:
        """Send the active viewport's frame through a preset, not as it is seen."""
        case, view = self._session.case, self._window.image_view
        if case is None or view.picture is None or view.state is None:
            return
        self._left_out = False
        image = taken(view.picture, replace(view.state, window=window), window.name)
        self._keep(self.key_images.added(image))

    def drop(self, number: int) -> None:
        """Send one of the key images no longer, by its place among them."""
        self._keep(self.key_images.without(number))

    def leave_out(self) -> None:
        """Send no image until the reader turns to one again."""
        self._left_out = True
        self._tell()

    def _fill_preview(self) -> None:
        model = self._session.model
        self._window.preview.show_images(
            self.sent(),
            self.words(),
            closable=bool(self.key_images.images) and not self._left_out,
            budgets=model.image_budgets if model is not None else (),
            chosen=self._chosen,
        )

    def _tokens_each(self) -> int | None:
        """Return how many tokens each image is given; None where the model has one number."""
        model = self._session.model
        if model is None or not model.image_budgets:
            return None
        return tokens_each(self._count(), self._chosen)

    def _count(self) -> int:
        if self._left_out:
            return 0
        return len(self.key_images.images) or int(self._shown() is not None)

    def _shown(self) -> _Shown | None:
        """Return what the active viewport shows, or showed before it turned to a document."""
        view, viewports = self._window.image_view, self._window.viewports
        stack = viewports.stack_of(view)
        if view.picture is not None and view.state is not None:
            series = view.picture.series if stack is None else stack.origin
            return _Shown(view.picture, view.state, series)
        return self._seen if viewports.shows_paper(view) else None

    def _keep(self, images: KeyImages) -> None:
        case = self._session.case
        if case is not None:
            self._kept[case.study.key] = images
            self._tell()
            self.keys_changed.emit()

    def _tell(self) -> None:
        self._window.viewports.set_kept(self.key_images.names)
        self._mark_strip()
        self.changed.emit()
        if self._window.preview.isVisible():
            self._fill_preview()

    def _mark_strip(self) -> None:
        """Mark the series of which an image goes to the model."""
        sent, shown = set[int](), self._shown()
        uids = {image.spot.sop_uid for image in self.key_images.images}
        for number, entry in enumerate(self._window.series_strip.entries()):
            if entry.series is None or not self._count():
                continue
            if uids:
                if any(image.sop_instance_uid in uids for image in entry.series.images):
                    sent.add(number)
            elif shown is not None and same_series(shown.series, entry.series):
                sent.add(number)
        self._window.series_strip.set_sent(frozenset(sent))

    def _on_frame(self, _series: int, _index: int) -> None:
        self._left_out = False
        if self._window.image_view.picture is None:  # another series: its picture is yet to come
            self._on_picture()

    def _on_window(self, _window: Window) -> None:
        self._seen = self._shown() or self._seen

    def _on_picture(self, _what: object = None) -> None:
        self._seen = self._shown() or self._seen
        self._mark_strip()
        told = self._count(), self.tokens()
        if told != self._told:  # chips are not built anew for every frame that is scrolled past
            self._told = told
            self.changed.emit()

    def _rename(self, before: StudyKey, now: StudyKey) -> None:
        """Its birth date has come: what was chosen comes after what had been chosen under that."""
        chosen = self._kept.pop(before)
        self._kept[now] = self.keys_of(now).under(chosen)

    def _on_change(self, change: Change) -> None:
        case = self._session.case
        if change is Change.GREW and case is not None and self._open in self._kept:
            self._rename(self._open, case.study.key)
        if change in (Change.STUDY, Change.GREW):
            self._open = case.study.key if case is not None else None
        if change is Change.STUDY:
            self._left_out, self._seen = False, None
            if self._window.preview.isVisible():
                self._window.preview.close_overlay()  # it shows another study's images
            self._window.viewports.set_kept(self.key_images.names)
