"""What hangs where when a study is opened, by modality. Free of Qt.

Defaults, which the reader's hand overrides: a radiograph alone, or beside its prior; a mammogram
as right and left CC over right and left MLO; a CT as its first volume, a second or the same through
another window, the coronal cut, and the prior or the sagittal cut; MR up to four series; ultrasound
alone. A localiser, or a picture of the scanner's own screen, is not what a study is opened for: it
stays in the strip.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from lacuna.study.geometry import dot
from lacuna.study.model import Series, Study, Window
from lacuna.study.volume import FEWEST, Axis, grid_of
from lacuna.ui.viewer.picture import frame_count
from lacuna.ui.viewer.viewer_state import CT_PRESETS

MPR_FROM = 8  # slices: with fewer, a cut across them shows nothing
_LUNG, _BONE, _SOFT = CT_PRESETS[3], CT_PRESETS[4], CT_PRESETS[2]
_PARALLEL = 0.9  # between two normals: slices of one stack are tilted by less
_HUNG = ("MG", "CT", "MR", "CR", "DX")  # modalities with a hanging of their own


class Layout(Enum):
    """Rows and columns of viewports."""

    ONE = (1, 1)
    TWO = (1, 2)
    STACKED = (2, 1)
    THREE = (1, 3)
    FOUR = (2, 2)
    SIX = (2, 3)

    @property
    def rows(self) -> int:
        """How many rows of viewports."""
        return int(self.value[0])

    @property
    def columns(self) -> int:
        """How many columns of viewports."""
        return int(self.value[1])

    @property
    def count(self) -> int:
        """How many viewports."""
        return self.rows * self.columns

    @property
    def words(self) -> str:
        """What the menu calls it."""
        return f"{self.rows} x {self.columns}"


@dataclass(frozen=True, slots=True)
class Place:
    """What one viewport shows first: a series from a frame on, or a cut through it."""

    series: Series
    study: Study
    index: int = 0
    axis: Axis | None = None
    window: Window | None = None
    prior: bool = False


@dataclass(frozen=True, slots=True)
class Hanging:
    """A layout, and what its viewports show, row by row; fewer places leave viewports empty."""

    layout: Layout
    places: tuple[Place, ...]


def hang(study: Study, priors: Iterable[Study] = ()) -> Hanging:
    """Return the default hanging of a study that has at least one series."""
    prior = _comparable(study, priors)
    number = _leading(study)
    modality = study.series[number].modality
    if modality == "MG":
        return _mammogram(study) or _one(study, number)
    if modality == "CT":
        return _ct(study, prior)
    if modality == "MR":
        return _several(study, prior)
    if modality in ("CR", "DX") and prior is not None:
        return beside(study, prior, number)
    return _one(study, number)


def beside(study: Study, prior: Study, index: int = 0) -> Hanging:
    """Return a study's series beside the prior's that is likest to it."""
    series = study.series[index]
    like = _likest(series, prior)
    places = (Place(series, study), Place(like, prior, prior=True))
    return Hanging(Layout.TWO, places)


def _leading(study: Study) -> int:
    """Return which series says how a study is hung: the first of a modality with a hanging."""
    hung = (number for number, one in enumerate(study.series) if one.modality in _HUNG)
    return next(hung, 0)


def _one(study: Study, number: int = 0) -> Hanging:
    return Hanging(Layout.ONE, (Place(study.series[number], study),))


def _ct(study: Study, prior: Study | None) -> Hanging:
    first = next((one for one in study.series if _is_volume(one, MPR_FROM)), None)
    if first is None:
        number = _leading(study)
        return beside(study, prior, number) if prior is not None else _one(study, number)
    places = [Place(first, study, window=_named_window(first)), _second(study, first)]
    places.append(Place(first, study, axis=Axis.CORONAL, window=places[0].window))
    if prior is not None:
        places.append(Place(_likest(first, prior), prior, window=places[0].window, prior=True))
    else:
        places.append(Place(first, study, axis=Axis.SAGITTAL, window=places[0].window))
    return Hanging(Layout.FOUR, tuple(places))


def _is_volume(series: Series, least: int = FEWEST) -> bool:
    """Whether a series is a CT volume: not a localiser, nor what was measured of a bolus."""
    enough = series.modality == "CT" and frame_count(series) >= least
    return enough and grid_of(series) is not None


def _second(study: Study, first: Series) -> Place:
    """Return the second volume of a CT, else the first one differently."""
    for other in study.series:
        if other is not first and _is_volume(other):
            return Place(other, study, window=_named_window(other))
    own = _named_window(first)
    return Place(first, study, window=_BONE if own is _LUNG else _SOFT if own is None else None)


def _named_window(series: Series) -> Window | None:
    """Return the window that the series' name asks for; None leaves it to the file."""
    words = series.description.lower()
    return _LUNG if "lung" in words else _BONE if "bone" in words else None


def _several(study: Study, prior: Study | None) -> Hanging:
    stacks = [one for one in study.series if frame_count(one) > 1] or list(study.series)
    stacks.sort(key=_crosses)  # localisers come first in a study, and are looked at last
    places = [Place(one, study) for one in stacks[: 3 if prior is not None else 4]]
    if prior is not None:
        places.append(Place(_likest(stacks[0], prior), prior, prior=True))
    layouts = {1: Layout.ONE, 2: Layout.TWO}
    return Hanging(layouts.get(len(places), Layout.FOUR), tuple(places))


def _crosses(series: Series) -> bool:
    """Whether a series' own planes cross one another, as a localiser's do."""
    planes = [plane for image in series.images for plane in image.planes]
    return any(abs(dot(plane.normal, planes[0].normal)) < _PARALLEL for plane in planes[1:])


def _mammogram(study: Study) -> Hanging | None:
    """Return right and left CC over right and left MLO, None unless both breasts are there."""
    found: dict[tuple[str, str], Place] = {}
    for series in study.series:
        before = 0
        for image in series.images:
            side = image.laterality or series.laterality
            kind = "MLO" if "MLO" in image.position_code.upper() else image.position_code.upper()
            found.setdefault((side, kind), Place(series, study, before))
            before += image.frames
    wanted = (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))
    places = [found[one] for one in wanted if one in found]
    if len(places) == 4:
        return Hanging(Layout.FOUR, tuple(places))
    return Hanging(Layout.TWO, tuple(places)) if len(places) == 2 else None


def _comparable(study: Study, priors: Iterable[Study]) -> Study | None:
    """Return the newest prior that holds a series of the modality that the study is hung by."""
    modality = study.series[_leading(study)].modality
    for prior in priors:
        if any(series.modality == modality for series in prior.series):
            return prior
    return None


def _likest(series: Series, prior: Study) -> Series:
    def likeness(other: Series) -> tuple[bool, bool, bool, int]:
        views = {image.view for image in series.images} & {image.view for image in other.images}
        return (
            other.modality == series.modality,
            bool(views - {""}),
            other.description.lower() == series.description.lower(),
            -abs(frame_count(other) - frame_count(series)),
        )

    return max(prior.series, key=likeness)
