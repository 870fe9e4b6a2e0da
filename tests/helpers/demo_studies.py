"""Studies drawn on the spot and marked as demonstrations: CT, MG, US, a prior, documents.

Every file says that it was drawn: no picture of anybody lies in the repository, and none of these
can be taken for one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BasicTextSRStorage,
    CTImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    EncapsulatedPDFStorage,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

from tests.desktop.study.builder import dataset, save
from tests.helpers.pdf import write as write_pdf

MARK = "DEMONSTRATION, drawn by a program"
TODAY, BEFORE = "20261120", "20260302"
SPACING = 0.7
_PLEURA = 0.88  # of the chest wall: where lungs end
# Where rows and columns run to: lateral is up in CC; MLO looks down and inwards.
_MAMMOGRAM = {
    ("R", "CC"): ["P", "L"],
    ("L", "CC"): ["A", "R"],
    ("R", "MLO"): ["P", "FL"],
    ("L", "MLO"): ["A", "FR"],
}
LETTER = (
    (
        "Demonstration. Drawn by a program, sent by nobody.",
        "",
        "Dear colleague,",
        "thank you for asking us to see this drawn chest.",
        "The nodule in the right mid zone was first seen in March.",
        "It was 9 mm then and is 12 mm now.",
    ),
    ("Second page.", "", "We suggest a CT."),
    ("Third page.", "", "With kind regards"),
)


def demo(pixels: NDArray[Any], study: str, series: int, number: int, **more: Any) -> Dataset:
    """Return an image of the demonstration patient; ``study`` names the study."""
    ds = dataset(pixels, **more)
    root = generate_uid(entropy_srcs=[study])
    ds.StudyInstanceUID = root
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=[study, str(series)])
    ds.SOPInstanceUID = generate_uid(entropy_srcs=[study, str(series), str(number)])
    ds.SeriesNumber, ds.InstanceNumber = series, number
    ds.PatientName, ds.PatientID = "DEMONSTRATION^Drawn", "DEMO-1"
    ds.PatientSex, ds.PatientBirthDate = "F", "19620411"
    ds.PatientComments = ds.ImageComments = MARK
    return ds


def body(rows: int, columns: int, depth: float, seed: int = 0) -> NDArray[np.int16]:
    """Return one axial slice of a drawn chest, HU; ``depth`` runs from 0 (lung bases) to 1."""
    y, x = np.mgrid[0:rows, 0:columns]
    x, y = x / columns * 2 - 1, y / rows * 2 - 1
    values = np.full((rows, columns), -1000.0)
    ring = (x / 0.92) ** 2 + (y / 0.68) ** 2
    values[ring < 1] = -90
    values[(x / 0.86) ** 2 + (y / 0.6) ** 2 < 1] = 45
    wall = (x / 0.8) ** 2 + (y / 0.545) ** 2  # 1 runs along the middle of the ribs
    size = 0.55 + 0.45 * np.sin(np.pi * np.clip(depth, 0.02, 0.98))
    for side in (-1, 1):
        lung = ((x - side * 0.42) / (0.32 * size)) ** 2 + ((y + 0.02) / (0.46 * size)) ** 2
        values[(lung < 1) & (wall < _PLEURA)] = -840
    values[((x - 0.06) / 0.24) ** 2 + ((y + 0.08) / 0.26) ** 2 < size] = 55
    values[(x / 0.1) ** 2 + ((y - 0.42) / 0.1) ** 2 < 1] = 420
    values[(x / 0.05) ** 2 + ((y - 0.3) / 0.05) ** 2 < 1] = 20
    round_chest = np.arctan2(y / 0.545, np.abs(x) / 0.8)
    ribs = (np.abs(np.sqrt(wall) - 1) < 0.035) & (np.sin(11 * round_chest + 16 * depth) > 0.45)
    values[ribs] = 700
    rng = np.random.default_rng(7)
    for _ in range(60):
        px, py, pz = rng.uniform(-0.7, 0.7), rng.uniform(-0.4, 0.4), rng.uniform(0, 1)
        near = 1 - abs(depth - pz) * 9
        if near > 0:
            spot = (x - px) ** 2 + (y - py) ** 2 < 0.0006 * near
            values[spot & (values < -500)] = -250
    nodule = (x + 0.42) ** 2 + (y + 0.1) ** 2 + (2 * (depth - 0.55)) ** 2 < 0.006
    values[nodule & (ring < 1)] = 35
    values += np.random.default_rng(seed).normal(0, 9, values.shape)
    return np.clip(values, -1024, 3071).astype(np.int16)


def ct(
    folder: Path,
    study: str = "ct",
    *,
    date: str = TODAY,
    slices: int = 48,
    size: int = 256,
    series: int = 3,
    name: str = "Lung 1.25",
    thickness: float = 5.0,
) -> list[Path]:
    """Write an axial CT series; a study named like another shares its frame of reference."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = generate_uid(entropy_srcs=[study, "frame"])
    paths = []
    for number in range(slices):
        values = body(size, size, number / max(slices - 1, 1), seed=number)
        ds = demo(
            (values + 1024).astype(np.uint16),
            study,
            series,
            number + 1,
            Modality="CT",
            SOPClassUID=CTImageStorage,
            StudyDate=date,
            StudyDescription="CT chest, drawn",
            SeriesDescription=name,
            BitsStored=12,
            HighBit=11,
            RescaleIntercept="-1024",
            RescaleSlope="1",
            RescaleType="HU",
            WindowCenter="-600",
            WindowWidth="1500",
            FrameOfReferenceUID=frame,
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            ImagePositionPatient=[-90.0, -90.0, -120.0 + thickness * number],
            PixelSpacing=[180.0 / size, 180.0 / size],
            SliceThickness=str(thickness),
        )
        ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
        paths.append(save(folder / f"{study}-{series}-{number:04}.dcm", ds))
    return paths


