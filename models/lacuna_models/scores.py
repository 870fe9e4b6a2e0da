"""What re-scoring is asked and answers: likelihoods of text that stands. Torch-free.

The mechanism is one for all measures: a span's tokens are replaced by uniform draws, one pass is
run, and the likelihood of what stood there, and of what might have, is read. ``api`` hands these
names on; import them from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lacuna_models.api import Prompt, Segment


class Measure(StrEnum):
    """What is scored, and against what."""

    CLEAN = "clean"  # critical phrases, nothing re-noised: one pass, for every keystroke
    CRITICAL = "critical"  # critical phrases, all re-noised together: the contradiction radar
    EVIDENCE = "evidence"  # sentences, with the pictures and with grey ones
    DEPENDENCE = "dependence"  # sentences, after an edit and before it


class Source(StrEnum):
    """Where a sentence comes from, as far as its likelihood tells."""

    PICTURE = "picture"
    NEITHER = "neither"
    HABIT = "habit"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one segment's text: code points, ``start`` <= p < ``stop``."""

    segment_id: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What the model would have written instead, and how probable it held that, 0..1."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class SpanScore:
    """One phrase or sentence, scored.

    Attributes:
        text: what stands there.
        places: where that is; a phrase may run over several segments.
        log_likelihood: nats, of what stands there: of a phrase the least likely of its tokens, of
            a sentence the critical token for which the comparison makes most of a difference.
        doubt: nats, of a phrase: all that speaks against it together; what bounds are held to.
        compared: nats, the same with grey pictures (EVIDENCE) or before the edit (DEPENDENCE).
        expected: what the model would have written there, most probable first; of phrases only.
        flagged: whether the checkpoint's bound is passed: it speaks against the text (CLEAN,
            CRITICAL), or the edit made the sentence unlikely (DEPENDENCE). Never without bounds.
        source: of EVIDENCE, where the sentence comes from; None without bounds.
        reason: a sentence for the reader; "" unless flagged or sourced.
    """

    text: str
    places: tuple[Place, ...]
    log_likelihood: float
    doubt: float = 0.0
    compared: float | None = None
    expected: tuple[Expected, ...] = ()
    flagged: bool = False
    source: Source | None = None
    reason: str = ""

    @property
    def drop(self) -> float:
        """Nats by which the comparison's likelihood is higher; 0 without a comparison."""
        return 0.0 if self.compared is None else self.compared - self.log_likelihood


@dataclass(frozen=True, slots=True)
class ScoreBounds:
    """Where a checkpoint's scores begin to mean something, measured for it; all in nats.

    Attributes:
        clean: CLEAN doubts above it are flagged.
        critical: CRITICAL doubts above it are flagged.
        habit: a gain by the picture up to here is habit.
        picture: a gain by the picture from here on is the picture's; between the two: neither.
        dependence: a drop above it is flagged.
    """

    clean: float
    critical: float
    habit: float
    picture: float
    dependence: float


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What to score. All text stands: soft segments are read like fixed ones, gaps are noise.

    Attributes:
        segments: the report in reading order, as for a fill.
        measure: what is scored.
        before: of DEPENDENCE, the report before the edit.
        only: the segments to report on; None means all. All of the text is looked at anyway.
        seed: of the draws.
        rows: how many draws of CRITICAL are averaged, >= 1; sentences take two, CLEAN none.
        adapter: one of ``ModelInfo.adapters`` to score with, None for the model as it was loaded.
    """

    id: str
    prompt: Prompt
    segments: tuple[Segment, ...]
    measure: Measure = Measure.CRITICAL
    before: tuple[Segment, ...] = ()
    only: frozenset[str] | None = None
    seed: int = 0
    rows: int = 4
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """The answer. ``complete`` is False where it was cancelled on the way: then spans are missing.

    ``spans`` are in reading order. ``notes`` are sentences for the reader.
    """

    request_id: str
    measure: Measure
    spans: tuple[SpanScore, ...]
    elapsed: float  # seconds
    complete: bool = True
    notes: tuple[str, ...] = ()

    @property
    def flagged(self) -> tuple[SpanScore, ...]:
        """The spans that deserve the reader's attention."""
        return tuple(span for span in self.spans if span.flagged)


@dataclass(frozen=True, slots=True)
class RewriteRequest:
    """Soft segments to be worded in the prompt's style, their facts kept.

    Attributes:
        segments: the report; each Soft one is rewritten, sentence by sentence.
        example: sentences in the style that is wanted; the model sees them, they stay out of the
            report. "" leaves it to ``prompt.style`` and the rest of the report.
        seed: of the draws.
        adapter: one of ``ModelInfo.adapters``, None for the model as it was loaded.
    """

    id: str
    prompt: Prompt
    segments: tuple[Segment, ...]
    example: str = ""
    seed: int = 0
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sentence that stays as it was, and why: which pinned fact would have changed."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What became of one soft segment. Refused sentences stand in ``text`` as they were."""

    request_id: str
    segment_id: str
    before: str
    text: str
    refusals: tuple[Refusal, ...] = ()
    mean_entropy: float = 0.0  # nats, at temperature 1, of the words that are new
