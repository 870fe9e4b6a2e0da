"""Frozen domain objects of a study, in DICOM's words. No pixels: those are read on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lacuna.study.geometry import Plane, Region, Spacing
from lacuna.study.softcopy import Overlay, PresentationState, Shutter, Table
from lacuna_models.api import Origin

if TYPE_CHECKING:
    from lacuna.study.document import Document

_T = TypeVar("_T")
StudyKey = tuple[str, str, str, str]  # UID; the patient's id, name and birth date


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window, PS3.3 C.11.2.1.2. ``function`` is LINEAR, LINEAR_EXACT or SIGMOID.

    Or TABLE: a VOI LUT, ``table``, in its place; centre and width then tell what it spans.
    """

    center: float
    width: float
    function: str = "LINEAR"
    name: str = ""
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image's bytes lie: a file, or a member of a ZIP."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """The file's own name, for notices; never the whole path."""
        return Path(self.member).name if self.member else self.path.name


@dataclass(frozen=True, slots=True)
class Direct:
    """Where plain 16 bit pixels lie in a file, and what makes values of them; see ``direct``.

    ``kind`` is the values' dtype. The file had ``size`` bytes and was ``changed`` then (ns).
    """

    at: int
    bits: int
    signed: bool
    intercept: int
    kind: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Image:
    """One SOP instance with pixels.

    ``windows`` are those of the file, the first is shown first. ``pixel_spacing`` is (row, column)
    in mm, None where the file has none. ``origin`` is PHANTOM only for Lacuna's own phantoms.
    ``padding`` is the range of values, both ends included and in the values that ``read_pixels``
    returns, which are no tissue and stay out of automatic windows; None where the file names none.
    ``sides`` are where rows and columns run to, letters of PS3.3 C.7.6.1.1.1: ("L", "F").
    ``at_detector``: the spacing is the detector's, and what lies before it is smaller, by
    ``magnification`` where the file estimates it. ``value_unit`` is HU or nothing; ``suv_factor``
    turns values into SUV by body weight (g/ml), None where the tags do not allow it.
    ``frame_rate`` is in frames a second, None where the file names none; ``frame_times`` are the
    frames' own durations in ms, () where they are all alike.

    ``planes`` holds one plane for all frames, one a frame, or none; ask ``plane``. The same goes
    for ``frame_windows`` and ``windows_of``. ``inverted``: low values are bright; None leaves that
    to ``photometric``. ``burned_in`` is None where the file does not say whether text is burned in.
    """

    sop_instance_uid: str
    source: Source
    rows: int
    columns: int
    frames: int
    instance_number: int
    photometric: str
    view: str = ""
    windows: tuple[Window, ...] = ()
    pixel_spacing: tuple[float, float] | None = None
    lossy: bool = False
    origin: Origin = Origin.PATIENT
    position: float | None = None  # along the slice normal, mm
    padding: tuple[float, float] | None = None
    sides: tuple[str, str] | None = None
    at_detector: bool = False
    magnification: float | None = None
    value_unit: str = ""
    frame_rate: float | None = None
    sop_class_uid: str = ""
    planes: tuple[Plane, ...] = ()
    frame_of_reference: str = ""
    spacing: Spacing | None = None
    regions: tuple[Region, ...] = ()  # of an ultrasound image
    aspect: float = 1.0  # a pixel's height / its width, as it is to be shown
    inverted: bool | None = None
    frame_windows: tuple[tuple[Window, ...], ...] = ()
    frame_times: tuple[float, ...] = ()
    suv_factor: float | None = None
    overlays: tuple[Overlay, ...] = ()
    shutter: Shutter | None = None
    burned_in: bool | None = None
    lossy_ratio: float | None = None
    laterality: str = ""  # L, R, B or nothing: of the picture, else of the series
    position_code: str = ""  # View Position as in the file: PA, CC, MLO
    time: str = ""  # of acquisition or content, as YYYYMMDDHHMMSS; sorts as text
    film: bool = False  # its frames hang on those before them: one far on may take minutes
    direct: Direct | None = None  # how to read it without its header, where that will do
    written: tuple[int, int] | None = None  # the file's size and time of change (ns) then

    def plane(self, frame: int = 0) -> Plane | None:
        """Return where a frame lies in the patient; None where the file does not say."""
        return _of_frame(self.planes, frame)

    def windows_of(self, frame: int = 0) -> tuple[Window, ...]:
        """Return a frame's windows, its first one first."""
        return _of_frame(self.frame_windows, frame) or self.windows

    def region_at(self, x: float, y: float) -> Region | None:
        """Return the region that an image point belongs to: the uppermost, of several the least."""
        found = [region for region in self.regions if region.contains(x, y)]
        return max(found, key=lambda one: (one.raised, -one.area), default=None)


