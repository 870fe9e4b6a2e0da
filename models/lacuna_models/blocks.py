"""A report that is longer than one canvas -> blocks. Torch-free.

Cuts fall after a sentence or a line, never between a gap and the sentence around it, so that each
gap keeps the words on both of its sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lacuna_models.api import EngineError, Gap, Segment
from lacuna_models.canvas import SHORTEST_GAP, CanvasSpec, needs, no_room
from lacuna_models.vocabulary import Vocabulary

# A sentence with the whitespace after it; the rest of a line; bare line feeds.
_SENTENCE = re.compile(r".*?(?:[.!?]+(?=\s|$)[^\S\n]*\n*|\n+|$)", re.DOTALL)

Block = tuple[Segment, ...]


def split(
    segments: Sequence[Segment], vocabulary: Vocabulary, spec: CanvasSpec
) -> tuple[Block, ...]:
    """Return the segments in as few blocks as a greedy packing needs; texts joined are the same.

    Raises:
        EngineError: a sentence with gaps that no canvas holds.
    """
    room = spec.length - len(spec.preamble)
    if needs(segments, vocabulary, SHORTEST_GAP) <= room:
        return (tuple(segments),)
    blocks: list[list[Segment]] = []
    used = room + 1  # the first atom opens the first block
    for atom in _atoms(segments, vocabulary, spec):
        size = min(needs(atom, vocabulary, spec.default_gap), room)
        if used + size > room:
            blocks.append([])
            used = 0
        blocks[-1].extend(atom)
        used += size
    return tuple(_joined(block) for block in blocks)


def note(blocks: int) -> str:
    """Tell the reader what could not see what."""
    return (
        f"The report is longer than the model's canvas and was filled in {blocks} parts, from top "
        "to bottom: each part saw the words before it, and none of the words after it."
    )


def _atoms(
    segments: Sequence[Segment], vocabulary: Vocabulary, spec: CanvasSpec
) -> Iterator[list[Segment]]:
    """Yield stretches that may not be cut, each of which fits a canvas."""
    for atom in _sentences(segments):
        if needs(atom, vocabulary, SHORTEST_GAP) <= spec.length - len(spec.preamble):
            yield atom
        elif any(isinstance(segment, Gap) for segment in atom):
            raise _refusal(atom, vocabulary, spec)
        else:
            yield from _slices(atom, spec)


def _sentences(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    atom: list[Segment] = []
    for segment in segments:
        if isinstance(segment, Gap):
            atom.append(segment)
            continue
        for text in filter(None, _SENTENCE.findall(segment.text)):
            atom.append(replace(segment, text=text))
            if text[-1] == "\n" or text.rstrip()[-1:] in (".", "!", "?"):
                yield atom
                atom = []
    if atom:
        yield atom


def _slices(atom: Sequence[Segment], spec: CanvasSpec) -> Iterator[list[Segment]]:
    """Yield a long sentence without gaps in slices that fit even at four tokens a character."""
    longest = max(1, (spec.length - len(spec.preamble)) // 4)
    pieces = re.compile(rf"\s{{1,{longest}}}|\S{{1,{longest}}}")
    for segment in atom:
        if not isinstance(segment, Gap):
            for text in pieces.findall(segment.text):
                yield [replace(segment, text=text)]


def _refusal(atom: Sequence[Segment], vocabulary: Vocabulary, spec: CanvasSpec) -> EngineError:
    gaps = [segment for segment in atom if isinstance(segment, Gap)]
    exact = [gap.exact for gap in gaps if gap.exact is not None]
    longest = max(exact, default=0)
    if longest > spec.length:
        return EngineError(
            f"A gap of {longest} tokens is longer than the model's canvas of {spec.length}.",
            "Ask for a shorter gap, or for several.",
        )
    text = needs([s for s in atom if not isinstance(s, Gap)], vocabulary, 0)
    return no_room(text, sum(exact), len(gaps), spec)


def _joined(block: Sequence[Segment]) -> Block:
    """Join neighbouring slices of one segment again."""
    joined: list[Segment] = []
    for segment in block:
        last = joined[-1] if joined else None
        if last is None or isinstance(segment, Gap) or isinstance(last, Gap):
            joined.append(segment)
        elif last.id == segment.id:
            joined[-1] = replace(segment, text=last.text + segment.text)
        else:
            joined.append(segment)
    return tuple(joined)
