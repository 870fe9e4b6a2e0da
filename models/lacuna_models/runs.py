"""Neighbouring texts -> tokens, each with the segment that owns it. Torch-free.

* Neighbouring texts are tokenised jointly, so the model sees natural tokens across their edges.
* A metaspace token carries the space before its word. Spaces before a gap are therefore left to the
  gap's first token, and a token such as "_normal" belongs to the segment of its first letter.
* A token with letters of both sides of a soft span's edge would be held and free at once: there the
  text is cut and tokenised apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

from lacuna_models.api import Gap, Segment, Soft
from lacuna_models.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring texts: ids, the index of the segment that owns each, and which are held."""

    ids: tuple[int, ...]
    owners: tuple[int, ...]
    held: tuple[bool, ...]


def encode_runs(segments: Sequence[Segment], vocabulary: Vocabulary) -> dict[int, Run]:
    """Tokenise each run of neighbouring texts, keyed by the index of its first segment."""
    runs: dict[int, Run] = {}
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


def _encode_run(texts: Sequence[str], soft: Sequence[bool], vocabulary: Vocabulary) -> Run:
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
    return Run(tuple(token[0] for token in placed), owners, _held(owners, blank, soft))


_Placed = tuple[int, int, int]  # id, first byte, byte after the last


def _encode_cut(data: bytes, cuts: Sequence[int], vocabulary: Vocabulary) -> list[_Placed] | None:
    placed: list[_Placed] = []
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        tokens = vocabulary.encode(data[start:stop].decode())
        if tokens is None:
            return None
        placed += [(token.id, token.start + start, token.stop + start) for token in tokens]
    return placed


def _encode_apart(texts: Sequence[str], soft: Sequence[bool], vocabulary: Vocabulary) -> Run:
    """Tokenise each text alone, for a tokenizer that rewrites some characters."""
    ids = [vocabulary.ids(text) for text in texts]
    owners = tuple(i for i, tokens in enumerate(ids) for _ in tokens)
    held = tuple(not soft[owner] for owner in owners)
    return Run(tuple(i for tokens in ids for i in tokens), owners, held)


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
