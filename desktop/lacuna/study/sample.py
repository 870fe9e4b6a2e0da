"""Phantom pictures -> valid DICOM, marked so that nobody takes them for a patient's.

The same picture and seed give the same bytes: the bundled samples can be drawn again and compared.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
)

from lacuna.study.describe import PHANTOM_MODEL
from lacuna_models.phantom.cases import Amount, Case, Findings, Heart, Level, Side, Zone
from lacuna_models.phantom.picture import render

SIZE = 1024  # pixels a side
BITS = 12
FIELD_MM = 370.0  # side of the drawn detector
NAMESPACE = uuid.UUID("6b5a7c0e-2f0d-5c43-9d0a-4c6163756e61")
NOTE = "Synthetic phantom drawn by Lacuna. Not a patient. Research use."


@dataclass(frozen=True, slots=True)
class Sample:
    """A bundled study: its folder's name, its description and what is drawn."""

    folder: str
    description: str
    case: Case


SAMPLES = (
    Sample(
        "chest-phantom",
        "Chest, PA (synthetic phantom)",
        Case(
            Findings(
                heart=Heart.MILD,
                effusion_left=Amount.MODERATE,
                nodule=Zone(Side.RIGHT, Level.MID),
                nodule_size=20,
            ),
            seed=7,
        ),
    ),
    Sample("normal-phantom", "Chest, PA (synthetic phantom, normal)", Case(Findings(), seed=11)),
)


def write_samples(folder: Path) -> list[Path]:
    """Draw the bundled studies into ``folder``; return the files written."""
    written = []
    for sample in SAMPLES:
        path = folder / sample.folder / "PA.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = render(sample.case, SIZE, BITS)
        write_phantom(path, pixels, bits=BITS, description=sample.description, name=sample.folder)
        written.append(path)
    return written


def write_phantom(
    path: Path,
    pixels: NDArray[np.uint8] | NDArray[np.uint16],
    *,
    bits: int | None = None,
    description: str = "Chest, PA (synthetic phantom)",
    name: str = "phantom",
    lossless_jpeg: bool = True,
) -> None:
    """Write a phantom as a DX image for presentation.

    Args:
        path: the file; replaced where it exists.
        pixels: (rows, columns), 0 = black.
        bits: how many of the values' bits are in use; None for all.
        description: of the study.
        name: from which the UIDs are made; the same name gives the same UIDs.
        lossless_jpeg: compress by JPEG-LS, else leave uncompressed.
    """
    ds = _identity(description, name)
    _acquisition(ds)
    _pixels(ds, np.ascontiguousarray(pixels), bits or 8 * pixels.dtype.itemsize)
    if lossless_jpeg:
        ds.compress(JPEGLSLossless, generate_instance_uid=False)
    ds.save_as(path, enforce_file_format=True)


def _uid(*parts: str) -> UID:
    """Return a UID by PS3.5 B.2, from a UUID that the parts determine."""
    return UID(f"2.25.{uuid.uuid5(NAMESPACE, '/'.join(parts)).int}")


def _identity(description: str, name: str) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = _uid(name, "image")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = _uid(name, "study"), _uid(name, "series")
    ds.PatientName, ds.PatientID = "PHANTOM^Synthetic", f"LACUNA-{name}".upper()
    ds.PatientBirthDate, ds.PatientSex = "", "O"
    ds.PatientComments = ds.ImageComments = NOTE
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = "20261120"
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = ds.AcquisitionTime = "090000"
    ds.AccessionNumber = ds.ReferringPhysicianName = ""
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", 1, 1
    ds.StudyDescription, ds.SeriesDescription = description, "PA"
    ds.Manufacturer, ds.ManufacturerModelName = "Lacuna", PHANTOM_MODEL
    ds.QualityControlImage = "YES"
    return ds


def _acquisition(ds: Dataset) -> None:
    ds.Modality, ds.PresentationIntentType = "DX", "FOR PRESENTATION"
    ds.ImageType = ["DERIVED", "PRIMARY", ""]
    ds.DerivationDescription = "Drawn by a program, not acquired."
    ds.BodyPartExamined, ds.ViewPosition = "CHEST", "PA"
    ds.PatientOrientation, ds.Laterality, ds.ImageLaterality = ["L", "F"], "", "U"
    ds.DetectorType, ds.AcquisitionContextSequence = "", Sequence()
    # Codes: PS3.16 CID 4009 and CID 4010.
    ds.AnatomicRegionSequence = _code("816094009", "SCT", "Chest")
    ds.ViewCodeSequence = _code("272479007", "SCT", "postero-anterior")
    ds.BurnedInAnnotation, ds.LossyImageCompression = "NO", "00"


def _code(value: str, scheme: str, meaning: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def _pixels(ds: Dataset, pixels: NDArray[Any], bits: int) -> None:
    rows, columns = pixels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored = 8 * pixels.dtype.itemsize, bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 0
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "IDENTITY"
    # The whole range: what the window shows is then what the phantom's own 8 bits would be.
    ds.WindowCenter, ds.WindowWidth = str(1 << (bits - 1)), str(1 << bits)
    ds.WindowCenterWidthExplanation = "FULL RANGE"
    ds.ImagerPixelSpacing = [f"{FIELD_MM / rows:.6f}", f"{FIELD_MM / columns:.6f}"]
    ds.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    ds["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
