"""What a sentence says: words that carry a fact, and the claims that they make. Torch-free.

Rules over the words of ``lexicon``: no checkpoint, no grammar. A claim is about one finding: there
or not, on which side, at which level, how large, how sure. Used to pin the facts of text that is
to be reworded, and to compare one part of a report with another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from lacuna_models.scoring.lexicon import (
    CLEAR,
    FORMS,
    IMPLIED,
    MEANT,
    MEASUREMENT,
    REGIONS,
    Kind,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A word or phrase that carries a fact: what it tells, its common form, where it stands."""

    kind: Kind
    key: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a clause says of one finding. ``start`` and ``stop`` are the clause's code points.

    ``finding`` is a key of ``lexicon``; ``parts`` are places that it does not imply (a
    lobe, a rib); ``certainty`` is empty where nothing is hedged.
    """

    finding: str
    denied: bool
    sides: frozenset[str]
    levels: frozenset[str]
    parts: frozenset[str]
    sizes: frozenset[str]
    changes: frozenset[str]
    certainty: str
    measurements: tuple[str, ...]
    start: int
    stop: int

    def says(self) -> tuple[object, ...]:
        """Return all but the place: equal for two clauses that say the same."""
        return (
            *(self.finding, self.denied, self.sides, self.levels, self.parts, self.sizes),
            *(self.changes, self.certainty, self.measurements),
        )


def _named(kind: Kind) -> re.Pattern[str]:
    forms = [
        (form, f"k{number}")
        for number, same in enumerate(FORMS[kind].values())
        for form in sorted(same, key=len, reverse=True)
    ]
    forms.sort(key=lambda pair: len(pair[0]), reverse=True)
    parts = "|".join(f"(?P<{name}_{i}>{form})" for i, (form, name) in enumerate(forms))
    return re.compile(rf"\b(?:{parts})\b", re.IGNORECASE)


_PATTERNS = {kind: _named(kind) for kind in FORMS}
_KEYS = {kind: tuple(same) for kind, same in FORMS.items()}
_MEASUREMENT = re.compile(rf"\b{MEASUREMENT}", re.IGNORECASE)
_ABNORMAL = " abnormality"
_LISTED = re.compile(r"\b(?:or|nor)\b")
_BREAK = re.compile(r";|, | but | however | although | with ")


def facts(text: str) -> tuple[Fact, ...]:
    """Return the facts of a text, in reading order."""
    found = [fact for kind in FORMS for fact in _of_kind(text, kind)]
    found += [
        Fact(Kind.MEASUREMENT, _measured(m.group()), m.start(), m.end())
        for m in _MEASUREMENT.finditer(text)
    ]
    return tuple(sorted(found, key=lambda fact: (fact.start, fact.stop)))


def _of_kind(text: str, kind: Kind) -> Iterator[Fact]:
    for match in _PATTERNS[kind].finditer(text):
        name = match.lastgroup or ""
        key = _KEYS[kind][int(name.partition("_")[0][1:])]
        yield Fact(kind, key, match.start(), match.end())


def _measured(text: str) -> str:
    """Return a measurement in one spelling: "1,2 x 3 cm" and "12 x 30 mm" are the same."""
    unit = re.search(r"[^\W\d_×%]+$|%$", text)  # noqa: RUF001  the sign is meant
    word = unit.group().casefold() if unit else ""
    numbers = [float(n.replace(",", ".")) for n in re.findall(r"\d+(?:[.,]\d+)?", text)]
    scale = 10.0 if word.startswith(("cm", "centi")) else 1.0
    length = word.startswith(("mm", "cm", "milli", "centi")) and not word.startswith("ml")
    return " x ".join(f"{n * scale:g}" for n in numbers) + f" {'mm' if length else word}"


def claims(sentence: str) -> tuple[Claim, ...]:
    """Return what a sentence says, clause by clause; what only repeats a part is left out."""
    found: list[Claim] = []
    denied = False
    for low, high in _clauses(sentence):
        listed = denied and _LISTED.search(sentence[low:high]) is not None
        said = list(_said(sentence, low, high, listed))
        denied = any(claim.denied for claim in said)
        found += said
    return tuple(c for c in found if not any(_repeats(c, other) for other in found))


def _repeats(claim: Claim, other: Claim) -> bool:
    """Whether a claim adds nothing to another one of the same finding."""
    if claim is other or (claim.finding, claim.denied) != (other.finding, other.denied):
        return False
    mine, more = claim.says()[2:], other.says()[2:]
    if mine == more:
        return claim.start > other.start
    return all(not own or own == its for own, its in zip(mine, more, strict=True))


def same_claims(one: str, other: str) -> bool:
    """Return whether two sentences say the same."""
    return _summary(one) == _summary(other)


def changed_fact(before: str, after: str) -> str:
    """Name what the second sentence changes of the first's facts, in words; "" if nothing."""
    old, new = set(_summary(before)), set(_summary(after))
    if old == new:
        return ""
    lost, gained = (_worded(side) for side in (old - new, new - old))
    if lost and gained:
        return f"“{lost}” would become “{gained}”"
    return f"“{lost}” would be lost" if lost else f"“{gained}” would be added"


