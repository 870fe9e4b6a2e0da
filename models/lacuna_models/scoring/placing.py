"""Text that stands -> canvases, with the place of every token in the text. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lacuna_models import blocks
from lacuna_models.api import Fixed, Gap, Segment
from lacuna_models.canvas import CanvasSpec, Layout, lay_out
from lacuna_models.scoring.text import Stretch
from lacuna_models.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class PlacedToken:
    """A token of text: its canvas position, and the letters that it spells in the joined text.

    The white space that a token carries is not counted; a token of white space only has none.
    """

    position: int
    start: int
    stop: int
    worded: bool  # whether a letter or a digit is among them


@dataclass(frozen=True, slots=True)
class Sheet:
    """One canvas of a report.

    Attributes:
        ids: (C,) what stands there; at gaps the value means nothing.
        gaps: positions that gaps reserve.
        tokens: the text's tokens, in reading order.
        lost: whether some text could not be placed, because the tokenizer respells it.
    """

    ids: tuple[int, ...]
    gaps: tuple[int, ...]
    tokens: tuple[PlacedToken, ...]
    lost: bool = False

    @property
    def worded(self) -> frozenset[int]:
        """The positions of tokens with a letter or a digit."""
        return frozenset(token.position for token in self.tokens if token.worded)

    def positions(self, stretch: Stretch) -> tuple[int, ...]:
        """Return the positions of the tokens that spell any of a stretch."""
        return tuple(
            token.position
            for token in self.tokens
            if token.start < stretch.stop and token.stop > stretch.start
        )


def sheets(
    segments: Sequence[Segment], vocabulary: Vocabulary, spec: CanvasSpec
) -> tuple[Sheet, ...]:
    """Lay a report on as few canvases as hold it, soft text like fixed.

    Raises:
        EngineError: a sentence with gaps that no canvas holds.
    """
    standing = tuple(_standing(segments))
    parts = blocks.split(standing, vocabulary, spec)
    made, offset = [], 0
    for number, part in enumerate(parts):
        own = spec if number == 0 else replace(spec, preamble=())
        layout = lay_out(part, vocabulary, own, last=number + 1 == len(parts))
        made.append(_sheet(part, layout, len(own.preamble), vocabulary, offset))
        offset += sum(1 if isinstance(segment, Gap) else len(segment.text) for segment in part)
    return tuple(made)


def _standing(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Yield gaps, and each run of neighbouring texts as one."""
    for is_gap, group in groupby(segments, lambda segment: isinstance(segment, Gap)):
        if is_gap:
            yield from group
            continue
        text = "".join(segment.text for segment in group if not isinstance(segment, Gap))
        if text:
            yield Fixed("", text)


def _sheet(
    part: Sequence[Segment], layout: Layout, at: int, vocabulary: Vocabulary, offset: int
) -> Sheet:
    """Walk a layout from left to right: its gaps have spans, the rest is the texts' tokens."""
    spans = iter(layout.spans)
    tokens: list[PlacedToken] = []
    lost = False
    for number, segment in enumerate(part):
        if isinstance(segment, Gap):
            at = next(spans).stop
            offset += 1
            continue
        beside_gap = number + 1 < len(part)
        said = segment.text.rstrip(" ") if beside_gap else segment.text
        placed = _placed(said, vocabulary, at, offset)
        tokens += placed or ()
        lost = lost or placed is None
        at += len(vocabulary.ids(said)) if placed is None else len(placed)
        offset += len(segment.text)
    gaps = tuple(p for span in layout.spans for p in range(span.start, span.stop))
    return Sheet(layout.ids, gaps, tuple(tokens), lost)


def _placed(
    text: str, vocabulary: Vocabulary, position: int, offset: int
) -> tuple[PlacedToken, ...] | None:
    """Return a text's tokens, or None where they do not spell it."""
    plain = text.encode("utf-8", "replace").decode()  # what ``runs`` tokenises
    tokens = vocabulary.encode(plain)
    if tokens is None:
        return None
    letters = [i for i, char in enumerate(plain) for _ in char.encode()]
    letters.append(len(plain))
    placed = []
    for number, token in enumerate(tokens):
        start, stop = letters[token.start], letters[token.stop]
        while start < stop and plain[start].isspace():
            start += 1
        while stop > start and plain[stop - 1].isspace():
            stop -= 1
        worded = any(char.isalnum() for char in plain[start:stop])
        placed.append(PlacedToken(position + number, offset + start, offset + stop, worded))
    return tuple(placed)
