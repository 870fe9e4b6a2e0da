"""One parsed header -> an ``Image``, and which study, series and patient it belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydicom.uid import HTJ2K, JPEG2000

from lacuna.study import physical, planes
from lacuna.study.checks import (
    GREY,
    VIDEO,
    check_complete,
    check_picture,
    check_syntax,
    frames,
)
from lacuna.study.direct import direct
from lacuna.study.document import Document
from lacuna.study.documents import describe_document
from lacuna.study.geometry import SpacingSource
from lacuna.study.laid_over import overlays, shutter
from lacuna.study.model import Image, Patient, Source, Window
from lacuna.study.part10 import Header
from lacuna.study.sides import sides
from lacuna.study.softcopy import PresentationState
from lacuna.study.sources import written
from lacuna.study.uptake import suv_factor
from lacuna.study.values import (
    attribute_home,
    frame_group,
    integer,
    items,
    number,
    numbers,
    text,
    value_of,
)
from lacuna.study.wording import (
    clean,
    person_name,
    show_age,
    show_date,
    show_date_time,
    sortable,
)
from lacuna_models.api import Origin

PHANTOM_MODEL = "Lacuna phantom"
VIEWS = {"LL": "Lateral", "RL": "Lateral", "LAT": "Lateral", "LATERAL": "Lateral"}
LOSSY_SYNTAXES = ("Baseline", "Extended", "Near-Lossless")
LOSSY_WAVELETS = (JPEG2000, HTJ2K)


@dataclass(frozen=True, slots=True)
class Home:
    """Where a file belongs. ``patient`` alone decides that two files never mix."""

    patient: Patient
    study_uid: str
    study_description: str
    study_date: str  # as shown
    study_time: str  # YYYYMMDDHHMMSS
    accession: str
    series_uid: str
    series_number: int
    series_description: str
    series_date: str  # as shown
    series_time: str  # YYYYMMDDHHMMSS
    modality: str
    body_part: str
    laterality: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds, and where it belongs."""

    content: Image | Document | PresentationState
    home: Home
    source: Source

    @property
    def study_key(self) -> tuple[str, str, str]:
        """What the files of one study share: its UID, and the patient's id and name.

        Without a UID it is the day and the order; where nobody is named either, only files of one
        series belong together, and a file without that stands alone.
        """
        home = self.home
        uid = home.study_uid
        if not uid:
            named = home.patient.id or home.patient.name
            when = f"{home.study_time}/{home.accession}"
            uid = when if named else f"{when}/{home.series_uid or self.source}"
        return uid, home.patient.id, home.patient.name


def describe(header: Header, source: Source) -> Found:
    """Check a header and describe what it belongs to. Call inside ``part10.understood``.

    Raises:
        UserFacingError: absurd, cut off, or of a kind that is not shown; one sentence.
    """
    name = clean(source.name)
    if not header.keyword:
        content = describe_document(header, source)
        return Found(content, _home(header.dataset), source)
    check_picture(header, name)
    check_syntax(header, name)
    check_complete(header, name)
    return Found(_image(header, source), _home(header.dataset), source)


def _home(ds: Any) -> Home:
    return Home(
        patient=_patient(ds),
        study_uid=text(ds, "StudyInstanceUID"),
        study_description=text(ds, "StudyDescription"),
        study_date=show_date_time(text(ds, "StudyDate"), text(ds, "StudyTime")),
        study_time=sortable(text(ds, "StudyDate"), text(ds, "StudyTime")),
        accession=text(ds, "AccessionNumber"),
        series_uid=text(ds, "SeriesInstanceUID"),
        series_number=integer(ds, "SeriesNumber"),
        series_description=text(ds, "SeriesDescription"),
        series_date=show_date_time(text(ds, "SeriesDate"), text(ds, "SeriesTime")),
        series_time=sortable(text(ds, "SeriesDate"), text(ds, "SeriesTime")),
        modality=text(ds, "Modality"),
        body_part=text(ds, "BodyPartExamined"),
        laterality=text(ds, "Laterality"),
    )


def _image(header: Header, source: Source) -> Image:
    ds, count = header.dataset, frames(header.dataset)
    found = planes.planes(ds, count)
    turned = planes.orientation(ds)
    each = _windows_of_frames(ds, count)
    apart = planes.spacing(ds)
    return Image(
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        source=source,
        rows=integer(ds, "Rows"),
        columns=integer(ds, "Columns"),
        frames=count,
        instance_number=integer(ds, "InstanceNumber"),
        photometric=text(ds, "PhotometricInterpretation"),
        view=_view(text(ds, "ViewPosition")),
        windows=each[0],
        pixel_spacing=None if apart is None else (apart.row, apart.column),
        lossy=_lossy(header),
        film=header.syntax in VIDEO,
        origin=_origin(ds),
        position=found[0].depth if found else None,
        padding=_padding(ds),
        sides=sides(ds, () if turned is None else (*turned[0], *turned[1])),
        at_detector=apart is not None and apart.source is SpacingSource.DETECTOR,
        magnification=physical.magnification(ds),
        value_unit=physical.value_unit(ds),
        frame_rate=physical.frame_rate(ds),
        sop_class_uid=text(ds, "SOPClassUID"),
        planes=found,
        frame_of_reference=text(ds, "FrameOfReferenceUID"),
        spacing=apart,
        regions=planes.regions(ds),
        aspect=planes.aspect(ds, apart),
        inverted=_inverted(ds),
        frame_windows=each if len(set(each)) > 1 else (),
        frame_times=physical.frame_times(ds, count),
        suv_factor=suv_factor(ds),
        overlays=overlays(ds),
        shutter=shutter(ds),
        burned_in={"YES": True, "NO": False}.get(text(ds, "BurnedInAnnotation").upper()),
        lossy_ratio=physical.lossy_ratio(ds),
        laterality=_laterality(ds),
        position_code=text(ds, "ViewPosition"),
        time=_taken(ds),
        direct=None if source.member else direct(header, *rescale(ds, 0)),
        written=written(source),
    )


