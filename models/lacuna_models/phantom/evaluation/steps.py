"""Fewer steps, and what they cost: quality and repetition by the budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lacuna_models.phantom.evaluation.authors import Diffusion
from lacuna_models.phantom.evaluation.drafts import Drafted
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.evaluation.subjects import Subject
from lacuna_models.phantom.evaluation.tables import Cell, Progress, Table

BUDGETS = (4, 8, 16, 32, 48)
COLUMNS = (
    "label accuracy",
    "all right",
    "accepted",
    "contradicts",
    "doubled",
    "steps, median",
    "ms, median",
)


def steps_table(author: Diffusion, asked: Sequence[Subject], say: Progress) -> Table:
    """Draft the same subjects within each budget of steps."""
    rows = {f"{budget} steps": _row(author, asked, budget, say) for budget in BUDGETS}
    note = f"{len(asked)} pictures each. A run stops earlier when it is sure."
    return Table("Steps", "budget", COLUMNS, rows, note)


def _row(
    author: Diffusion, asked: Sequence[Subject], budget: int, say: Progress
) -> tuple[Cell, ...]:
    made = []
    for index, subject in enumerate(asked):
        made.append(Drafted.of(subject, author.draft(subject.prompt, steps=budget)))
        say(f"drafts in {budget} steps", index + 1, len(asked))
    judged = [drafted.judged for drafted in made]
    return (
        figure([float(np.mean(j.groups)) for j in judged]),
        figure([j.all_right for j in judged]),
        figure([j.fluent for j in judged]),
        figure([j.contradicts for j in judged]),
        figure([j.doubled for j in judged]),
        float(np.median([drafted.said.steps for drafted in made])),
        1000 * float(np.median([drafted.said.seconds for drafted in made])),
    )
