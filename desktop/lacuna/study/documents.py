"""SOP instances without pixels -> documents: PDFs, structured reports, key objects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO

from lacuna.errors import UserFacingError
from lacuna.study.document import Document, DocumentContent, DocumentKind
from lacuna.study.model import Source
from lacuna.study.part10 import Header, no_picture, read_header, read_whole, understood
from lacuna.study.presentations import describe_presentation, is_presentation
from lacuna.study.references import references
from lacuna.study.report_text import report_tree
from lacuna.study.softcopy import PresentationState
from lacuna.study.sources import Reader, check_written, written
from lacuna.study.values import items, text
from lacuna.study.wording import clean, show_date_time

REPORTS = "1.2.840.10008.5.1.4.1.1.88."  # the SOP classes of all structured reports begin so
KEY_OBJECTS = REPORTS + "59"
PDF = "1.2.840.10008.5.1.4.1.1.104.1"
PDF_START = b"%PDF-"
PDF_DATA = 0x00420011
MEASUREMENT_REPORT = ("126000", "DCM")  # Imaging Measurement Report, the root of TID 1500


def describe_document(header: Header, source: Source) -> Document | PresentationState:
    """Describe what a file without pixels holds. Call inside ``part10.understood``.

    Raises:
        UserFacingError: it is of no kind that is shown.
    """
    ds, name = header.dataset, clean(source.name)
    kind = text(ds, "SOPClassUID")
    if is_presentation(kind):
        state = describe_presentation(read_whole(header, name))
        return replace(state, source=source, written=written(source))
    if kind == PDF:
        return _document(ds, source, DocumentKind.PDF, text(ds, "DocumentTitle") or "PDF")
    if not kind.startswith(REPORTS):
        raise no_picture(ds, name)
    return _report(read_whole(header, name), source, name)


def _report(ds: Any, source: Source, name: str) -> Document:
    if text(ds, "ValueType") != "CONTAINER":
        raise no_picture(ds, name)
    key_objects = text(ds, "SOPClassUID") == KEY_OBJECTS
    kind = DocumentKind.KEY_OBJECTS if key_objects else DocumentKind.REPORT
    concepts = items(ds, "ConceptNameCodeSequence")
    concept = concepts[0] if concepts else None
    title = "" if concept is None else text(concept, "CodeMeaning")
    found = _document(ds, source, kind, title or kind.value.capitalize())
    root = None if concept is None else (text(concept, "CodeValue"), _scheme(concept))
    return replace(
        found,
        images=references(ds, "CurrentRequestedProcedureEvidenceSequence") if key_objects else (),
        measurements=root == MEASUREMENT_REPORT,
        note=_note(ds),
    )


def _scheme(concept: Any) -> str:
    return text(concept, "CodingSchemeDesignator")


def _note(ds: Any) -> str:
    flags = {text(ds, flag) for flag in ("CompletionFlag", "VerificationFlag", "PreliminaryFlag")}
    words = [
        flag.capitalize() for flag in ("PRELIMINARY", "PARTIAL", "UNVERIFIED") if flag in flags
    ]
    flagged = ", ".join([*words[:1], *(word.lower() for word in words[1:])])
    said = text(ds, "CompletionFlagDescription")  # such as ours: a draft, for research
    return ". ".join(part for part in (flagged, said) if part)


def _document(ds: Any, source: Source, kind: DocumentKind, title: str) -> Document:
    day, time = text(ds, "ContentDate"), text(ds, "ContentTime")
    return Document(
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        series_uid=text(ds, "SeriesInstanceUID"),
        source=source,
        kind=kind,
        title=title,
        date=show_date_time(day or text(ds, "StudyDate"), time if day else text(ds, "StudyTime")),
        written=written(source),
    )


@contextmanager
def opened(document: Document) -> Iterator[tuple[BinaryIO, str]]:
    """Open a document's file; give its stream, and its name for sentences.

    Raises:
        UserFacingError: it is gone, written anew or damaged.
    """
    name = clean(document.source.name)
    with Reader() as reader, reader.open(document.source) as stream, understood(name):
        check_written(document.source, document.written)
        yield stream, name


def read_document(document: Document) -> DocumentContent:
    """Open a document. Callable from any thread.

    Raises:
        UserFacingError: its file is gone, changed or damaged, or holds no PDF after all.
    """
    with opened(document) as (stream, name):
        if document.kind is DocumentKind.PDF:
            return DocumentContent(pdf=_pdf(read_header(stream, name, (PDF_DATA,)), name))
        dataset = read_whole(read_header(stream, name), name)
        return DocumentContent(root=report_tree(dataset))


def _pdf(header: Header, name: str) -> bytes:
    content = bytes(header.dataset.get("EncapsulatedDocument") or b"")
    start = content.find(PDF_START, 0, 1024)
    if start < 0:
        raise UserFacingError(f"{name} says that it holds a PDF, and holds none.")
    end = content.rfind(b"%%EOF")
    return content[start:] if end < start else content[start : end + len(b"%%EOF")] + b"\n"
