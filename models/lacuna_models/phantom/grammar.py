"""Findings + style -> report text; and which sentences the grammar can say.

A report is ``Findings:\\n<sentences>\\n\\nImpression:\\n<sentences>``, or the other way round:
sentences joined by one space, and no line end at its end. A terse report names what is found, a
full one also what is absent, a detailed one everything. Three houses are never trained on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal, NamedTuple

import numpy as np

from lacuna_models.phantom.cases import (
    SIZES,
    ZONES,
    Amount,
    Findings,
    Heart,
    Rng,
    Side,
    Tip,
)
from lacuna_models.phantom.phrases import BODY, IMPRESSION, OPTIONS, PRIORS, PRIORS_NONE, ROWS

Style = Literal["full", "terse", "detailed"]
STYLES: tuple[Style, ...] = ("full", "terse", "detailed")

FINDINGS_HEAD = "Findings:\n"
IMPRESSION_HEAD = "Impression:\n"

_HABIT = 0.85  # how often a house words a sentence as it is its habit
_CHOICE = re.compile(r"\(([^()]*)\)")
_SENTENCE = re.compile(r"[^.\s][^.]*\.")


class House(NamedTuple):
    """Which pattern of a list, and which word of a choice, a reporting house uses."""

    row: int
    option: int


UNSEEN_HOUSES = (House(1, 2), House(3, 0), House(4, 1))
HOUSES = tuple(
    house
    for house in (House(row, option) for row in range(ROWS) for option in range(OPTIONS))
    if house not in UNSEEN_HOUSES
)


class Pin(NamedTuple):
    """A sentence that stays as it is: its section (0 findings, 1 impression) and place there."""

    section: int
    at: int


@dataclass(frozen=True, slots=True)
class Report:
    """Sentences of the two sections, in order."""

    body: tuple[str, ...]
    impression: tuple[str, ...]
    impression_first: bool = False

    @property
    def text(self) -> str:
        """The report as the model writes it."""
        return "\n\n".join(head + " ".join(said) for head, said in self.parts)

    @property
    def parts(self) -> tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]:
        """The two sections with their headings, as they stand."""
        body, impression = (FINDINGS_HEAD, self.body), (IMPRESSION_HEAD, self.impression)
        return (impression, body) if self.impression_first else (body, impression)


@dataclass(frozen=True, slots=True)
class Prior:
    """What an earlier report said of one side's pleural fluid."""

    side: Side
    before: Amount

    def change(self, findings: Findings) -> str:
        """Return the name of what has come of it; empty where there was and is nothing."""
        amounts = tuple(Amount)
        before, now = amounts.index(self.before), amounts.index(findings.effusion(self.side))
        if before == now:
            return "unchanged" if now else ""
        if not before or not now:
            return "resolved" if before else "new"
        return "larger" if now > before else "smaller"


