"""Where and how large a picture stands in its view until the reader's hand takes it. Free of Qt.

Fitted, and leaning at an edge as it was hung; or held at a size of its own: as large as it is in
the patient, by the size of the screen's pixels, or one of its pixels to one of the screen's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from lacuna.study.measure import Probe
from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.board import scale_on
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.viewer_state import ViewState, fit_scale

MM_AN_INCH = 25.4
LIKELY = range(40, 700)  # dots an inch of a screen; what lies outside is a system's guess
NO_MILLIMETRES = "The file does not say how large its pixels are: it has no true size."
NO_SCREEN = "This screen does not say how large it is. Set screen_dpi in the settings to its dots."


class Size(StrEnum):
    """A size to hold. The value is what the corner says of it."""

    TRUE = "true size"
    ONE_TO_ONE = "1 : 1"


@dataclass(frozen=True, slots=True)
class Screen:
    """What is known of a screen.

    ``dpi`` are device-independent pixels an inch, None where nobody says; ``calibrated``: the
    reader has, in the settings. ``ratio`` is how many of its own pixels make one of those.
    """

    dpi: float | None = None
    calibrated: bool = False
    ratio: float = 1.0

    @property
    def pitch(self) -> float | None:
        """How large a device-independent pixel is, in mm."""
        return MM_AN_INCH / self.dpi if self.dpi is not None else None

    @property
    def words(self) -> str:
        """How its size is known."""
        how = "as set in the settings" if self.calibrated else "as the screen says of itself"
        return f"{self.dpi:.0f} dots an inch, {how}" if self.dpi is not None else NO_SCREEN


def screen_of(told: float, calibrated: float | None, ratio: float) -> Screen:
    """Return what is known of a screen, by what it tells of itself and what the reader has set."""
    if calibrated is not None:
        return Screen(calibrated, calibrated=True, ratio=ratio)
    return Screen(told if LIKELY.start <= told < LIKELY.stop else None, ratio=ratio)


class Placing:
    """Keeps a picture where it was hung, or at a size, until the reader moves or zooms it.

    ``millimetres`` is how wide a pixel is meant to be shown, where not as the file says.
    """

    def __init__(self) -> None:
        self._leans = True
        self._size: Size | None = None
        self._millimetres: float | None = None

    @property
    def size(self) -> Size | None:
        """The size that is held."""
        return self._size

    def hang(self) -> None:
        """Begin anew: fitted, at its edge."""
        self._leans, self._size, self._millimetres = True, None, None

    def hold(self, size: Size, millimetres: float | None = None) -> None:
        """Hold a size from now on."""
        self._leans, self._size, self._millimetres = False, size, millimetres

    def moved(self, old: ViewState, new: ViewState) -> None:
        """Take note of what the reader did."""
        if old.zoom != new.zoom:
            self._size = None
        if (old.zoom, old.pan) != (new.zoom, new.pan):
            self._leans = False

    def placed(
        self, picture: Picture, state: ViewState, view: tuple[float, float], screen: Screen
    ) -> ViewState:
        """Return the state with the picture where it belongs in a view so wide and high."""
        rows, columns = picture.values.shape[:2]
        fit = fit_scale(columns, rows * picture.aspect, *view, state.turns)
        if self._size is not None:
            scale = self._scale(picture, screen)
            return replace(state, zoom=scale / fit) if scale is not None else state
        if self._leans and picture.leaning:
            return views.lean(state, picture.leaning, view[0] - columns * fit * state.zoom)
        return state

    def _scale(self, picture: Picture, screen: Screen) -> float | None:
        """Return view pixels per image column at the size that is held."""
        if self._size is Size.ONE_TO_ONE:
            return 1.0 / screen.ratio
        millimetres = self._millimetres or column_width(picture)
        pitch = screen.pitch
        return millimetres / pitch if millimetres is not None and pitch is not None else None


def column_width(picture: Picture) -> float | None:
    """Return how wide a pixel is in mm, where the picture is measured at its middle."""
    rows, columns = picture.values.shape[:2]
    scale = scale_on(picture.image, Probe((columns / 2, rows / 2)), picture.frame)
    return scale.column if scale.unit == "mm" else None


def true_size_words(picture: Picture, screen: Screen) -> str:
    """Return how true a true size is, in a sentence; or why there is none."""
    if column_width(picture) is None:
        return NO_MILLIMETRES
    if screen.dpi is None:
        return NO_SCREEN
    where = "True size at the detector" if picture.image.at_detector else "True size"
    check = "" if screen.calibrated else " A ruler at the scale bar tells whether that is so."
    return f"{where}, by {screen.words}.{check}"
