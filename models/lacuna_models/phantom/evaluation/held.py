"""Held-out phantoms with true reports, and what each sentence says: through the phantom's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from lacuna_models.api import ImageInput, Origin, Prompt
from lacuna_models.phantom.cases import Case, Findings, draw_case
from lacuna_models.phantom.grammar import Report, Style, write
from lacuna_models.phantom.labeller import spoken
from lacuna_models.phantom.picture import render
from lacuna_models.phantom.pictures import held_out_seeds

Said = dict[str, Any]
_STYLES: tuple[Style, ...] = ("full", "terse")


@dataclass(frozen=True, slots=True)
class Held:
    """A held-out phantom, its prompt, and one true report of it."""

    case: Case
    style: Style
    voice: int
    report: Report
    prompt: Prompt

    def reworded(self, findings: Findings) -> Report:
        """Return another case's report in the same voice."""
        return write(findings, self.style, np.random.default_rng([self.case.seed, self.voice, 7]))


def held_out(count: int, seed: int) -> Iterator[Held]:
    """Yield cases that no training run has seen; style alternates, all follows from the seed."""
    for index, number in enumerate(held_out_seeds(count, seed)):
        case, style = draw_case(number), _STYLES[index % 2]
        picture = ImageInput(render(case).astype(np.uint8), Origin.PHANTOM)
        blank = Report((), ())
        held = Held(case, style, seed, blank, Prompt(images=(picture,), style=style))
        yield replace(held, report=held.reworded(case.findings))


@cache
def said(sentence: str) -> tuple[tuple[str, Any], ...]:
    """Return what a sentence says of each group that it speaks of."""
    return tuple(spoken(sentence).items())


def changed(findings: Findings, answers: Said) -> Findings:
    """Return findings with other answers to some groups."""
    return replace(findings, **answers)


def agrees(sentence: str, findings: Findings) -> bool:
    """Return whether all that a sentence says is true."""
    return all(getattr(findings, group) == answer for group, answer in said(sentence))


def finds(sentence: str) -> bool:
    """Return whether a sentence says that something is there."""
    normal = Findings()
    return any(getattr(normal, group) != answer for group, answer in said(sentence))