def mammogram(folder: Path, study: str = "mg") -> list[Path]:
    """Write the four usual views, one series each."""
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:512, 0:384] / 512.0
    paths = []
    for number, (side, view) in enumerate(
        (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")), start=1
    ):
        values = 3200 * np.clip(1 - (x / 0.55) ** 2 - ((y - 0.5) / 0.42) ** 2, 0, 1) ** 0.35
        if view == "MLO":
            values = np.maximum(values, 3400.0 * (x + 0.7 * y < 0.32))
        grain = np.random.default_rng(number).normal(0, 1, (64, 48)).repeat(8, 0).repeat(8, 1)
        values = np.where(values > 0, values * (0.82 + 0.05 * grain), 0)
        values = values[:, ::-1] if side == "R" else values
        ds = demo(
            np.clip(values, 0, 4095).astype(np.uint16),
            study,
            number,
            1,
            Modality="MG",
            SOPClassUID=DigitalMammographyXRayImageStorageForPresentation,
            StudyDate=TODAY,
            StudyDescription="Mammography, drawn",
            SeriesDescription=f"{side} {view}",
            ViewPosition=view,
            ImageLaterality=side,
            BitsStored=12,
            HighBit=11,
            WindowCenter="2048",
            WindowWidth="4096",
            PatientOrientation=_MAMMOGRAM[side, view],
            ImagerPixelSpacing=[0.4, 0.4],
            EstimatedRadiographicMagnificationFactor="1.08",
        )
        paths.append(save(folder / f"{study}-{number}.dcm", ds))
    return paths


def ultrasound(folder: Path, study: str = "us", frames: int = 24) -> list[Path]:
    """Write a colour ultrasound cine with one calibrated region."""
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:360, 0:480]
    far, angle = np.hypot(x - 240, y + 20), np.arctan2(x - 240, y + 20)
    sector = (np.abs(angle) < 0.65) & (far > 40) & (far < 370)
    speckle = np.random.default_rng(3).gamma(2.0, 0.5, (360, 480))
    cine = np.zeros((frames, 360, 480, 3), np.uint8)
    for number in range(frames):
        beat = 1 + 0.18 * np.sin(2 * np.pi * number / frames)
        hollow = ((x - 240) / (60 * beat)) ** 2 + ((y - 210) / (80 * beat)) ** 2
        grey = np.where(sector, 55 * speckle * (0.4 + 0.6 * np.clip(hollow - 0.6, 0, 1)), 0)
        cine[number] = np.clip(grey, 0, 255)[..., None]
        flow = sector & (hollow < 0.35)
        cine[number][flow] = (200, 60, 30) if number < frames // 2 else (30, 80, 210)
    ds = demo(
        cine,
        study,
        1,
        1,
        Modality="US",
        SOPClassUID=UltrasoundMultiFrameImageStorage,
        StudyDate=TODAY,
        StudyDescription="Echocardiogram, drawn",
        SeriesDescription="Apical",
        NumberOfFrames=frames,
        CineRate="24",
    )
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 479, 359
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.04
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    ds.SequenceOfUltrasoundRegions = Sequence([region])
    return [save(folder / f"{study}.dcm", ds)]


