"""The report at rest: sections of spans, frozen. While editing, the document is the truth.

A span's id names one immutable span for ever: whoever changes a span's text, author or state mints
a new id (``new_id``), so an id stored in a document survives undo and redo with its meaning.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from lacuna_models.api import Range, SamplerSettings, Sentence, Words

# How long a gap is to be: so many tokens, a range of tokens, words, a sentence, or as it comes.
Length = int | Range | Words | Sentence | None


def new_id() -> str:
    """Return an id that no other span has."""
    return uuid.uuid4().hex


class Author(StrEnum):
    """Who wrote a span."""

    TYPED = "typed"
    TEMPLATE = "template"
    MEASUREMENT = "measurement"
    PRIOR = "prior"
    MODEL = "model"


class FillState(StrEnum):
    """What became of a proposal. Only ACCEPTED and EDITED count as the reader's."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ModelOrigin:
    """Which run wrote a model span."""

    model: str
    model_hash: str
    seed: int
    step: int
    settings: SamplerSettings
    demonstrator_on_patient: bool = False  # its words about this picture mean nothing
    certainty: tuple[float, float] | None = None  # nats: sure below, less sure below; unmeasured


@dataclass(frozen=True, slots=True)
class Fixed:
    """An anchor: survives byte for byte, held on the canvas, locked against the model."""

    id: str
    text: str
    author: Author = Author.TYPED
    origin: ModelOrigin | None = None  # where a lock was put on model text


@dataclass(frozen=True, slots=True)
class Soft:
    """Text that stands and is not locked."""

    id: str
    text: str
    author: Author = Author.TYPED
    origin: ModelOrigin | None = None  # of a model's words that came back from a rewriting


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty place. ``length`` None: the engine finds the length that it is surest of."""

    id: str
    length: Length = None


@dataclass(frozen=True, slots=True)
class Fill:
    """What the model proposed for ``replaced``, and what became of it.

    ``mean_entropy`` in nats, the run's certainty. An EDITED fill's text is the reader's edit.
    A run may answer one gap by several fills, sentence by sentence: each has the same ``replaced``,
    ``parts`` says how many they were, ``tokens`` how long each is where that is known.
    """

    id: str
    text: str
    replaced: Gap | Soft
    origin: ModelOrigin
    state: FillState = FillState.PROPOSED
    mean_entropy: float = 0.0
    tokens: int | None = None
    parts: int = 1


Span = Fixed | Soft | Gap | Fill


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its spans. An untitled section has no heading line."""

    title: str | None
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Sections in reading order."""

    sections: tuple[Section, ...] = field(default=(Section(None),))

    def spans(self) -> Iterator[Span]:
        """Yield every span in reading order."""
        for section in self.sections:
            yield from section.spans
