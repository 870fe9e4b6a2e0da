"""Judge drafts and fills against what a phantom shows. Torch-free."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from lacuna_models.phantom.cases import ANSWERS, GROUPS, Findings, Side, Zone, classes
from lacuna_models.phantom.grammar import accepts, report_sentences
from lacuna_models.phantom.labeller import contradicts, doubled, label

_SIDED = ("pneumothorax", "consolidation", "nodule", "granuloma", "atelectasis", "fracture")


@dataclass(frozen=True, slots=True)
class Judged:
    """One draft's marks. ``sides`` is NaN where the phantom has no finding with a side."""

    groups: tuple[bool, ...]
    sides: float
    fluent: float
    contradicts: bool
    doubled: bool

    @property
    def all_right(self) -> bool:
        """Whether all groups are right."""
        return all(self.groups)


def judge(text: str, findings: Findings) -> Judged:
    """Mark a draft against the findings of its picture."""
    said = label(text)
    return Judged(
        groups=tuple(getattr(said, group) == getattr(findings, group) for group in GROUPS),
        sides=_sides(said, findings),
        fluent=accepted(text),
        contradicts=contradicts(text),
        doubled=doubled(text),
    )


def accepted(text: str) -> float:
    """Return the share of a text's sentences that the grammar can say; 0 for no text."""
    sentences = report_sentences(text)
    return float(np.mean([accepts(s) for s in sentences])) if sentences else 0.0


def _sides(said: Findings, findings: Findings) -> float:
    """Return the share of right sides among findings with a side that both know of."""
    marks = []
    for group in _SIDED:
        shown, told = getattr(findings, group), getattr(said, group)
        if shown is not None and told is not None:
            marks.append(_side(shown) is _side(told))
    shown_fluid, told_fluid = _fluid(findings), _fluid(said)
    if shown_fluid and told_fluid:
        marks.append(shown_fluid == told_fluid)
    return float(np.mean(marks)) if marks else float("nan")


def _side(value: Side | Zone) -> Side:
    return value.side if isinstance(value, Zone) else value


def _fluid(findings: Findings) -> frozenset[Side]:
    return frozenset(
        side for side in Side if findings.effusion(side) != ANSWERS["effusion_left"][0]
    )


def majority(cases: list[Findings]) -> float:
    """Return the mean accuracy of always giving each group's most frequent answer."""
    table = np.array([classes(findings) for findings in cases])
    return float(np.mean([np.bincount(table[:, g]).max() / len(cases) for g in range(len(GROUPS))]))


def token_f1(text: str, reference: str) -> float:
    """Return the F1 of two texts' words as bags, case folded, full stops as words."""
    left, right = _bag(text), _bag(reference)
    shared = sum((left & right).values())
    total = sum(left.values()) + sum(right.values())
    return 2 * shared / total if total else 1.0


def _bag(text: str) -> Counter[str]:
    spaced = text.lower().replace(".", " . ").replace(",", " , ")
    return Counter(spaced.split())


def same_label(text: str, reference: str) -> bool:
    """Return whether two sentences say the same of every group."""
    return label(text) == label(reference)
