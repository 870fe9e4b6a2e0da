"""A block whose gaps have no length of their own: several canvases at once, the best kept.

One first pass looks at every length; the few whose gaps the model is surest of are denoised as
batch rows; each is noised again in halves, and what stands up best is the fill. Gaps are ranked one
by one but run together: row k holds every gap's k-th best length, so several cost what one costs.

The reader sees the row that led after the first pass. Whoever touches it ends the search.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lacuna_models.api import Auto, Edit, EngineError, Fill, Gap, Stage, StepEvent, Words
from lacuna_models.canvas import Layout, Rule, Span
from lacuna_models.context import Context
from lacuna_models.pace import Turn
from lacuna_models.planning import Block
from lacuna_models.rows import Read, Row
from lacuna_models.search.choosing import Proposal, chosen
from lacuna_models.search.lengths import is_loose, lengths_of
from lacuna_models.search.rescoring import Written, halves
from lacuna_models.tracks import Board, Track
from lacuna_models.vocabulary import Marks, Vocabulary

if TYPE_CHECKING:
    from lacuna_models.running import Live, Run

_NEXT_ROW = 7_368_787  # added to the seed: rows of one search do not share their draws
_FEWEST = 6  # rows that are denoised
_STEPS = 8  # that a row may take that does not lead; more never paid
_DRAWS = 1  # of the halves; a second changed nothing
_RESERVES = (0.8, 0.6, 0.45, 0.3)  # shares of the longest length

Steps = Generator[StepEvent, None, Edit | None]


@dataclass(slots=True, eq=False)
class Candidate:
    """One row of the search."""

    block: Block
    row: Row
    track: Track
    extra: bool


class Search:
    """The search for one row's fills of one block."""

    _board: Board

    def __init__(self, run: Run, block: Block, row: Row, seen: Context) -> None:
        """Look at the block's gaps; nothing is run yet."""
        self._run = run
        self._block = block
        self._row = row
        self._seen = seen
        self._spec = run.loaded.canvas
        self._gaps = {s.id: s for s in block.segments if isinstance(s, Gap)}
        self._lengths = self._to_try()

    @property
    def wanted(self) -> bool:
        """Whether there is anything to search for."""
        if self._run.commanded or self._run.request.start is not None:
            return False
        counted = any(isinstance(gap.policy, Words) for gap in self._gaps.values())
        return bool(self._lengths) or counted or self._run.request.alternatives > 1

    def steps(self) -> Steps:
        """Search, yielding the leading row's steps; close the block, if no edit cut it short."""
        candidates = self._candidates()
        self._board_of(candidates)
        leader = candidates[0]
        for each in candidates:
            each.row.begin(each.block)
        while True:
            turn = self._run.pace.next(over=all(each.track.over for each in candidates))
            if turn is Turn.STOP:
                break
            if not isinstance(turn, Turn):
                alone = self._alone(leader)
                if isinstance(turn, Edit):
                    self._run.note(alone)
                    return turn
                self._run.bend(alone, turn)
                return (yield from self._run.to_the_end(alone))
            if self._advance(candidates):
                yield self._event(leader)
        if not all(each.track.over for each in candidates):  # stopped on the way
            self._run.close(self._alone(leader))
            return None
        self._redraft(candidates)
        yield from self._settle(candidates)
        return None

    def _redraft(self, candidates: Sequence[Candidate]) -> None:
        """Give whole drafts their second stage, all together."""
        self._board_of(candidates)
        live = self._run.many(self._block, tuple(each.row for each in candidates), self._board)
        if not self._run.wants_redraft(live):
            return
        with self._run.second_mind():
            if not self._run.redrafts(live):
                return
            self._board = live.board
            while not live.over and not self._run.pace.stopped:
                self._advance(candidates)
            self._run.tidy(live)

    def _alone(self, leader: Candidate) -> Live:
        """Let the leading row go on by itself, with the whole schedule before it."""
        leader.track.lengthen(self._run.job.settings.steps - leader.row.steps)
        return self._run.one(leader.block, leader.row, leader.track, self._seen)

    def _advance(self, candidates: Sequence[Candidate]) -> bool:
        """Take a step of all rows; return whether the leading one took it."""
        going = [each for each in candidates if not each.track.over]
        if 2 * len(going) <= len(self._board.tracks):
            self._board_of(going)
        outputs = dict(zip(self._board.tracks, self._board.advance(), strict=True))
        for each in going:
            output = outputs[each.track]
            if output is not None:
                each.row.take(Read.of(output))
        return candidates[0] in going

    def _board_of(self, candidates: Sequence[Candidate]) -> None:
        """Step these rows, and no others, from now on."""
        self._board = Board(self._run.loaded, self._seen, [each.track for each in candidates])

    def _event(self, leader: Candidate) -> StepEvent:
        return self._run.event(leader.block, leader.row, leader.track, Stage.DRAFT)

    def _to_try(self) -> dict[str, tuple[int, ...]]:
        """Return the lengths to try of each gap whose length is to be searched for."""
        spans = {span.segment_id: span for span in self._block.layout.spans}
        searched = [gap for gap in self._gaps.values() if self._is_searched(gap, spans[gap.id])]
        if not searched:
            return {}
        taken = len(self._block.layout.ids) - _tail(self._block.layout, self._run.words)
        taken -= sum(spans[gap.id].length for gap in searched)
        room = (self._spec.length - taken) // len(searched)
        tried = {gap.id: lengths_of(gap, self._spec, room) for gap in searched}
        return {name: lengths for name, lengths in tried.items() if lengths}

    def _is_searched(self, gap: Gap, span: Span) -> bool:
        if span.ending or gap.exact is not None:
            return False
        if isinstance(gap.policy, Auto):
            phrase = span.length <= self._spec.default_gap
            return phrase and (self._spec.searched or self._run.request.alternatives > 1)
        return True

    def _candidates(self) -> list[Candidate]:
        """Return the rows to denoise, the most promising first."""
        wanted = self._run.request.alternatives
        count = max(_FEWEST, wanted + 1)
        if not self._lengths:
            return [self._candidate(self._block, number) for number in range(count)]
        if not self._elastic:
            return [self._candidate(b, n) for n, b in enumerate(self._surest(count))]
        # The usual reserve leads: what is proposed first does not depend on who asks for more.
        blocks = [self._block, *(self._shorter() if self._spec.searched else ())]
        found = [self._candidate(block, number) for number, block in enumerate(blocks)]
        if wanted > 1:
            # Padded gaps say the same at every length; variety comes from those that are not.
            more = enumerate(self._surest(count), len(found))
            found += [self._candidate(block, number, extra=True) for number, block in more]
        return found

    def _shorter(self) -> list[Block]:
        """Return the block with shorter reserves, which padding may shorten further."""
        blocks = []
        for share in _RESERVES:
            lengths = {name: round(share * all_[-1]) for name, all_ in self._lengths.items()}
            laid = self._laid(lengths, padded=True)
            if laid is not None:
                blocks.append(laid)
        return blocks

    @property
    def _elastic(self) -> bool:
        loose = all(is_loose(self._gaps[name].policy) for name in self._lengths)
        return self._spec.elastic and loose

    def _surest(self, count: int) -> list[Block]:
        """Return the block at the lengths that the model is surest of after one pass."""
        ranked = self._first_pass()
        blocks: list[Block] = []
        for number in range(count):
            lengths = {name: best[number % len(best)] for name, best in ranked.items()}
            laid = self._laid(lengths, padded=False)
            if laid is not None and laid not in blocks:
                blocks.append(laid)
        return blocks or [self._block]

    def _candidate(self, block: Block, number: int, *, extra: bool = False) -> Candidate:
        row = self._row if number == 0 else Row(self._row.index, self._row.seed)
        track = self._run.track(block, row, shift=_NEXT_ROW * number)
        if number and self._lengths:
            track.shorten(_STEPS)
        return Candidate(block, row, track, extra)

    def _first_pass(self) -> dict[str, list[int]]:
        """Return each gap's lengths, those that the model is surest of first."""
        tried = max(len(lengths) for lengths in self._lengths.values())
        blocks = []
        for number in range(tried):
            lengths = {
                name: all_[(number + 7 * i) % len(all_)]
                for i, (name, all_) in enumerate(self._lengths.items())
            }
            laid = self._laid(lengths, padded=False)
            if laid is not None:
                blocks.append(laid)
        if not blocks:
            return {}
        tracks = [self._run.track(block, self._row) for block in blocks]
        board = Board(self._run.loaded, self._seen, tracks)
        doubts = [track.doubts(logits) for track, logits in board.thoughts()]
        seen: dict[str, dict[int, float]] = {name: {} for name in self._lengths}
        for block, doubt in zip(blocks, doubts, strict=True):
            for span in block.layout.spans:
                if span.segment_id in seen:
                    inside = [doubt[p] for p in range(span.start, span.stop)]
                    seen[span.segment_id][span.length] = sum(inside) / len(inside)
        return {name: sorted(found, key=lambda n: found[n]) for name, found in seen.items()}

    def _laid(self, lengths: Mapping[str, int], *, padded: bool) -> Block | None:
        """Lay the block out with lengths; None where there is no room for them."""
        try:
            return self._run.planner.again(self._block, lengths, padded=padded)
        except EngineError:
            return None

    def _settle(self, candidates: Sequence[Candidate]) -> Generator[StepEvent, None, None]:
        """Rank the rows, keep the best of each gap, and tell it."""
        run = self._run
        proposals = self._proposals(candidates)
        fills: list[Fill] = []
        if self._block.count > 1:  # what follows has seen one row's words, not a patchwork
            proposals = _of_best_row(proposals)
        for name, offered in proposals.items():
            gap = self._gaps.get(name)
            policy = gap.policy if gap is not None else Auto()
            words = policy.words if isinstance(policy, Words) else None
            wanted = run.request.alternatives
            fills.append(chosen(offered, policy, wanted, margin=self._spec.margin, words=words))
        winner = _source(fills, proposals, candidates)
        if winner is not candidates[0]:
            self._row.take_over(winner.row)
            yield run.event(winner.block, self._row, winner.track, Stage.DRAFT)
        run.remember(winner.block, self._row, winner.track)
        self._row.end_as(fills, settled=winner.row.finished)

    def _proposals(self, candidates: Sequence[Candidate]) -> dict[str, list[Proposal]]:
        run = self._run
        written = [_written(each, run.words.marks) for each in candidates]
        scores = halves(run.loaded, self._seen, written, draws=_DRAWS, seed=self._row.seed)
        proposals: dict[str, list[Proposal]] = {}
        for each, score in zip(candidates, scores, strict=True):
            fills = each.row.fills(run.job, each.block, run.words, keep=True)
            for fill, mark in zip(fills, score, strict=True):
                proposals.setdefault(fill.segment_id, []).append(Proposal(fill, mark, each.extra))
        return proposals


