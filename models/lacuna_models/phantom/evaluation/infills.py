"""One sentence taken out of the findings: what each author puts there, knowing how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lacuna_models.api import Prompt
from lacuna_models.loading import Loaded
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.evaluation.authors import Author, Diffusion, Hole, Said
from lacuna_models.phantom.evaluation.statistics import (
    Paired,
    Values,
    figure,
    interaction,
    paired_t,
)
from lacuna_models.phantom.evaluation.subjects import Subject, blanked, subjects
from lacuna_models.phantom.evaluation.tables import Cell, Progress, Table, paired_cells
from lacuna_models.phantom.grammar import STYLES, write
from lacuna_models.phantom.judge import accepted, same_label, token_f1

WRONG = 6  # tokens, by which a length is wrong
SHORTEST = 3  # tokens that a gap keeps, however much too short

Filler = Callable[[Prompt, Hole], Said]


@dataclass(frozen=True, slots=True)
class Mask:
    """A subject with one sentence of its report taken out."""

    subject: Subject
    sentence: str
    hole: Hole


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of filling all masks: the marks of each, in order."""

    f1: Values
    exact: Values
    label: Values
    fluent: Values
    said: tuple[Said, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return the row of a table."""
        return (
            figure(self.f1),
            figure(self.label),
            float(self.exact.mean()),
            float(self.fluent.mean()),
            float(np.mean([said.steps for said in self.said])),
            1000 * float(np.median([said.seconds for said in self.said])),
        )


COLUMNS = ("token-F1", "label equal", "exact", "fluent", "steps, mean", "ms, median")


def masks(loaded: Loaded, count: int, seed: int, *, unseen: bool = False) -> list[Mask]:
    """Take the middle sentence out of the findings of reports; the space before it goes too."""
    return [_mask(loaded, subject) for subject in subjects(count, seed, plain=True, unseen=unseen)]


def _mask(loaded: Loaded, subject: Subject) -> Mask:
    report = subject.report
    sentence = report.body[len(report.body) // 2]
    start = report.text.index(sentence)
    before, after = report.text[:start], report.text[start + len(sentence) :]
    lead = " " if before.endswith(" ") else ""  # the engine leaves it to the gap
    return Mask(subject, sentence, Hole(before, after, len(loaded.vocabulary.ids(lead + sentence))))


def fill(
    name: str, taken: Sequence[Mask], filler: Filler, say: Progress, *, blank: bool = False
) -> Arm:
    """Fill all masks in one way, with a grey picture if ``blank``."""
    said = []
    for index, mask in enumerate(taken):
        prompt = mask.subject.prompt
        said.append(filler(blanked(prompt) if blank else prompt, mask.hole))
        say(f"infills, {name}", index + 1, len(taken))
    return mark(taken, said)


def mark(taken: Sequence[Mask], said: Sequence[Said]) -> Arm:
    """Compare what was said with the sentences that were taken out."""
    pairs = [(s.text.strip(), mask.sentence) for s, mask in zip(said, taken, strict=True)]
    return Arm(
        f1=np.array([token_f1(a, b) for a, b in pairs]),
        exact=np.array([float(a == b) for a, b in pairs]),
        label=np.array([float(same_label(a, b)) for a, b in pairs]),
        fluent=np.array([accepted(a) for a, _ in pairs]),
        said=tuple(said),
    )


def known_sides(author: Diffusion, taken: Sequence[Mask], say: Progress) -> dict[str, Arm]:
    """Fill with the true length, knowing more and less."""
    return {
        "both sides": fill("both sides", taken, author.both, say),
        "left only": fill("left only", taken, author.left, say),
        "right only": fill("right only", taken, author.right, say),
        "both sides, no picture": fill("no picture", taken, author.both, say, blank=True),
        "left only, no picture": fill("left, no picture", taken, author.left, say, blank=True),
        "most frequent sentence": _most_frequent(taken),
    }


def wrong_lengths(author: Diffusion, taken: Sequence[Mask], say: Progress) -> dict[str, Arm]:
    """Fill knowing both sides, with a length that is wrong, or none."""

    def at(more: int) -> Filler:
        return lambda prompt, hole: author.reserved(prompt, hole, max(SHORTEST, hole.tokens + more))

    return {
        f"both sides, {WRONG} tokens too long": fill("too long", taken, at(WRONG), say),
        f"both sides, {WRONG} tokens too short": fill("too short", taken, at(-WRONG), say),
        "both sides, length unknown": fill(
            "unknown length", taken, lambda p, h: author.reserved(p, h, None), say
        ),
    }


def siblings_sides(author: Author, taken: Sequence[Mask], say: Progress) -> dict[str, Arm]:
    """Let the sibling write the sentence from the left, and told first what follows."""
    return {
        "both sides": fill("sibling, both sides", taken, author.both, say),
        "left only": fill("sibling, left only", taken, author.left, say),
    }


def infill_table(title: str, arms: dict[str, Arm], note: str = "") -> Table:
    """Return the marks of several ways of filling."""
    rows = {name: arm.cells for name, arm in arms.items()}
    return Table(title, "infill of one sentence", COLUMNS, rows, note)


def gains_table(arms: dict[str, dict[str, Arm]]) -> Table:
    """Return what the right side is worth to each author, and whether that differs."""
    rows: dict[str, tuple[Cell, ...]] = {}
    for mark_name, marks in (("token-F1", _f1), ("label equal", _label)):
        pairs = {name: (marks(a["both sides"]), marks(a["left only"])) for name, a in arms.items()}
        for name, (both, left) in pairs.items():
            tested = paired_cells(paired_t(both, left))
            rows[f"{mark_name}, {name}"] = (figure(both), figure(left), *tested)
        if len(pairs) == 2:
            tested = paired_cells(_difference(list(pairs.values())))
            rows[f"{mark_name}, interaction"] = (None, None, *tested)
    return Table("Right side", "", ("both sides", "left only", "gain", "t", "p"), rows, _GAINS)


_GAINS = (
    "Paired t tests over the same masked sentences; the interaction is the test of the two gains "
    "against each other. The sibling knows the right side by being told it before it writes."
)


def _difference(pairs: list[tuple[Values, Values]]) -> Paired:
    return interaction(pairs[0], pairs[1])


def _f1(arm: Arm) -> Values:
    return arm.f1


def _label(arm: Arm) -> Values:
    return arm.label


def _most_frequent(taken: Sequence[Mask], reports: int = 2000) -> Arm:
    """Fill with the sentence that the middle of a training report holds most often."""
    rng = np.random.default_rng(0)
    counted: Counter[str] = Counter()
    for index in range(reports):
        body = write(draw_case(index).findings, STYLES[index % len(STYLES)], rng).body
        counted[body[len(body) // 2]] += 1
    usual = Said(counted.most_common(1)[0][0], 0, 0.0)
    return mark(taken, [usual] * len(taken))
