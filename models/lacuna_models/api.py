"""The engine's contract: what a request holds, what comes back. Free of torch.

Everything here is frozen and may cross threads. A request captures all that its run needs;
each answer carries the request's id, so that a stale one can be dropped.

Text is Python text (code points). The order of ``FillRequest.segments`` is reading order, and
their texts joined are the report, byte for byte: headings and line ends are segments like others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lacuna_models.commands import Advance as Advance
from lacuna_models.commands import Command as Command
from lacuna_models.commands import CommandQueue as CommandQueue
from lacuna_models.commands import Commands as Commands
from lacuna_models.commands import Edit as Edit
from lacuna_models.commands import Lock as Lock
from lacuna_models.commands import Pause as Pause
from lacuna_models.commands import Release as Release
from lacuna_models.commands import Resume as Resume
from lacuna_models.commands import Seen as Seen
from lacuna_models.commands import Strike as Strike
from lacuna_models.scores import Expected as Expected
from lacuna_models.scores import Measure as Measure
from lacuna_models.scores import Place as Place
from lacuna_models.scores import Refusal as Refusal
from lacuna_models.scores import Rewrite as Rewrite
from lacuna_models.scores import RewriteRequest as RewriteRequest
from lacuna_models.scores import ScoreBounds as ScoreBounds
from lacuna_models.scores import ScoreRequest as ScoreRequest
from lacuna_models.scores import Scores as Scores
from lacuna_models.scores import Source as Source
from lacuna_models.scores import SpanScore as SpanScore


class EngineError(Exception):
    """The engine refuses: one clear sentence, and a way out.

    Attributes:
        message: what is wrong, in the reader's words.
        remedy: what the reader can do about it; may be empty.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Fixed:
    """Text that stays byte for byte, and is held on the canvas."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Exact:
    """So many tokens, no more and no fewer."""

    tokens: int


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high`` tokens, both included: the engine picks."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise EngineError(f"A gap cannot be {self.low} to {self.high} tokens long.")


@dataclass(frozen=True, slots=True)
class Words:
    """About so many words, as one counts them: runs of letters and digits."""

    words: int

    def __post_init__(self) -> None:
        if self.words < 1:
            raise EngineError(f"A gap needs at least one word, not {self.words}.")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One whole sentence, of whatever length."""


@dataclass(frozen=True, slots=True)
class Auto:
    """Whatever length the model is surest of: the default of ``[...]``."""


class Detail(StrEnum):
    """How much a whole draft is to say; the checkpoint knows how many words that is."""

    TERSE = "terse"
    STANDARD = "standard"
    DETAILED = "detailed"


Length = Exact | Range | Words | Sentence | Auto | Detail


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty place. ``length`` may be a number of tokens (``Exact``) or None (``Auto``)."""

    id: str
    length: int | Length | None = None

    @property
    def policy(self) -> Length:
        """How long it is to be."""
        if self.length is None:
            return Auto()
        return Exact(self.length) if isinstance(self.length, int) else self.length

    @property
    def exact(self) -> int | None:
        """The number of tokens where that is fixed, else None."""
        policy = self.policy
        return policy.tokens if isinstance(policy, Exact) else None


@dataclass(frozen=True, slots=True)
class Soft:
    """Text that stands, may be changed by the model, and seeds the canvas (warm start)."""

    id: str
    text: str


Segment = Fixed | Gap | Soft


class Origin(StrEnum):
    """Where a picture comes from: decides whether a demonstrator's words mean anything."""

    PATIENT = "patient"
    PHANTOM = "phantom"


