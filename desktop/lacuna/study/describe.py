"""One parsed header -> an ``Image``, and which study, series and patient it belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any

from pydicom.pixels import get_decoder

from lacuna.errors import UserFacingError
from lacuna.study import physical
from lacuna.study.model import Image, Patient, Source, Window
from lacuna.study.part10 import Header
from lacuna.study.sides import sides
from lacuna.study.values import attribute_home, integer, items, number, numbers, text
from lacuna.study.wording import clean, person_name, show_age, show_date, show_date_time
from lacuna_models.api import Origin

MAX_FRAME_PIXELS = 1 << 27  # 134 million: twice the largest mammogram, a quarter of a slide scan
MAX_PIXEL_BYTES = 1 << 32
PHANTOM_MODEL = "Lacuna phantom"
VIEWS = {"LL": "Lateral", "RL": "Lateral", "LAT": "Lateral", "LATERAL": "Lateral"}
GREY = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
PALETTE = "PALETTE COLOR"
LOSSY_SYNTAXES = ("Baseline", "Extended", "Near-Lossless", "JPEG 2000 Image Compression")
ITEM, END = 0xFFFEE000, 0xFFFEE0DD


@dataclass(frozen=True, slots=True)
class Found:
    """An image and where it belongs. ``patient`` alone decides that two files never mix."""

    image: Image
    patient: Patient
    study_uid: str
    study_description: str
    study_date: str  # as shown
    accession: str
    series_uid: str
    series_number: int
    series_description: str
    modality: str
    orientation: tuple[float, ...]  # six direction cosines, or ()

    @property
    def study_key(self) -> tuple[str, str, str]:
        """What the files of one study share: its UID, and the patient's id and name."""
        return self.study_uid, self.patient.id, self.patient.name


def describe(header: Header, source: Source) -> Found:
    """Check a header and describe its image. Call inside ``part10.understood``.

    Raises:
        UserFacingError: absurd, cut off, or of a kind that is not shown; one sentence.
    """
    ds = header.dataset
    name = clean(source.name)
    _check_picture(ds, name)
    _check_syntax(header, name)
    _check_complete(header, name)
    orientation = _orientation(ds)
    return Found(
        image=_image(header, source, orientation),
        patient=_patient(ds),
        study_uid=text(ds, "StudyInstanceUID"),
        study_description=text(ds, "StudyDescription"),
        study_date=show_date_time(text(ds, "StudyDate"), text(ds, "StudyTime")),
        accession=text(ds, "AccessionNumber"),
        series_uid=text(ds, "SeriesInstanceUID"),
        series_number=integer(ds, "SeriesNumber"),
        series_description=text(ds, "SeriesDescription"),
        modality=text(ds, "Modality"),
        orientation=orientation,
    )


