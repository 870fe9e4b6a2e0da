"""Segments -> positions on the canvas. Torch-free.

A Fixed segment's text is never decoded from tokens, so it comes back byte for byte whatever the
tokenizer does. Tokens (``runs``) decide only what the model sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from lacuna_models.api import Auto, EngineError, Fixed, Gap, Segment
from lacuna_models.runs import Run, encode_runs
from lacuna_models.vocabulary import Vocabulary

SHORTEST_GAP = 3  # tokens; below that a gap holds no phrase
PARAGRAPH = 2.5  # times the default gap, room permitting: for a gap that is to hold sentences
LONGEST_GAP = 24  # tokens; what is longer holds more than a sentence
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
        paragraph_gap: the same for one that is to hold sentences; None is a multiple of the other.
        elastic: whether the model was taught to pad a gap that is too long.
        preamble: ids that the model writes before its words (an empty thought channel); held.
        searched: whether a gap of unknown length is tried at several lengths; otherwise it
            reserves, and is padded.
        longest_gap: tokens, the longest that is tried.
        tokens_per_word: of this tokenizer, in reports.
        margin: nats a token by which an alternative may be less likely than the best fill.
        two_stage: whether a whole draft's impression is written anew from its body.
        redraft_adapter: the adapter that writes it, unless another is at work; None: none.
        second_look: nats a token; sentences of a whole draft that are less likely than that, read
            beside the others, are written anew in its second stage. None: there is no such look.
    """

    length: int
    default_gap: int = DEFAULT_GAP
    paragraph_gap: int | None = None
    elastic: bool = False
    preamble: tuple[int, ...] = ()
    searched: bool = True
    longest_gap: int = LONGEST_GAP
    tokens_per_word: float = 1.3
    margin: float = 0.45
    two_stage: bool = False
    redraft_adapter: str | None = None
    second_look: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A gap's or soft segment's positions, ``start`` <= p < ``stop``.

    ``lead`` and ``trail`` are a soft segment's edge whitespace, which stands. In an ``ending`` span
    the text stops at the first end mark. An ``auto`` span is a gap without a length of its own.
    """

    segment_id: str
    start: int
    stop: int
    soft: bool = False
    ending: bool = False
    auto: bool = False
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


def lay_out(
    segments: Sequence[Segment],
    vocabulary: Vocabulary,
    spec: CanvasSpec,
    *,
    last: bool = True,
    lengths: Mapping[str, int] | None = None,
    padded: bool = True,
) -> Layout:
    """Place segments on one canvas.

    ``lengths`` are positions of gaps of unknown length, by id, for those that are to have just so
    many; the others share what is left. Without ``padded`` they are to be filled with words.

    With ``last``, a gap at the end is open: it takes the rest of the canvas and may end the reply;
    without such a gap the reply's end follows the text. Otherwise the canvas is just as long as
    its content, because the reply goes on.

    Raises:
        EngineError: a gap longer than the canvas, or no room for a gap.
    """
    runs = encode_runs(segments, vocabulary)
    asked = lengths or {}
    open_gap = _open_gap(segments, asked) if last else None
    if open_gap is not None:
        runs = {i: run for i, run in runs.items() if i < open_gap}
    taken = len(spec.preamble) + sum(len(run.ids) for run in runs.values())
    shares = _share(segments, spec, taken, open_gap, asked)
    tight = frozenset() if padded else frozenset(asked)
    return _Builder(segments, vocabulary, spec, open_gap, last, asked, tight).build(runs, shares)


def needs(segments: Sequence[Segment], vocabulary: Vocabulary, gap: int) -> int:
    """Return the positions that segments take with ``gap`` tokens a gap of unknown length."""
    text = sum(len(run.ids) for run in encode_runs(segments, vocabulary).values())
    return text + sum(
        gap if segment.exact is None else segment.exact
        for segment in segments
        if isinstance(segment, Gap)
    )


def _open_gap(segments: Sequence[Segment], asked: Mapping[str, int]) -> int | None:
    """Return the index of a gap of unknown length after which only whitespace follows.

    One that is to have a length of its own is closed, whatever that length was searched for.
    """
    for i in reversed(range(len(segments))):
        segment = segments[i]
        if isinstance(segment, Gap):
            closed = segment.id in asked and not isinstance(segment.policy, Auto)
            return None if closed or segment.exact is not None else i
        if segment.text.strip():
            return None
    return None


def _share(
    segments: Sequence[Segment],
    spec: CanvasSpec,
    taken: int,
    open_gap: int | None,
    asked: Mapping[str, int],
) -> dict[int, int]:
    """Return the tokens of each gap, by segment index."""
    gaps = {i: s for i, s in enumerate(segments) if isinstance(s, Gap)}
    known = {i: asked.get(gap.id, gap.exact) for i, gap in gaps.items()}
    exact = {i: length for i, length in known.items() if length is not None}
    _check_exact(exact.values(), spec)
    room = spec.length - taken - sum(exact.values())
    auto = [i for i in gaps if i not in exact]
    if room < SHORTEST_GAP * len(auto):
        raise no_room(taken - len(spec.preamble), sum(exact.values()), len(gaps), spec)
    share = min(spec.default_gap, room // max(1, len(auto)))
    lengths = dict.fromkeys(auto, share)
    spare = room - share * len(auto)
    if share < spec.default_gap:
        lengths |= dict.fromkeys(auto[:spare], share + 1)
        return exact | lengths
    wide = [i for i in auto if i == open_gap or _holds_a_paragraph(segments, i)]
    wanted = spec.paragraph_gap or int(spec.default_gap * PARAGRAPH)
    more = min(spare // max(1, len(wide)), max(0, wanted - share))
    for i in wide:
        lengths[i] += more
    if open_gap is not None:
        lengths[open_gap] += spare - more * len(wide)
    return exact | lengths


def _holds_a_paragraph(segments: Sequence[Segment], index: int) -> bool:
    """Whether the gap stands for all that is left of a paragraph: sentences, not a phrase."""
    before = _text_until_gap(reversed(segments[:index]))
    after = _text_until_gap(segments[index + 1 :])
    if before is None or after is None:
        return False
    ahead = "".join(reversed(before)).rstrip(" ")
    behind = "".join(after).lstrip(" ")
    return (not ahead or ahead.endswith((".", ":", "\n"))) and behind[:1] in ("", "\n")


def _text_until_gap(segments: Iterable[Segment]) -> list[str] | None:
    """Return the texts up to the next gap; None where a gap comes before any words."""
    texts: list[str] = []
    for segment in segments:
        if isinstance(segment, Gap):
            return texts if "".join(texts).strip(" ") else None
        texts.append(segment.text)
    return texts


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
    asked: Mapping[str, int]
    tight: frozenset[str]

    def build(self, runs: dict[int, Run], lengths: dict[int, int]) -> Layout:
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
            (n for i, n in lengths.items() if self._auto(i) and self._shared(i)),
            default=self.spec.default_gap,
        )
        return Layout(
            tuple(self.ids),
            tuple(self.rules),
            self._parts(),
            shrunk if shrunk < self.spec.default_gap else None,
        )

    def _auto(self, index: int) -> bool:
        segment = self.segments[index]
        return isinstance(segment, Gap) and segment.exact is None

    def _shared(self, index: int) -> bool:
        return self.segments[index].id not in self.asked

    def _lay_gap(self, index: int, gap: Gap, length: int) -> None:
        start = len(self.ids)
        self.ids += [self.vocabulary.marks.pad] * length
        padded = self.spec.elastic and gap.exact is None and gap.id not in self.tight
        rule = Rule.ELASTIC if padded else Rule.WORDS
        rules = [rule] * length
        if index == self.open_gap:  # an answer of nothing at all is none: the first place is text
            rules = [Rule.WORDS] + [Rule.ENDING] * (length - 1)
        self.rules += rules
        self.places[index] = (start, start + length)

    def _lay_run(self, run: Run) -> None:
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
                ending, auto = i == self.open_gap, segment.exact is None
                parts.append(Span(segment.id, start, stop, ending=ending, auto=auto))
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
