"""Canvas tokens -> the text of gaps and soft spans. Torch-free.

Only free positions are decoded; fixed text is copied. What a span's text may not do is spoil its
neighbours: where they bring whitespace to the edge, the span's own goes, and where a word would run
into the next one, a space is put between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lacuna_models.api import Fill, Kept, Open, SpanDraft, TokenDraft, TokenState
from lacuna_models.canvas import Layout, Span
from lacuna_models.vocabulary import Marks, Vocabulary

_CLOSERS = frozenset(".,;:!?)")


@dataclass(frozen=True, slots=True)
class Reading:
    """One row's canvas after a step, one entry a position.

    ``kept`` says which free positions count as written; the others are open stretches.
    """

    ids: Sequence[int]
    kept: Sequence[bool]
    states: Sequence[TokenState]
    entropy: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """What a span's text meets: the last character before it, the text after it.

    ``after`` is None where another span follows, whose text is not known; "" is the report's end.
    """

    before: str
    after: str | None


def drafts(layout: Layout, vocabulary: Vocabulary, reading: Reading) -> tuple[SpanDraft, ...]:
    """Return every span as it stands, tokens that are still changing included."""
    whole = Reading(reading.ids, [True] * len(reading.ids), reading.states, reading.entropy)
    return tuple(
        SpanDraft(span.segment_id, _tokens(pieces), span.length)
        for span, pieces in _read(layout, vocabulary, whole, "replace")
    )


def fills(layout: Layout, vocabulary: Vocabulary, reading: Reading) -> tuple[Fill, ...]:
    """Return the proposal for every span: valid text, with open stretches where not kept."""
    return tuple(
        Fill(span.segment_id, tuple(pieces), _mean([t.entropy for t in _tokens(pieces)]))
        for span, pieces in _read(layout, vocabulary, reading, "ignore")
    )


def merge(parts: Sequence[Fill]) -> tuple[Fill, ...]:
    """Join the fills of one segment that lay in several blocks, keeping the order."""
    by_id: dict[str, list[Fill]] = {}
    for part in parts:
        by_id.setdefault(part.segment_id, []).append(part)
    return tuple(_merged(segment_id, same) for segment_id, same in by_id.items())


def _merged(segment_id: str, same: Sequence[Fill]) -> Fill:
    pieces = tuple(piece for fill in same for piece in fill.pieces)
    tokens = _tokens(pieces)
    return replace(same[-1], pieces=pieces, mean_entropy=_mean([token.entropy for token in tokens]))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _tokens(pieces: Sequence[Kept | Open]) -> tuple[TokenDraft, ...]:
    return tuple(token for piece in pieces if isinstance(piece, Kept) for token in piece.tokens)


def _read(
    layout: Layout, vocabulary: Vocabulary, reading: Reading, errors: str
) -> list[tuple[Span, list[Kept | Open]]]:
    """Decode spans from left to right, each knowing the text that it meets."""
    result: list[tuple[Span, list[Kept | Open]]] = []
    before = layout.before
    for i, part in enumerate(layout.parts):
        if isinstance(part, str):
            before = part or before
            continue
        pieces = _pieces(part, vocabulary, reading, errors)
        meets = _Neighbours(before, _after(layout.parts[i + 1 :], layout.after))
        pieces = _joined(part, pieces, meets)
        if _runs_into(part, vocabulary, reading, before):
            pieces[0:1] = _prefixed(pieces[0], " ")
        result.append((part, pieces))
        before = "".join(token.text for token in _tokens(pieces)) or before
    return result


def _after(parts: Sequence[str | Span], beyond: str | None) -> str | None:
    for part in parts:
        if isinstance(part, Span):
            return None
        if part:
            return part
    return beyond


def _pieces(span: Span, vocabulary: Vocabulary, reading: Reading, errors: str) -> list[Kept | Open]:
    positions = _written(span, reading, vocabulary.marks)
    pieces: list[Kept | Open] = []
    for kept, group in groupby(positions, lambda p: reading.kept[p]):
        run = list(group)
        if not kept:
            pieces.append(Open(len(run), auto=span.auto and run[-1] + 1 == span.stop))
            continue
        words = [p for p in run if reading.ids[p] != vocabulary.marks.pad]
        texts = vocabulary.texts([reading.ids[p] for p in words], errors)
        tokens = tuple(
            TokenDraft(text, reading.states[p], reading.entropy[p], p, reading.ids[p])
            for p, text in zip(words, texts, strict=True)
        )
        if tokens:
            pieces.append(Kept(tokens))
    return pieces


def _written(span: Span, reading: Reading, marks: Marks) -> list[int]:
    """Return the span's positions up to the end of the reply, where that has been written."""
    positions = list(range(span.start, span.stop))
    if not span.ending:
        return positions
    ends = (p for p in positions if reading.kept[p] and reading.ids[p] in marks.ends)
    return positions[: next(ends, span.stop) - span.start]


