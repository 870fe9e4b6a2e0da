"""What of the open study stands in which viewport.

GUI thread only. It decodes nothing: frames and documents are asked for by signals.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from lacuna.study.model import Series, Study
from lacuna.study.softcopy import PresentationState
from lacuna.ui.series_strip import SeriesStrip
from lacuna.ui.viewer.board import Spot, find, spot_of
from lacuna.ui.viewer.cuts import Cuts
from lacuna.ui.viewer.entries import Entry, is_later
from lacuna.ui.viewer.hanging import Hanging, Layout, beside, hang
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.orders import Orders
from lacuna.ui.viewer.picture import Picture, places, same_series
from lacuna.ui.viewer.placing import Size, true_size_words
from lacuna.ui.viewer.presenting import changes_values, left_out, states_for
from lacuna.ui.viewer.stack import Direct, Frames, Presented, Reformat, Stack
from lacuna.ui.viewer.viewports import OPENING, Viewports

NO_PRIOR = "There is no prior to compare with."


class Lightbox(QObject):
    """Hangs studies in viewports. ``frames`` is where decoded pixels come from."""

    frame_wanted = Signal(int, int)  # the active viewport turns: an entry of the strip, a frame
    document_wanted = Signal(object, object)  # a viewport, a Document
    key_wanted = Signal()  # the active viewport's frame goes to the model, or no longer
    key_through_wanted = Signal(object)  # Window: that frame goes to the model through this one
    preview_wanted = Signal()  # what the model sees
    measurements_wanted = Signal()  # to be saved as a DICOM report
    keys_wanted = Signal()  # the keys of the image side, to be changed
    save_wanted = Signal(object)  # bytes of a PDF: to a file of the reader's choice
    patients_wanted = Signal()  # a list of all that was opened
    hint = Signal(str)

    def __init__(
        self, viewports: Viewports, strip: SeriesStrip, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.frames: Frames = Direct()
        self._viewports, self._strip = viewports, strip
        self._study: Study | None = None
        self._priors: tuple[Study, ...] = ()
        self._shown: dict[ImageView, int] = {}  # the strip's entry in each viewport
        self._by_hand = False  # the reader has chosen what hangs where
        self.has_list = False  # several studies, perhaps patients, came in one opening
        self.cuts = Cuts(viewports, self)
        self.orders = Orders(viewports, self)
        viewports.index_wanted.connect(self._on_index)
        viewports.series_wanted.connect(self.step_series)
        viewports.series_dropped.connect(self._on_drop)
        viewports.spot_wanted.connect(self.show_spot)
        viewports.active_changed.connect(self._on_active)
        strip.series_chosen.connect(self._on_chosen)

    @property
    def study(self) -> Study | None:
        """What is open."""
        return self._study

    @property
    def untouched(self) -> bool:
        """Whether what hangs is still the default, chosen by nobody."""
        return not self._by_hand

    @property
    def priors(self) -> tuple[Study, ...]:
        """The patient's other studies that came along: first the earlier ones, newest first."""
        return self._priors

    def clear(self) -> None:
        """Show nothing."""
        self._study, self._priors = None, ()
        self.cuts.stop()
        self._shown.clear()
        self._viewports.clear()

    def show_study(self, study: Study, priors: Sequence[Study] = ()) -> None:
        """Hang a study by its modality's default, and ask for its first frames."""
        self._study, self._priors = study, tuple(priors)
        self._strip.show_study(study, priors)
        self._viewports.clear(OPENING)
        self._by_hand = False
        self._hang_default()

    def update_study(self, study: Study, priors: Sequence[Study] = (), *, last: bool) -> None:
        """Take over the study as it has grown: what is on the screen stays there.

        ``last``: no more is to come, and unless the reader has chosen otherwise it is hung again.
        """
        self._study, self._priors = study, tuple(priors)
        self._strip.update_study(study, priors)
        for view in self._viewports.views():
            self._renew(view)
        if last and not self._by_hand:
            self._hang_default()

    def show_series(self, number: int) -> None:
        """Turn the active viewport to another entry of the strip."""
        self.show_entry(self._viewports.active, number)

    def show_entry(self, view: ImageView, number: int) -> None:
        """Turn a viewport to an entry of the strip: a series, or a document."""
        entry = self._strip.entries()[number]
        self._by_hand = True
        if entry.document is not None:
            self._shown[view] = number
            self._mark_current()
            self.document_wanted.emit(view, entry.document)
            view.show_message(OPENING)
        elif entry.series is not None:
            stack = Stack(entry.series, entry.study, self.frames, prior=entry.prior)
            self.show_stack(view, stack, number, 0)

    def show_spot(self, spot: Spot) -> bool:
        """Turn the active viewport to a frame by its name; False if nothing open has it."""
        view = self._viewports.active
        for number, entry in enumerate(self._strip.entries()):
            place = find(entry.study, spot) if entry.series is not None else None
            if place is None or entry.study.series[place[0]] is not entry.series:
                continue
            stack = self._viewports.stack_of(view)
            if stack is None or stack.series is not entry.series or view.picture is None:
                self.show_entry(view, number)
            view.go_to(place[1])
            return True
        return self.cuts.show_spot(spot)

    def place_of(self, spot: Spot) -> str:
        """Return what a frame is called in a report: ``se 3, im 45``; "" where nothing has it.

        A cut says how it was made: ``se 3, coronal 45, MIP 9 mm``.
        """
        for entry in self._strip.entries():
            place = find(entry.study, spot) if entry.series is not None else None
            if place is not None:
                series = entry.study.series[place[0]]
                parts = (f"{word} {number}" for word, number, _ in places(series, place[1]))
                return ", ".join((f"se {series.number}", *parts))
        cut = self.cuts.named(spot)
        if cut is None:
            return ""
        made = cut.words(spot.frame)
        return f"se {cut.origin.number}, {cut.axis} {spot.frame + 1}, {made}"

    def entry_stacks(self) -> tuple[Stack, ...]:
        """Return the strip's series, each as a stack of its own."""
        return tuple(
            Stack(entry.series, entry.study, self.frames, prior=entry.prior)
            for entry in self._strip.entries()
            if entry.series is not None
        )

    def step_series(self, by: int) -> None:
        """Turn the active viewport to the next or the previous entry of the strip."""
        number = self._shown.get(self._viewports.active, 0) + by
        if 0 <= number < len(self._strip.entries()):
            self.show_series(number)

    def show_picture(self, picture: Picture) -> None:
        """Show a decoded frame in every viewport that holds its very series."""
        for view in self._viewports.views():
            stack = self._viewports.stack_of(view)
            if stack is not None and stack.series is picture.series:
                self._viewports.deliver(view, stack, picture)

    def set_layout(self, layout: Layout) -> None:
        """Show so many viewports; new ones get the series that are not on show yet."""
        self._by_hand = True
        self._viewports.set_layout(layout)
        self._fill_empty()

    def number_of(self, view: ImageView) -> int:
        """Return which of the strip's entries a viewport shows; 0 where it shows none."""
        return self._shown.get(view, 0)

    def touch(self) -> None:
        """Note that the reader has chosen what hangs where: it is hung anew by nobody else."""
        self._by_hand = True

    def show_stack(self, view: ImageView, stack: Stack, number: int, index: int) -> None:
        """Let a viewport scroll through a stack of one of the strip's entries."""
        self._shown[view] = number
        self._viewports.show_stack(view, stack, index)
        self._mark_current()
        if view is self._viewports.active:
            self.frame_wanted.emit(number, index)

    def arrange(self, hanging: Hanging, number: int | None) -> None:
        """Put places into viewports; what already stands in its place stays as it is."""
        self._viewports.set_layout(hanging.layout)
        views = self._viewports.views()
        self._viewports.activate(views[0])
        for view, place in zip(views, hanging.places, strict=False):
            entry = self.entry_of(place.series) if number is None else number
            stack = Stack(
                place.series, place.study, self.frames, prior=place.prior, window=place.window
            )
            grid = self.cuts.volume(place.series) if place.axis is not None else None
            if place.axis is not None and grid is not None:
                cut = Reformat(stack, grid, place.axis)
                self.cuts.show(view, cut, entry, place.index or None)
            elif not self._stands(view, stack):
                self.show_stack(view, stack, entry, place.index)
        self._mark_current()

    def presentations(self, view: ImageView) -> tuple[PresentationState, ...]:
        """Return the presentation states that came along for what a viewport shows."""
        stack = self._viewports.stack_of(view)
        if stack is None or view.picture is None:
            return ()
        return states_for(stack.study, view.picture)

    def present(self, view: ImageView, state: PresentationState | None) -> None:
        """Look through a presentation state, or no longer; say what of it cannot be applied."""
        stack = self._viewports.stack_of(view)
        if stack is None or view.picture is None:
            return
        plain = stack.of if isinstance(stack, Presented) else stack
        wanted = Presented(plain, state) if state is not None and changes_values(state) else plain
        view.present(state)
        if wanted is not stack:
            self._viewports.renew_stack(view, wanted, view.index)
        screen = view.screen_told()
        words = left_out(state, view.picture, screen.pitch) if state is not None else ""
        if not words and view.held_size is Size.TRUE:
            words = true_size_words(view.picture, screen)
        if words:
            self.hint.emit(words)

    def compare(self) -> None:
        """Hang the active series beside the newest prior's likest one."""
        prior = next((one for one in self._older() if one.series), None)
        if self._study is None or not self._study.series or prior is None:
            self.hint.emit(NO_PRIOR)
            return
        number = self._shown.get(self._viewports.active, 0)
        index = number if number < len(self._study.series) else 0
        self._by_hand = True
        self.arrange(beside(self._study, prior, index), None)

    def _older(self) -> tuple[Study, ...]:
        """Return the patient's other studies that are no later than the one that is read."""
        study = self._study
        return tuple(one for one in self._priors if study is None or not is_later(one, study))

    def _hang_default(self) -> None:
        if self._study is not None and self._study.series:
            self.arrange(hang(self._study, self._older()), None)
        elif self._study is not None and self._strip.entries():
            self.show_entry(self._viewports.active, 0)

    def _stands(self, view: ImageView, stack: Stack) -> bool:
        old = self._viewports.stack_of(view)
        return (
            old is not None
            and not isinstance(old, Reformat)
            and same_series(old.series, stack.series)
            and old.window == stack.window
            and view.picture is not None
        )

    def _renew(self, view: ImageView) -> None:
        """Give a viewport its series as it has grown, at the image that it shows."""
        old = self._viewports.stack_of(view)
        if old is None or isinstance(old, Reformat):
            return
        for number, entry in enumerate(self._strip.entries()):
            series = entry.series
            if series is None or series is old.series or not same_series(series, old.series):
                continue
            stack = Stack(series, entry.study, self.frames, prior=entry.prior, window=old.window)
            if isinstance(old, Presented):
                stack = Presented(stack, old.state)
            spot = spot_of(view.picture) if view.picture is not None else None
            place = find(entry.study, spot) if spot is not None else None
            self._shown[view] = number
            self._viewports.renew_stack(view, stack, place[1] if place is not None else 0)

    def _fill_empty(self) -> None:
        """Hang in empty viewports what is not on show yet, in the strip's order."""
        entries = self._strip.entries()
        on_show = {self._shown.get(view) for view in self._viewports.views()}
        left = [
            number
            for number, entry in enumerate(entries)
            if entry.series is not None and number not in on_show
        ]
        for view in self._viewports.views():
            if self._viewports.stack_of(view) is None and view.page is None and left:
                self._put(view, left.pop(0), entries)

    def _put(self, view: ImageView, number: int, entries: Sequence[Entry]) -> None:
        entry = entries[number]
        if entry.series is not None:
            stack = Stack(entry.series, entry.study, self.frames, prior=entry.prior)
            self.show_stack(view, stack, number, 0)

    def entry_of(self, series: Series) -> int:
        """Return which of the strip's entries a series is; 0 where it is none of them."""
        found = [
            number
            for number, entry in enumerate(self._strip.entries())
            if entry.series is not None and same_series(entry.series, series)
        ]
        return found[0] if found else 0

    def _mark_current(self) -> None:
        number = self._shown.get(self._viewports.active)
        if number is not None:
            self._strip.set_current(number)

    def _on_index(self, index: int) -> None:
        self.frame_wanted.emit(self._shown.get(self._viewports.active, 0), index)

    def _on_active(self) -> None:
        self._mark_current()

    def _on_chosen(self, number: int) -> None:
        self.show_series(number)

    def _on_drop(self, view: ImageView, number: int) -> None:
        if number < len(self._strip.entries()):
            self.show_entry(view, number)