def pixel_bytes(ds: Any) -> int:
    """Return how many bytes the pixels take uncompressed, from the header alone."""
    bits = integer(ds, "BitsAllocated") * integer(ds, "SamplesPerPixel", 1)
    if text(ds, "PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits * 2 // 3  # chroma once for two pixels, PS3.3 C.7.6.3.1.2
    frames = max(integer(ds, "NumberOfFrames", 1), 1)
    return math.ceil(integer(ds, "Rows") * integer(ds, "Columns") * bits * frames / 8)


def _check_picture(ds: Any, name: str) -> None:
    rows, columns = integer(ds, "Rows"), integer(ds, "Columns")
    if rows < 1 or columns < 1 or integer(ds, "NumberOfFrames", 1) < 0:
        raise UserFacingError(f"{name} does not say how large its picture is.")
    if rows * columns > MAX_FRAME_PIXELS or pixel_bytes(ds) > MAX_PIXEL_BYTES:
        raise UserFacingError(
            f"{name} declares {columns:,} x {rows:,} pixels "
            f"in {max(integer(ds, 'NumberOfFrames', 1), 1):,} frames, more than can be shown."
        )
    photometric, samples = text(ds, "PhotometricInterpretation"), integer(ds, "SamplesPerPixel", 1)
    wanted = {**dict.fromkeys((*GREY, PALETTE), 1), **dict.fromkeys(COLOUR, 3)}
    if wanted.get(photometric) != samples:
        raise UserFacingError(
            f"{name} has pixels of a kind that is not shown "
            f"({photometric or 'unnamed'}, {samples} a pixel)."
        )
    bits, stored = integer(ds, "BitsAllocated"), integer(ds, "BitsStored")
    if bits not in (1, 8, 16, 32) or not 1 <= stored <= bits:
        raise UserFacingError(f"{name} has {stored} of {bits} bits a pixel, which is not shown.")


def _check_syntax(header: Header, name: str) -> None:
    try:
        available = get_decoder(header.syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        raise UserFacingError(
            f"{name} is compressed in a way that cannot be decoded here ({header.syntax.name}).",
            "Export it uncompressed.",
        )


def _check_complete(header: Header, name: str) -> None:
    if header.syntax.is_encapsulated:
        if header.pixels_length is None and not _fragments_complete(header):
            raise UserFacingError(
                f"{name} is cut off: its compressed pixels end after "
                f"{header.available:,} bytes, in the middle.",
                "Copy it again.",
            )
        return
    expected = pixel_bytes(header.dataset)
    there = header.available
    if header.pixels_length is not None:
        there = min(there, header.pixels_length)
    if there < expected:
        raise UserFacingError(
            f"{name} is cut off: {there:,} of {expected:,} pixel bytes.", "Copy it again."
        )


def _fragments_complete(header: Header) -> bool:
    """Walk the fragments (PS3.5 A.4). A missing end is forgiven where the last one is whole."""
    read_head = Struct("<HHL")
    stream, end = header.stream, header.pixels_at + header.available
    at, fragments = header.pixels_at, -1  # the first item is the offset table
    while at + 8 <= end:
        stream.seek(at)
        group, element, length = read_head.unpack(stream.read(8))
        if group << 16 | element == END:
            return fragments > 0
        if group << 16 | element != ITEM:
            return False
        at += 8 + length
        fragments += 1
    return at == end and fragments > 0


def _image(header: Header, source: Source, orientation: tuple[float, ...]) -> Image:
    ds = header.dataset
    return Image(
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        source=source,
        rows=integer(ds, "Rows"),
        columns=integer(ds, "Columns"),
        frames=max(integer(ds, "NumberOfFrames", 1), 1),
        instance_number=integer(ds, "InstanceNumber"),
        photometric=text(ds, "PhotometricInterpretation"),
        view=_view(text(ds, "ViewPosition")),
        windows=tuple(_windows(ds)),
        pixel_spacing=physical.pixel_spacing(ds),
        lossy=_lossy(header),
        origin=_origin(ds),
        position=_position(ds, orientation),
        padding=_padding(ds),
        sides=sides(ds, orientation),
        at_detector=physical.at_detector(ds),
        magnification=physical.magnification(ds),
        value_unit=physical.value_unit(ds),
        frame_rate=physical.frame_rate(ds),
    )


def _patient(ds: Any) -> Patient:
    birth = text(ds, "PatientBirthDate")
    return Patient(
        name=person_name(str(ds.get("PatientName") or "")),
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
    named = any(part in kind for part in LOSSY_SYNTAXES) and "Lossless Only" not in kind
    return marked or named


def _windows(ds: Any) -> Iterator[Window]:
    if text(ds, "PhotometricInterpretation") not in GREY:
        return
    home = attribute_home(ds, 0, "WindowCenter", "FrameVOILUTSequence")
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


def _orientation(ds: Any) -> tuple[float, ...]:
    home = attribute_home(ds, 0, "ImageOrientationPatient", "PlaneOrientationSequence")
    found = numbers(home, "ImageOrientationPatient")
    return found if len(found) == 6 else ()


def _position(ds: Any, orientation: tuple[float, ...]) -> float | None:
    home = attribute_home(ds, 0, "ImagePositionPatient", "PlanePositionSequence")
    corner = numbers(home, "ImagePositionPatient")
    if len(corner) != 3 or not orientation:
        return None
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return sum(x * y for x, y in zip(corner, normal, strict=True))


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
