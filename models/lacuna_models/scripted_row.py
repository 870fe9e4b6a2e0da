"""One row of a scripted run: what it says at which step, and what a reader does to it meanwhile."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lacuna_models.api import (
    Edit,
    Fill,
    Fixed,
    Gap,
    Kept,
    Lock,
    Open,
    Release,
    Seen,
    Segment,
    SpanDraft,
    StartingPoint,
    Strike,
    TokenDraft,
    TokenState,
)

_PIECE = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_NOISE = (" lung", " the", " clear", " right", " of", " small", " no", " heart", ".", " zone")
_UNSURE, _SURE = 2.4, 0.01  # nats


class Dictionary:
    """Token ids of texts, in the order in which they were met."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def id(self, text: str) -> int:
        """Return the id of a text."""
        return self._ids.setdefault(text, len(self._ids))

    def text(self, token: int) -> str:
        """Return the text of an id; nothing for one that was never given."""
        return next((text for text, known in self._ids.items() if known == token), "")


@dataclass(frozen=True, slots=True)
class Piece:
    """One token: its final text, the step at which it is accepted, whether the reader holds it."""

    text: str
    at: int
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One span's script. ``struck`` are the words that may not come back, case folded."""

    segment_id: str
    auto: bool
    pieces: tuple[Piece, ...]
    struck: frozenset[str] = frozenset()


Mend = Callable[[Piece, int], Piece]  # a token and its position -> what becomes of it


