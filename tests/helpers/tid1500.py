"""TID 1500 by its rows, written from PS3.16: a report's tree is walked, what is wrong is listed.

Independent of the writer: plain pydicom, the codes spelt out again.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

Key = tuple[str, str]

LANGUAGE = ("121049", "DCM")
OBSERVER_TYPE = ("121005", "DCM")
DEVICE_UID = ("121012", "DCM")
PROCEDURE = ("121058", "DCM")
LIBRARY, LIBRARY_GROUP = ("111028", "DCM"), ("126200", "DCM")
MEASUREMENTS, GROUP = ("126010", "DCM"), ("125007", "DCM")
TRACKING, TRACKING_UID = ("112039", "DCM"), ("112040", "DCM")
REGION = ("111030", "DCM")
POINTS = {"POINT": (1, 1), "POLYLINE": (2, 10_000), "CIRCLE": (2, 2), "ELLIPSE": (4, 4)}
# Comprehensive SR, PS3.3 table A.35.3-2: what may hang below what, as far as TID 1500 goes.
ALLOWED = {
    "CONTAINER": {
        "CONTAINS": {"CONTAINER", "TEXT", "CODE", "NUM", "SCOORD", "IMAGE", "UIDREF"},
        "HAS OBS CONTEXT": {"TEXT", "CODE", "UIDREF", "PNAME", "NUM", "DATETIME"},
        "HAS CONCEPT MOD": {"TEXT", "CODE"},
        "HAS ACQ CONTEXT": {"TEXT", "CODE", "NUM", "DATETIME", "UIDREF"},
    },
    "NUM": {
        "INFERRED FROM": {"SCOORD", "IMAGE", "NUM", "TEXT", "CODE"},
        "HAS CONCEPT MOD": {"TEXT", "CODE"},
        "HAS PROPERTIES": {"CODE", "NUM", "TEXT"},
    },
    "SCOORD": {"SELECTED FROM": {"IMAGE"}},
    "CODE": {"HAS CONCEPT MOD": {"TEXT", "CODE"}},
}


def concept(item: Dataset, keyword: str = "ConceptNameCodeSequence") -> Key | None:
    found = item.get(keyword)
    return (found[0].CodeValue, found[0].CodingSchemeDesignator) if found else None


def children(item: Dataset, *concepts: Key) -> list[Dataset]:
    found = list(item.get("ContentSequence") or [])
    return [one for one in found if concept(one) in concepts] if concepts else found


def template(item: Dataset) -> str | None:
    found = item.get("ContentTemplateSequence")
    if not found:
        return None
    assert found[0].MappingResource == "DCMR"
    return str(found[0].TemplateIdentifier)


def problems(ds: Dataset) -> list[str]:
    """Return each row of TID 1500 that the report breaks, in words; [] for a valid one."""
    return [*_root(ds), *_tree(ds), *_library(ds), *_groups(ds)]


def _root(ds: Dataset) -> Iterator[str]:
    if ds.ValueType != "CONTAINER" or concept(ds) != ("126000", "DCM"):
        yield "row 1: the root is no Imaging Measurement Report"
    if template(ds) != "1500" or "RelationshipType" in ds:
        yield "row 1: the root does not name its template, or hangs on something"
    for row, key, relation, most in (
        (2, LANGUAGE, "HAS CONCEPT MOD", 1),
        (3, OBSERVER_TYPE, "HAS OBS CONTEXT", 1),
        (4, PROCEDURE, "HAS CONCEPT MOD", 100),
        (5, LIBRARY, "CONTAINS", 1),
        (6, MEASUREMENTS, "CONTAINS", 1),
    ):
        found = children(ds, key)
        if not 1 <= len(found) <= most or any(x.RelationshipType != relation for x in found):
            yield f"row {row}: {key} is there {len(found)} times, or relates wrongly"
    for device in children(ds, OBSERVER_TYPE):
        if concept(device, "ConceptCodeSequence") == ("121007", "DCM"):
            uids = children(ds, DEVICE_UID)
            if len(uids) != 1 or uids[0].ValueType != "UIDREF":
                yield "TID 1004 row 1: a device has no UID"


def _tree(item: Dataset, parent: str = "") -> Iterator[str]:
    kind = item.ValueType
    for child in children(item):
        relations = ALLOWED.get(kind, {}).get(child.RelationshipType, set())
        if child.ValueType not in relations:
            yield f"{kind} {child.RelationshipType} {child.ValueType} is not allowed"
        named = child.ValueType in ("CONTAINER", "TEXT", "CODE", "NUM", "UIDREF")
        if named and concept(child) is None:
            yield f"a {child.ValueType} has no concept name"
        yield from _value(child)
        yield from _tree(child, kind)


def _value(item: Dataset) -> Iterator[str]:
    if item.ValueType == "NUM":
        (value,) = item.MeasuredValueSequence
        (unit,) = value.MeasurementUnitsCodeSequence
        if unit.CodingSchemeDesignator != "UCUM" or len(str(value.NumericValue)) > 16:
            yield "TID 300: a number without a UCUM unit, or of more than 16 characters"
    elif item.ValueType == "SCOORD":
        least, most = POINTS[item.GraphicType]
        if not 2 * least <= len(item.GraphicData) <= 2 * most or len(item.GraphicData) % 2:
            yield f"C.18.6: a {item.GraphicType} of {len(item.GraphicData)} numbers"
        if len(children(item)) != 1:
            yield "C.18.6: coordinates that are selected from no image"
    elif item.ValueType == "CODE" and concept(item, "ConceptCodeSequence") is None:
        yield "a CODE without a code"
    elif item.ValueType == "TEXT" and not item.TextValue:
        yield "a TEXT without text"


def _evidence(ds: Dataset) -> set[str]:
    return {
        instance.ReferencedSOPInstanceUID
        for study in ds.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }


def _images(item: Dataset) -> Iterator[Dataset]:
    for child in children(item):
        if child.ValueType == "IMAGE":
            yield child
        yield from _images(child)


def _library(ds: Dataset) -> Iterator[str]:
    for library in children(ds, LIBRARY):
        groups = children(library, LIBRARY_GROUP)
        if template(library) != "1600" or not groups:
            yield "TID 1600: the image library has no group"
        for group in groups:
            if not children(group) or any(x.ValueType != "IMAGE" for x in children(group)):
                yield "TID 1600 row 4: a library group holds no image, or something else"
    named = {image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for image in _images(ds)}
    if named != _evidence(ds):
        yield "C.17.2: the evidence does not list exactly the images referred to"


def _groups(ds: Dataset) -> Iterator[str]:
    (measurements,) = children(ds, MEASUREMENTS)
    groups = children(measurements)
    if not groups or any(concept(group) != GROUP for group in groups):
        yield "rows 7 to 9: no measurement group, or something else among them"
    uids = [group.get("ObservationUID") for group in groups]
    if None in uids or len(set(uids)) != len(uids):
        yield "two groups cannot be told apart: one Observation UID, or none"
    for group in groups:
        yield from _group(group)


def _group(group: Dataset) -> Iterator[str]:
    for key, kind in ((TRACKING, "TEXT"), (TRACKING_UID, "UIDREF")):
        found = children(group, key)
        if len(found) != 1 or found[0].ValueType != kind:
            yield f"TID 1501: {key} is missing"
        elif found[0].RelationshipType != "HAS OBS CONTEXT":
            yield f"TID 1501: {key} relates wrongly"
    regions = children(group, REGION)
    numbers = [child for child in children(group) if child.ValueType == "NUM"]
    if template(group) == "1410":
        if len(regions) != 1 or regions[0].ValueType != "SCOORD":
            yield "TID 1410 row 7: not one image region"
        for region in regions:
            data = list(region.GraphicData)
            if region.GraphicType == "POLYLINE" and data[:2] != data[-2:]:
                yield "TID 1410 row 7: an outline that is not closed"
    elif template(group) == "1501":
        if not numbers or regions:
            yield "TID 1501 row 10: no measurement, or an image region"
        if any(not children(number) for number in numbers):
            yield "TID 320: a number that is inferred from nothing"
    else:
        yield "a group that names no template"