def _summary(sentence: str) -> frozenset[tuple[object, ...]]:
    """Return what a sentence says in one form, without what follows from the rest of it."""
    said = [c for claim in claims(sentence) for c in _spelled(_anywhere(claim))]
    normal = [c.finding.removesuffix(_ABNORMAL) for c in said if c.denied]
    implied = {finding for organ in normal for finding in REGIONS.get(organ, ())}
    kept = [c for c in said if not (c.denied and c.finding in implied)]
    return frozenset(claim.says() for claim in kept)


def _anywhere(claim: Claim) -> Claim:
    """Return a denial of both sides as one of any side."""
    both = claim.denied and claim.sides == {"right", "left"}
    return replace(claim, sides=frozenset()) if both else claim


def _spelled(claim: Claim) -> list[Claim]:
    """Return the denials that a clear organ stands for; other claims as they are."""
    organ = claim.finding.removesuffix(_ABNORMAL)
    if not claim.denied or organ == claim.finding or organ not in CLEAR:
        return [claim]
    return [replace(claim, finding=finding) for finding in sorted(CLEAR[organ])]


def repeats_itself(sentence: str, model: str) -> bool:
    """Return whether a sentence says a word that carries a fact more often than the other does.

    Denials are not counted: "no effusion and no pneumothorax" is "no effusion or pneumothorax".
    """
    counted, wanted = (
        Counter((f.kind, f.key) for f in facts(text) if f.kind is not Kind.NEGATION)
        for text in (sentence, model)
    )
    return any(times > max(1, wanted[fact]) for fact, times in counted.items())


def _worded(said: set[tuple[object, ...]]) -> str:
    return ", ".join(sorted(_words(one) for one in said))


def _words(said: tuple[object, ...]) -> str:
    finding, denied, sides, levels, places, sizes, changes, certainty, measurements = said
    groups = (sizes, changes, sides, levels, places)
    parts = [word for group in groups if isinstance(group, frozenset) for word in sorted(group)]
    measured = measurements if isinstance(measurements, tuple) else ()
    return " ".join(
        filter(None, ("no" if denied else "", str(certainty), *parts, str(finding), *measured))
    )


def _clauses(sentence: str) -> list[tuple[int, int]]:
    """Cut at commas and the like; a part without a finding of its own goes with its neighbour."""
    edges = [0, *(m.start() for m in _BREAK.finditer(sentence)), len(sentence)]
    parts = list(pairwise(edges))
    joined: list[tuple[int, int]] = []
    for low, high in parts:
        bare = not _topics(sentence, low, high)
        if joined and (bare or not _topics(sentence, *joined[-1])):
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _inside(sentence: str, low: int, high: int) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts(sentence) if low <= fact.start and fact.stop <= high)


def _topics(sentence: str, low: int, high: int) -> tuple[str, ...]:
    """Return the findings that a clause is about, in order; of an organ, what is abnormal of it."""
    inside = _inside(sentence, low, high)
    organs = [f.key for f in inside if f.kind is Kind.ANATOMY and f.key in REGIONS]
    named = [f.key for f in inside if f.kind is Kind.FINDING]
    if named == ["abnormality"]:
        return tuple(dict.fromkeys(map(_abnormality, organs or ["chest"])))
    meant = _meant(inside)
    normal = any(f.kind is Kind.NORMALITY for f in inside)
    whole = map(_abnormality, organs) if normal and not named and not meant else ()
    return tuple(dict.fromkeys([*named, *meant, *whole]))


def _abnormality(organ: str) -> str:
    return "abnormality" if organ == "chest" else organ + _ABNORMAL


def _meant(inside: tuple[Fact, ...]) -> list[str]:
    """Return the findings that an organ and a word about it name together."""
    organs = {fact.key for fact in inside if fact.kind is Kind.ANATOMY}
    words = {fact.key for fact in inside if fact.kind in (Kind.CHANGE, Kind.NORMALITY)}
    return [
        finding
        for (organ, about), finding in MEANT.items()
        if organ in organs and words.intersection(about)
    ]


def _said(sentence: str, low: int, high: int, listed: bool) -> Iterator[Claim]:
    """Yield a clause's claims. ``listed``: it goes on with a list that began with a denial."""
    inside = _inside(sentence, low, high)

    def keys(kind: Kind) -> frozenset[str]:
        return frozenset(fact.key for fact in inside if fact.kind is kind)

    negated = listed or bool(keys(Kind.NEGATION))
    normal = bool(keys(Kind.NORMALITY))
    told = {"enlarged", "increased"} if _meant(inside) else {"enlarged"}
    for finding in _topics(sentence, low, high):
        yield Claim(
            finding=finding,
            denied=negated is not normal if normal else negated,
            sides=_sides(keys(Kind.SIDE)),
            levels=keys(Kind.LEVEL),
            parts=keys(Kind.ANATOMY) - IMPLIED - {finding.removesuffix(_ABNORMAL)},
            sizes=keys(Kind.SIZE),
            changes=keys(Kind.CHANGE) - told,
            certainty=" ".join(sorted(keys(Kind.CERTAINTY))),
            measurements=tuple(sorted(f.key for f in inside if f.kind is Kind.MEASUREMENT)),
            start=low,
            stop=high,
        )


def _sides(keys: frozenset[str]) -> frozenset[str]:
    return frozenset({"right", "left"}) if "both" in keys else keys


def moved(claim: Claim, offset: int) -> Claim:
    """Return the claim of a sentence that begins at ``offset`` in a longer text."""
    return replace(claim, start=claim.start + offset, stop=claim.stop + offset)
