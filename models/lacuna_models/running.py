"""A run: the blocks of a request, denoised one after the other, and bent by what the reader says.

Between steps the generator asks its ``Pace``. A lock, a release or a strike bends the tracks as
they are; an edit lays the canvas anew, with all that still fits of what had been written.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from torch import Tensor

from lacuna_models import context
from lacuna_models.api import (
    Done,
    Edit,
    EngineError,
    FillRequest,
    Lock,
    Stage,
    StepEvent,
    Strike,
)
from lacuna_models.context import Context
from lacuna_models.edits import Carried, beside, carry, fresh, plan_anew
from lacuna_models.loading import Loaded
from lacuna_models.pace import Pace, Touch, Turn
from lacuna_models.planning import Block, Planner, plan_request
from lacuna_models.rows import Job, Moment, Read, Row
from lacuna_models.search.growing import grown_lengths, kept_spans
from lacuna_models.search.looking import look_over
from lacuna_models.search.redraft import body_of, once
from lacuna_models.search.searching import Search
from lacuna_models.strikes import Struck, found, spellings
from lacuna_models.tracks import Board, Track

_NEXT_BLOCK = 1_000_003  # added to the seed: the blocks of a row do not share their draws

Steps = Generator[StepEvent, None, Edit | None]  # ends with the edit that cut them short


@dataclass(slots=True)
class Live:
    """Rows that step together through one block, each on its track."""

    block: Block
    rows: tuple[Row, ...]
    tracks: tuple[Track, ...]
    board: Board
    stage: Stage = Stage.DRAFT

    @property
    def over(self) -> bool:
        """Whether no track has a step left."""
        return all(track.over for track in self.tracks)


class Run:
    """One request on its way. Made and iterated on the engine's thread."""

    def __init__(self, loaded: Loaded, rules: Tensor, job: Job, pace: Pace) -> None:
        """Plan it. ``rules`` is (rules, V) bool: what may not stand under each.

        Raises:
            EngineError: it cannot be laid out.
        """
        self.job = job
        self.pace = pace
        self.loaded = loaded
        self.words = loaded.vocabulary
        self.planner = Planner(loaded.vocabulary, loaded.canvas)
        self.commanded = False
        self._rules = rules
        self._edition = 0
        self._struck: list[Struck] = []
        self._carried: dict[int, dict[str, Carried]] = {}  # by row
        self._segments = job.request.segments
        self._plan = plan_request(job.request, self.planner)

    @property
    def request(self) -> FillRequest:
        """What was asked for."""
        return self.job.request

    def events(self, start: Context) -> Iterator[StepEvent | Done]:
        """Run all rows behind a context; see ``api.Engine.fill``."""
        rows = tuple(Row(i, seed) for i, seed in enumerate(self.request.seeds))
        yield from self._go(rows, start)
        for row in rows:
            yield row.done(self.job, self._plan)

    def _go(self, rows: tuple[Row, ...], start: Context) -> Iterator[StepEvent]:
        """Take rows through the plan, from its beginning again after each edit."""
        while not rows[0].stopped:
            if len(rows) > 1 and (len(self._plan) > 1 or self._searches(rows[0], start)):
                # A search takes the batch for itself, and later blocks see what each row wrote
                # before: the rows part company.
                for row in rows:
                    yield from self._go((row,), start)
                return
            edit = yield from self._through(rows, start)
            if edit is None:
                return
            self._obey_edit(edit, rows)

    def _through(self, rows: tuple[Row, ...], seen: Context) -> Steps:
        for block in self._plan:
            if rows[0].stopped:
                break
            if not block.layout.free:
                for row in rows:
                    row.pass_over(self.job, block, self.words)
            elif (edit := (yield from self._block(block, rows, seen))) is not None:
                return edit
            if block.index + 1 < block.count:
                if self.pace.stopped:
                    rows[0].stop()
                else:
                    seen = context.extend(self.loaded, seen, rows[0].written(self.words))
        return None

    def _searches(self, row: Row, start: Context) -> bool:
        blocks = [block for block in self._plan if block.layout.free]
        return any(Search(self, block, row, start).wanted for block in blocks)

    def _block(self, block: Block, rows: tuple[Row, ...], seen: Context) -> Steps:
        search = Search(self, block, rows[0], seen)
        if search.wanted:
            return (yield from search.steps())
        return (yield from self.to_the_end(self.live(block, rows, seen)))

    def to_the_end(self, live: Live) -> Steps:
        """Step until a block is over, and close it unless an edit cut it short."""
        edit = yield from self.steps(live)
        while edit is None and (wider := self.grown(live)) is not None:
            live = wider
            edit = yield from self.steps(live)
        if edit is None and self.wants_redraft(live):
            yield from self.look_over(live)
            with self.second_mind():
                if not self.pace.stopped and self.redrafts(live):
                    edit = yield from self.steps(live)
                    self.tidy(live)
        if edit is None:
            self.close(live)
        else:
            self.note(live)
        return edit

    def grown(self, live: Live) -> Live | None:
        """Lay a block out anew where a padded gap came out full; None where all have room.

        The other gaps begin from what they held. Nothing grows that the reader has bent, and
        nothing whose steps ran out: it may be full of noise.
        """
        bent = self.commanded or self.pace.stopped or self.request.start is not None
        if bent or not all(row.finished for row in live.rows):
            return None
        before = live.block.layout
        lengths = grown_lengths(before, [row.ids for row in live.rows], self._pad)
        if lengths is None:
            return None
        try:
            block = self.planner.again(live.block, lengths, padded=True)
        except EngineError:  # no room for more: what fitted stays
            return None
        self._plan = tuple(block if each.index == block.index else each for each in self._plan)
        tracks = tuple(self.track(block, row) for row in live.rows)
        for row, track in zip(live.rows, tracks, strict=True):
            stands = kept_spans(before, block.layout, row.ids)
            row.begin(block, row.steps)
            row.keep(stands)
            track.put(stands)
        return Live(block, live.rows, tracks, Board(self.loaded, live.board.seen, tracks))

    def second_mind(self) -> AbstractContextManager[None]:
        """Put to work what writes second stages: the checkpoint's adapter for it, if any.

        Another adapter that is at work stays. The context is the first stage's.
        """
        base = self.loaded.adapters.active is None
        return self.loaded.thinking_with(self.loaded.canvas.redraft_adapter if base else None)

    def look_over(self, live: Live) -> Iterator[StepEvent]:
        """Write anew what does not stand up in a whole draft, where the checkpoint asks for it."""
        bound = self.loaded.canvas.second_look
        live.stage = Stage.REDRAFT
        for row, track in zip(live.rows, live.tracks, strict=True):
            if bound is not None and look_over(self, live.block, row, live.board.seen, bound):
                yield self.event(live.block, row, track, live.stage)

    def wants_redraft(self, live: Live) -> bool:
        """Whether it is a whole draft that is to have a second stage."""
        asked = self.request.two_stage
        wanted = self.loaded.canvas.two_stage if asked is None else asked
        span = live.block.layout.spans[0]
        whole = span.ending and live.block.layout.parts == (span,)
        return wanted and whole and not (self.commanded or self.pace.stopped)

    def redrafts(self, live: Live) -> bool:
        """Begin the second stage on a new board; return whether there is anything to write anew."""
        span = live.block.layout.spans[0]
        bodies = [body_of(self._text(live.block, row), self.words) for row in live.rows]
        for row, track, body in zip(live.rows, live.tracks, bodies, strict=True):
            if body is not None:
                stands = dict(enumerate(body, span.start))
                track.write_on(stands)
                row.keep(stands)
        live.stage = Stage.REDRAFT
        live.board = Board(self.loaded, live.board.seen, live.tracks)
        return any(body is not None for body in bodies)

    def tidy(self, live: Live) -> None:
        """Leave out what a draft says twice."""
        start = live.block.layout.spans[0].start
        for row in live.rows:
            ids = self._text(live.block, row)
            kept = set(once(ids, self.words))
            row.leave_out({start + i for i in range(len(ids)) if i not in kept}, self._pad)

    def _text(self, block: Block, row: Row) -> list[int]:
        """Return what a row wrote into a block's only span, up to the reply's end."""
        span, ends = block.layout.spans[0], self.words.marks.ends
        ids = row.ids[span.start : span.stop]
        return ids[: next((i for i, token in enumerate(ids) if token in ends), len(ids))]

    @property
    def _pad(self) -> int:
        return self.words.marks.pad

    def close(self, live: Live) -> None:
        """Close a block: keep all, or what was accepted where it was stopped."""
        self.note(live)
        for row, track in zip(live.rows, live.tracks, strict=True):
            row.end(self.job, live.block, self.words, left=0 if track.over else track.left)

    def one(self, block: Block, row: Row, track: Track, seen: Context) -> Live:
        """Let one track go on by itself."""
        return Live(block, (row,), (track,), Board(self.loaded, seen, (track,)))

    def many(self, block: Block, rows: tuple[Row, ...], board: Board) -> Live:
        """Take the rows of a board that was made elsewhere."""
        return Live(block, rows, board.tracks, board)

    def track(self, block: Block, row: Row, shift: int = 0) -> Track:
        """Return a fresh track of a row through a block; ``shift`` leads to other draws."""
        seed = row.seed + shift + _NEXT_BLOCK * block.index
        return Track(block.layout, self._rules, self.job.settings, seed, self.words.size)

    def live(self, block: Block, rows: tuple[Row, ...], seen: Context) -> Live:
        """Begin a block: from noise, from a recorded step, or from what an edit left."""
        tracks = tuple(self.track(block, row) for row in rows)
        live = Live(block, rows, tracks, Board(self.loaded, seen, tracks))
        for row, track in zip(rows, tracks, strict=True):
            self._begin(block, row, track)
        if not self._edition:
            for command in self.request.commands:
                self.bend(live, command)
        return live

    def _begin(self, block: Block, row: Row, track: Track) -> None:
        start = self.request.start
        if self._edition:
            self._begin_anew(block, row, track)
        elif start is not None and start.block == block.index:
            track.go_on(start)
            row.begin(block, start.step)
            row.keep({p: start.canvas[p] for p in block.layout.free if start.accepted[p]})
        else:
            row.begin(block)

    def _begin_anew(self, block: Block, row: Row, track: Track) -> None:
        """Begin a block from what its spans held before an edit."""
        known = self._carried.get(row.index, {})
        segments, around = {s.id: s for s in block.segments}, beside(self._segments)
        row.begin(block, row.steps)
        for span in block.layout.spans:
            name = span.segment_id
            begun = fresh(span, segments[name], around[name], known.get(name))
            track.put(begun.stands)
            track.hold(begun.held)
            row.keep(begun.stands)
            if begun.touched and begun.stands:
                track.noise(range(span.start, span.stop), self.job.settings.noise)
        if known:
            track.warm(exact=True)

    def steps(self, live: Live) -> Steps:
        """Step until all rows are over or the run is stopped; an edit that comes ends it too."""
        while True:
            turn = self.pace.next(over=live.over)
            if turn is Turn.STOP:
                return None
            if isinstance(turn, Edit):
                return turn
            if isinstance(turn, Turn):
                yield from self.step(live)
            else:
                self.bend(live, turn)

    def step(self, live: Live) -> Iterator[StepEvent]:
        """Take one step of every row that is not over."""
        for row, track, output in zip(live.rows, live.tracks, live.board.advance(), strict=True):
            if output is None:
                continue
            read = Read.of(output)
            again = self._said_again(live.block, track, read.ids)
            row.take(read, track.held, again)
            if again:
                track.ban(again)
                track.warm()
            yield self.event(live.block, row, track, live.stage)

    def event(self, block: Block, row: Row, track: Track, stage: Stage) -> StepEvent:
        """Word a row's last step."""
        left = 0 if track.over else track.left
        moment = Moment(stage, self._edition, self.pace.paused, left)
        return row.event(self.job, block, self.words, moment)

    def bend(self, live: Live, command: Touch) -> None:
        """Obey a lock, a release or a strike from the next step on."""
        self.commanded = True
        seen, free = command.seen, set(live.block.layout.free)
        if seen.block != live.block.index:
            return
        tokens = {p: t for p, t in zip(seen.positions, seen.ids, strict=True) if p in free}
        if isinstance(command, Strike):
            self._strike(live, tokens)
            return
        for row, track in zip(live.rows, live.tracks, strict=True):
            if track.over and not track.held:
                continue
            if isinstance(command, Lock):
                self._lock(live.block, row, track, tokens)
            else:
                track.release(tokens)
            track.warm()

    def _lock(self, block: Block, row: Row, track: Track, tokens: Mapping[int, int]) -> None:
        rules = block.layout.rules
        may = {p: t for p, t in tokens.items() if not self._rules[rules[p].value, t]}
        against = any(row.ids[p] != token for p, token in may.items())
        track.hold(may)
        row.keep(may)
        if against:  # the model thinks otherwise: let it think again
            track.noise(block.layout.free, self.job.settings.noise)

    def _strike(self, live: Live, tokens: Mapping[int, int]) -> None:
        for span in live.block.layout.spans:
            inside = sorted(p for p in tokens if span.start <= p < span.stop)
            phrase = "".join(self.words.texts([tokens[p] for p in inside], "ignore")).strip()
            if not phrase:
                continue
            self._struck.append(Struck(span.segment_id, phrase))
            places = range(span.start, span.stop)
            for row, track in zip(live.rows, live.tracks, strict=True):
                track.release(inside)
                track.ban(dict.fromkeys(places, spellings(phrase, self.words)))
                track.ban(self._said_again(live.block, track, row.ids))
                track.noise(places, self.job.settings.noise)
                track.warm()

    def _said_again(self, block: Block, track: Track, ids: Sequence[int]) -> dict[int, list[int]]:
        """Return the tokens with which a draft says what was struck out, by position."""
        spans = {span.segment_id: span for span in block.layout.spans}
        again: dict[int, list[int]] = {}
        for struck in self._struck:
            span = spans.get(struck.segment_id)
            if span is None:
                continue
            places = [p for p in range(span.start, span.stop) if ids[p] != self.words.marks.pad]
            for p in found(struck, places, [ids[p] for p in places], self.words):
                if p not in track.held:
                    again[p] = [ids[p]]
        return again

    def note(self, live: Live) -> None:
        """Note what a block's spans hold, in case that the report is edited."""
        for row, track in zip(live.rows, live.tracks, strict=True):
            self.remember(live.block, row, track)

    def remember(self, block: Block, row: Row, track: Track) -> None:
        """Note what a row wrote into a block."""
        known = carry(block, row.ids, row.accepted, track.held, beside(self._segments))
        self._carried[row.index] = self._carried.get(row.index, {}) | known

    def _obey_edit(self, edit: Edit, rows: Sequence[Row]) -> None:
        """Lay the report out anew, or stop where that cannot be."""
        self.commanded = True
        try:
            plan = plan_anew(self.planner, edit.segments, self._carried.get(rows[0].index, {}))
        except EngineError as error:
            for row in rows:
                row.refuse(self.job, self._plan, self.words, str(error))
            return
        self._edition += 1
        self._segments, self._plan = tuple(edit.segments), plan
        for row in rows:
            row.start_over()