def _inverted(ds: Any) -> bool:
    """Whether low values are bright. Presentation LUT Shape says it too, and then it decides."""
    shape = text(ds, "PresentationLUTShape")
    if text(ds, "SamplesPerPixel") == "1" and shape in ("IDENTITY", "INVERSE"):
        return shape == "INVERSE"
    return text(ds, "PhotometricInterpretation") == "MONOCHROME1"


def _laterality(ds: Any) -> str:
    own = frame_group(ds, 0, "FrameAnatomySequence")
    stated = text(ds, "ImageLaterality") or ("" if own is None else text(own, "FrameLaterality"))
    found = stated or text(ds, "Laterality")
    return found if found in ("L", "R", "B") else ""


def _taken(ds: Any) -> str:
    whole = text(ds, "AcquisitionDateTime")
    for day, time in (
        (whole[:8], whole[8:]),
        (text(ds, "AcquisitionDate"), text(ds, "AcquisitionTime")),
        (text(ds, "ContentDate"), text(ds, "ContentTime")),
    ):
        found = sortable(day, time)
        if found:
            return found
    return ""


def _patient(ds: Any) -> Patient:
    birth = text(ds, "PatientBirthDate")
    return Patient(
        name=person_name(str(value_of(ds, "PatientName") or "")),
        id=text(ds, "PatientID"),
        sex=text(ds, "PatientSex"),
        birth_date=show_date(birth),
        age=show_age(text(ds, "PatientAge"), birth, text(ds, "StudyDate")),
    )


def _origin(ds: Any) -> Origin:
    marked = text(ds, "QualityControlImage") == "YES"
    ours = text(ds, "ManufacturerModelName") == PHANTOM_MODEL
    return Origin.PHANTOM if marked and ours else Origin.PATIENT


def _view(position: str) -> str:
    return VIEWS.get(position.upper(), position)


def _lossy(header: Header) -> bool:
    marked = text(header.dataset, "LossyImageCompression") == "01"
    kind = header.syntax.name
    named = any(part in kind for part in LOSSY_SYNTAXES)
    return marked or named or header.syntax in LOSSY_WAVELETS or header.syntax in VIDEO


def _windows_of_frames(ds: Any, count: int) -> tuple[tuple[Window, ...], ...]:
    """Return each frame's windows, or those of the first for all where they hang on no frame."""
    own = items(ds, "PerFrameFunctionalGroupsSequence")
    if not any("FrameVOILUTSequence" in group for group in own[:count]):
        count = 1
    return tuple(tuple(_windows(ds, frame)) for frame in range(count))


def _windows(ds: Any, frame: int) -> Iterator[Window]:
    if text(ds, "PhotometricInterpretation") not in GREY:
        return
    home = attribute_home(ds, frame, "WindowCenter", "FrameVOILUTSequence")
    tables = items(ds, "VOILUTSequence")
    centers, widths = numbers(home, "WindowCenter"), numbers(home, "WindowWidth")
    function = text(home, "VOILUTFunction") or "LINEAR"
    smallest = 1.0 if function == "LINEAR" else math.ulp(0.0)
    names = _names(home.get("WindowCenterWidthExplanation"))
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if width >= smallest:
            yield Window(center, width, function, names[index] if index < len(names) else "")
    if tables and not centers:
        yield table_window(tables[0])


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    return [clean(str(name)) for name in ([value] if isinstance(value, str) else value)]


def table_window(item: Any) -> Window:
    """Return the window that shows all that a VOI LUT puts out; ``read_pixels`` applies the LUT."""
    bits = int((*numbers(item, "LUTDescriptor"), 0, 0, 16)[2])
    width = float(2 ** min(max(bits, 8), 16))
    return Window(width / 2, width, "LINEAR", text(item, "LUTExplanation") or "VOI LUT")


def _padding(ds: Any) -> tuple[float, float] | None:
    """Return the padding range after the rescale; where a LUT follows, it has no such range."""
    value = number(ds, "PixelPaddingValue")
    if value is None or items(ds, "ModalityLUTSequence") or items(ds, "VOILUTSequence"):
        return None
    limit = number(ds, "PixelPaddingRangeLimit")
    slope, intercept = rescale(ds, 0)
    ends = sorted(slope * end + intercept for end in (value, value if limit is None else limit))
    return ends[0], ends[1]


def rescale(ds: Any, frame: int) -> tuple[float, float]:
    """Return a frame's (slope, intercept), PS3.3 C.11.1; (1, 0) where the file has none."""
    home = attribute_home(ds, frame, "RescaleSlope", "PixelValueTransformationSequence")
    slope, intercept = number(home, "RescaleSlope"), number(home, "RescaleIntercept")
    return (slope if slope else 1.0), (0.0 if intercept is None else intercept)
