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
from lacuna_models.phantom.grammar import FINDINGS_HEAD, IMPRESSION_HEAD, Report
from lacuna_models.phantom.phrases import FOREIGN, PREFACES

Encode = Callable[[str], list[int]]
Ids = NDArray[np.int64]

Span = tuple[int, int]

CLEAN_WEIGHT = 0.2
CRITICAL_WEIGHT = 2.5
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


def damage(report: Report, words: Vocabulary, rng: Rng, room: int) -> Damage:
    """Damage one report. ``room`` is the most tokens that it may take, its end included."""
    draw = rng.random()
    if 0.37 <= draw < 0.45:
        return _prefix(report, words, rng)
    if draw >= 0.45:
        gaps = _gaps(*_typed(report, rng), words, rng, room)
        if len(gaps.target) <= room:
            return gaps
    return _whole(report, words, rng)


def _whole(report: Report, words: Vocabulary, rng: Rng) -> Damage:
    target = np.array([*words.encode(report.text), words.end])
    share = 1.0 if rng.random() < 0.25 else rng.uniform(0.1, 1.0)
    return Damage(target, rng.random(len(target)) < share, np.zeros(len(target), bool), share)


def _prefix(report: Report, words: Vocabulary, rng: Rng) -> Damage:
    target = np.array([*words.encode(report.text), words.end])
    cut = int(rng.integers(1, len(target)))
    behind = np.arange(len(target)) >= cut
    share = 1.0 if rng.random() < 0.6 else rng.uniform(0.2, 1.0)
    return Damage(target, behind & (rng.random(len(target)) < share), ~behind, share)


def _typed(report: Report, rng: Rng) -> tuple[str, list[Span]]:
    """Return a report's text and its gaps, seldom with words of a reader's own between them."""
    preface = PREFACES[int(rng.integers(len(PREFACES)))] if rng.random() < 0.05 else ""
    foreign = int(rng.integers(len(report.body) + 1)) if rng.random() < 0.08 else None
    if foreign is not None:
        said = FOREIGN[int(rng.integers(len(FOREIGN)))]
        report = replace(report, body=(*report.body[:foreign], said, *report.body[foreign:]))
    parts = _sentence_spans(report, len(preface))
    kept = parts[0][foreign] if foreign is not None else (-9, -9)
    text = preface + report.text
    spans = [s for s in _spans(text, parts, rng) if s[1] < kept[0] or s[0] > kept[1]]
    return text, spans


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


def _spans(text: str, parts: list[list[Span]], rng: Rng) -> list[Span]:
    """Draw non-touching character spans of a report's text, in order."""
    if rng.random() < 0.06:
        return [(section[0][0], section[-1][1]) for section in parts]
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
    for head, said in ((FINDINGS_HEAD, report.body), (IMPRESSION_HEAD, report.impression)):
        at += len(head)
        spans = []
        for sentence in said:
            spans.append((at, at + len(sentence)))
            at += len(sentence) + 1
        at -= 1
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


def stack(canvases: list[Damage], words: Vocabulary, rng: Rng, length: int) -> Batch:
    """Pad canvases to a length and draw their noise. Rows that are too long are refused."""
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
    weight = np.where(hit, 1.0, CLEAN_WEIGHT) * np.where(tail, TAIL_WEIGHT, 1.0)
    weight = weight * np.where(hit & words.critical[target], CRITICAL_WEIGHT, 1.0)
    weight = weight / np.sqrt(weight.sum(axis=1, keepdims=True))  # a small gap counts too
    return Batch(target, noisy, hit, kept, weight.astype(np.float32))