@dataclass(frozen=True, slots=True)
class Series:
    """Images in slice order."""

    series_instance_uid: str
    number: int
    modality: str
    description: str
    images: tuple[Image, ...]
    date: str = ""  # as shown
    time: str = ""  # YYYYMMDDHHMMSS; sorts as text
    body_part: str = ""
    laterality: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """Who it is. Shown in the window only; never logged, never in a window title."""

    name: str = ""
    id: str = ""
    sex: str = ""
    birth_date: str = ""  # as shown: 11 Apr 1962
    age: str = ""  # as shown: 64 y


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not taken, and why, in one sentence that may name an ``other`` file."""

    name: str
    reason: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """One examination: series in order, and what was refused on the way.

    ``time`` is when it took place, as YYYYMMDDHHMMSS: it sorts as text; empty where unknown.
    """

    study_instance_uid: str
    patient: Patient
    description: str
    date: str  # as shown: 20 Nov 2026, 09:14
    accession: str
    series: tuple[Series, ...]
    refused: tuple[Refusal, ...] = field(default=())
    time: str = ""
    documents: tuple[Document, ...] = ()
    presentations: tuple[PresentationState, ...] = ()

    @property
    def key(self) -> StudyKey:
        """What tells it from all other studies: two patients may share a UID, ids or names."""
        patient = self.patient
        return self.study_instance_uid, patient.id, patient.name, patient.birth_date

    def may_be(self, other: Study) -> bool:
        """Whether it is the same study, read further or less far: a birth date may come later."""
        births = self.patient.birth_date, other.patient.birth_date
        return self.key[:3] == other.key[:3] and ("" in births or births[0] == births[1])

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities of its series, each once, in series order."""
        return tuple(dict.fromkeys(one.modality for one in self.series if one.modality))

    @property
    def image_count(self) -> int:
        """How many images it has, over all series."""
        return sum(len(series.images) for series in self.series)

    @property
    def is_phantom(self) -> bool:
        """Whether every picture is one of Lacuna's own phantoms."""
        images = [image for series in self.series for image in series.images]
        return bool(images) and all(image.origin is Origin.PHANTOM for image in images)


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """All studies of one patient that came in one opening, the newest first.

    ``apart`` is a sentence where another patient of the same opening is much alike: why they are
    two all the same.
    """

    patient: Patient
    studies: tuple[Study, ...]
    apart: str = ""

    def priors(self, study: Study) -> tuple[PriorDay, ...]:
        """Return this patient's other studies that are no newer, by day, the newest day first.

        Studies whose date nobody wrote down come last, under an empty day.
        """
        others = [one for one in self.studies if one is not study and _is_prior(one, study)]
        days = dict.fromkeys(one.time[:8] for one in others)
        return tuple(
            PriorDay(day, tuple(one for one in others if one.time[:8] == day)) for day in days
        )


@dataclass(frozen=True, slots=True)
class PriorDay:
    """The studies of one day, the newest first. ``day`` is YYYYMMDD, or empty."""

    day: str
    studies: tuple[Study, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """What one opening found: patients in the order of their newest study, and what was refused.

    ``done`` of ``total`` files have been looked at; while an opening is under way, more come.
    """

    patients: tuple[PatientRecord, ...] = ()
    refused: tuple[Refusal, ...] = ()
    done: int = 0
    total: int = 0

    @property
    def complete(self) -> bool:
        """Whether every file has been looked at."""
        return self.done == self.total

    @property
    def studies(self) -> tuple[Study, ...]:
        """All studies of all patients."""
        return tuple(study for record in self.patients for study in record.studies)


def _is_prior(one: Study, study: Study) -> bool:
    return not one.time or not study.time or one.time <= study.time


def _of_frame(values: tuple[_T, ...], frame: int) -> _T | None:
    if len(values) == 1:
        return values[0]
    return values[frame] if frame < len(values) else None
