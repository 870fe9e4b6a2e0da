"""Segments -> positions on the canvas. Torch-free.

A Fixed segment's text is never decoded from tokens, so it comes back byte for byte whatever the
tokenizer does. Tokens decide only what the model sees:

* Neighbouring texts are tokenised jointly, so the model sees natural tokens across their edges.
* A metaspace token carries the space before its word. Spaces before a gap are therefore left to the
  gap's first token, and a token such as "_normal" belongs to the segment of its first letter.
* A token with letters of both sides of a soft span's edge would be held and free at once: there the
  text is cut and tokenised apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate, groupby

from lacuna_models.api import EngineError, Fixed, Gap, Segment, Soft
from lacuna_models.vocabulary import Vocabulary

SHORTEST_GAP = 3  # tokens; below that a gap holds no phrase
DEFAULT_GAP = 12  # tokens; a report sentence of the real tokenizer


class Rule(Enum):
    """What a position may hold."""

    HELD = 0  # an anchor: nothing else
    WORDS = 1  # text
    ELASTIC = 2  # text, or padding that shortens the gap
    ENDING = 3  # text, the end of the reply, and padding


@dataclass(frozen=True, slots=True)
class CanvasSpec:
    """What a checkpoint's canvas is like.

    Attributes:
        length: positions.
        default_gap: tokens that are reserved for a gap of unknown length.
        elastic: whether the model was taught to pad a gap that is too long.
        preamble: ids that the model writes before its words (an empty thought channel); held.
    """

    length: int
    default_gap: int = DEFAULT_GAP
    elastic: bool = False
    preamble: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A gap's or soft segment's positions, ``start`` <= p < ``stop``.

    ``lead`` and ``trail`` are a soft segment's edge whitespace, which stands. In an ``ending`` span
    the text stops at the first end mark.
    """

    segment_id: str
    start: int
    stop: int
    soft: bool = False
    ending: bool = False
    lead: str = ""
    trail: str = ""

    @property
    def length(self) -> int:
        """How many positions."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Layout:
    """A canvas, laid out: one entry a position in ``ids`` and ``rules``.

    ``ids`` holds anchors and soft seeds; at a gap's positions its value means nothing. ``parts`` is
    the text in reading order: fixed text verbatim, and spans. ``shrunk`` is the tokens that the
    shortest gap of unknown length got, where that is less than the usual, else None. ``before`` and
    ``after`` are the neighbouring blocks' text; ``after`` is None where a gap follows.
    """

    ids: tuple[int, ...]
    rules: tuple[Rule, ...]
    parts: tuple[str | Span, ...]
    shrunk: int | None = None
    before: str = ""
    after: str | None = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """Gaps and soft spans, in reading order."""
        return tuple(part for part in self.parts if isinstance(part, Span))

    @property
    def free(self) -> tuple[int, ...]:
        """Positions that the model may write."""
        return tuple(p for p, rule in enumerate(self.rules) if rule is not Rule.HELD)

    @property
    def seeded(self) -> frozenset[int]:
        """Positions that start from soft text."""
        return frozenset(p for s in self.spans if s.soft for p in range(s.start, s.stop))


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring texts: ids, the index of the segment that owns each, and which are held."""

    ids: tuple[int, ...]
    owners: tuple[int, ...]
    held: tuple[bool, ...]


def lay_out(
    segments: Sequence[Segment], vocabulary: Vocabulary, spec: CanvasSpec, *, last: bool = True
) -> Layout:
    """Place segments on one canvas.

    With ``last``, a gap at the end is open: it takes the rest of the canvas and may end the reply;
    without such a gap the reply's end follows the text. Otherwise the canvas is just as long as
    its content, because the reply goes on.

    Raises:
        EngineError: a gap longer than the canvas, or no room for a gap.
    """
    runs = encode_runs(segments, vocabulary)
    open_gap = _open_gap(segments) if last else None
    if open_gap is not None:
        runs = {i: run for i, run in runs.items() if i < open_gap}
    taken = len(spec.preamble) + sum(len(run.ids) for run in runs.values())
    lengths = _share(segments, spec, taken, open_gap)
    return _Builder(segments, vocabulary, spec, open_gap, last).build(runs, lengths)


def needs(segments: Sequence[Segment], vocabulary: Vocabulary, gap: int) -> int:
    """Return the positions that segments take with ``gap`` tokens a gap of unknown length."""
    text = sum(len(run.ids) for run in encode_runs(segments, vocabulary).values())
    return text + sum(
        gap if segment.length is None else segment.length
        for segment in segments
        if isinstance(segment, Gap)
    )


