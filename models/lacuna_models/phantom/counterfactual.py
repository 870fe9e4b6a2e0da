"""Reports that a picture contradicts: to teach who is right, and to plant errors. Torch-free.

In *plain* training a contradicting sentence stands as an anchor and all others follow the picture.
In *reader* training a sentence of the reader's stands and all others follow it, whatever the
picture shows.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from lacuna_models.phantom.cases import (
    ANSWERS,
    SIZES,
    Amount,
    Findings,
    Level,
    Rng,
    Side,
    Zone,
    plausible,
)
from lacuna_models.phantom.grammar import Pin, Report
from lacuna_models.phantom.labeller import spoken


class Change(StrEnum):
    """What is altered in a group of findings."""

    PRESENCE = "presence"
    SIDE = "side"
    SIZE = "size"
    ZONE = "zone"


class Altered(NamedTuple):
    """Findings with one thing changed, and the groups that it touches."""

    findings: Findings
    groups: frozenset[str]


_PRESENT = ("heart", "effusion_right", "effusion_left", "pneumothorax", "consolidation", "nodule")
_MORE = ("granuloma", "atelectasis", "oedema", "hernia", "fracture", "tube", "line", "pacemaker")


def alter(findings: Findings, change: Change, rng: Rng) -> Altered | None:
    """Change one thing, plausibly; None where nothing of that kind can be changed."""
    for _ in range(20):
        altered = _ALTERATIONS[change](findings, rng)
        if altered is None:
            return None
        if plausible(altered.findings) and altered.findings != findings:
            return altered
    return None


def draw_altered(findings: Findings, rng: Rng) -> Altered:
    """Change one thing of a kind drawn by chance."""
    while True:
        changes = tuple(Change)
        altered = alter(findings, changes[int(rng.integers(len(changes)))], rng)
        if altered is not None:
            return altered


def _presence(findings: Findings, rng: Rng) -> Altered:
    names = _PRESENT if rng.random() < 0.7 else _MORE
    group = names[int(rng.integers(len(names)))]
    answers, now = ANSWERS[group], getattr(findings, group)
    absent = answers[0]
    value = absent if now != absent else answers[1 + int(rng.integers(len(answers) - 1))]
    if group != "nodule":
        return Altered(findings.having(**{group: value}), frozenset({group}))
    size = 0 if value is None else SIZES[int(rng.integers(len(SIZES)))]
    return Altered(findings.having(nodule=value, nodule_size=size), frozenset({"nodule"}))


def _side(findings: Findings, rng: Rng) -> Altered | None:
    sided = ("pneumothorax", "consolidation", "nodule", "granuloma", "atelectasis", "fracture")
    groups = [name for name in sided if getattr(findings, name) is not None]
    wet = {findings.effusion_right, findings.effusion_left}
    if Amount.NONE in wet and len(wet) > 1:
        groups.append("effusion")
    if not groups:
        return None
    group = groups[int(rng.integers(len(groups)))]
    if group == "effusion":
        return Altered(
            findings.having(
                effusion_right=findings.effusion_left,
                effusion_left=findings.effusion_right,
            ),
            frozenset({"effusion_right", "effusion_left"}),
        )
    now = getattr(findings, group)
    value = Zone(_other(now.side), now.level) if isinstance(now, Zone) else _other(now)
    return Altered(findings.having(**{group: value}), frozenset({group}))


def _other(side: Side) -> Side:
    return Side.LEFT if side is Side.RIGHT else Side.RIGHT


def _size(findings: Findings, rng: Rng) -> Altered | None:
    groups = [n for n in ("effusion_right", "effusion_left") if findings.effusion(_of(n)) != "none"]
    groups += ["nodule_size"] if findings.nodule else []
    groups += ["heart"] if findings.heart != ANSWERS["heart"][0] else []
    if not groups:
        return None
    group = groups[int(rng.integers(len(groups)))]
    answers, now = ANSWERS[group][1:], getattr(findings, group)
    others = [answer for answer in answers if answer != now]
    value = others[int(rng.integers(len(others)))]
    return Altered(findings.having(**{group: value}), frozenset({group}))


def _of(group: str) -> Side:
    return Side.RIGHT if group.endswith("right") else Side.LEFT


def _zone(findings: Findings, rng: Rng) -> Altered | None:
    groups = [n for n in ("consolidation", "nodule") if getattr(findings, n) is not None]
    if not groups:
        return None
    group = groups[int(rng.integers(len(groups)))]
    now = getattr(findings, group)
    levels = [level for level in Level if level is not now.level]
    value = Zone(now.side, levels[int(rng.integers(len(levels)))])
    return Altered(findings.having(**{group: value}), frozenset({group}))


_ALTERATIONS = {
    Change.PRESENCE: _presence,
    Change.SIDE: _side,
    Change.SIZE: _size,
    Change.ZONE: _zone,
}


def speaking(report: Report, groups: frozenset[str]) -> list[Pin]:
    """Return the sentences that say something of any of these groups."""
    return [
        Pin(section, index)
        for section, said in enumerate((report.body, report.impression))
        for index, sentence in enumerate(said)
        if groups & spoken(sentence).keys()
    ]


def every(report: Report) -> list[Pin]:
    """Return all sentences of a report."""
    return [*sorted(whole_section(report, 0)), *sorted(whole_section(report, 1))]


def whole_section(report: Report, section: int) -> frozenset[Pin]:
    """Return all sentences of the findings (0) or of the impression (1)."""
    said = (report.body, report.impression)[section]
    return frozenset(Pin(section, at) for at in range(len(said)))


def plant(
    report: Report, other: Report, groups: frozenset[str], rng: Rng
) -> tuple[Report, Pin] | None:
    """Put one sentence of ``other`` about these groups into a report, and pin it.

    It replaces what the same section says of the groups, or is put somewhere between. None where
    ``other`` says nothing of them.
    """
    found = speaking(other, groups)
    if not found:
        return None
    pin = found[int(rng.integers(len(found)))]
    sections = [list(report.body), list(report.impression)]
    sentence = (other.body, other.impression)[pin.section][pin.at]
    kept = [s for s in sections[pin.section] if not groups & spoken(s).keys()]
    old = [i for i, s in enumerate(sections[pin.section]) if groups & spoken(s).keys()]
    index = min(old[0] if old else int(rng.integers(len(kept) + 1)), len(kept))
    sections[pin.section] = [*kept[:index], sentence, *kept[index:]]
    body, impression = (tuple(section) for section in sections)
    planted = replace(report, body=body, impression=impression)
    return planted, Pin(pin.section, index)
