"""Report text -> a corrupted canvas: what the language model is trained to mend. Torch-free.

A canvas is a report, ``<turn|>`` and padding. Four kinds of damage, by chance:

- *whole*: a share of all tokens, any share up to all (a draft from nothing);
- *prefix*: everything after a point (a draft from a typed beginning);
- *gaps*: sentences, phrases, several at once, or whole sections, between clean words (infill);
- *elastic* gaps: the same, with padding after a gap's text that is damaged with it, so that a gap
  longer than what is to be said gets its text and then padding, and nothing invented.

The text on both sides of a gap is tokenised apart from it. The space before a gap is mostly the
gap's, as the engine lays it out; sometimes it stays with the anchor.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lacuna_models.phantom.cases import Rng
from lacuna_models.phantom.grammar import Pin, Report
from lacuna_models.phantom.phrases import FOREIGN, PREFACES

Encode = Callable[[str], list[int]]
Ids = NDArray[np.int64]

Span = tuple[int, int]
Pins = frozenset[Pin]

DRAFT_SHARE = 0.42
CLEAN_WEIGHT = 0.2
CRITICAL_WEIGHT = 4.0
TAIL_WEIGHT = 0.15

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the builder needs of a tokenizer."""

    encode: Encode
    size: int
    pad: int
    end: int
    critical: NDArray[np.bool_]  # by token: side, size, zone, negation and the like


@dataclass(frozen=True, slots=True)
class Damage:
    """A canvas to be mended. All arrays have one entry a position of the used length.

    Attributes:
        target: the right tokens.
        hit: which positions were replaced by uniform draws.
        kept: which positions an engine would clamp (anchors).
        spread: the share of the padding behind the end that is replaced too; 0: it is clamped.
    """

    target: Ids
    hit: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    spread: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Stacked canvases, (rows, length). ``weight`` is the loss's."""

    target: Ids
    noisy: Ids
    hit: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    weight: NDArray[np.float32]


def damage(
    report: Report,
    words: Vocabulary,
    rng: Rng,
    room: int,
    draft: bool | None = None,
    pins: Pins = frozenset(),
) -> Damage:
    """Damage one report. ``room`` is the most tokens that it may take, its end included.

    ``draft`` chooses between a draft and gaps, chance does by default; pinned sentences stay whole,
    and then there are gaps only.
    """
    if pins or not (rng.random() < DRAFT_SHARE if draft is None else draft):
        gaps = _gaps(*_typed(report, pins, rng), words, rng, room)
        if len(gaps.target) <= room:
            return gaps
        if pins:
            text, parts = report.text, _sentence_spans(report, 0)
            spans = _around(parts, _kept(report, parts, pins))
            return _gaps(text, spans, words, rng, 0)
    elif rng.random() < 0.2:
        return _prefix(report, words, rng)
    return _whole(report, words, rng)


def _whole(report: Report, words: Vocabulary, rng: Rng) -> Damage:
    target = np.array([*words.encode(report.text), words.end])
    share = 1.0 if rng.random() < 0.25 else rng.uniform(0.1, 1.0)
    return Damage(target, rng.random(len(target)) < share, np.zeros(len(target), bool), share)


def answered(answer: str, words: Vocabulary, rng: Rng) -> Damage:
    """Damage the answer to a question: mostly all of it."""
    target = np.array([*words.encode(answer), words.end])
    share = 1.0 if rng.random() < 0.7 else rng.uniform(0.1, 1.0)
    return Damage(target, rng.random(len(target)) < share, np.zeros(len(target), bool), share)


def _prefix(report: Report, words: Vocabulary, rng: Rng) -> Damage:
    target = np.array([*words.encode(report.text), words.end])
    cut = int(rng.integers(1, len(target)))
    behind = np.arange(len(target)) >= cut
    share = 1.0 if rng.random() < 0.6 else rng.uniform(0.2, 1.0)
    return Damage(target, behind & (rng.random(len(target)) < share), ~behind, share)


