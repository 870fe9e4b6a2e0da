"""Measurements -> DICOM SR: Comprehensive SR after TID 1500, Measurement Report (PS3.16).

Lines and angles become groups of TID 1501, whose numbers are inferred from coordinates. What has an
area or a place becomes a group of TID 1410, with its image region. Everything is marked partial,
unverified and preliminary: the reader has not signed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ComprehensiveSRStorage, ExplicitVRLittleEndian, generate_uid

from lacuna.errors import UserFacingError
from lacuna.study.measure import (
    Angle,
    Arrow,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Probe,
    points,
)
from lacuna.study.model import Image, Study
from lacuna.study.part10 import read_header, understood
from lacuna.study.record import Measurement, Quantity, Reading
from lacuna.study.softcopy import Points, Reference
from lacuna.study.sources import Reader, check_written, unreadable
from lacuna.study.sr_codes import (
    ARROW,
    COMMENT,
    DERIVATION,
    DERIVED,
    DEVICE,
    DEVICE_NAME,
    DEVICE_UID,
    ENGLISH,
    GROUP,
    IMAGING,
    LANGUAGE,
    LIBRARY,
    LIBRARY_GROUP,
    MEASUREMENTS,
    OBSERVER_TYPE,
    PROCEDURE,
    PROCEDURES,
    REGION,
    REPORT,
    SIZES,
    TRACKING,
    TRACKING_UID,
    value_concept,
)
from lacuna.study.sr_items import (
    CONCEPT,
    CONTAINS,
    CONTEXT,
    INFERRED,
    coded,
    container,
    drawn,
    instance,
    measured,
    named,
    pictured,
    worded,
)
from lacuna.study.wording import clean

MAKER = "Lacuna"
# A UUID of ours after PS3.5 B.2: the program as an observer, whatever machine it runs on.
DEVICE_OBSERVER = "2.25.209418325370937403117561904387710219361"
STATE = "Draft, requires review. Research use."
KINDS = {
    Length: "Length",
    Bidirectional: "Two diameters",
    Angle: "Angle",
    Cobb: "Cobb angle",
    EllipseRoi: "Ellipse",
    FreehandRoi: "Outline",
    Probe: "Probe",
    Arrow: "Arrow",
    Note: "Text",
}
SERIES_NUMBER = 99  # high, so that it comes after the pictures
COPIED = (  # what of the images' headers names the patient and the study
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
)
NEEDED = (  # type 2: empty if unknown
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)


def write_measurements(path: Path, study: Study, measurements: Sequence[Measurement]) -> None:
    """Write measurements of one study as a DICOM file; see ``measurement_report``.

    The file is written beside its name and then renamed: what stood there is kept if that fails.

    Raises:
        UserFacingError: nothing was measured, the images are gone, or it cannot be written.
    """
    report = measurement_report(study, measurements)
    part = path.with_name(path.name + ".part")
    try:
        report.save_as(part, enforce_file_format=True)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise unreadable(path.name, error) from error


def measurement_report(
    study: Study, measurements: Sequence[Measurement], now: datetime | None = None
) -> Dataset:
    """Return measurements as a Comprehensive SR of the study, with a new instance UID.

    Args:
        study: whose images they lie on; the patient is copied from a file of it.
        measurements: at least one.
        now: the time of making; None takes the clock's.

    Raises:
        UserFacingError: nothing was measured, or the images are gone.
    """
    if not measurements:
        raise UserFacingError("There is no measurement to write.", "Measure something first.")
    known = _by_uid(study)
    strangers = [one for one in measurements if one.image.sop_instance_uid not in known]
    if strangers:
        raise UserFacingError("A measurement lies on an image that is not in this study.")
    ds = _document(known[measurements[0].image.sop_instance_uid][1], now or datetime.now())
    ds.CurrentRequestedProcedureEvidenceSequence = [_evidence(study, measurements, known)]
    _fill(ds, study, measurements)
    return ds


def _by_uid(study: Study) -> dict[str, tuple[str, Image]]:
    """Return each image and its series' UID by instance UID."""
    return {
        image.sop_instance_uid: (series.series_instance_uid, image)
        for series in study.series
        for image in series.images
    }


def _document(image: Image, now: datetime) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    _copy_patient(image, ds)
    ds.SOPClassUID, ds.SOPInstanceUID = ComprehensiveSRStorage, generate_uid(prefix=None)
    ds.SeriesInstanceUID, ds.SeriesNumber = generate_uid(prefix=None), SERIES_NUMBER
    ds.Modality, ds.SeriesDescription, ds.InstanceNumber = "SR", "Measurements, draft", 1
    ds.Manufacturer = MAKER
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.PerformedProcedureCodeSequence = []
    ds.ContentDate = ds.SeriesDate = ds.InstanceCreationDate = now.strftime("%Y%m%d")
    ds.ContentTime = ds.SeriesTime = ds.InstanceCreationTime = now.strftime("%H%M%S")
    ds.CompletionFlag, ds.CompletionFlagDescription = "PARTIAL", STATE
    ds.VerificationFlag, ds.PreliminaryFlag = "UNVERIFIED", "PRELIMINARY"
    return ds


def _copy_patient(image: Image, ds: Dataset) -> None:
    name = clean(image.source.name)
    with Reader() as reader, reader.open(image.source) as stream, understood(name):
        check_written(image.source, image.written)  # else another patient's name would be copied
        header = read_header(stream, name).dataset
        for keyword in NEEDED:
            setattr(ds, keyword, "")
        for keyword in COPIED:
            if keyword in header:
                # A name keeps the bytes of its old character set, unless it is made anew.
                value = header[keyword].value
                setattr(ds, keyword, str(value) if keyword == "PatientName" else value)
        ds.SpecificCharacterSet = "ISO_IR 192"
        if "StudyInstanceUID" not in ds:
            raise UserFacingError(f"{name} does not say which study it belongs to.")