def encode_runs(segments: Sequence[Segment], vocabulary: Vocabulary) -> dict[int, _Run]:
    """Tokenise each run of neighbouring texts, keyed by the index of its first segment."""
    runs: dict[int, _Run] = {}
    for is_gap, group in groupby(enumerate(segments), lambda item: isinstance(item[1], Gap)):
        members = list(group)
        if is_gap:
            continue
        first, beyond = members[0][0], members[-1][0] + 1
        texts = [_plain(segment.text) for _, segment in members if not isinstance(segment, Gap)]
        if beyond < len(segments):
            texts = _without_trailing_spaces(texts)
        soft = [isinstance(segment, Soft) for _, segment in members]
        run = _encode_run(texts, soft, vocabulary)
        runs[first] = replace(run, owners=tuple(owner + first for owner in run.owners))
    return runs


def _plain(text: str) -> str:
    """Return text that UTF-8 can hold: a lone surrogate, for the model only, is a question mark."""
    return text.encode("utf-8", "replace").decode()


def _without_trailing_spaces(texts: Sequence[str]) -> list[str]:
    """Take the spaces off the end of the joined texts."""
    trimmed = list(texts)
    for i in reversed(range(len(trimmed))):
        trimmed[i] = trimmed[i].rstrip(" ")
        if trimmed[i]:
            break
    return trimmed


def _encode_run(texts: Sequence[str], soft: Sequence[bool], vocabulary: Vocabulary) -> _Run:
    edges = list(accumulate(len(text.encode()) for text in texts))
    data = "".join(texts).encode()
    cuts: set[int] = set()
    while True:
        placed = _encode_cut(data, sorted(cuts), vocabulary)
        if placed is None:
            return _encode_apart(texts, soft, vocabulary)
        fresh = {
            _before_spaces(data, edge)
            for token in placed
            for edge in _straddled(data, token, edges, soft)
        } - cuts
        if not fresh:
            break
        cuts |= fresh
    owners = tuple(_owner(data, token, edges) for token in placed)
    blank = [not data[start:stop].strip() for _, start, stop in placed]
    return _Run(tuple(token[0] for token in placed), owners, _held(owners, blank, soft))


_Placed = tuple[int, int, int]  # id, first byte, byte after the last


def _encode_cut(data: bytes, cuts: Sequence[int], vocabulary: Vocabulary) -> list[_Placed] | None:
    placed: list[_Placed] = []
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        tokens = vocabulary.encode(data[start:stop].decode())
        if tokens is None:
            return None
        placed += [(token.id, token.start + start, token.stop + start) for token in tokens]
    return placed


def _encode_apart(texts: Sequence[str], soft: Sequence[bool], vocabulary: Vocabulary) -> _Run:
    """Tokenise each text alone, for a tokenizer that rewrites some characters."""
    ids = [vocabulary.ids(text) for text in texts]
    owners = tuple(i for i, tokens in enumerate(ids) for _ in tokens)
    held = tuple(not soft[owner] for owner in owners)
    return _Run(tuple(i for tokens in ids for i in tokens), owners, held)


def _held(owners: Sequence[int], blank: Sequence[bool], soft: Sequence[bool]) -> tuple[bool, ...]:
    """Hold anchors, and the whitespace at a soft text's edges: it stands, whatever is written."""
    held = [not soft[owner] for owner in owners]
    for order in (range(len(owners)), reversed(range(len(owners)))):
        met: set[int] = set()  # soft texts whose words have been met in this direction
        for i in order:
            if not blank[i]:
                met.add(owners[i])
            elif owners[i] not in met:
                held[i] = True
    return tuple(held)


def _letters(data: bytes, token: _Placed) -> tuple[int, int]:
    """Return the first byte of a token that is no space, and the byte after the last such."""
    _, start, stop = token
    while start < stop and data[start : start + 1] == b" ":
        start += 1
    while stop > start and data[stop - 1 : stop] == b" ":
        stop -= 1
    return start, stop


def _straddled(
    data: bytes, token: _Placed, edges: Sequence[int], soft: Sequence[bool]
) -> list[int]:
    """Return the edges of soft text that lie inside a token's letters.

    A token of whitespace only may straddle: on both sides it is held.
    """
    start, stop = _letters(data, token)
    if not data[start:stop].strip():
        return []
    return [
        edge
        for i, edge in enumerate(edges[:-1])
        if start < edge < stop and (soft[i] or soft[i + 1])
    ]


def _before_spaces(data: bytes, edge: int) -> int:
    while edge > 0 and data[edge - 1 : edge] == b" ":
        edge -= 1
    return edge


def _owner(data: bytes, token: _Placed, edges: Sequence[int]) -> int:
    """Return the segment of a token's first letter; of its first space, if it is all spaces."""
    start, stop = _letters(data, token)
    at = token[1] if start == stop else start
    return next(i for i, edge in enumerate(edges) if at < edge)


def _open_gap(segments: Sequence[Segment]) -> int | None:
    """Return the index of a gap of unknown length after which only whitespace follows."""
    for i in reversed(range(len(segments))):
        segment = segments[i]
        if isinstance(segment, Gap):
            return i if segment.length is None else None
        if segment.text.strip():
            return None
    return None


