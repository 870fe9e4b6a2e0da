"""A sentence typed against the picture: whether the rest of the report follows it.

One finding is altered, and a true sentence about the altered finding stands in the report; all else
is drafted beside the unaltered picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lacuna_models.api import Fixed, Gap, Segment
from lacuna_models.phantom.cases import Case, Findings
from lacuna_models.phantom.counterfactual import Altered, Change, alter, speaking
from lacuna_models.phantom.evaluation.authors import Diffusion
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.evaluation.subjects import Subject, generator
from lacuna_models.phantom.evaluation.tables import Cell, Progress, Table
from lacuna_models.phantom.grammar import (
    FINDINGS_HEAD,
    IMPRESSION_HEAD,
    Pin,
    Report,
    accepts,
    sections,
    sentences,
)
from lacuna_models.phantom.labeller import label, spoken

READER = "reader"  # the adapter that takes the reader at his word
RESERVED = 36  # tokens a gap on either side of the anchor: several sentences

COLUMNS = ("body follows", "impression follows", "both follow", "accepted")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A subject, what was altered, and the sentence that says so."""

    subject: Subject
    change: Change
    altered: Altered
    report: Report  # of the altered findings, in the subject's voice
    pin: Pin

    @property
    def sentence(self) -> str:
        """What the reader typed."""
        return (self.report.body, self.report.impression)[self.pin.section][self.pin.at]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The report with gaps for all but the anchor."""
        return tuple(_segments(self))


@dataclass(frozen=True, slots=True)
class Followed:
    """Whether the two sections follow; NaN where a section has nothing to say of the change."""

    body: float
    impression: float
    fluent: float

    @property
    def both(self) -> bool:
        """Whether no section fails to follow."""
        return self.body != 0.0 and self.impression != 0.0


def draw_anchors(asked: Sequence[Subject], change: Change) -> Iterator[Anchor]:
    """Alter each subject once, where that can be and where a sentence says so."""
    for subject in asked:
        rng = generator(subject, 31)
        altered = alter(subject.case.findings, change, rng)
        if altered is None:
            continue
        report = subject.told(Case(altered.findings, subject.case.seed))
        pins = speaking(report, altered.groups)
        if pins:
            yield Anchor(subject, change, altered, report, pins[int(rng.integers(len(pins)))])


def _segments(anchor: Anchor) -> Iterator[Segment]:
    for section, head in enumerate((FINDINGS_HEAD, IMPRESSION_HEAD)):
        said = (anchor.report.body, anchor.report.impression)[section]
        line = "\n\n" if section else ""
        if section != anchor.pin.section:
            yield Fixed(f"head {section}", line + head)
            yield Gap(f"gap {section}")
            continue
        first, last = anchor.pin.at == 0, anchor.pin.at == len(said) - 1
        yield Fixed(f"head {section}", line + head)
        if not first:
            yield Gap(f"before {section}")
        yield Fixed("anchor", f"{'' if first else ' '}{anchor.sentence}")
        if not last:
            yield Gap(f"after {section}")


def follows(anchor: Anchor, text: str) -> Followed:
    """Judge a draft, ``text`` being the whole report with the anchor in it."""
    rest = list(sections(text))
    own = anchor.pin.section
    rest[own] = " ".join(rest[own].replace(anchor.sentence, "", 1).split())
    told = [sentence for section in rest for sentence in sentences(section)]
    return Followed(
        body=_section(anchor, 0, FINDINGS_HEAD + rest[0]),
        impression=_section(anchor, 1, IMPRESSION_HEAD + rest[1]),
        fluent=float(np.mean([accepts(sentence) for sentence in told])) if told else float("nan"),
    )


def _section(anchor: Anchor, section: int, text: str) -> float:
    """Judge one section without the anchor.

    In the anchor's own section nothing may be said against it; the other must say what a true
    report of the altered findings says there. It is not judged where both of these say nothing.
    """
    groups, wanted = anchor.altered.groups, anchor.altered.findings
    if section == anchor.pin.section:
        return float(
            not any(_against(s, groups, wanted) for s in sentences(sections(text)[section]))
        )
    heads = (FINDINGS_HEAD, IMPRESSION_HEAD)
    plain = anchor.subject.report
    true, shown = (
        label(heads[section] + " ".join((r.body, r.impression)[section]))
        for r in (anchor.report, plain)
    )
    if all(getattr(true, group) == getattr(shown, group) for group in groups):
        return float("nan")
    said = label(text)
    return float(all(getattr(said, group) == getattr(true, group) for group in groups))


def _against(sentence: str, groups: frozenset[str], wanted: Findings) -> bool:
    said = spoken(sentence)
    return any(group in said and said[group] != getattr(wanted, group) for group in groups)


def anchors_table(author: Diffusion, asked: Sequence[Subject], say: Progress) -> Table:
    """Draft beside altered anchors with each mode that the checkpoint has."""
    modes = {"plain": None} | ({READER: READER} if READER in author.adapters else {})
    rows: dict[str, tuple[Cell, ...]] = {}
    for name, adapter in modes.items():
        everything: list[Followed] = []
        for change in Change:
            marks = _drafted(author, list(draw_anchors(asked, change)), adapter, say)
            rows[f"{name}: {change}"] = _row(marks)
            everything += marks
        rows[f"{name}: all"] = _row(everything)
    return Table("Anchors against the picture", "mode: what is altered", COLUMNS, rows, _NOTE)


_NOTE = (
    "An anchor says what the picture does not show. Body and impression follow where they say what "
    "the anchor says, and nothing against it. Without an adapter the model is to keep its own "
    "opinion."
)


def _drafted(
    author: Diffusion, drawn: list[Anchor], adapter: str | None, say: Progress
) -> list[Followed]:
    marks = []
    for index, anchor in enumerate(drawn):
        said = author.around(anchor.subject.prompt, anchor.segments, adapter, RESERVED)
        marks.append(follows(anchor, said.text))
        say(f"anchors, {adapter or 'plain'}, {anchor.change}", index + 1, len(drawn))
    return marks


def _row(marks: list[Followed]) -> tuple[Cell, ...]:
    return (
        figure([mark.body for mark in marks]),
        figure([mark.impression for mark in marks]),
        figure([mark.both for mark in marks]),
        figure([mark.fluent for mark in marks]),
    )
