"""Whole reports: what they say right, of which group and side, and how they say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lacuna_models.phantom.cases import GROUPS, Findings, Side, Zone, abnormal
from lacuna_models.phantom.evaluation.authors import Author, Said
from lacuna_models.phantom.evaluation.statistics import Figure, figure
from lacuna_models.phantom.evaluation.subjects import Subject, subjects
from lacuna_models.phantom.evaluation.tables import Cell, Progress, Table
from lacuna_models.phantom.judge import Judged, judge, majority
from lacuna_models.phantom.labeller import change

NOTHING = float("nan")
_NODULE = ("nodule", "nodule_size")


@dataclass(frozen=True, slots=True)
class Drafted:
    """One author's report of one subject, and its marks."""

    subject: Subject
    said: Said
    judged: Judged

    @staticmethod
    def of(subject: Subject, said: Said) -> Drafted:
        """Mark a report."""
        return Drafted(subject, said, judge(said.text, subject.case.findings))


def write_drafts(author: Author, asked: Sequence[Subject], say: Progress) -> list[Drafted]:
    """Let an author report every subject."""
    drafted = []
    for index, subject in enumerate(asked):
        drafted.append(Drafted.of(subject, author.draft(subject.prompt)))
        say(f"drafts, {author.name}", index + 1, len(asked))
    return drafted


def drafts_table(written: dict[str, list[Drafted]]) -> Table:
    """Return the marks of each author's drafts."""
    marks = {name: _marks(drafted) for name, drafted in written.items()}
    first = next(iter(marks))
    rows = {row: tuple(marks[name][row] for name in marks) for row in marks[first]}
    return Table("Drafts", "share of drafts", tuple(marks), rows, _note(written[first]))


def _marks(drafted: list[Drafted]) -> dict[str, Cell]:
    shown = [d.subject.case.findings for d in drafted]
    swapped = [judge(d.said.text, shown[(i + 1) % len(shown)]) for i, d in enumerate(drafted)]
    judged = [d.judged for d in drafted]
    return {
        "label accuracy": _mean_of_groups(judged),
        "label accuracy without nodules": _mean_of_groups(judged, leave=_NODULE),
        "nodule right, in place and size": figure([_all(j, _NODULE) for j in judged]),
        f"all {len(GROUPS)} groups right": figure([j.all_right for j in judged]),
        "side right": figure([j.sides for j in judged]),
        "sentences that the grammar accepts": figure([j.fluent for j in judged]),
        "body contradicts impression": figure([j.contradicts for j in judged]),
        "a sentence or finding doubled": figure([j.doubled for j in judged]),
        "compared rightly with the prior": figure(
            [compared(d.subject, d.said.text) for d in drafted]
        ),
        "impression first where asked": figure([_ordered(d) for d in drafted]),
        "pictures swapped: label accuracy": _mean_of_groups(swapped),
        "pictures swapped: all right": figure([j.all_right for j in swapped]),
        "most frequent answers: label accuracy": majority(shown),
        **_costs([d.said for d in drafted]),
    }


def _note(drafted: list[Drafted]) -> str:
    return (
        f"{len(drafted)} pictures; a third of the reports each full, terse and detailed. Swapped: "
        "judged against the next case's picture. A sibling's steps are its tokens."
    )


def _costs(said: list[Said]) -> dict[str, Cell]:
    return {
        "steps, median": float(np.median([s.steps for s in said])),
        "ms a draft, median": 1000 * float(np.median([s.seconds for s in said])),
        "ms a step, mean": 1000 * sum(s.seconds for s in said) / max(1, sum(s.steps for s in said)),
    }


def _mean_of_groups(judged: Sequence[Judged], leave: tuple[str, ...] = ()) -> Figure:
    kept = [index for index, group in enumerate(GROUPS) if group not in leave]
    return figure([float(np.mean([j.groups[index] for index in kept])) for j in judged])


def _all(judged: Judged, groups: tuple[str, ...]) -> bool:
    return all(judged.groups[GROUPS.index(group)] for group in groups)


def compared(subject: Subject, text: str) -> float:
    """Return whether a report says what has come of the prior's effusion; NaN without a prior."""
    if subject.prior is None:
        return NOTHING
    return float(change(text) == subject.prior.change(subject.case.findings))


def _ordered(drafted: Drafted) -> float:
    if not drafted.subject.impression_first:
        return NOTHING
    text = drafted.said.text
    return float(-1 < text.find("Impression:") < text.find("Findings:"))


def groups_table(written: dict[str, list[Drafted]]) -> Table:
    """Return accuracy by group: of all drafts, of those with a finding there, and by its side."""
    first, drafted = next(iter(written.items()))
    rows: dict[str, tuple[Cell, ...]] = {}
    for index, group in enumerate(GROUPS):
        seen = {name: [d.judged.groups[index] for d in made] for name, made in written.items()}
        by = [_where(drafted, index, group, which) for which in (None, Side.RIGHT, Side.LEFT)]
        rows[group.replace("_", " ")] = (*(figure(right) for right in seen.values()), *by)
    columns = (*written, "where there is one", "on the right", "on the left")
    note = f"The last three columns are {first}'s. A label left out counts as absent."
    return Table("Groups", "accuracy", columns, rows, note)


def _where(drafted: list[Drafted], index: int, group: str, side: Side | None) -> Figure | None:
    """Return the accuracy where a group has a finding, on a side if one is given."""
    chosen = [d for d in drafted if _found(d.subject.case.findings, group, side)]
    if side is not None and not any(_side_of(d.subject.case.findings, group) for d in chosen):
        return None
    return figure([d.judged.groups[index] for d in chosen])


def _found(findings: Findings, group: str, side: Side | None) -> bool:
    name = "nodule" if group == "nodule_size" else group
    return name in abnormal(findings) and side in (None, _side_of(findings, group))


def _side_of(findings: Findings, group: str) -> Side | None:
    if group.startswith("effusion"):
        return Side(group.removeprefix("effusion_"))
    value = findings.nodule if group == "nodule_size" else getattr(findings, group)
    if isinstance(value, Zone):
        return value.side
    return value if isinstance(value, Side) else None


def labeller_table(count: int, seed: int) -> Table:
    """Return what the labeller makes of true reports, of trained and of unseen houses."""
    columns = {
        "trained houses": subjects(count, seed),
        "unseen houses": subjects(count, seed, unseen=True),
    }
    marks = {name: _of_true([_true(s) for s in asked]) for name, asked in columns.items()}
    rows = {row: tuple(marks[name][row] for name in columns) for row in marks["trained houses"]}
    note = "What the rules read from reports that the grammar wrote: the ceiling of the tables."
    return Table("Labeller", "true reports", tuple(columns), rows, note)


def _true(subject: Subject) -> Drafted:
    return Drafted.of(subject, Said(subject.report.text, 0, 0.0))


def _of_true(drafted: list[Drafted]) -> dict[str, Cell]:
    marks = _marks(drafted)
    return {name: value for name, value in marks.items() if "swapped" not in name and _own(name)}


def _own(name: str) -> bool:
    return not name.startswith(("steps", "ms", "most frequent"))
