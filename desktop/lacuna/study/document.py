"""What a study holds beside pictures: reports, key objects, PDFs. Frozen; read on demand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lacuna.study.model import Source
from lacuna.study.softcopy import Reference


class DocumentKind(StrEnum):
    """How a document is shown."""

    PDF = "pdf"
    REPORT = "report"  # a structured report: a tree of text
    KEY_OBJECTS = "key objects"  # a structured report that points at images


@dataclass(frozen=True, slots=True)
class Document:
    """One SOP instance without pixels that can be shown. ``read_document`` opens it.

    ``images`` are the instances that a key object selection points at. ``measurements`` says
    that it may hold measurements, which ``measurement_in.read_measurements`` then reads.
    """

    sop_instance_uid: str
    series_uid: str
    source: Source
    kind: DocumentKind
    title: str
    date: str  # as shown
    images: tuple[Reference, ...] = ()
    measurements: bool = False
    note: str = ""  # such as: not verified
    written: tuple[int, int] | None = None  # the file's size and time of change (ns) then


@dataclass(frozen=True, slots=True)
class Node:
    """A content item as text: its name, what it says, and what hangs below it.

    ``image`` is what an IMAGE item, or the frame that a coordinate lies on, refers to.
    """

    name: str
    text: str
    children: tuple[Node, ...] = ()
    image: Reference | None = None


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """An opened document: the tree of a report, or the bytes of a PDF; never both."""

    root: Node | None = None
    pdf: bytes = b""