def _typed(report: Report, pins: Pins, rng: Rng) -> tuple[str, list[Span]]:
    """Return a report's text and its gaps, seldom with words of a reader's own between them."""
    preface = PREFACES[int(rng.integers(len(PREFACES)))] if rng.random() < 0.05 else ""
    if not pins and rng.random() < 0.08:
        said = FOREIGN[int(rng.integers(len(FOREIGN)))]
        at = int(rng.integers(len(report.body) + 1))
        report = replace(report, body=(*report.body[:at], said, *report.body[at:]))
        pins = frozenset({Pin(0, at)})
    parts = _sentence_spans(report, len(preface))
    kept = _kept(report, parts, pins)
    text = preface + report.text
    if kept and rng.random() < 0.5:
        return text, [_edges(text, *span, rng) for span in _around(parts, kept)]
    spans = _spans(text, report, parts, rng)
    clear = [s for s in spans if all(s[1] < at or s[0] > end for at, end in kept)]
    return text, clear or [_edges(text, *span, rng) for span in _around(parts, kept)]


def _kept(report: Report, parts: list[list[Span]], pins: Pins) -> list[Span]:
    """Return the pinned sentences as character spans, in order."""
    return sorted(parts[pin.section ^ report.impression_first][pin.at] for pin in pins)


def _around(parts: list[list[Span]], kept: list[Span]) -> list[Span]:
    """Return everything but the pinned sentences: one span a run of sentences."""
    runs: list[Span] = []
    for section in parts:
        joined = False
        for start, end in section:
            if (start, end) in kept:
                joined = False
            elif joined:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((start, end))
                joined = True
    return runs


def _gaps(text: str, spans: list[Span], words: Vocabulary, rng: Rng, room: int) -> Damage:
    elastic = rng.random() < 0.68
    last = bool(spans) and spans[-1][1] == len(text)
    open_end = bool(rng.random() < (0.6 if last else 0.1))
    share = _share(rng)
    spare = room - len(words.encode(text)) - 2 * len(spans) - 1
    ids: list[int] = []
    hit: list[bool] = []
    kept: list[bool] = []
    at = 0
    for start, end in spans:
        anchor, inside = words.encode(text[at:start]), words.encode(text[start:end])
        # Behind an open end nothing tells where padding stops: none is put there.
        padding = _padding(rng, spare) if elastic and not (open_end and end == len(text)) else 0
        share = _share(rng)
        spare -= padding
        inside += [words.pad] * padding
        ids += anchor + inside
        hit += [False] * len(anchor) + list(rng.random(len(inside)) < share)
        kept += [True] * len(anchor) + [False] * len(inside)
        at = end
    rest = words.encode(text[at:])
    share = share if open_end else 0.0
    ids += [*rest, words.end]
    hit += [False] * len(rest) + [bool(rng.random() < share)]
    kept += [True] * len(rest) + [not open_end]
    return Damage(np.array(ids), np.array(hit), np.array(kept), share)


def _share(rng: Rng) -> float:
    """Draw how much of a gap is noise: mostly all, sometimes partly solved, seldom nothing."""
    draw = rng.random()
    if draw < 0.08:
        return 0.0
    return 1.0 if draw < 0.58 else float(rng.uniform(0.2, 1.0))


def _padding(rng: Rng, spare: int) -> int:
    draw = rng.random()
    most = 6 if draw < 0.4 else 20 if draw < 0.88 else 40
    return min(max(spare, 0), int(rng.integers(0, most + 1)))


def _spans(text: str, report: Report, parts: list[list[Span]], rng: Rng) -> list[Span]:
    """Draw non-touching character spans of a report's text, in order."""
    draw = rng.random()
    if draw < 0.06:
        return [_edges(text, section[0][0], section[-1][1], rng) for section in parts]
    if draw < 0.14:  # the impression from the findings
        section = parts[1 ^ report.impression_first]
        return [_edges(text, section[0][0], section[-1][1], rng)]
    drawn = [_span(text, parts, rng) for _ in range(_count(rng))]
    spans: list[Span] = []
    for start, end in sorted(drawn):
        if not spans or start > spans[-1][1] + 1:
            spans.append((start, end))
    return [_edges(text, start, end, rng) for start, end in spans]