@dataclass(frozen=True, slots=True, eq=False)
class ImageInput:
    """One picture for the model, as windowed on screen.

    ``pixels`` is uint8, (rows, columns) grey or (rows, columns, 3) RGB, 0 = black. ``tokens`` is
    how many soft tokens it may take, one of ``ModelInfo.image_budgets``; None is the checkpoint's
    own number, and so is any number where the checkpoint has one only.
    """

    pixels: NDArray[np.uint8]
    origin: Origin = Origin.PATIENT
    label: str = ""
    tokens: int | None = None

    def digest(self) -> str:
        """Return a SHA-256 of shape and pixels: the key under which a context is reused."""
        size = self.pixels.shape if self.tokens is None else (*self.pixels.shape, self.tokens)
        head = repr(size).encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is told beside the canvas. ``prompt.instruction`` words it.

    Attributes:
        style: ``terse`` names what is found, ``full`` also what is absent, ``detailed`` all of it.
        words: about how many words the report shall have; 0 leaves it to the style.
        impression_first: whether the impression stands before the findings.
        prior: what an earlier report said, to be compared with.
        question: asked of the images instead of a report; the canvas then holds the answer.
        instruction: the reader's own words to the model, for this report.
    """

    images: tuple[ImageInput, ...] = ()
    examination: str = "chest radiograph"
    style: Literal["full", "terse", "detailed"] = "full"
    indication: str = ""
    words: int = 0
    impression_first: bool = False
    prior: str = ""
    question: str = ""
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How the canvas is denoised. Temperatures are linear in the step, hot to cold.

    Attributes:
        steps: most steps in a block, >= 1.
        t_max: temperature of the first step, > 0.
        t_min: temperature of the last step, > 0 and <= t_max.
        entropy_bound: nats; how much summed entropy a step may accept, >= 0.
        stability: steps for which the free tokens must not change before stopping.
        confidence: nats; mean entropy of the free tokens under which a run stops.
        start: share of the schedule to skip, 0 <= start < 1; warm starts use it with Soft text.
        noise: share of a Soft span's tokens that is re-noised before the first step, 0..1.
    """

    steps: int = 48
    t_max: float = 0.8
    t_min: float = 0.4
    entropy_bound: float = 0.1
    stability: int = 1
    confidence: float = 0.005
    start: float = 0.0
    noise: float = 0.5

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise EngineError(f"A run needs at least one step, not {self.steps}.")
        if not 0 < self.t_min <= self.t_max:
            raise EngineError("Temperatures must be above 0, the last not above the first.")
        if self.entropy_bound < 0 or self.stability < 0 or self.confidence < 0:
            raise EngineError("Entropy bound, stability and confidence must not be negative.")
        if not 0 <= self.start < 1 or not 0 <= self.noise <= 1:
            raise EngineError("Start must lie in 0 <= start < 1, noise in 0 <= noise <= 1.")


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """A step of a recorded run, as the state to go on from. ``of`` makes one from its event.

    ``lengths`` are the positions that each gap and soft span held. What had been accepted stands,
    the rest is noise again, and the schedule goes on behind ``step``. Other seeds than the recorded
    run's lead elsewhere.
    """

    block: int
    step: int
    canvas: tuple[int, ...]
    accepted: tuple[bool, ...]
    locked: tuple[int, ...]
    lengths: tuple[tuple[str, int], ...]

    @staticmethod
    def of(event: StepEvent) -> StartingPoint:
        """Return the state after a step."""
        return StartingPoint(
            event.block,
            event.step,
            event.canvas,
            event.accepted_mask,
            event.locked,
            tuple((span.segment_id, span.length) for span in event.spans),
        )


@dataclass(frozen=True, slots=True)
class FillRequest:
    """One run.

    Attributes:
        seeds: one a row of the answer.
        settings: None means the checkpoint's own.
        alternatives: how many proposals a gap is to have, the first one included; there may be
            fewer: none is shown twice, and none that says less well what it says.
        adapter: one of ``ModelInfo.adapters`` to think with, None for the model as it was loaded.
        two_stage: whether a whole draft is looked over once more, its doubled sentences are
            dropped and its impression is written anew from its body; None means the checkpoint's
            own setting.
        start: where to go on from; ``segments`` and ``prompt`` are then the recorded run's.
        commands: obeyed before the first step: the locks and strikes that a new run is to keep.
    """

    id: str
    prompt: Prompt
    segments: tuple[Segment, ...]
    seeds: tuple[int, ...] = (0,)
    settings: SamplerSettings | None = None
    alternatives: int = 1
    adapter: str | None = None
    two_stage: bool | None = None
    start: StartingPoint | None = None
    commands: tuple[Lock | Strike, ...] = ()

    def __post_init__(self) -> None:
        if self.alternatives < 1:
            raise EngineError(f"A gap needs at least one proposal, not {self.alternatives}.")


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question about the prompt's pictures. The answer is the fill of segment ``ANSWER``."""

    id: str
    prompt: Prompt
    question: str
    seeds: tuple[int, ...] = (0,)
    settings: SamplerSettings | None = None
    alternatives: int = 1
    adapter: str | None = None

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise EngineError("There is no question.", "Type what you want to know.")