def _evidence(
    study: Study, measurements: Sequence[Measurement], known: dict[str, tuple[str, Image]]
) -> Dataset:
    ds = Dataset()
    ds.StudyInstanceUID = study.study_instance_uid
    series: dict[str, dict[str, Reference]] = {}
    for one in measurements:
        uid = one.image.sop_instance_uid
        whole = Reference(one.image.sop_class_uid, uid)
        series.setdefault(known[uid][0], {})[uid] = whole
    ds.ReferencedSeriesSequence = [_series(uid, found) for uid, found in series.items()]
    return ds


def _series(uid: str, images: dict[str, Reference]) -> Dataset:
    ds = Dataset()
    ds.SeriesInstanceUID = uid
    ds.ReferencedSOPSequence = [instance(image) for image in images.values()]
    return ds


def _fill(ds: Dataset, study: Study, measurements: Sequence[Measurement]) -> None:
    """Write the content tree: TID 1500, rows 1 to 9."""
    procedures = dict.fromkeys(PROCEDURES.get(one, IMAGING) for one in study.modalities)
    images = {one.image.sop_instance_uid: one.image for one in measurements}
    entries = [
        pictured(CONTAINS, Reference(image.sop_class_uid, uid)) for uid, image in images.items()
    ]
    root = container(
        REPORT,
        [
            coded(CONCEPT, LANGUAGE, ENGLISH),
            coded(CONTEXT, OBSERVER_TYPE, DEVICE),
            named(CONTEXT, DEVICE_UID, DEVICE_OBSERVER),
            worded(CONTEXT, DEVICE_NAME, MAKER),
            *(coded(CONCEPT, PROCEDURE, procedure) for procedure in procedures or [IMAGING]),
            container(LIBRARY, [container(LIBRARY_GROUP, entries)], "1600"),
            container(MEASUREMENTS, [_group(one) for one in _labelled(measurements)]),
        ],
        "1500",
    )
    del root.RelationshipType
    ds.update(root)


def _labelled(measurements: Sequence[Measurement]) -> Iterator[Measurement]:
    """Yield measurements, each with a name that a person can read: ``Length 2``."""
    used = {one.label for one in measurements}
    for one in measurements:
        if one.label:
            yield one
            continue
        kind = KINDS[type(one.shape)]
        names = (f"{kind} {number}" for number in count(1))
        label = next(name for name in names if name not in used)
        used.add(label)
        yield replace(one, label=label)


def _group(one: Measurement) -> Dataset:
    tracked = [
        worded(CONTEXT, TRACKING, one.label),
        named(CONTEXT, TRACKING_UID, str(UID(one.uid))),
    ]
    if isinstance(one.shape, Length | Bidirectional | Angle | Cobb):
        group = container(GROUP, [*tracked, *_inferred(one)], "1501")
    else:
        group = container(GROUP, [*tracked, *_region(one)], "1410")
    group.ObservationUID = UID(one.item)
    return group


def _inferred(one: Measurement) -> Iterator[Dataset]:
    """Yield the numbers, each with the lines that it was read off: TID 300 and TID 320."""
    for number, reading in enumerate(one.readings):
        lines = [drawn(INFERRED, "POLYLINE", line, one.image) for line in _lines(one, number)]
        yield measured(SIZES[reading.quantity], reading.value, reading.unit, lines)


def _lines(one: Measurement, number: int) -> list[Points]:
    found = points(one.shape)
    if isinstance(one.shape, Bidirectional):
        return [found[2 * number : 2 * number + 2]]
    return [found[:2], found[2:]] if isinstance(one.shape, Cobb) else [found]


def _region(one: Measurement) -> Iterator[Dataset]:
    """Yield the image region, what is said of it, and its numbers: TID 1410 and TID 1419."""
    kind, corners = _graphic(one)
    yield drawn(CONTAINS, kind, corners, one.image, REGION)
    if isinstance(one.shape, Arrow):
        yield drawn(CONTAINS, "POLYLINE", points(one.shape), one.image, ARROW)
    if isinstance(one.shape, Note):
        yield worded(CONTAINS, COMMENT, one.shape.words)
    for reading in one.readings:
        yield _number(reading)


def _number(reading: Reading) -> Dataset:
    if reading.quantity in SIZES:
        return measured(SIZES[reading.quantity], reading.value, reading.unit)
    concept = value_concept(reading.unit)
    if reading.quantity is Quantity.VALUE:
        return measured(concept, reading.value, reading.unit)
    derived = coded(CONCEPT, DERIVATION, DERIVED[reading.quantity])
    return measured(concept, reading.value, reading.unit, [derived])


def _graphic(one: Measurement) -> tuple[str, Points]:
    shape = one.shape
    if isinstance(shape, EllipseRoi):
        return "ELLIPSE", _axes(shape)
    if isinstance(shape, FreehandRoi):
        return "POLYLINE", (*shape.path, *shape.path[:1])  # closed, as TID 1410 wants it
    return "POINT", (points(shape)[0],)


def _axes(roi: EllipseRoi) -> Points:
    """Return the ends of the longer axis, then those of the shorter (C.18.6.1.2)."""
    (x0, y0), (x1, y1) = roi.corner, roi.opposite
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    across = ((x0, middle_y), (x1, middle_y))
    down = ((middle_x, y0), (middle_x, y1))
    return (*across, *down) if abs(x1 - x0) >= abs(y1 - y0) else (*down, *across)