def _count(rng: Rng) -> int:
    return 1 + int(np.searchsorted((0.5, 0.8, 0.94), rng.random()))


def _sentence_spans(report: Report, at: int) -> list[list[Span]]:
    """Return each section's sentences as character spans, for a report that begins at ``at``."""
    sections = []
    for head, said in report.parts:
        at += len(head)
        spans = []
        for sentence in said:
            spans.append((at, at + len(sentence)))
            at += len(sentence) + 1
        at += 1  # a line end and an empty line, less the space that is not there
        sections.append(spans)
    return sections


def _span(text: str, parts: list[list[Span]], rng: Rng) -> Span:
    section = parts[int(rng.random() < 0.35)]
    draw = rng.random()
    first = int(rng.integers(len(section)))
    if draw < 0.55:
        return section[first]
    if draw < 0.67:
        last = min(first + int(rng.integers(1, 4)), len(section) - 1)
        return section[first][0], section[last][1]
    if draw < 0.77:
        return section[0][0], section[-1][1]
    return _phrase(text, *section[first], rng)


def _phrase(text: str, start: int, end: int, rng: Rng) -> Span:
    """Draw a run of words of a sentence; its full stop stays out half of the time."""
    found = [match.span() for match in _WORD.finditer(text, start, end)]
    first = int(rng.integers(len(found)))
    last = min(first + int(rng.integers(0, 5)), len(found) - 1)
    stop = found[last][1]
    if text[stop - 1] in ".," and rng.random() < 0.6 and stop - 1 > found[first][0]:
        stop -= 1
    return found[first][0], stop


def _edges(text: str, start: int, end: int, rng: Rng) -> Span:
    """Give the spaces at a gap's edges to the anchor or to the gap."""
    if text[start - 1] == " " and rng.random() < 0.85:
        start -= 1
    if end < len(text) and text[end] == " " and rng.random() < 0.08:
        end += 1
    return start, end


def stack(
    canvases: list[Damage], words: Vocabulary, rng: Rng, length: int, slips: float = 0.0
) -> Batch:
    """Pad canvases to a length and draw their noise. Rows that are too long are refused.

    In a share of the rows, ``slips``, solved words that decide stand wrong: right for left, say.
    """
    shape = (len(canvases), length)
    target = np.full(shape, words.pad, dtype=np.int64)
    hit = np.zeros(shape, bool)
    kept = np.zeros(shape, bool)
    tail = np.zeros(shape, bool)
    for row, canvas in enumerate(canvases):
        used = len(canvas.target)
        if used > length:
            raise ValueError(f"a canvas of {used} tokens does not fit {length}")
        target[row, :used] = canvas.target
        hit[row, :used] = canvas.hit
        kept[row, :used] = canvas.kept
        tail[row, used:] = True
        hit[row, used:] = rng.random(length - used) < canvas.spread
        kept[row, used:] = canvas.spread == 0.0
    noisy = np.where(hit, rng.integers(0, words.size, shape), target)
    if slips:
        slipped = words.critical[target] & ~hit & ~kept & (rng.random(shape) < 0.6)
        slipped &= rng.random((len(canvases), 1)) < slips
        noisy = np.where(slipped, rng.choice(np.flatnonzero(words.critical), shape), noisy)
        hit = hit | slipped
    weight = np.where(hit, 1.0, CLEAN_WEIGHT) * np.where(tail, TAIL_WEIGHT, 1.0)
    weight = weight * np.where(hit & words.critical[target], CRITICAL_WEIGHT, 1.0)
    weight = weight / np.sqrt(weight.sum(axis=1, keepdims=True))  # a small gap counts too
    return Batch(target, noisy, hit, kept, weight.astype(np.float32))