def _runs_into(span: Span, vocabulary: Vocabulary, reading: Reading, before: str) -> bool:
    """Whether a gap's first word would run into the word, or the full stop, before it."""
    first = next((p for p in range(span.start, span.stop) if reading.kept[p]), None)
    if span.soft or first != span.start or not before:
        return False
    meets = before[-1].isalpha() or before[-1] in _CLOSERS
    return meets and vocabulary.begins_word(reading.ids[first])


def _joined(span: Span, pieces: list[Kept | Open], meets: _Neighbours) -> list[Kept | Open]:
    """Mend both edges of a span's text and give a soft span its own edge whitespace back."""
    left = span.lead or meets.before
    right = span.trail or meets.after
    mended = list(pieces)
    if mended and isinstance(mended[0], Kept) and (not left or left[-1].isspace()):
        mended[0] = Kept(_stripped_left(mended[0].tokens))
    if mended and isinstance(mended[-1], Kept) and right is not None:
        mended[-1] = Kept(_right_edge(mended[-1].tokens, right, parted=not span.soft))
    return _wrapped(mended, span) if span.lead or span.trail else mended


def _stripped_left(tokens: Sequence[TokenDraft]) -> tuple[TokenDraft, ...]:
    stripped = list(tokens)
    for i, token in enumerate(stripped):
        stripped[i] = _with_text(token, token.text.lstrip())
        if stripped[i].text:
            break
    return tuple(stripped)


def _stripped_right(tokens: Sequence[TokenDraft]) -> tuple[TokenDraft, ...]:
    stripped = list(tokens)
    for i in reversed(range(len(stripped))):
        stripped[i] = _with_text(stripped[i], stripped[i].text.rstrip())
        if stripped[i].text:
            break
    return tuple(stripped)


def _right_edge(
    tokens: Sequence[TokenDraft], right: str, *, parted: bool
) -> tuple[TokenDraft, ...]:
    """Mend the edge to ``right``; with ``parted``, by a space between two words if need be."""
    if not right or right[0].isspace():
        return _stripped_right(tokens)
    last = "".join(token.text for token in tokens)[-1:]
    if parted and right[0].isalnum() and (last.isalnum() or last in _CLOSERS) and last:
        return (*tokens[:-1], _with_text(tokens[-1], tokens[-1].text + " "))
    return tuple(tokens)


def _wrapped(pieces: list[Kept | Open], span: Span) -> list[Kept | Open]:
    """Put a soft span's edge whitespace around its text."""
    wrapped = list(pieces)
    if not wrapped:
        stands = TokenDraft(span.lead + span.trail, TokenState.SETTLED, 0.0)
        return [Kept((stands,))]
    if span.lead:
        wrapped[0:1] = _prefixed(wrapped[0], span.lead)
    if span.trail:
        wrapped[-1:] = _suffixed(wrapped[-1], span.trail)
    return wrapped


def _prefixed(piece: Kept | Open, lead: str) -> list[Kept | Open]:
    if isinstance(piece, Open):
        return [Kept((TokenDraft(lead, TokenState.SETTLED, 0.0),)), piece]
    first, *others = piece.tokens
    return [Kept((_with_text(first, lead + first.text), *others))]


def _suffixed(piece: Kept | Open, trail: str) -> list[Kept | Open]:
    if isinstance(piece, Open):
        return [piece, Kept((TokenDraft(trail, TokenState.SETTLED, 0.0),))]
    *others, final = piece.tokens
    return [Kept((*others, _with_text(final, final.text + trail)))]


def _with_text(token: TokenDraft, text: str) -> TokenDraft:
    return replace(token, text=text)
