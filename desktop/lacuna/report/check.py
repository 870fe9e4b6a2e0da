"""The rule checker: what contradicts itself in a report, or cannot be. Pure; no model, no Qt.

Rules read claims (`lacuna_models.scoring.facts`): findings, denied or not, with side, level, size,
measurement. They are wrong where a report is subtler than they are, so a mark accuses nobody: it
has a place, a reason, and says where the other half of a contradiction stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lacuna.report import dates, edit, sexes
from lacuna.report.model import Gap, Report
from lacuna_models.api import Fixed
from lacuna_models.scoring.facts import Claim, claims, moved
from lacuna_models.scoring.lexicon import REGIONS
from lacuna_models.scoring.text import joined


class Rule(StrEnum):
    """Which rule a mark comes from."""

    SIDE = "side"
    SEX = "sex"
    NEGATION = "negation"
    UNSUPPORTED = "unsupported"  # in the impression, and nowhere in the findings
    SIZE = "size"
    UNITS = "units"
    DATE = "date"
    MEASUREMENT = "measurement"
    GAP = "gap"


class Severity(StrEnum):
    """How much it matters: an ERROR cannot be right, a WARNING is seldom right, a NOTE may be."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of a section's body, as ``report.edit`` counts: a gap is one character."""

    section: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: where, why, how much it matters, and where the other half stands."""

    rule: Rule
    severity: Severity
    place: Range
    reason: str
    other: Range | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is reported on, as far as rules ask. ``sex`` is F, M, O or nothing, as in DICOM."""

    sex: str = ""
    born: date | None = None
    examined: date | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """A claim with its section, and whether that is the impression."""

    claim: Claim
    section: int
    concludes: bool

    @property
    def place(self) -> Range:
        return Range(self.section, self.claim.start, self.claim.stop)


_IMPRESSION = re.compile(r"impression|conclusion|summary|opinion", re.IGNORECASE)
_HEADING = re.compile(
    r"^[ \t]*(?:impression|conclusion|opinion)[ \t]*:", re.IGNORECASE | re.MULTILINE
)
_LEFTOVER = re.compile(
    r"\[\.\.\.(?: \d+)?\]|_{3,}|\?{3,}|\bX{3,}\b|\{[^{}\n]*\}|\[ *\]|<[A-Za-z][A-Za-z _-]{0,38}>"
)
_BARE = re.compile(r"\b\d+(?:[.,]\d+)?\s*[x×]\s*\d+(?:[.,]\d+)?(?!\s*(?:[x×]|mm|cm|\d|[.,]\d))")  # noqa: RUF001
_METRES = re.compile(r"\b\d+(?:[.,]\d+)?\s*m(?:etres?|eters?)?\b(?!/)")
_LARGEST = 500.0  # mm; nothing in a body that is measured in a report is longer


def check(report: Report, subject: Subject | None = None) -> tuple[Finding, ...]:
    """Return all that the rules find, in reading order."""
    who = subject or Subject()
    bodies = [edit.body(section.spans) for section in report.sections]
    said = [one for number in range(len(bodies)) for one in _claims(report, number, bodies[number])]
    found = [finding for rule in _RULES for finding in rule(said)]
    for number, body in enumerate(bodies):
        found += _gaps(report, number)
        found += _leftovers(number, body)
        found += _units(number, body)
        found += _sexes(number, body, who)
        found += _dates(number, body, who)
    return tuple(sorted(found, key=lambda one: (one.place.section, one.place.start, one.rule)))


def _claims(report: Report, number: int, body: str) -> Iterator[_Said]:
    """Yield a section's claims. An untitled report may hold its headings in its text."""
    title = report.sections[number].title or ""
    heading = _HEADING.search(body)
    concludes_from = (
        0 if _IMPRESSION.search(title) else heading.start() if heading else len(body) + 1
    )
    text = joined((Fixed("body", body),))
    for sentence in text.sentences():
        for claim in claims(text.said(sentence)):
            concludes = sentence.start >= concludes_from
            yield _Said(moved(claim, sentence.start), number, concludes)


def _pairs(said: Sequence[_Said]) -> Iterator[tuple[_Said, _Said]]:
    """Yield pairs of claims of one finding: the earlier one first."""
    for index, one in enumerate(said):
        for other in said[index + 1 :]:
            if one.claim.finding == other.claim.finding:
                yield one, other


def _negations(said: Sequence[_Said]) -> Iterator[Finding]:
    """A finding that is there in one place and denied in another."""
    for one, other in _pairs(said):
        if one.claim.denied is not other.claim.denied and _overlap(one.claim, other.claim):
            yield _against(Rule.NEGATION, Severity.ERROR, other, one, _denial(other, one))
    for denial in said:
        organ = denial.claim.finding.removesuffix(" abnormality")
        if denial.claim.denied and organ in REGIONS and organ != denial.claim.finding:
            for other in said:
                if not other.claim.denied and other.claim.finding in REGIONS[organ]:
                    reason = f"The {organ} is called normal, but {_name(other.claim)} is found too."
                    yield _against(Rule.NEGATION, Severity.ERROR, denial, other, reason)


def _denial(one: _Said, other: _Said) -> str:
    finding = one.claim.finding
    if one.claim.denied:
        return f"{finding.capitalize()} is denied here, but found elsewhere."
    return f"{finding.capitalize()} is found here, but denied elsewhere."


def _overlap(one: Claim, other: Claim) -> bool:
    """Whether two claims may be about one place: what is denied on the right may be on the left."""
    sides = not one.sides or not other.sides or bool(one.sides & other.sides)
    levels = not one.levels or not other.levels or bool(one.levels & other.levels)
    return sides and levels