class ScriptedRow:
    """A row's parts, and how far it got. ``said`` gives the text of each segment that is free."""

    def __init__(self, seed: int, steps: int, words: Dictionary) -> None:
        self.step = 0
        self.steps = steps
        self._dice = random.Random(seed)
        self._words = words
        self._segments: tuple[Segment, ...] = ()
        self._parts: tuple[Part, ...] = ()

    def begin(self, segments: Sequence[Segment], said: Mapping[str, str]) -> None:
        """Lay the segments out and decide when each token is accepted."""
        self._segments = tuple(segments)
        self._parts = tuple(
            self._fresh(segment, said[segment.id])
            for segment in segments
            if not isinstance(segment, Fixed)
        )

    def go_on(self, start: StartingPoint) -> None:
        """Take over a recorded step: what was accepted then stands now."""
        self.step = min(start.step, self.steps - 1)
        known = zip(start.canvas, start.accepted, strict=True)
        stands = {p: token for p, (token, kept) in enumerate(known) if kept}
        self._change(
            range(sum(len(part.pieces) for part in self._parts)),
            lambda piece, p: (
                Piece(self._words.text(stands[p]), 0, p in start.locked)
                if p in stands
                else replace(piece, at=max(piece.at, self.step + 1))
            ),
        )

    def obey(self, command: Lock | Release | Strike) -> None:
        """Hold, let go or throw out tokens."""
        seen = command.seen
        texts = dict(zip(seen.positions, map(self._words.text, seen.ids), strict=True))
        if isinstance(command, Strike):
            self._strike(seen, {text.strip().casefold() for text in texts.values()} - {""})
        elif isinstance(command, Release):
            self._change(texts, lambda piece, p: replace(piece, locked=False))
        else:
            self._change(texts, lambda piece, p: Piece(texts[p], self.step, locked=True))

    def edit(self, command: Edit, said: Mapping[str, str]) -> None:
        """Lay out anew: spans beside changed text start again, others keep what they have."""
        before = {segment.id: around for segment, around in _neighbours(self._segments)}
        kept = {part.segment_id: part for part in self._parts}
        parts = []
        for segment, around in _neighbours(command.segments):
            if isinstance(segment, Fixed):
                continue
            known = kept.get(segment.id)
            if known is None:
                parts.append(self._fresh(segment, said[segment.id]))
            else:
                beside = before.get(segment.id) != around
                parts.append(self._restarted(known) if beside else known)
        self._segments, self._parts = tuple(command.segments), tuple(parts)

    @property
    def over(self) -> bool:
        """Whether every token has been accepted and the script's steps are taken."""
        last = max((piece.at for part in self._parts for piece in part.pieces), default=0)
        return self.step >= max(self.steps, last)

    @property
    def canvas(self) -> tuple[int, ...]:
        """The id at every position."""
        return tuple(token.id for span in self.spans() for token in span.tokens)

    @property
    def locked(self) -> tuple[int, ...]:
        """The positions that the reader holds."""
        pieces = [piece for part in self._parts for piece in part.pieces]
        return tuple(p for p, piece in enumerate(pieces) if piece.locked)

    def spans(self) -> tuple[SpanDraft, ...]:
        """Return every span as it stands after the step."""
        drafts, at = [], 0
        for part in self._parts:
            tokens = tuple(self._token(part, piece, at + i) for i, piece in enumerate(part.pieces))
            drafts.append(SpanDraft(part.segment_id, tokens, len(tokens)))
            at += len(tokens)
        return tuple(drafts)

    def fills(self) -> tuple[Fill, ...]:
        """Return what stands: accepted text, and the rest open."""
        return tuple(
            _fill(part, span.tokens) for part, span in zip(self._parts, self.spans(), strict=True)
        )

    def _fresh(self, segment: Segment, text: str) -> Part:
        auto = isinstance(segment, Gap) and segment.exact is None
        pieces = tuple(Piece(each, self._later()) for each in _PIECE.findall(text))
        return Part(segment.id, auto, pieces)

    def _restarted(self, part: Part) -> Part:
        return replace(
            part,
            pieces=tuple(
                piece if piece.locked else replace(piece, at=self._later()) for piece in part.pieces
            ),
        )

    def _later(self) -> int:
        """Draw the step at which a token will be accepted."""
        return self._dice.randint(self.step + 1, max(self.steps, self.step + 2))

    def _change(self, wanted: Collection[int], to: Mend) -> None:
        at, parts = 0, []
        for part in self._parts:
            pieces = tuple(
                to(piece, p) if p in wanted else piece for p, piece in enumerate(part.pieces, at)
            )
            parts.append(replace(part, pieces=pieces))
            at += len(pieces)
        self._parts = tuple(parts)

    def _strike(self, seen: Seen, words: Collection[str]) -> None:
        at, parts = 0, []
        for part in self._parts:
            holds = any(at <= p < at + len(part.pieces) for p in seen.positions)
            parts.append(self._without(part, words) if holds else part)
            at += len(part.pieces)
        self._parts = tuple(parts)

    def _without(self, part: Part, words: Collection[str]) -> Part:
        """Return a part that does not say the words, but where the reader holds one of them."""
        struck = part.struck | set(words)
        other = next((text for text in _NOISE if text.strip() not in struck), "")
        pieces = tuple(
            Piece(other, self.step + 1)
            if not piece.locked and piece.text.strip().casefold() in words
            else piece
            for piece in part.pieces
        )
        return replace(part, pieces=pieces, struck=struck)

    def _token(self, part: Part, piece: Piece, position: int) -> TokenDraft:
        text, state, entropy = piece.text, TokenState.SETTLED, _SURE
        if piece.locked:
            state, entropy = TokenState.LOCKED, 0.0
        elif self.step < piece.at:
            dice = random.Random(f"{part.segment_id}{position}{self.step}")
            text = dice.choice([t for t in _NOISE if t.strip() not in part.struck] or [""])
            state, entropy = TokenState.CHANGING, _UNSURE * (piece.at - self.step) / piece.at
        elif self.step == piece.at:
            state = TokenState.ACCEPTED
        return TokenDraft(text, state, entropy, position, self._words.id(text))


def _neighbours(segments: Sequence[Segment]) -> list[tuple[Segment, tuple[str, str]]]:
    """Return each segment with the fixed texts beside it."""
    texts = [segment.text if isinstance(segment, Fixed) else "" for segment in segments]
    padded = ["", *texts, ""]
    return [(s, (padded[i], padded[i + 2])) for i, s in enumerate(segments)]


def _fill(part: Part, tokens: Sequence[TokenDraft]) -> Fill:
    pieces: list[Kept | Open] = []
    for changing, run in groupby(tokens, lambda token: token.state is TokenState.CHANGING):
        members = tuple(run)
        at_end = part.auto and members[-1] is tokens[-1]
        pieces.append(Open(len(members), at_end) if changing else Kept(members))
    kept = [token.entropy for token in tokens if token.state is not TokenState.CHANGING]
    return Fill(part.segment_id, tuple(pieces), sum(kept) / len(kept) if kept else 0.0)