def _tail(layout: Layout, words: Vocabulary) -> int:
    """Return how many positions behind the text hold nothing but the reply's end and filler."""
    filler, count = {words.marks.pad, *words.marks.ends}, 0
    for token, rule in zip(reversed(layout.ids), reversed(layout.rules), strict=True):
        if rule is not Rule.HELD or token not in filler:
            break
        count += 1
    return count


def _written(candidate: Candidate, marks: Marks) -> Written:
    """Return a canvas with what is to be scored: padding counts where it shortens a gap."""
    ids = candidate.row.ids
    spans = []
    for span in candidate.block.layout.spans:
        places = range(span.start, span.stop)
        ends = (p for p in places if ids[p] in marks.ends)
        said = range(span.start, next(ends, span.stop))
        spans.append(tuple(p for p in said if not span.ending or ids[p] != marks.pad))
    return Written(tuple(ids), tuple(spans))


def _of_best_row(proposals: Mapping[str, Sequence[Proposal]]) -> dict[str, list[Proposal]]:
    rows = range(min(len(offered) for offered in proposals.values()))
    best = max(rows, key=lambda row: sum(offered[row].score for offered in proposals.values()))
    return {name: [offered[best]] for name, offered in proposals.items()}


def _source(
    fills: Sequence[Fill],
    proposals: Mapping[str, Sequence[Proposal]],
    candidates: Sequence[Candidate],
) -> Candidate:
    """Return the row that wrote most of what was chosen."""
    votes = [0] * len(candidates)
    for fill in fills:
        texts = [proposal.fill.text for proposal in proposals[fill.segment_id]]
        votes[texts.index(fill.text)] += 1
    return candidates[votes.index(max(votes))]