ANSWER = "answer"  # the segment id of an answer


class TokenState(StrEnum):
    """A token's state after a step; CHANGING ones were renoised."""

    CHANGING = "changing"
    ACCEPTED = "accepted"  # first accepted in this step, or changed and accepted again
    SETTLED = "settled"  # accepted in an earlier step too, and the same since
    LOCKED = "locked"  # held by the reader since the run began


@dataclass(frozen=True, slots=True)
class TokenDraft:
    """One free token as text. A span's token texts joined are the span's text.

    ``entropy``: in a step, of the distribution that the step drew from; in a fill, at temperature
    1, after the last step: a cold schedule looks sure of everything. ``position`` and ``id`` say
    where on the canvas it stands and as what, for commands (``Seen.of``); -1 where it has no place.
    """

    text: str
    state: TokenState
    entropy: float  # nats
    position: int = -1
    id: int = -1


@dataclass(frozen=True, slots=True)
class SpanDraft:
    """A gap or soft span as it stands after a step. Padding has no text and is left out.

    ``length`` is how many canvas positions it holds, padding included.
    """

    segment_id: str
    tokens: tuple[TokenDraft, ...]
    length: int = 0

    @property
    def text(self) -> str:
        """The span's draft text."""
        return "".join(token.text for token in self.tokens)


class Stage(StrEnum):
    """What a step belongs to. In a search, the canvas shown is that of the length that leads."""

    DRAFT = "draft"
    REDRAFT = "redraft"  # the impression of a two-stage draft, written anew


