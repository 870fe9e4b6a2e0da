"""Content items of a structured report, as pydicom datasets (PS3.3 C.17.3). Strictly written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydicom.dataset import Dataset

from lacuna.study.softcopy import Points, Reference
from lacuna.study.sr_codes import Code, unit_code

DS_LENGTH = 16  # characters of a decimal string, PS3.5 6.2
CONTAINS, CONCEPT, CONTEXT = "CONTAINS", "HAS CONCEPT MOD", "HAS OBS CONTEXT"
INFERRED, SELECTED = "INFERRED FROM", "SELECTED FROM"


def code_item(code: Code) -> Dataset:
    """Return a code as an item of any code sequence."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = code.value, code.scheme, code.meaning
    return ds


def item(relation: str, kind: str, concept: Code | None, children: Iterable[Dataset] = ()) -> Any:
    """Return a content item without its value."""
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = relation, kind
    if concept is not None:
        ds.ConceptNameCodeSequence = [code_item(concept)]
    below = list(children)
    if below:
        ds.ContentSequence = below
    return ds


def container(
    concept: Code, children: Iterable[Dataset], template: str = "", relation: str = CONTAINS
) -> Any:
    """Return a container, separate in its content, made by a template of the DCMR."""
    ds = item(relation, "CONTAINER", concept, children)
    ds.ContinuityOfContent = "SEPARATE"
    if template:
        made_by = Dataset()
        made_by.MappingResource, made_by.TemplateIdentifier = "DCMR", template
        ds.ContentTemplateSequence = [made_by]
    return ds


def coded(relation: str, concept: Code, value: Code, children: Iterable[Dataset] = ()) -> Any:
    """Return a CODE item."""
    ds = item(relation, "CODE", concept, children)
    ds.ConceptCodeSequence = [code_item(value)]
    return ds


def worded(relation: str, concept: Code, value: str) -> Any:
    """Return a TEXT item."""
    ds = item(relation, "TEXT", concept)
    ds.TextValue = value
    return ds


def named(relation: str, concept: Code, uid: str) -> Any:
    """Return a UIDREF item."""
    ds = item(relation, "UIDREF", concept)
    ds.UID = uid
    return ds


def measured(concept: Code, value: float, unit: str, children: Iterable[Dataset] = ()) -> Any:
    """Return a NUM item. The number is there twice: in 16 characters, and exactly."""
    ds = item(CONTAINS, "NUM", concept, children)
    number = Dataset()
    number.NumericValue = decimal(value)
    number.FloatingPointValue = value
    number.MeasurementUnitsCodeSequence = [code_item(unit_code(unit))]
    ds.MeasuredValueSequence = [number]
    return ds


def drawn(
    relation: str,
    kind: str,
    points: Points | Sequence[tuple[float, float]],
    image: Reference,
    concept: Code | None = None,
) -> Any:
    """Return an SCOORD item of image points, selected from its image (C.18.6)."""
    ds = item(relation, "SCOORD", concept, [pictured(SELECTED, image)])
    ds.GraphicType = kind
    ds.GraphicData = [part for point in points for part in point]
    return ds


def pictured(relation: str, image: Reference) -> Any:
    """Return an IMAGE item."""
    ds = item(relation, "IMAGE", None)
    ds.ReferencedSOPSequence = [instance(image)]
    return ds


def instance(image: Reference) -> Dataset:
    """Return a reference as an item; frames count from 1 in the file."""
    ds = Dataset()
    ds.ReferencedSOPClassUID = image.sop_class_uid
    ds.ReferencedSOPInstanceUID = image.sop_instance_uid
    if image.frames:
        ds.ReferencedFrameNumber = [frame + 1 for frame in image.frames]
    return ds


def decimal(value: float) -> str:
    """Return a number in the 16 characters of a DS, as exactly as they allow."""
    for digits in range(17, 0, -1):
        text = format(value, f".{digits}g")
        if len(text) <= DS_LENGTH:
            return text
    raise ValueError("no decimal string of 16 characters holds this number")