def radiograph(folder: Path, study: str = "dx", date: str = TODAY, seed: int = 0) -> list[Path]:
    """Write a drawn chest radiograph; another date makes it a prior."""
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:640, 0:640] / 640 - 0.5
    values = 2400 - 900 * (np.hypot(x, y * 0.8) > 0.47)
    for side in (-1, 1):
        lung = ((x - side * 0.2) / 0.16) ** 2 + ((y + 0.05) / 0.33) ** 2
        values = values - 1500 * np.clip(1.2 - lung, 0, 1)
    values = values + (1100 + 150 * seed) * np.clip(
        1.1 - ((x - 0.06) / 0.17) ** 2 - ((y - 0.16) / 0.14) ** 2, 0, 1
    )
    values = values + 500 * (np.hypot(x + 0.2, y + 0.1) < 0.02 + 0.01 * seed)
    ds = demo(
        np.clip(values, 0, 4095).astype(np.uint16),
        study,
        1,
        1,
        StudyDate=date,
        StudyDescription="Chest, drawn",
        SeriesDescription="PA",
        ViewPosition="PA",
        BitsStored=12,
        HighBit=11,
        WindowCenter="1800",
        WindowWidth="3200",
        PatientOrientation=["L", "F"],
        ImagerPixelSpacing=[0.55, 0.55],
        EstimatedRadiographicMagnificationFactor="1.1",
    )
    return [save(folder / f"{study}.dcm", ds)]


def report_document(folder: Path, study: str) -> Path:
    """Write a basic text SR into a study."""
    ds = _without_pixels(study, 90, BasicTextSRStorage, "SR")
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = _code("18748-4", "LN", "Diagnostic imaging report")
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    said = (
        ("Findings", "Heart of usual size. Nodule in the right mid zone, 12 mm. No effusion."),
        ("Impression", "Nodule, to be followed up. This text is a demonstration."),
    )
    ds.ContentSequence = Sequence([_text(name, words) for name, words in said])
    return save(folder / f"{study}-sr.dcm", ds)


def pdf_document(folder: Path, study: str) -> Path:
    """Write an encapsulated PDF into a study."""
    ds = _without_pixels(study, 91, EncapsulatedPDFStorage, "DOC")
    ds.DocumentTitle, ds.MIMETypeOfEncapsulatedDocument = "Letter", "application/pdf"
    words = write_pdf(LETTER)
    ds.EncapsulatedDocument = words + b"\0" * (len(words) % 2)
    return save(folder / f"{study}-pdf.dcm", ds)


def broken(folder: Path) -> Path:
    """Write a radiograph that is cut off in its pixels."""
    (path,) = radiograph(folder, "broken")
    path.write_bytes(path.read_bytes()[:60_000])
    return path


def _without_pixels(study: str, series: int, kind: str, modality: str) -> Dataset:
    ds = demo(np.zeros((1, 1), np.uint8), study, series, 1, Modality=modality, StudyDate=TODAY)
    for keyword in (
        *("PixelData", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation"),
        *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    ):
        del ds[keyword]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = kind
    ds.ContentDate, ds.ContentTime = TODAY, "091405"
    return ds


def _code(value: str, scheme: str, meaning: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def _text(name: str, words: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = _code("121070", "DCM", name)
    item.TextValue = words
    return item