def _sides(said: Sequence[_Said]) -> Iterator[Finding]:
    """A side in the impression that the findings do not have."""
    for finding, found, concluded in _by_finding(said):
        described = frozenset(side for one in found for side in one.claim.sides)
        for one in concluded:
            missing = one.claim.sides - described
            if described and missing:
                here, there = (" and ".join(sorted(own)) for own in (missing, described))
                name = finding.capitalize()
                reason = f"{name} is on the {here} here, on the {there} in the findings."
                yield _against(Rule.SIDE, Severity.ERROR, one, found[0], reason)


def _unsupported(said: Sequence[_Said]) -> Iterator[Finding]:
    """A finding of the impression that the findings pass over, though they say something."""
    described = {one.claim.finding for one in said if not one.concludes}
    for one in said:
        claim = one.claim
        sure = not claim.denied and not claim.certainty
        if one.concludes and described and sure and claim.finding not in described:
            reason = f"The findings do not mention {_name(claim)}."
            yield Finding(Rule.UNSUPPORTED, Severity.NOTE, one.place, reason)


def _sizes(said: Sequence[_Said]) -> Iterator[Finding]:
    """One finding at one place, of two sizes."""
    for one, other in _pairs(said):
        sizes = one.claim.sizes, other.claim.sizes
        if _same_place(one, other) and all(sizes) and not sizes[0] & sizes[1]:
            here, there = (" and ".join(sorted(own)) for own in (sizes[1], sizes[0]))
            reason = f"{one.claim.finding.capitalize()} is {here} here, {there} elsewhere."
            yield _against(Rule.SIZE, Severity.WARNING, other, one, reason)


def _measurements(said: Sequence[_Said]) -> Iterator[Finding]:
    """One finding at one place, measured differently."""
    for one, other in _pairs(said):
        measured = one.claim.measurements, other.claim.measurements
        if _same_place(one, other) and all(measured) and set(measured[0]) != set(measured[1]):
            here, there = (", ".join(own) for own in (measured[1], measured[0]))
            reason = f"{one.claim.finding.capitalize()} measures {here} here, {there} elsewhere."
            yield _against(Rule.MEASUREMENT, Severity.WARNING, other, one, reason)


def _same_place(one: _Said, other: _Said) -> bool:
    """Whether both are found, and at one place: on one side, and in a level that one may omit."""
    found = not one.claim.denied and not other.claim.denied
    return found and one.claim.sides == other.claim.sides and _overlap(one.claim, other.claim)


def _by_finding(said: Sequence[_Said]) -> Iterator[tuple[str, list[_Said], list[_Said]]]:
    """Yield each finding that is there, with its claims in the findings and in the impression."""
    present = [one for one in said if not one.claim.denied]
    for finding in dict.fromkeys(one.claim.finding for one in present):
        own = [one for one in present if one.claim.finding == finding]
        found = [one for one in own if not one.concludes]
        if found:
            yield finding, found, [one for one in own if one.concludes]


def _name(claim: Claim) -> str:
    return " ".join([*sorted(claim.sides), *sorted(claim.levels), claim.finding])


def _against(rule: Rule, severity: Severity, one: _Said, other: _Said, reason: str) -> Finding:
    return Finding(rule, severity, one.place, reason, other.place)


def _gaps(report: Report, number: int) -> Iterator[Finding]:
    at = 0
    for span in report.sections[number].spans:
        size = len(edit.shown(span))
        if isinstance(span, Gap):
            place = Range(number, at, at + size)
            yield Finding(Rule.GAP, Severity.ERROR, place, "A gap is still open.")
        at += size


def _leftovers(number: int, body: str) -> Iterator[Finding]:
    for match in _LEFTOVER.finditer(body):
        reason = f"“{match.group()}” looks like something left to be filled in."
        yield _plain(Rule.GAP, Severity.ERROR, number, match, reason)


def _units(number: int, body: str) -> Iterator[Finding]:
    """Sizes without a unit, in metres, or longer than anything in a body."""
    for match in _BARE.finditer(body):
        yield _plain(Rule.UNITS, Severity.WARNING, number, match, "A size without a unit.")
    for match in _METRES.finditer(body):
        yield _plain(Rule.UNITS, Severity.ERROR, number, match, "A length in metres.")
    for match in re.finditer(r"\b(\d+(?:[.,]\d+)?)\s*(mm|cm)\b", body):
        length = float(match[1].replace(",", ".")) * (10 if match[2] == "cm" else 1)
        if length > _LARGEST:
            reason = f"{match.group()} is longer than what reports measure."
            yield _plain(Rule.UNITS, Severity.ERROR, number, match, reason)


def _sexes(number: int, body: str, who: Subject) -> Iterator[Finding]:
    for match, reason in sexes.misfits(body, who.sex):
        yield _plain(Rule.SEX, Severity.ERROR, number, match, reason)


def _dates(number: int, body: str, who: Subject) -> Iterator[Finding]:
    for match, reason in dates.impossible(body, who.born, who.examined):
        yield _plain(Rule.DATE, Severity.ERROR, number, match, reason)


def _plain(
    rule: Rule, severity: Severity, number: int, match: re.Match[str], reason: str
) -> Finding:
    return Finding(rule, severity, Range(number, match.start(), match.end()), reason)


_RULES: tuple[Callable[[Sequence[_Said]], Iterator[Finding]], ...] = (
    _negations,
    _sides,
    _unsupported,
    _sizes,
    _measurements,
)
