"""All of the report card, for a checkpoint and, where there is one, its sibling."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from lacuna_models.api import EngineError, Measure
from lacuna_models.loading import Loaded
from lacuna_models.phantom.evaluation.anchors import anchors_table
from lacuna_models.phantom.evaluation.authors import Author, Diffusion, Sibling
from lacuna_models.phantom.evaluation.doubts import doubted, doubts_table
from lacuna_models.phantom.evaluation.drafts import (
    drafts_table,
    groups_table,
    labeller_table,
    write_drafts,
)
from lacuna_models.phantom.evaluation.infills import (
    gains_table,
    infill_table,
    known_sides,
    masks,
    siblings_sides,
    wrong_lengths,
)
from lacuna_models.phantom.evaluation.lengths import lengths_table
from lacuna_models.phantom.evaluation.questions import draw_asked, questions_table
from lacuna_models.phantom.evaluation.steps import steps_table
from lacuna_models.phantom.evaluation.subjects import subjects
from lacuna_models.phantom.evaluation.tables import Card, Progress, Table

# Seeds of one evaluation's parts lie apart, so that none judges a phantom that another has judged.
_INFILLS, _UNSEEN, _QUESTIONS, _LENGTHS, _ANCHORS, _PLANTS = 10, 20, 30, 40, 50, 60


@dataclass(frozen=True, slots=True)
class Plan:
    """How many items each part has; ``seed`` (0..9) draws them all. A part of none is left out."""

    drafts: int = 500
    infills: int = 500
    questions: int = 500
    steps: int = 100
    lengths: int = 100
    anchors: int = 125  # of each kind of change
    plants: int = 300  # reports, each with up to five planted errors
    seed: int = 0

    def __post_init__(self) -> None:
        if 1 in (self.drafts, self.infills):
            raise EngineError("Figures need at least two drafts and two infills, or none.")
        parts = [count for field, count in asdict(self).items() if field != "seed"]
        if min(parts) < 0 or not any(parts):
            raise EngineError("There is nothing to measure.", "Ask for drafts or infills, say.")
        if not 0 <= self.seed < 10:
            raise EngineError("The seed of an evaluation is one of 0 to 9.")


def silent(what: str, done: int, count: int) -> None:
    """Tell nobody how far it is."""


def evaluate(
    loaded: Loaded, plan: Plan, sibling: Path | None = None, say: Progress = silent
) -> Card:
    """Measure a checkpoint, and an exported sibling beside it. Blocks; minutes to an hour.

    Every case, wording and draw follows from the plan's seed.

    Raises:
        EngineError: the folder of the sibling holds none.
    """
    author = Diffusion(loaded, plan.seed)
    other = Sibling(sibling) if sibling is not None else None
    authors: list[Author] = [author, other] if other is not None else [author]
    tables = [
        *(_drafts(authors, plan, say) if plan.drafts else []),
        *(_infills(loaded, author, other, plan, say) if plan.infills else []),
        *_further(author, authors, plan, say),
    ]
    return Card(
        model=loaded.info.name,
        model_hash=loaded.info.hash,
        seed=plan.seed,
        tables=tuple(tables),
        sibling=sibling.name if sibling is not None else "",
    )


def _drafts(authors: list[Author], plan: Plan, say: Progress) -> list[Table]:
    asked = subjects(plan.drafts, plan.seed)
    written = {author.name: write_drafts(author, asked, say) for author in authors}
    labelled = labeller_table(plan.drafts, plan.seed)
    return [drafts_table(written), groups_table(written), labelled]


def _infills(
    loaded: Loaded, author: Diffusion, other: Author | None, plan: Plan, say: Progress
) -> list[Table]:
    taken = masks(loaded, plan.infills, plan.seed + _INFILLS)
    unseen = masks(loaded, plan.infills, plan.seed + _UNSEEN, unseen=True)
    sides = known_sides(author, taken, say)
    arms = {author.name: sides}
    tables = [
        infill_table("Infill", sides | wrong_lengths(author, taken, say), _INFILL),
        infill_table("Infill, unseen houses", known_sides(author, unseen, say)),
    ]
    if other is not None:
        arms[other.name] = siblings_sides(other, taken, say)
        tables.append(infill_table("Infill, sibling", arms[other.name]))
    return [*tables, gains_table(arms)]


_INFILL = (
    "The middle sentence of the findings is taken out. Both sides and right only: at the true "
    "length, right only behind the bare heading. Left only: all that follows is taken away as "
    "well, and the first sentence counts. Wrong lengths: that many tokens are reserved for a gap "
    "of unknown length. Label equal: the sentence says the same of every group. Wording is free, "
    "so token-F1 cannot reach 1."
)


def _further(author: Diffusion, authors: list[Author], plan: Plan, say: Progress) -> list[Table]:
    tables = []
    if plan.questions:
        asked = draw_asked(plan.questions, plan.seed + _QUESTIONS)
        tables.append(questions_table(authors, asked, say))
    if plan.steps:
        tables.append(steps_table(author, subjects(plan.steps, plan.seed), say))
    if plan.lengths:
        plain = subjects(plan.lengths, plan.seed + _LENGTHS, plain=True)
        tables.append(lengths_table(author, plain, say))
    if plan.anchors:
        plain = subjects(plan.anchors, plan.seed + _ANCHORS, plain=True)
        tables.append(anchors_table(author, plain, say))
    if plan.plants:
        found = doubted(author.engine, plan.plants, plan.seed + _PLANTS, Measure.CRITICAL, say)
        tables.append(doubts_table(found))
    return tables
