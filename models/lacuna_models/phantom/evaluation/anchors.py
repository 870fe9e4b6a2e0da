"""A sentence typed against the picture: whether the rest of the report follows it.

One finding is altered, and a true sentence about the altered finding stands in the report; all else
is drafted beside the unaltered picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lacuna_models.api import Exact, Fixed, Gap, Segment
from lacuna_models.phantom.cases import Case, Findings
from lacuna_models.phantom.counterfactual import Altered, Change, alter, speaking
from lacuna_models.phantom.evaluation.authors import Diffusion, Said
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
        return tuple(_segments(self, Fixed("anchor", self.text)))

    def open(self, tokens: int) -> tuple[Segment, ...]:
        """Return the report before the reader typed: a gap of so many tokens in the anchor's place.

        The space before the anchor is the gap's.
        """
        return tuple(_segments(self, Gap("anchor", Exact(tokens))))

    @property
    def text(self) -> str:
        """The anchor with the space before it, where one is."""
        return f"{' ' if self.pin.at else ''}{self.sentence}"


@dataclass(frozen=True, slots=True)
class Followed:
    """Whether the two sections follow, and how well they are worded."""

    body: bool
    impression: bool
    fluent: float

    @property
    def both(self) -> bool:
        """Whether the whole report follows."""
        return self.body and self.impression


def draw_anchors(asked: Sequence[Subject], change: Change) -> Iterator[Anchor]:
    """Alter each subject once, where that can be and both sections have to say so.

    What one section alone speaks of (a granuloma, a tube) would be followed by saying nothing.
    """
    for subject in asked:
        rng = generator(subject, 31)
        altered = alter(subject.case.findings, change, rng)
        if altered is None:
            continue
        report = subject.told(Case(altered.findings, subject.case.seed))
        drawn = [
            Anchor(subject, change, altered, report, pin)
            for pin in speaking(report, altered.groups)
        ]
        telling = [anchor for anchor in drawn if _tells(anchor, 1 - anchor.pin.section)]
        if telling:
            yield telling[int(rng.integers(len(telling)))]


def _tells(anchor: Anchor, section: int) -> bool:
    """Return whether true reports differ in a section with what was altered."""
    altered, plain = _said(anchor.report, section), _said(anchor.subject.report, section)
    return any(getattr(altered, g) != getattr(plain, g) for g in anchor.altered.groups)


def _said(report: Report, section: int) -> Findings:
    heads = (FINDINGS_HEAD, IMPRESSION_HEAD)
    return label(heads[section] + " ".join((report.body, report.impression)[section]))


def _segments(anchor: Anchor, typed: Segment) -> Iterator[Segment]:
    """Yield the report's segments with ``typed`` in the anchor's place, and gaps elsewhere."""
    for section, head in enumerate((FINDINGS_HEAD, IMPRESSION_HEAD)):
        said = (anchor.report.body, anchor.report.impression)[section]
        yield Fixed(f"head {section}", ("\n\n" if section else "") + head)
        if section != anchor.pin.section:
            yield Gap(f"gap {section}")
            continue
        if anchor.pin.at > 0:
            yield Gap(f"before {section}")
        yield typed
        if anchor.pin.at < len(said) - 1:
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


def _section(anchor: Anchor, section: int, text: str) -> bool:
    """Judge one section without the anchor.

    In the anchor's own section nothing may be said against it; the other must say what a true
    report of the altered findings says there.
    """
    groups, wanted = anchor.altered.groups, anchor.altered.findings
    if section == anchor.pin.section:
        return not any(_against(s, groups, wanted) for s in sentences(sections(text)[section]))
    said, true = label(text), _said(anchor.report, section)
    return all(getattr(said, group) == getattr(true, group) for group in groups)


def _against(sentence: str, groups: frozenset[str], wanted: Findings) -> bool:
    said = spoken(sentence)
    return any(group in said and said[group] != getattr(wanted, group) for group in groups)


def anchors_table(author: Diffusion, asked: Sequence[Subject], say: Progress) -> Table:
    """Draft beside altered anchors with each mode that the checkpoint has."""
    drawn = {change: list(draw_anchors(asked, change)) for change in Change}
    modes = {"plain": None} | ({READER: READER} if READER in author.adapters else {})
    rows: dict[str, tuple[Cell, ...]] = {}
    for name, adapter in modes.items():
        marks = {
            change: _marked(f"{name}, {change}", anchors, _at_once(author, adapter), say)
            for change, anchors in drawn.items()
        }
        rows |= {f"{name}: {change}": _row(made) for change, made in marks.items()}
        rows[f"{name}: all"] = _row([mark for made in marks.values() for mark in made])
        everything = [anchor for anchors in drawn.values() for anchor in anchors]
        late = _marked(f"{name}, halfway", everything, _halfway(author, adapter), say)
        rows[f"{name}: all, locked halfway"] = _row(late)
    return Table("Anchors against the picture", "mode: what is altered", COLUMNS, rows, _NOTE)


_NOTE = (
    "An anchor says what the picture does not show. Body and impression follow where they say what "
    "the anchor says, and nothing against it. Locked halfway: the reader puts the anchor over what "
    "the run wrote there, after half of the steps that it would take. Without an adapter the model "
    "is to keep its own opinion."
)

Drafter = Callable[[Anchor], Said]


def _at_once(author: Diffusion, adapter: str | None) -> Drafter:
    return lambda anchor: author.around(anchor.subject.prompt, anchor.segments, adapter, RESERVED)


def _halfway(author: Diffusion, adapter: str | None) -> Drafter:
    def draft(anchor: Anchor) -> Said:
        before = anchor.open(author.tokens(anchor.text))
        return author.halfway(anchor.subject.prompt, before, anchor.segments, adapter, RESERVED)

    return draft


def _marked(what: str, drawn: Sequence[Anchor], draft: Drafter, say: Progress) -> list[Followed]:
    marks = []
    for index, anchor in enumerate(drawn):
        marks.append(follows(anchor, draft(anchor).text))
        say(f"anchors, {what}", index + 1, len(drawn))
    return marks


def _row(marks: list[Followed]) -> tuple[Cell, ...]:
    return (
        figure([mark.body for mark in marks]),
        figure([mark.impression for mark in marks]),
        figure([mark.both for mark in marks]),
        figure([mark.fluent for mark in marks]),
    )
