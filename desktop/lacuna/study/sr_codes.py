"""Codes of PS3.16 that measurement reports are written in and read by, and their UCUM units."""

from __future__ import annotations

from dataclasses import dataclass

from lacuna.study.record import Quantity


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept. Two are the same if value and scheme are; meanings differ by language."""

    value: str
    scheme: str
    meaning: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same concept."""
        return self.value, self.scheme


LACUNA = "99LACUNA"
REPORT = Code("126000", "DCM", "Imaging Measurement Report")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
ENGLISH = Code("en", "RFC5646", "English")
OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
DEVICE = Code("121007", "DCM", "Device")
DEVICE_UID = Code("121012", "DCM", "Device Observer UID")
DEVICE_NAME = Code("121013", "DCM", "Device Observer Name")
PROCEDURE = Code("121058", "DCM", "Procedure reported")
LIBRARY = Code("111028", "DCM", "Image Library")
LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
GROUP = Code("125007", "DCM", "Measurement Group")
TRACKING = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
REGION = Code("111030", "DCM", "Image Region")
DERIVATION = Code("121401", "DCM", "Derivation")
COMMENT = Code("121106", "DCM", "Comment")
ARROW = Code("arrow-shaft", LACUNA, "Arrow shaft")
VALUE = Code("pixel-value", LACUNA, "Pixel value")

IMAGING = Code("363679005", "SCT", "Imaging")
# Of CID 100, by modality.
PROCEDURES = {
    "CT": Code("25045-6", "LN", "CT unspecified body region"),
    "MR": Code("25056-3", "LN", "MRI unspecified body region"),
    "PT": Code("44136-0", "LN", "PET unspecified body region"),
    "CR": Code("43468-8", "LN", "XR unspecified body region"),
    "DX": Code("43468-8", "LN", "XR unspecified body region"),
    "MG": Code("71651007", "SCT", "Mammography"),
    "US": Code("16310003", "SCT", "Diagnostic ultrasonography"),
}

SIZES = {
    Quantity.LENGTH: Code("410668003", "SCT", "Length"),
    Quantity.LONG_AXIS: Code("103339001", "SCT", "Long Axis"),
    Quantity.SHORT_AXIS: Code("103340004", "SCT", "Short Axis"),
    Quantity.ANGLE: Code("1483009", "SCT", "Angle"),
    Quantity.COBB_ANGLE: Code("285285000", "SCT", "Cobb angle"),
    Quantity.AREA: Code("42798000", "SCT", "Area"),
}
# What is made of the values in a region: CID 7464.
DERIVED = {
    Quantity.MEAN: Code("373098007", "SCT", "Mean"),
    Quantity.SD: Code("386136009", "SCT", "Standard Deviation"),
    Quantity.MINIMUM: Code("255605001", "SCT", "Minimum"),
    Quantity.MAXIMUM: Code("56851009", "SCT", "Maximum"),
}
HOUNSFIELD, SUV = "[hnsf'U]", "g/ml{SUVbw}"
VALUES = {
    HOUNSFIELD: Code("112031", "DCM", "Attenuation Coefficient"),
    SUV: Code("126401", "DCM", "SUVbw"),
}
UNITS = {
    "mm": "millimeter",
    "mm2": "square millimeter",
    "deg": "degree",
    "1": "no units",
    "{pixels}": "pixels",
    "{pixels2}": "square pixels",
    HOUNSFIELD: "Hounsfield unit",
    SUV: "Standardized Uptake Value body weight",
}


def unit_code(unit: str) -> Code:
    """Return a UCUM unit as a code."""
    return Code(unit, "UCUM", UNITS.get(unit, unit))


def value_concept(unit: str) -> Code:
    """Return what pixels of a unit measure."""
    return VALUES.get(unit, VALUE)