def _share(
    segments: Sequence[Segment], spec: CanvasSpec, taken: int, open_gap: int | None
) -> dict[int, int]:
    """Return the tokens of each gap, by segment index."""
    gaps = {i: s for i, s in enumerate(segments) if isinstance(s, Gap)}
    exact = {i: gap.length for i, gap in gaps.items() if gap.length is not None}
    _check_exact(exact.values(), spec)
    room = spec.length - taken - sum(exact.values())
    auto = [i for i in gaps if i not in exact]
    if room < SHORTEST_GAP * len(auto):
        raise no_room(taken - len(spec.preamble), sum(exact.values()), len(gaps), spec)
    share = min(spec.default_gap, room // max(1, len(auto)))
    lengths = dict.fromkeys(auto, share)
    spare = room - share * len(auto)
    if open_gap is not None:
        lengths[open_gap] += spare
    elif share < spec.default_gap:
        lengths |= dict.fromkeys(auto[:spare], share + 1)
    return exact | lengths


def _check_exact(lengths: Iterable[int], spec: CanvasSpec) -> None:
    for length in lengths:
        if length < 1:
            raise EngineError(f"A gap needs at least one token, not {length}.")
        if length > spec.length:
            raise EngineError(
                f"A gap of {length} tokens is longer than the model's canvas of {spec.length}.",
                "Ask for a shorter gap, or for several.",
            )


def no_room(text: int, exact: int, gaps: int, spec: CanvasSpec) -> EngineError:
    """Word the refusal of gaps for which the text leaves no room."""
    noun = "gap" if gaps == 1 else "gaps"
    if exact:
        return EngineError(
            f"The fixed text takes {text} and the gaps ask for {exact} of the model's "
            f"{spec.length} positions: that is too much.",
            "Ask for shorter gaps, or end the sentence around them.",
        )
    return EngineError(
        f"The fixed text takes {text} of the model's {spec.length} positions: "
        f"no room is left for {gaps} {noun}.",
        "Shorten the sentence around them, or break it up.",
    )


@dataclass
class _Builder:
    """Lays positions down from left to right."""

    segments: Sequence[Segment]
    vocabulary: Vocabulary
    spec: CanvasSpec
    open_gap: int | None
    last: bool

    def build(self, runs: dict[int, _Run], lengths: dict[int, int]) -> Layout:
        self.ids = list(self.spec.preamble)
        self.rules = [Rule.HELD] * len(self.ids)
        self.places: dict[int, tuple[int, int]] = {}
        for i, segment in enumerate(self.segments):
            if isinstance(segment, Gap):
                self._lay_gap(i, segment, lengths[i])
            elif i in runs:
                self._lay_run(runs[i])
        if self.last and self.open_gap is None:
            self._end()
        shrunk = min(
            (n for i, n in lengths.items() if self._auto(i)), default=self.spec.default_gap
        )
        return Layout(
            tuple(self.ids),
            tuple(self.rules),
            self._parts(),
            shrunk if shrunk < self.spec.default_gap else None,
        )

    def _auto(self, index: int) -> bool:
        segment = self.segments[index]
        return isinstance(segment, Gap) and segment.length is None

    def _lay_gap(self, index: int, gap: Gap, length: int) -> None:
        start = len(self.ids)
        self.ids += [self.vocabulary.marks.pad] * length
        rule = Rule.ELASTIC if self.spec.elastic and gap.length is None else Rule.WORDS
        rules = [rule] * length
        if index == self.open_gap:  # an answer of nothing at all is none: the first place is text
            rules = [Rule.WORDS] + [Rule.ENDING] * (length - 1)
        self.rules += rules
        self.places[index] = (start, start + length)

    def _lay_run(self, run: _Run) -> None:
        for token, owner, held in zip(run.ids, run.owners, run.held, strict=True):
            at = len(self.ids)
            self.ids.append(token)
            self.rules.append(Rule.HELD if held else Rule.WORDS)
            if not held:
                self.places[owner] = (self.places.get(owner, (at, at))[0], at + 1)

    def _end(self) -> None:
        marks = self.vocabulary.marks
        left = self.spec.length - len(self.ids)
        tail = ([marks.turn] + [marks.pad] * (left - 1)) if left > 0 else []
        self.ids += tail
        self.rules += [Rule.HELD] * len(tail)

    def _parts(self) -> tuple[str | Span, ...]:
        parts: list[str | Span] = []
        for i, segment in enumerate(self.segments):
            if isinstance(segment, Fixed):
                parts.append(segment.text)
                continue
            start, stop = self.places.get(i, (len(self.ids), len(self.ids)))
            if isinstance(segment, Gap):
                parts.append(Span(segment.id, start, stop, ending=i == self.open_gap))
                continue
            lead, trail = _edge_whitespace(segment.text)
            parts.append(Span(segment.id, start, stop, soft=True, lead=lead, trail=trail))
        return tuple(parts)


def _edge_whitespace(text: str) -> tuple[str, str]:
    core = text.strip()
    if not core:
        return text, ""
    at = text.index(core)
    return text[:at], text[at + len(core) :]
