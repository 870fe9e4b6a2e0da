"""The engine whose model is on a department's server. One thread owns it, and no other is started.

The canvas is laid out here, by the tokenizer of a folder on this computer that needs no weights;
the server denoises it with all fixed positions pinned. vLLM tells no steps: a row has one event,
at its end. It scores no text and knows no struck words: those are refused, in one sentence.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacuna_models import asking
from lacuna_models.api import (
    AskRequest,
    Auto,
    CancelToken,
    Commands,
    Done,
    Edit,
    EngineError,
    Fill,
    FillRequest,
    Gap,
    Lock,
    ModelInfo,
    Rewrite,
    RewriteRequest,
    ScoreRequest,
    Scores,
    Stage,
    StartingPoint,
    StepEvent,
)
from lacuna_models.canvas import Rule
from lacuna_models.context import without_marks
from lacuna_models.loading import Wording, wording
from lacuna_models.planning import Block, Planner, plan_request
from lacuna_models.prompt import instruction
from lacuna_models.rows import Job, Moment, Read, Row
from lacuna_models.search.choosing import Proposal, chosen
from lacuna_models.server.requests import (
    Reply,
    canvas_request,
    content,
    read_canvas,
    read_models,
    read_tokens,
)
from lacuna_models.server.wire import Site, WaitEndedError, exchange, strange

UNVERIFIED = "unverified"  # for a hash: what a server computes with cannot be looked at from here
_PROBE = "FINDINGS:\nNo effusion: café 7 mm."
_OTHER = 1_000_003  # added to the seed for each further proposal


def open_remote(folder: Path, site: Site) -> RemoteEngine:
    """Open a department's server. ``folder`` holds the served checkpoint's files but the weights.

    Before any picture is sent, the server must spell as the folder does, and hold a pinned canvas.

    Raises:
        EngineError: anything wrong with the folder or the server, in one sentence.
    """
    words = wording(folder)
    engine = RemoteEngine(words, site, read_models(_asked(site, "GET", "/v1/models")))
    engine.try_out()
    return engine


class RemoteEngine:
    """A served model that fills gaps. Implements ``api.Engine``."""

    def __init__(self, words: Wording, site: Site, model: str) -> None:
        """Take what ``open_remote`` found."""
        self._words = words
        self._site = site
        self._model = model
        self._planner = Planner(words.vocabulary, words.canvas)
        # Noise is drawn from what may be written, so that no mark of the template lies on a canvas.
        unwritable = words.vocabulary.unwritable
        self._writable = [i for i in range(words.vocabulary.size) if i not in unwritable]
        self._info = ModelInfo(
            name=f"{model} on {site.host}",
            hash=UNVERIFIED,
            device=str(site),
            dtype="",
            canvas_length=words.canvas.length,
            demonstrator=words.demonstrator,
            settings=words.settings,
        )

    @property
    def info(self) -> ModelInfo:
        """What answers."""
        return self._info

    def try_out(self) -> None:
        """See to it that the server knows the same tokens, and what it means to pin them.

        Raises:
            EngineError: it does not.
        """
        asked = {"model": self._model, "prompt": _PROBE, "add_special_tokens": False}
        if read_tokens(_asked(self._site, "POST", "/tokenize", asked)) != self._ids(_PROBE):
            raise EngineError(
                f"The server {self._site.host} has another vocabulary than the folder given.",
                "Give the folder of the checkpoint that it serves.",
            )
        dice = random.Random(0)
        canvas = [dice.choice(self._writable) for _ in range(self._words.canvas.length)]
        self._denoise(content(".", ()), canvas, range(len(canvas)), 1, 0, None)

    def fill(
        self,
        request: FillRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Denoise, yielding one event a row, then one ``Done`` a row, in row order.

        An ``Edit`` that comes while the server works is laid out and asked anew; all else that may
        be said to a run is about what one saw of it, and there is nothing to be seen until its end.

        Raises:
            EngineError: a request that cannot be laid out, or an answer that cannot be believed.
        """
        settings = request.settings or self._info.settings
        job = Job(request, settings, time.perf_counter(), self._info, None)
        held = _held(request)
        told = without_marks(instruction(asking.told(request)), self._words.marks)
        work = _Work(job, content(told, request.prompt.images), held, _Ears(cancel, commands))
        plan = self._planned(plan_request(request, self._planner))
        rows = [Row(i, seed) for i, seed in enumerate(request.seeds)]
        for row in rows:
            plan = yield from self._through(work, row, plan)
        for row in rows:
            yield row.done(job, plan)

    def ask(
        self,
        request: AskRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        """Answer a question about pictures; see ``api.Engine.ask``."""
        yield from self.fill(asking.as_fill(request), cancel, commands)

    def score(self, request: ScoreRequest, cancel: CancelToken | None = None) -> Scores:
        """Refuse: a server tells no likelihood of text that stands.

        Raises:
            EngineError: always.
        """
        raise _local_only("weigh text that stands")

    def rewrite(
        self, request: RewriteRequest, cancel: CancelToken | None = None
    ) -> Iterator[Rewrite]:
        """Refuse, as ``score`` does: a wording is checked by its likelihood.

        Raises:
            EngineError: always.
        """
        raise _local_only("reword text")

    def close(self) -> None:
        """Nothing is held: every exchange is a connection of its own."""

    def _ids(self, text: str) -> list[int]:
        return self._words.vocabulary.ids(text)

    def _planned(self, plan: tuple[Block, ...]) -> tuple[Block, ...]:
        if len(plan) > 1:
            raise EngineError(
                "The report is longer than one canvas, and a department server fills but one.",
                "Fill it section by section, or with a model on this computer.",
            )
        return plan

    def _through(
        self, work: _Work, row: Row, plan: tuple[Block, ...]
    ) -> Generator[StepEvent, None, tuple[Block, ...]]:
        """Take a row through its canvas, anew after each edit; return the plan at last."""
        while not row.stopped:
            (block,) = plan
            row.begin(block)
            try:
                replies = self._replies(work, block, row.seed)
            except WaitEndedError:
                plan = self._edited(work, row, plan)
                continue
            yield self._told(work, block, row, replies[0])
            self._end(work, block, row, replies)
            break
        return plan

    def _edited(self, work: _Work, row: Row, plan: tuple[Block, ...]) -> tuple[Block, ...]:
        """Lay out anew what was edited meanwhile, or stop where that cannot be."""
        edit = work.ears.take_edit()
        if edit is None or work.ears.cancelled:
            row.stop()
            return plan
        work.edition += 1
        work.held = {}
        try:
            return self._planned(self._planner.plan(edit.segments))
        except EngineError as error:
            row.notes.append(str(error))
            row.stop()
            return plan

    def _replies(self, work: _Work, block: Block, seed: int) -> list[Reply]:
        """Ask for a canvas, and for others where one gap is to have several proposals."""
        wanted = work.job.request.alternatives if len(block.layout.spans) == 1 else 1
        return [self._reply(work, block, seed + _OTHER * n) for n in range(wanted)]

    def _reply(self, work: _Work, block: Block, seed: int) -> Reply:
        layout, settings = block.layout, work.job.settings
        dice = random.Random(seed)
        stands = self._stands(work, block, dice)
        canvas = [
            stands.get(p, token if p not in layout.free else dice.choice(self._writable))
            for p, token in enumerate(layout.ids)
        ]
        pinned = (set(range(len(canvas))) - set(layout.free)) | work.held.keys()
        return self._denoise(work.turn, canvas, pinned, settings.steps, seed % (1 << 63), work.ears)

    def _stands(self, work: _Work, block: Block, dice: random.Random) -> dict[int, int]:
        """Return what stands at free positions at first: held words, and some of the soft ones."""
        soft = sorted(block.layout.seeded)
        dice.shuffle(soft)
        noised = len(soft) if not soft else max(1, round(work.job.settings.noise * len(soft)))
        stands = {p: block.layout.ids[p] for p in soft[noised:]}
        start = work.job.request.start
        if start is not None and not work.edition:
            stands |= {p: start.canvas[p] for p in block.layout.free if start.accepted[p]}
        return stands | work.held

    def _denoise(
        self,
        turn: list[dict[str, Any]],
        canvas: Sequence[int],
        pinned: Collection[int],
        steps: int,
        seed: int,
        cancel: CancelToken | None,
    ) -> Reply:
        body = canvas_request(self._model, turn, canvas, pinned, steps=steps, seed=seed)
        answer = _asked(self._site, "POST", "/v1/chat/completions", body, cancel)
        return read_canvas(answer, canvas, pinned, self._words.vocabulary.size)

    def _told(self, work: _Work, block: Block, row: Row, reply: Reply) -> StepEvent:
        mean = _mean([reply.entropy[p] for p in block.layout.free])
        settled = mean < work.job.settings.confidence
        free = set(block.layout.free)
        doubt = [nats if p in free else 0.0 for p, nats in enumerate(reply.entropy)]
        ids = self._sayable(block, reply.ids)
        row.take(Read(ids, [True] * len(ids), doubt, lambda: doubt, mean, settled), work.held)
        moment = Moment(Stage.DRAFT, work.edition, paused=False, left=0)
        return row.event(work.job, block, self._words.vocabulary, moment)

    def _sayable(self, block: Block, ids: Sequence[int]) -> list[int]:
        """Return a canvas with padding for marks that may not stand where they do.

        The server forbids none: an end inside a gap would be one, a template's mark no text at all.
        """
        words, pad = self._words.vocabulary, self._words.vocabulary.marks.pad
        rules = block.layout.rules
        may = {Rule.HELD: frozenset(ids), Rule.ENDING: words.marks.ends}
        return [
            pad if i in words.unwritable and i not in may.get(rule, ()) else i
            for i, rule in zip(ids, rules, strict=True)
        ]

    def _end(self, work: _Work, block: Block, row: Row, replies: Sequence[Reply]) -> None:
        row.end(work.job, block, self._words.vocabulary, left=0)
        if any(
            not fill.text.strip()
            for fill in row.fills(work.job, block, self._words.vocabulary, keep=True)
        ):
            row.notes.append("The department server left a gap empty.")
        if len(replies) > 1:
            best = self._best(work, block, row, replies)
            row.start_over()
            row.end_as([best], settled=row.finished)

    def _best(self, work: _Work, block: Block, row: Row, replies: Sequence[Reply]) -> Fill:
        """Return the first reply's fill of the only gap, with the others worth showing."""
        (span,) = block.layout.spans
        proposals = []
        for number, reply in enumerate(replies):
            other = Row(row.index, row.seed + _OTHER * number)
            other.begin(block)
            self._told(work, block, other, reply)
            (fill,) = other.fills(work.job, block, self._words.vocabulary, keep=True)
            score = _mean([reply.likelihood[p] for p in block.layout.free])
            proposals.append(Proposal(fill, score, extra=number > 0))
        segment = next(each for each in block.segments if each.id == span.segment_id)
        policy = segment.policy if isinstance(segment, Gap) else Auto()
        wanted, margin = work.job.request.alternatives, self._words.canvas.margin
        return chosen(proposals, policy, wanted, margin=margin, words=None)


class _Ears:
    """Listens while the server works: to the cancel token, and for an edit of the report."""

    def __init__(self, cancel: CancelToken | None, commands: Commands | None) -> None:
        self._cancel = cancel
        self._commands = commands
        self._edit: Edit | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the run is to stop."""
        return self._cancel is not None and self._cancel.is_set()

    def is_set(self) -> bool:
        """Whether to wait for the server no longer: as a cancel token of the exchange."""
        while self._commands is not None and (command := self._commands.take()) is not None:
            if isinstance(command, Edit):
                self._edit = command
        return self.cancelled or self._edit is not None

    def take_edit(self) -> Edit | None:
        """Return the latest edit, once."""
        edit, self._edit = self._edit, None
        return edit


@dataclass(slots=True)
class _Work:
    """What holds for all rows of a request; ``held`` are locked positions with their tokens."""

    job: Job
    turn: list[dict[str, Any]]
    held: dict[int, int]
    ears: _Ears
    edition: int = 0


def _held(request: FillRequest) -> dict[int, int]:
    """Return what a request asks to hold beyond its anchors.

    Raises:
        EngineError: it names struck words, or an adapter.
    """
    if request.adapter is not None:
        raise _local_only("switch adapters")
    held = {} if request.start is None else dict(_locked(request.start))
    for command in request.commands:
        if not isinstance(command, Lock):
            raise _local_only("keep struck words out")
        held |= zip(command.seen.positions, command.seen.ids, strict=True)
    return held


def _locked(start: StartingPoint) -> Iterator[tuple[int, int]]:
    return ((p, start.canvas[p]) for p in start.locked)


def _asked(
    site: Site, method: str, path: str, body: Any = None, cancel: CancelToken | None = None
) -> Any:
    """Return the JSON of a good answer.

    Raises:
        EngineError: a refusal, a redirect, or no JSON.
    """
    answer = exchange(site, method, path, body, cancel)
    if answer.status in (401, 403):
        raise EngineError(f"The department server {site} wants a key.", "Ask who runs it for one.")
    if answer.status in (400, 404, 422):
        raise EngineError(
            f"The department server {site} does not take what Lacuna asks ({path}).",
            "It must be a vLLM that pins positions, with this checkpoint's canvas length.",
        )
    if answer.status in (429, 503):
        raise EngineError(f"The department server {site} is busy.", "Try again in a moment.")
    if answer.status != 200 or answer.body is None:
        raise strange(site)
    return answer.body


def _local_only(what: str) -> EngineError:
    return EngineError(
        f"A department server cannot {what}.", "Use a model on this computer for that."
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
