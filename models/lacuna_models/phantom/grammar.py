"""Findings + style -> report text; and which sentences the grammar can say.

A report is ``Findings:\\n<sentences>\\n\\nImpression:\\n<sentences>``: sentences joined by one
space, and no line end at its end. A full report names what is absent, a terse one does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

import numpy as np

from lacuna_models.phantom.cases import ZONES, Amount, Findings, Heart, Rng, Side
from lacuna_models.phantom.phrases import BODY, HOUSES, IMPRESSION

Style = Literal["full", "terse"]

FINDINGS_HEAD = "Findings:\n"
IMPRESSION_HEAD = "\n\nImpression:\n"

_HABIT = 0.85  # how often a house words a sentence as it is its habit
_CHOICE = re.compile(r"\(([^()]*)\)")
_SENTENCE = re.compile(r"[^.\s][^.]*\.")


@dataclass(frozen=True, slots=True)
class Report:
    """Sentences of the two sections, in order."""

    body: tuple[str, ...]
    impression: tuple[str, ...]

    @property
    def text(self) -> str:
        """The report as the model writes it."""
        return FINDINGS_HEAD + " ".join(self.body) + IMPRESSION_HEAD + " ".join(self.impression)


class _Writer:
    """One report's voice: a house's habits and the draw of chance."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._house = int(rng.integers(HOUSES))

    def say(self, patterns: tuple[str, ...], **words: str) -> str:
        """Word one sentence."""
        habit = self._rng.random() < _HABIT
        pattern = patterns[self._house if habit else int(self._rng.integers(len(patterns)))]
        return _fill(_CHOICE.sub(self._pick, pattern), words)

    def chance(self, probability: float) -> bool:
        """Return True as often as asked."""
        return bool(self._rng.random() < probability)

    def shuffled(self, parts: list[list[str]]) -> list[str]:
        """Join groups of sentences in a house's order, seldom in another."""
        order = np.arange(len(parts))
        if self._house % 2:
            order = np.roll(order, 1 + self._house // 2)
        if self.chance(1 - _HABIT):
            order = self._rng.permutation(len(parts))
        return [sentence for index in order for sentence in parts[int(index)]]

    def _pick(self, match: re.Match[str]) -> str:
        options = match.group(1).split("|")
        return options[int(self._rng.integers(len(options)))]


def _fill(pattern: str, words: dict[str, str]) -> str:
    capital = {name.capitalize(): word.capitalize() for name, word in words.items()}
    return pattern.format(**words, **capital)


def write(findings: Findings, style: Style, rng: Rng) -> Report:
    """Word a report. Its wording is the generator's; what it says is the findings'."""
    writer = _Writer(rng)
    full = style == "full"
    groups = [
        _devices(findings, writer, full),
        _lungs(findings, writer, full),
        _pleura(findings, writer, full),
        _heart(findings, writer, full),
    ]
    body = writer.shuffled(groups) + _rest(findings, writer, full)
    return Report(tuple(body), tuple(_impression(findings, writer)))


def _devices(findings: Findings, writer: _Writer, full: bool) -> list[str]:
    present = [name for name in ("tube", "pacemaker") if getattr(findings, name)]
    if not present and full and writer.chance(0.6):
        present = ["no devices"]
    return [writer.say(BODY[name]) for name in present]


def _lungs(findings: Findings, writer: _Writer, full: bool) -> list[str]:
    found = {"consolidation": findings.consolidation, "nodule": findings.nodule}
    if not any(found.values()):
        return [writer.say(BODY["lungs clear"])] if full else []
    said = []
    for name, zone in found.items():
        if zone is not None:
            said.append(writer.say(BODY[name], zone=str(zone)))
        elif full and writer.chance(0.8):
            said.append(writer.say(BODY[f"no {name}"]))
    return said


def _pleura(findings: Findings, writer: _Writer, full: bool) -> list[str]:
    fluid, air = _effusions(findings, writer, BODY), findings.pneumothorax
    if not fluid and air is None:
        return [writer.say(BODY["pleura clear"])] if full else []
    said = fluid or ([writer.say(BODY["no effusion"])] if full else [])
    if air is not None:
        said.append(writer.say(BODY["pneumothorax"], side=air))
    elif full:
        said.append(writer.say(BODY["no pneumothorax"]))
    return said


def _effusions(
    findings: Findings, writer: _Writer, patterns: dict[str, tuple[str, ...]]
) -> list[str]:
    right, left = findings.effusion_right, findings.effusion_left
    if right is left and right is not Amount.NONE:
        return [writer.say(patterns["effusions equal"], size=right)]
    return [
        writer.say(patterns["effusion"], size=amount, side=side)
        for side, amount in ((Side.RIGHT, right), (Side.LEFT, left))
        if amount is not Amount.NONE
    ]


def _heart(findings: Findings, writer: _Writer, full: bool) -> list[str]:
    if findings.heart is Heart.NORMAL and not full:
        return []
    return [writer.say(BODY[f"heart {findings.heart}"])]


def _rest(findings: Findings, writer: _Writer, full: bool) -> list[str]:
    """Word what has no label: mediastinum, bones, and a terse report's remainder."""
    if not full:
        return [writer.say(BODY["otherwise"])]
    rest = [writer.say(BODY["mediastinum"])] if writer.chance(0.4) else []
    return rest + ([writer.say(BODY["bones"])] if writer.chance(0.6) else [])


def _impression(findings: Findings, writer: _Writer) -> list[str]:
    said = []
    if findings.pneumothorax is not None:
        said.append(writer.say(IMPRESSION["pneumothorax"], side=findings.pneumothorax))
    if findings.consolidation is not None:
        said.append(writer.say(IMPRESSION["consolidation"], zone=str(findings.consolidation)))
    said += _effusions(findings, writer, IMPRESSION)
    if findings.nodule is not None:
        said.append(writer.say(IMPRESSION["nodule"], zone=str(findings.nodule)))
    if findings.heart is not Heart.NORMAL:
        said.append(writer.say(IMPRESSION[f"heart {findings.heart}"]))
    return said or [writer.say(IMPRESSION["normal"])]


def sentences(text: str) -> list[str]:
    """Split a section's text at full stops; a last sentence without one is kept as it is."""
    whole = [match.group() for match in _SENTENCE.finditer(text)]
    rest = _SENTENCE.sub("", text).strip()
    return [*whole, rest] if rest else whole


def sections(text: str) -> tuple[str, str]:
    """Return the text of the findings and of the impression, either may be empty."""
    body, _, impression = text.partition("Impression:")
    return body.replace("Findings:", "", 1).strip(), impression.strip()


def report_sentences(text: str) -> list[str]:
    """Return all sentences of a report, its headings left out."""
    return [sentence for section in sections(text) for sentence in sentences(section)]


def accepts(sentence: str) -> bool:
    """Return whether the grammar can say this sentence."""
    return sentence in language()


@cache
def language() -> frozenset[str]:
    """Return every sentence of the grammar."""
    patterns = [p for table in (BODY, IMPRESSION) for group in table.values() for p in group]
    return frozenset(sentence for pattern in patterns for sentence in _expand(pattern))


def _expand(pattern: str) -> list[str]:
    parts = _CHOICE.split(pattern)
    options = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    plain = ["".join(choice) for choice in product(*options)]
    return [_fill(text, words) for text in plain for words in _words(pattern)]


def _words(pattern: str) -> list[dict[str, str]]:
    low = pattern.lower()
    spoken: dict[str, tuple[str, ...]] = {
        "side": tuple(Side),
        "zone": tuple(map(str, ZONES)),
        "size": tuple(amount for amount in Amount if amount is not Amount.NONE),
    }
    names = [name for name in spoken if f"{{{name}}}" in low]
    return [
        dict(zip(names, choice, strict=True)) for choice in product(*(spoken[n] for n in names))
    ]
