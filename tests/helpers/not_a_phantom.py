"""A picture that is no phantom by its attributes: what a patient's would look like to Lacuna."""

from __future__ import annotations

from pathlib import Path

import pydicom

from lacuna_resources.samples import normal_study


def write_not_a_phantom(path: Path) -> Path:
    """Write the bundled normal drawing without the marks that say it is one; return the path."""
    source = normal_study()
    file = source if source.is_file() else next(source.rglob("*.dcm"))
    dataset = pydicom.dcmread(file)
    dataset.QualityControlImage = "NO"
    dataset.Manufacturer = "Somebody else"
    dataset.ManufacturerModelName = "Another machine"
    dataset.PatientName = "EXAMPLE^Not a phantom"
    dataset.PatientID = "EXAMPLE-1"
    dataset.StudyDescription = "Chest, PA (example, no phantom)"
    dataset.StudyInstanceUID += ".9"
    dataset.SeriesInstanceUID += ".9"
    dataset.SOPInstanceUID += ".9"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path)
    return path
