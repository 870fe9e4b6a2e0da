"""DICOM files made on the spot, so that no picture of anybody lies in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

STUDY = "1.2.826.0.1.3680043.8.498.1"
SERIES = STUDY + ".1"


def dataset(pixels: np.ndarray, **attributes: Any) -> Dataset:
    """Return a valid grey or RGB image of one frame, or of several where told; override at will."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    ds.PatientName, ds.PatientID, ds.PatientSex = "DOE^Jane", "0042317", "F"
    ds.PatientBirthDate, ds.StudyDate, ds.StudyTime = "19620411", "20261120", "091405"
    ds.AccessionNumber, ds.Modality = "88213", "DX"
    ds.SeriesNumber = ds.InstanceNumber = 1
    colour = pixels.ndim >= 3 and pixels.shape[-1] == 3
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    ds["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def save(path: Path, ds: Dataset, syntax: UID | None = None) -> Path:
    """Write a dataset as a file, compressed where a syntax is given."""
    if syntax is not None and syntax.is_compressed and syntax.is_encapsulated:
        ds.compress(syntax, generate_instance_uid=False)
    elif syntax is not None:
        ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(path, enforce_file_format=True)
    return path


def ramp(rows: int = 16, columns: int = 24, dtype: str = "uint16") -> np.ndarray:
    """Return values that all differ by place, so that a turned or shifted picture is noticed."""
    return np.arange(rows * columns).reshape(rows, columns).astype(dtype)
