"""Frozen domain objects of a study, in DICOM's words. No pixels: those are read on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lacuna_models.api import Origin


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window, PS3.3 C.11.2.1.2. ``function`` is LINEAR, LINEAR_EXACT or SIGMOID."""

    center: float
    width: float
    function: str = "LINEAR"
    name: str = ""


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
class Image:
    """One SOP instance with pixels.

    ``windows`` are those of the file, the first is shown first. ``pixel_spacing`` is (row, column)
    in mm, None where the file has none. ``origin`` is PHANTOM only for Lacuna's own phantoms.
    ``padding`` is the range of values, both ends included and in the values that ``read_pixels``
    returns, which are no tissue and stay out of automatic windows; None where the file names none.
    ``sides`` are where rows and columns run to, letters of PS3.3 C.7.6.1.1.1: ("L", "F").
    ``at_detector``: the spacing is the detector's, and what lies before it is smaller, by
    ``magnification`` where the file estimates it. ``value_unit`` is HU or nothing. ``frame_rate``
    is in frames a second, None where the file names none.
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


@dataclass(frozen=True, slots=True)
class Series:
    """Images in slice order."""

    series_instance_uid: str
    number: int
    modality: str
    description: str
    images: tuple[Image, ...]


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
    """A file that was not taken, and why, in one sentence."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Study:
    """One examination: series in order, and what was refused on the way."""

    study_instance_uid: str
    patient: Patient
    description: str
    date: str  # as shown: 20 Nov 2026, 09:14
    accession: str
    series: tuple[Series, ...]
    refused: tuple[Refusal, ...] = field(default=())

    @property
    def is_phantom(self) -> bool:
        """Whether every picture is one of Lacuna's own phantoms."""
        images = [image for series in self.series for image in series.images]
        return bool(images) and all(image.origin is Origin.PHANTOM for image in images)