class _Writer:
    """One report's voice: a house's habits and the draw of chance."""

    def __init__(self, rng: Rng, house: House) -> None:
        self._rng = rng
        self._house = house
        self.explicit = house.row % 2 == 0  # names single absences too

    def say(self, patterns: tuple[str, ...], **words: str) -> str:
        """Word one sentence."""
        habit = self._rng.random() < _HABIT
        row = self._house.row if habit else int(self._rng.integers(len(patterns)))
        return _fill(_CHOICE.sub(self._pick, patterns[row]), words)

    def chance(self, probability: float) -> bool:
        """Return True as often as asked."""
        return bool(self._rng.random() < probability)

    def shuffled(self, parts: list[list[str]]) -> list[str]:
        """Join groups of sentences in a house's order, seldom in another."""
        order = np.arange(len(parts))
        if self._house.row % 2:
            order = np.roll(order, 1 + self._house.row // 2)
        if self.chance(1 - _HABIT):
            order = self._rng.permutation(len(parts))
        return [sentence for index in order for sentence in parts[int(index)]]

    def _pick(self, match: re.Match[str]) -> str:
        options = match.group(1).split("|")
        if self.chance(_HABIT):
            return options[self._house.option % len(options)]
        return options[int(self._rng.integers(len(options)))]


def _fill(pattern: str, words: dict[str, str]) -> str:
    capital = {name.capitalize(): word.capitalize() for name, word in words.items()}
    return pattern.format(**words, **capital)


def write(
    findings: Findings,
    style: Style,
    rng: Rng,
    *,
    prior: Prior | None = None,
    impression_first: bool = False,
    unseen: bool = False,
) -> Report:
    """Word a report. Its wording is the generator's; what it says is the findings'.

    ``unseen`` takes a house that is kept from training.
    """
    houses = UNSEEN_HOUSES if unseen else HOUSES
    writer = _Writer(rng, houses[int(rng.integers(len(houses)))])
    parts = [
        _devices(findings, writer, style),
        _lungs(findings, writer, style),
        _pleura(findings, writer, style, prior),
        _heart(findings, writer, style),
    ]
    body = writer.shuffled(parts) + _rest(findings, writer, style)
    return Report(tuple(body), tuple(_impression(findings, writer)), impression_first)


def draw_prior(findings: Findings, rng: Rng) -> Prior:
    """Draw what was on one side before: on one with fluid now, where there is one."""
    wet = [side for side in Side if findings.effusion(side) is not Amount.NONE]
    sides = wet or list(Side)
    side = sides[int(rng.integers(len(sides)))]
    amounts = tuple(Amount) if wet else tuple(Amount)[1:]
    return Prior(side, amounts[int(rng.integers(len(amounts)))])


def word_prior(prior: Prior, wording: int) -> str:
    """Word the earlier report for the prompt, in one of ``len(PRIORS)`` ways."""
    patterns = PRIORS if prior.before is not Amount.NONE else PRIORS_NONE
    return _fill(patterns[wording], {"side": prior.side, "size": prior.before})


def _devices(findings: Findings, writer: _Writer, style: Style) -> list[str]:
    said = [writer.say(BODY["tube"])] if findings.tube else []
    if findings.line is not None:
        said.append(writer.say(BODY["line"], tip=findings.line))
    if findings.pacemaker:
        said.append(writer.say(BODY["pacemaker"]))
    if not said and (style == "detailed" or (style == "full" and writer.explicit)):
        said.append(writer.say(BODY["no devices"]))
    return said


def _lungs(findings: Findings, writer: _Writer, style: Style) -> list[str]:
    if not (
        findings.consolidation
        or findings.nodule
        or findings.granuloma
        or findings.atelectasis
        or findings.oedema
    ):
        return [writer.say(BODY["lungs clear"])] if style != "terse" else []
    mentions = {"terse": (), "full": ("consolidation", "nodule") if writer.explicit else ()}
    absent = mentions.get(style, ("consolidation", "nodule", "oedema", "atelectasis"))
    said = [
        _consolidation(findings, writer),
        _nodule(findings, writer),
        _sided(writer, "granuloma", findings.granuloma),
        "" if not findings.oedema else writer.say(BODY["oedema"]),
        _sided(writer, "atelectasis", findings.atelectasis),
    ]
    names = ("consolidation", "nodule", "granuloma", "oedema", "atelectasis")
    return [
        sentence or writer.say(BODY[f"no {name}"])
        for name, sentence in zip(names, said, strict=True)
        if sentence or name in absent
    ]


def _consolidation(findings: Findings, writer: _Writer) -> str:
    zone = findings.consolidation
    return writer.say(BODY["consolidation"], zone=str(zone)) if zone else ""


def _nodule(findings: Findings, writer: _Writer) -> str:
    zone = findings.nodule
    if not zone:
        return ""
    return writer.say(BODY["nodule"], zone=str(zone), mm=str(findings.nodule_size))


def _sided(writer: _Writer, name: str, side: Side | None) -> str:
    return writer.say(BODY[name], side=side) if side else ""


def _pleura(findings: Findings, writer: _Writer, style: Style, prior: Prior | None) -> list[str]:
    fluid, air = _effusions(findings, writer, BODY), findings.pneumothorax
    change = prior.change(findings) if prior else ""
    compared = [writer.say(BODY[change], side=prior.side)] if prior and change else []
    full = style == "detailed" or (style == "full" and writer.explicit)
    if not fluid and air is None:
        return [*([writer.say(BODY["pleura clear"])] if style != "terse" else []), *compared]
    said = fluid or ([writer.say(BODY["no effusion"])] if full else [])
    said = said + compared
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


def _heart(findings: Findings, writer: _Writer, style: Style) -> list[str]:
    quiet = findings.heart is Heart.NORMAL and style == "terse"
    said = [] if quiet else [writer.say(BODY[f"heart {findings.heart}"])]
    if findings.hernia:
        said.append(writer.say(BODY["hernia"]))
    return said


def _rest(findings: Findings, writer: _Writer, style: Style) -> list[str]:
    """Word the bones, and what has no label: mediastinum, and a terse report's remainder."""
    said = [writer.say(BODY["mediastinum"])] if style == "detailed" else []
    if findings.fracture:
        said.append(writer.say(BODY["fracture"], side=findings.fracture))
    elif style == "detailed" or (style == "full" and writer.explicit):
        said.append(writer.say(BODY["bones"]))
    return said if style != "terse" else [*said, writer.say(BODY["otherwise"])]


def _impression(findings: Findings, writer: _Writer) -> list[str]:
    said = []
    if findings.pneumothorax is not None:
        said.append(writer.say(IMPRESSION["pneumothorax"], side=findings.pneumothorax))
    if findings.line is Tip.ATRIUM:
        said.append(writer.say(IMPRESSION["line deep"]))
    if findings.consolidation is not None:
        said.append(writer.say(IMPRESSION["consolidation"], zone=str(findings.consolidation)))
    if findings.oedema:
        said.append(writer.say(IMPRESSION["oedema"]))
    said += _effusions(findings, writer, IMPRESSION)
    if findings.nodule is not None:
        size = str(findings.nodule_size)
        said.append(writer.say(IMPRESSION["nodule"], zone=str(findings.nodule), mm=size))
    if findings.heart is not Heart.NORMAL:
        said.append(writer.say(IMPRESSION[f"heart {findings.heart}"]))
    if findings.fracture is not None:
        said.append(writer.say(IMPRESSION["fracture"], side=findings.fracture))
    return said or [writer.say(IMPRESSION["normal"])]


def sentences(text: str) -> list[str]:
    """Split a section's text at full stops; a last sentence without one is kept as it is."""
    whole = [match.group() for match in _SENTENCE.finditer(text)]
    rest = _SENTENCE.sub("", text).strip()
    return [*whole, rest] if rest else whole


def sections(text: str) -> tuple[str, str]:
    """Return the text of the findings and of the impression, in either order; either may be empty.

    Text without headings counts as findings.
    """
    body, head, impression = text.partition("Impression:")
    if head and "Findings:" in impression:
        impression, _, body = impression.partition("Findings:")
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
        "mm": tuple(map(str, SIZES)),
        "tip": tuple(Tip),
    }
    names = [name for name in spoken if f"{{{name}}}" in low]
    return [
        dict(zip(names, choice, strict=True)) for choice in product(*(spoken[n] for n in names))
    ]
