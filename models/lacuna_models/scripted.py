"""An engine that plays a script: for tests of the window, and free of torch.

It keeps the contract of ``api.Engine``: the same events in the same order, cancel between steps,
accepted text kept and the rest left open.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lacuna_models.api import (
    CancelToken,
    Done,
    EngineError,
    Fill,
    FillRequest,
    Fixed,
    Gap,
    Kept,
    ModelInfo,
    Open,
    Reason,
    Rewrite,
    RewriteRequest,
    SamplerSettings,
    ScoreRequest,
    Scores,
    Segment,
    Soft,
    SpanDraft,
    StepEvent,
    TokenDraft,
    TokenState,
)
from lacuna_models.scripted_scores import Opinions, scripted_rewrites, scripted_scores

INFO = ModelInfo(
    name="Scripted",
    hash="0" * 64,
    device="cpu",
    dtype="float32",
    canvas_length=128,
    demonstrator=False,
    settings=SamplerSettings(),
    tokens_per_image=64,
)
_PIECE = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_NOISE = (" lung", " the", " clear", " right", " of", " small", " no", " heart", ".", " zone")
_UNSURE, _SURE = 2.4, 0.01  # nats


@dataclass(frozen=True, slots=True)
class _Part:
    """One span's script: its final pieces, and the step at which each is accepted."""

    segment_id: str
    auto: bool
    pieces: tuple[str, ...]
    accepted_at: tuple[int, ...]


class ScriptedEngine:
    """Plays ``script``: a text for each segment id, or several, of which each row takes one.

    Segments without a script get ``default``. A run takes ``steps`` steps, ``delay`` seconds each.
    With ``error`` every run is refused.
    """

    def __init__(
        self,
        script: Mapping[str, str | Sequence[str]] | None = None,
        *,
        steps: int = 6,
        delay: float = 0.0,
        default: str = "No abnormality.",
        info: ModelInfo = INFO,
        error: EngineError | None = None,
        opinions: Opinions | None = None,
    ) -> None:
        """Hold the script."""
        self._script = dict(script or {})
        self._steps = steps
        self._delay = delay
        self._default = default
        self._info = info
        self._error = error
        self._opinions = opinions or Opinions()
        self.closed = False

    @property
    def info(self) -> ModelInfo:
        """What answers."""
        return self._info

    def fill(
        self, request: FillRequest, cancel: CancelToken | None = None
    ) -> Iterator[StepEvent | Done]:
        """Play the script, step by step.

        Raises:
            EngineError: before the first event: the one given, or nothing to fill.
        """
        if self._error is not None:
            raise self._error
        if all(isinstance(segment, Fixed) for segment in request.segments):
            raise EngineError("There is no gap to fill.", "Put [...] where the model is to write.")
        began = time.perf_counter()
        rows = [self._parts(request, row) for row in range(len(request.seeds))]
        step = 0
        while step < self._steps and not (cancel is not None and cancel.is_set()):
            step += 1
            time.sleep(self._delay)
            for row, parts in enumerate(rows):
                yield self._event(request, row, parts, step, time.perf_counter() - began)
        for row, parts in enumerate(rows):
            yield self._done(request, row, parts, step, time.perf_counter() - began)

    def score(self, request: ScoreRequest, cancel: CancelToken | None = None) -> Scores:
        """Return what the script holds of the text.

        Raises:
            EngineError: the one given.
        """
        if self._error is not None:
            raise self._error
        return scripted_scores(self._opinions, request)

    def rewrite(
        self, request: RewriteRequest, cancel: CancelToken | None = None
    ) -> Iterator[Rewrite]:
        """Yield the soft segments as the script words them, until cancelled.

        Raises:
            EngineError: before the first: the one given.
        """
        if self._error is not None:
            raise self._error
        for rewrite in scripted_rewrites(self._opinions, request):
            if cancel is not None and cancel.is_set():
                return
            yield rewrite

    def close(self) -> None:
        """Note that the engine was closed."""
        self.closed = True

    def _parts(self, request: FillRequest, row: int) -> tuple[_Part, ...]:
        dice = random.Random(request.seeds[row])
        return tuple(
            self._part(segment, row, dice)
            for segment in request.segments
            if not isinstance(segment, Fixed)
        )

    def _part(self, segment: Gap | Soft, row: int, dice: random.Random) -> _Part:
        said = self._script.get(segment.id, _standing(segment) or self._default)
        text = said if isinstance(said, str) else said[row % len(said)]
        pieces = tuple(_PIECE.findall(text))
        auto = isinstance(segment, Gap) and segment.length is None
        return _Part(segment.id, auto, pieces, tuple(dice.randint(1, self._steps) for _ in pieces))

    def _event(
        self, request: FillRequest, row: int, parts: Sequence[_Part], step: int, elapsed: float
    ) -> StepEvent:
        spans = tuple(SpanDraft(part.segment_id, _tokens(part, step)) for part in parts)
        tokens = [token for span in spans for token in span.tokens]
        states = [token.state for token in tokens]
        return StepEvent(
            request_id=request.id,
            row=row,
            block=0,
            blocks=1,
            step=step,
            steps=self._steps,
            spans=spans,
            free=len(tokens),
            settled=states.count(TokenState.SETTLED),
            accepted=states.count(TokenState.ACCEPTED),
            mean_entropy=sum(t.entropy for t in tokens) / max(1, len(tokens)),
            elapsed=elapsed,
        )

    def _done(
        self, request: FillRequest, row: int, parts: Sequence[_Part], step: int, elapsed: float
    ) -> Done:
        stopped = step < self._steps
        return Done(
            request_id=request.id,
            row=row,
            seed=request.seeds[row],
            reason=Reason.CANCELLED if stopped else Reason.SETTLED,
            fills=tuple(_fill(part, step) for part in parts),
            steps=step,
            elapsed=elapsed,
            settings=request.settings or self._info.settings,
        )


def _standing(segment: Segment) -> str:
    return segment.text if isinstance(segment, Soft) else ""


def _tokens(part: _Part, step: int) -> tuple[TokenDraft, ...]:
    return tuple(_token(part, index, piece, step) for index, piece in enumerate(part.pieces))


def _token(part: _Part, index: int, piece: str, step: int) -> TokenDraft:
    at = part.accepted_at[index]
    if step < at:
        noise = random.Random(f"{part.segment_id}{index}{step}").choice(_NOISE)
        return TokenDraft(noise, TokenState.CHANGING, _UNSURE * (at - step) / at)
    return TokenDraft(piece, TokenState.ACCEPTED if step == at else TokenState.SETTLED, _SURE)


def _fill(part: _Part, step: int) -> Fill:
    """Return what stands after a step: accepted text, and the rest open."""
    pieces: list[Kept | Open] = []
    tokens = _tokens(part, step)
    for changing, run in groupby(tokens, lambda token: token.state is TokenState.CHANGING):
        members = tuple(run)
        at_end = part.auto and members[-1] is tokens[-1]
        pieces.append(Open(len(members), at_end) if changing else Kept(members))
    kept = [token.entropy for token in tokens if token.state is not TokenState.CHANGING]
    return Fill(part.segment_id, tuple(pieces), sum(kept) / len(kept) if kept else 0.0)
