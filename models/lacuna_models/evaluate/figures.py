"""Figures with bootstrap intervals: areas under a curve, thresholds, tables. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from lacuna_models.phantom.evaluation.statistics import Figure


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of an evaluation, with what is asked of it ("" where nothing is)."""

    act: str
    name: str
    figure: Figure
    wanted: str = ""

    def row(self) -> str:
        """Return the line as a row of a Markdown table."""
        return f"| {self.act} | {self.name} | {self.figure} | {self.figure.n} | {self.wanted} |"


def table(lines: Sequence[Line]) -> str:
    """Return lines as Markdown."""
    head = ["| act | figure | mean [95 % interval] | n | wanted |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(line.row() for line in lines)])


def document(lines: Sequence[Line], **about: object) -> str:
    """Return lines as JSON."""
    return json.dumps({**about, "figures": [asdict(line) for line in lines]}, indent=2)


def bound_for(marks: Sequence[Sequence[float]], allowed: float) -> float:
    """Return the bound above which items hold at most ``allowed`` marks each, on average."""
    values = np.sort(np.array([mark for item in marks for mark in item]))[::-1]
    count = int(allowed * len(marks))
    return float(values[count]) if count < len(values) else 0.0


def halves(count: int) -> tuple[list[int], list[int]]:
    """Return even and odd items: a bound chosen on one half is reported on the other."""
    return list(range(0, count, 2)), list(range(1, count, 2))
