"""An engine that plays a script: for tests of the window, and free of torch.

It keeps the contract of ``api.Engine``: the same events in the same order, cancel between steps,
accepted text kept and the rest left open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from lacuna_models import asking
from lacuna_models.api import (
    Alternative,
    AskRequest,
    CancelToken,
    Commands,
    Done,
    Edit,
    EngineError,
    Fill,
    FillRequest,
    Fixed,
    Gap,
    ModelInfo,
    Provenance,
    Reason,
    Rewrite,
    RewriteRequest,
    SamplerSettings,
    ScoreRequest,
    Scores,
    Segment,
    Soft,
    StepEvent,
    TokenDraft,
    TokenState,
)
from lacuna_models.pace import Deed, Pace, Turn
from lacuna_models.scripted_row import Dictionary, ScriptedRow
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


class ScriptedEngine:
    """Plays ``script``: a text for each segment id, or several, of which each row takes one.

    Segments without a script get ``default``. A run takes ``steps`` steps, ``delay`` seconds each,
    and more where a late edit asks for them. With ``error`` every run is refused. Where a request
    wants alternatives, they are a segment's other texts.
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
        self._words = Dictionary()
        self._opinions = opinions or Opinions()
        self.closed = False

    @property
    def info(self) -> ModelInfo:
        """What answers."""
        return self._info

    def fill(
        self,
        request: FillRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Play the script, step by step.

        Raises:
            EngineError: before the first event: the one given, nothing to fill, no such adapter.
        """
        if self._error is not None:
            raise self._error
        if all(isinstance(segment, Fixed) for segment in request.segments):
            raise EngineError("There is no gap to fill.", "Put [...] where the model is to write.")
        if request.adapter is not None and request.adapter not in self._info.adapters:
            raise EngineError(f"There is no adapter {request.adapter}.", "Choose another.")
        rows = [self._row(request, number) for number in range(len(request.seeds))]
        live = _Live(self, request, rows, cancel, commands)
        yield from live.play(self._delay)
        for number, row in enumerate(rows):
            yield self._done(live, number, row)

    def ask(
        self,
        request: AskRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Answer with the script of segment ``ANSWER``."""
        yield from self.fill(asking.as_fill(request), cancel, commands)

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

    def said(self, segments: Sequence[Segment], row: int) -> dict[str, str]:
        """Return what a row says for each segment that is free."""
        texts = {s.id: self._texts(s) for s in segments if not isinstance(s, Fixed)}
        return {name: said[row % len(said)] for name, said in texts.items()}

    def _texts(self, segment: Gap | Soft) -> Sequence[str]:
        standing = segment.text if isinstance(segment, Soft) else ""
        said = self._script.get(segment.id, standing or self._default)
        return [said] if isinstance(said, str) else said

    def _row(self, request: FillRequest, number: int) -> ScriptedRow:
        row = ScriptedRow(request.seeds[number], self._steps, self._words)
        row.begin(request.segments, self.said(request.segments, number))
        if request.start is not None:
            row.go_on(request.start)
        for command in request.commands:
            row.obey(command)
        return row

    def _done(self, live: _Live, number: int, row: ScriptedRow) -> Done:
        request = live.request
        settings = request.settings or self._info.settings
        origin = Provenance(
            self._info.name,
            self._info.hash,
            request.adapter or self._info.adapter,
            request.seeds[number],
            row.step,
            settings,
        )
        return Done(
            request_id=request.id,
            row=number,
            seed=request.seeds[number],
            reason=Reason.SETTLED if row.over else Reason.CANCELLED,
            fills=tuple(self._told(fill, live, origin) for fill in row.fills()),
            steps=row.step,
            elapsed=live.elapsed(),
            settings=settings,
        )

    def _told(self, fill: Fill, live: _Live, origin: Provenance) -> Fill:
        """Return a fill with its origin, and with its segment's other texts if they are wanted."""
        others: list[str] = []
        if live.request.alternatives > 1 and not live.commanded:
            segment = next(s for s in live.segments if s.id == fill.segment_id)
            if not isinstance(segment, Fixed):
                others = [text for text in self._texts(segment) if text != fill.text]
        return Fill(
            fill.segment_id,
            fill.pieces,
            fill.mean_entropy,
            score=0.0 if others else None,
            alternatives=tuple(
                Alternative((TokenDraft(text, TokenState.SETTLED, 0.02),), -rank / 10, 0.02, origin)
                for rank, text in enumerate(others[: live.request.alternatives - 1], 1)
            ),
            provenance=origin,
        )


class _Live:
    """A run under way: rows that step together, and what the reader says to them."""

    def __init__(
        self,
        engine: ScriptedEngine,
        request: FillRequest,
        rows: Sequence[ScriptedRow],
        cancel: CancelToken | None,
        commands: Commands | None,
    ) -> None:
        self.request = request
        self.segments = request.segments
        self.commanded = bool(request.commands)
        self._engine = engine
        self._rows = rows
        self._pace = Pace(cancel, commands)
        self._edition = 0
        self._began = time.perf_counter()

    def elapsed(self) -> float:
        """Return the seconds since the run began."""
        return time.perf_counter() - self._began

    def play(self, delay: float) -> Iterator[StepEvent]:
        """Step until all is accepted or the run is stopped."""
        while self._may_step():
            time.sleep(delay)
            for number, row in enumerate(self._rows):
                if not row.over:
                    row.step += 1
                    yield self._event(number, row)

    def _may_step(self) -> bool:
        """Do what the reader said; False once the run is stopped or over."""
        while True:
            turn = self._pace.next(over=all(row.over for row in self._rows))
            if isinstance(turn, Turn):
                return turn is Turn.STEP
            self._obey(turn)

    def _obey(self, command: Deed) -> None:
        self.commanded = True
        if isinstance(command, Edit):
            self._edition += 1
            self.segments = tuple(command.segments)
        for number, row in enumerate(self._rows):
            if isinstance(command, Edit):
                row.edit(command, self._engine.said(command.segments, number))
            else:
                row.obey(command)

    def _event(self, number: int, row: ScriptedRow) -> StepEvent:
        spans = row.spans()
        tokens = [token for span in spans for token in span.tokens]
        states = [token.state for token in tokens]
        return StepEvent(
            request_id=self.request.id,
            row=number,
            block=0,
            blocks=1,
            step=row.step,
            steps=max(row.steps, row.step),
            spans=spans,
            free=len(tokens) - states.count(TokenState.LOCKED),
            settled=states.count(TokenState.SETTLED),
            accepted=states.count(TokenState.ACCEPTED),
            mean_entropy=sum(t.entropy for t in tokens) / max(1, len(tokens)),
            elapsed=self.elapsed(),
            canvas=row.canvas,
            accepted_mask=tuple(state is not TokenState.CHANGING for state in states),
            entropy=tuple(token.entropy for token in tokens),
            locked=row.locked,
            edition=self._edition,
            paused=self._pace.paused,
        )