@dataclass(frozen=True, slots=True)
class StepEvent:
    """One denoising step of one row.

    ``step`` counts from 1 within the block; ``steps`` is the budget. ``free`` positions are those
    that the model may write in this block. ``spans`` holds all gaps and soft spans of the block,
    ``canvas``, ``accepted_mask`` and ``entropy`` one entry a canvas position (fixed: True, 0.0).
    ``locked`` are the positions that the reader locked in this run; ``edition`` counts the ``Edit``
    commands obeyed so far, each of which lays the canvas anew; ``paused`` says that no further step
    is taken until a command comes.
    """

    request_id: str
    row: int
    block: int
    blocks: int
    step: int
    steps: int
    spans: tuple[SpanDraft, ...]
    free: int
    settled: int
    accepted: int
    mean_entropy: float  # nats, over free positions
    elapsed: float  # seconds since the run began
    canvas: tuple[int, ...] = field(repr=False, default=())
    accepted_mask: tuple[bool, ...] = field(repr=False, default=())
    entropy: tuple[float, ...] = field(repr=False, default=())
    locked: tuple[int, ...] = ()
    edition: int = 0
    stage: Stage = Stage.DRAFT
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Text that a run arrived at, with its tokens."""

    tokens: tuple[TokenDraft, ...]

    @property
    def text(self) -> str:
        """The kept text."""
        return "".join(token.text for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Open:
    """A stretch that a stopped run had not settled: it goes back to being a gap.

    ``length`` is in tokens. ``auto`` says that this was only what had been reserved: the gap had no
    length of its own, and the stretch reaches its end, so it may be filled at any length.
    """

    length: int
    auto: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which run wrote some words: all that is needed to write them again."""

    model: str
    model_hash: str
    adapter: str | None
    seed: int
    step: int  # the last step that wrote here, counted from the run's first
    settings: SamplerSettings


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another proposal for a gap. Scores compare within one fill only: higher is better."""

    tokens: tuple[TokenDraft, ...]
    score: float
    mean_entropy: float
    provenance: Provenance | None = None

    @property
    def text(self) -> str:
        """The proposal's text."""
        return "".join(token.text for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Fill:
    """The proposal for one gap or soft span: kept text, with open stretches where stopped early.

    ``mean_entropy`` is over the span's tokens, nats, at temperature 1 after the last step: how sure
    the model is of its words, not how true they are. ``alternatives`` are the other proposals, best
    first, none of them equal to this one; ``score`` is on their scale, None where nothing was
    searched.
    """

    segment_id: str
    pieces: tuple[Kept | Open, ...]
    mean_entropy: float
    score: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    provenance: Provenance | None = None

    @property
    def text(self) -> str:
        """The proposal's text; open stretches contribute nothing."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Kept))

    @property
    def complete(self) -> bool:
        """Whether nothing is left open."""
        return all(isinstance(piece, Kept) for piece in self.pieces)


class Reason(StrEnum):
    """Why a run ended."""

    SETTLED = "settled"
    STEPS = "steps"  # the budget was used up
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Done:
    """The end of one row. ``notes`` are sentences for the reader (what could not see what)."""

    request_id: str
    row: int
    seed: int
    reason: Reason
    fills: tuple[Fill, ...]
    steps: int
    elapsed: float
    settings: SamplerSettings
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What answers. ``hash`` is the SHA-256 over the checkpoint's weight files and adapter.

    ``certainty``: mean entropies of a phrase, nats at temperature 1, below which the checkpoint was
    measured to be sure, and to be less sure; None where nobody measured it. ``bounds``: the same
    of re-scoring; without them nothing is flagged.
    """

    name: str
    hash: str
    device: str
    dtype: str
    canvas_length: int
    demonstrator: bool  # trained on phantoms: its words about a patient's picture mean nothing
    settings: SamplerSettings
    adapter: str | None = None
    tokens_per_image: int = 0
    image_budgets: tuple[int, ...] = ()  # soft tokens that an image may be given; (): one number
    certainty: tuple[float, float] | None = None
    adapters: tuple[str, ...] = ()  # that a request may name
    bounds: ScoreBounds | None = None


@runtime_checkable
class CancelToken(Protocol):
    """Polled between steps; ``threading.Event`` is one."""

    def is_set(self) -> bool:
        """Return whether the run should stop, keeping what has been accepted."""
        ...


@runtime_checkable
class Engine(Protocol):
    """A loaded model. One thread owns it: create, use and close it there."""

    @property
    def info(self) -> ModelInfo:
        """What answers."""
        ...

    def fill(
        self,
        request: FillRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Denoise, yielding every step of every row, then one ``Done`` a row, in row order.

        Commands are obeyed between steps, by every row that has not ended. After the first one the
        canvas that was shown goes on alone: lengths and alternatives are searched no further.

        Raises:
            EngineError: before the first event, if the request cannot be laid out. An ``Edit`` that
                cannot be ends the run like a cancel, and ``Done.notes`` says why.
        """
        ...

    def ask(
        self,
        request: AskRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Answer a question about pictures; the events and the end are those of a fill.

        Raises:
            EngineError: before the first event.
        """
        ...

    def score(self, request: ScoreRequest, cancel: CancelToken | None = None) -> Scores:
        """Read the likelihood of text that stands: see ``Measure``. A few passes, no denoising.

        ``cancel`` is polled between passes; what has been scored until then comes back.

        Raises:
            EngineError: if the request cannot be laid out.
        """
        ...

    def rewrite(
        self, request: RewriteRequest, cancel: CancelToken | None = None
    ) -> Iterator[Rewrite]:
        """Word soft segments in the prompt's style; yield each, in reading order, when it is done.

        Measurements, sides, negations, certainty and anatomy are pinned: a sentence for which no
        wording keeps them stays as it was, with the reason. Cancelling leaves out the rest.

        Raises:
            EngineError: before the first segment, if the request cannot be laid out.
        """
        ...

    def close(self) -> None:
        """Free the model's memory. The engine is of no use afterwards."""
        ...
