"""The report card: who knows everything gets full marks, who knows nothing does not."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lacuna_models.api import Fixed, Gap, Prompt, Segment
from lacuna_models.loading import Loaded, load
from lacuna_models.phantom.card import model_card
from lacuna_models.phantom.cases import (
    GROUPS,
    HELD_OUT,
    Case,
    Findings,
    Level,
    Side,
    Zone,
    held_out,
)
from lacuna_models.phantom.counterfactual import Change
from lacuna_models.phantom.evaluation.anchors import Anchor, anchors_table, draw_anchors, follows
from lacuna_models.phantom.evaluation.authors import Hole, Said
from lacuna_models.phantom.evaluation.drafts import (
    drafts_table,
    groups_table,
    labeller_table,
    write_drafts,
)
from lacuna_models.phantom.evaluation.infills import fill, gains_table, infill_table, masks
from lacuna_models.phantom.evaluation.lengths import lengths_table
from lacuna_models.phantom.evaluation.measure import Plan, evaluate, silent
from lacuna_models.phantom.evaluation.questions import draw_asked, questions_table, right
from lacuna_models.phantom.evaluation.subjects import Subject, picture, subjects
from lacuna_models.phantom.export import export
from lacuna_models.phantom.grammar import word_prior
from lacuna_models.phantom.judge import judge
from lacuna_models.phantom.questions import QUESTIONS
from lacuna_models.phantom.runs import Progress, Recipe, Run
from lacuna_models.phantom.sibling_train import SiblingRecipe, SiblingRun, export_sibling
from tests.models.phantom.test_train import TINY


class Knowing:
    """Knows the phantoms: writes true reports, true sentences and true answers."""

    adapters: tuple[str, ...] = ()

    def __init__(self, asked: list[Subject], name: str = "knowing") -> None:
        self.name = name
        self._known = {subject.prompt.images[0].digest(): subject for subject in asked}

    def draft(self, prompt: Prompt) -> Said:
        subject = self._known[prompt.images[0].digest()]
        return Said(replace(subject, style=prompt.style).report.text, 10, 0.5)

    def both(self, prompt: Prompt, hole: Hole) -> Said:
        text = self.draft(prompt).text
        return Said(text[len(hole.before) : len(text) - len(hole.after)], 3, 0.1)

    def left(self, prompt: Prompt, hole: Hole) -> Said:
        return Said("Normal heart size.", 3, 0.1)

    def answer(self, prompt: Prompt, question: str) -> Said:
        digest = prompt.images[0].digest()
        seen = [case for case in self.cases if picture(case).digest() == digest]
        asked = next(q for q in QUESTIONS if q.text == question)
        return Said(asked.answer(seen[0].findings).upper() if seen else "", 2, 0.1)

    cases: tuple[Case, ...] = ()


class Silent(Knowing):
    """Says nothing."""

    def draft(self, prompt: Prompt) -> Said:
        return Said("", 0, 0.0)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """An untrained checkpoint, quick to draft with."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    run = Run(folder / "run", Recipe(shape=TINY), Progress())
    export(run.model, run.tokenizer, TINY, folder / "model", run.summary())
    loaded = load(folder / "model", device="cpu")
    settings = replace(loaded.info.settings, steps=2)
    return replace(loaded, info=replace(loaded.info, settings=settings))


def test_subjects_are_held_out_and_varied() -> None:
    asked = subjects(60, seed=0)
    assert all(subject.case.seed >= HELD_OUT for subject in asked)
    assert sum(held_out(subject.case.findings) for subject in asked) > 30
    assert {subject.style for subject in asked} == {"full", "terse", "detailed"}
    compared = [subject for subject in asked if subject.prior is not None]
    assert len(compared) == 15
    for subject in compared:
        assert subject.prior is not None
        assert subject.prompt.prior == word_prior(subject.prior, subject.wording)
    assert [s.case for s in asked] == [s.case for s in subjects(60, seed=0)]


def test_true_drafts_get_full_marks_unless_pictures_are_swapped() -> None:
    asked = subjects(40, seed=1)
    table = drafts_table(
        {"knowing": write_drafts(Knowing(asked), asked, silent)}
        | {"silent": write_drafts(Silent(asked), asked, silent)}
    )
    for row in ("label accuracy", "all 15 groups right", "side right"):
        assert table.mean(row, "knowing") == 1.0, row
    assert table.mean("sentences that the grammar accepts", "knowing") == 1.0
    assert table.mean("compared rightly with the prior", "knowing") == 1.0
    assert table.mean("impression first where asked", "knowing") == 1.0
    assert table.mean("a sentence or finding doubled", "knowing") == 0.0
    assert table.mean("ms a draft, median", "knowing") == pytest.approx(500)
    usual = table.mean("most frequent answers: label accuracy", "knowing")
    assert table.mean("pictures swapped: label accuracy", "knowing") < usual
    assert table.mean("label accuracy", "silent") == pytest.approx(usual, abs=0.05)
    assert table.mean("sentences that the grammar accepts", "silent") == 0.0


def test_what_no_phantom_shows_is_wrong_and_no_error() -> None:
    said = "Findings:\nThere is a 13 mm nodule in the left upper zone.\n\nImpression:\nNormal."
    marks = judge(said, Findings(nodule=Zone(Side.LEFT, Level.UPPER), nodule_size=10))
    assert [group for group, right in zip(GROUPS, marks.groups, strict=True) if not right] == [
        "nodule_size"
    ]


def test_groups_are_told_apart_by_side() -> None:
    asked = subjects(40, seed=1)
    made = write_drafts(Silent(asked), asked, silent)
    table = groups_table({"silent": made})
    assert table.mean("pneumothorax", "where there is one") == 0.0
    assert table.mean("effusion left", "on the left") == 0.0
    assert table.cell("effusion left", "on the right") is None
    assert table.mean("heart", "silent") > 0.4


def test_the_labeller_reads_true_reports_of_all_houses() -> None:
    table = labeller_table(40, seed=2)
    for column in table.columns:
        assert table.mean("label accuracy", column) == 1.0


def test_an_infill_is_marked_against_what_was_taken_out(tiny: Loaded) -> None:
    taken = masks(tiny, 20, seed=3)
    for mask in taken:
        text = mask.subject.report.text
        assert mask.hole.before + mask.sentence + mask.hole.after == text
    knowing = Knowing([mask.subject for mask in taken])
    arms = {
        "both sides": fill("both", taken, knowing.both, silent),
        "left only": fill("left", taken, knowing.left, silent),
    }
    table = infill_table("Infill", arms)
    assert table.mean("both sides", "token-F1") == 1.0
    assert table.mean("both sides", "label equal") == 1.0
    assert table.mean("left only", "token-F1") < 0.6
    flat = {"both sides": arms["left only"], "left only": arms["left only"]}
    gains = gains_table({"knowing": arms, "sibling": flat})
    assert gains.mean("token-F1, sibling", "gain") == 0.0
    assert gains.mean("token-F1, interaction", "gain") > 0.4
    assert float(str(gains.cell("token-F1, interaction", "p"))) < 0.001
    assert list(gains_table({"knowing": arms}).rows) == [
        "token-F1, knowing",
        "label equal, knowing",
    ]


def test_unseen_houses_word_otherwise(tiny: Loaded) -> None:
    seen, unseen = (
        Counter(mask.sentence for mask in masks(tiny, 60, seed=4, unseen=house))
        for house in (False, True)
    )
    assert len(set(unseen) - set(seen)) > 10


def test_questions_are_answered_truly_and_evenly() -> None:
    asked = draw_asked(120, seed=5)
    assert all(one.answer == one.question.answer(one.case.findings) for one in asked)
    closed = Counter(one.answer for one in asked if one.closed)
    assert 0.3 < closed["Yes."] / closed.total() < 0.7
    assert right(" right ", "Right.")
    assert not right("Left.", "Right.")
    assert not right("", "Right.")
    few, knowing = asked[:12], Knowing([])
    knowing.cases = tuple(one.case for one in few)
    table = questions_table([knowing], few, silent)
    assert table.mean("all", "knowing") == 1.0
    assert table.mean("all", "no picture") == 0.0


def test_lengths_are_compared_with_those_of_true_reports() -> None:
    asked = subjects(6, seed=6, plain=True)
    table = lengths_table(Knowing(asked), asked, silent)
    for style in ("full", "terse", "detailed"):
        assert table.mean(f"style {style}", "off by") == 0.0
    counted = [row for row in table.rows if row.endswith("words")]
    assert counted
    assert all(table.mean(row, "off by") <= 5 for row in counted)


def anchors(change: Change) -> list[Anchor]:
    return list(draw_anchors(subjects(40, seed=7, plain=True), change))


@pytest.mark.parametrize("change", list(Change))
def test_following_is_to_say_what_the_anchor_says(change: Change) -> None:
    drawn = anchors(change)
    assert len(drawn) > 5
    for anchor in drawn:
        assert anchor.sentence in anchor.report.text
        assert follows(anchor, anchor.report.text).both
    assert not any(follows(anchor, _planted(anchor)).both for anchor in drawn)


def _planted(anchor: Anchor) -> str:
    """Return the true report of the picture with the anchor before it all."""
    plain = anchor.subject.report
    head = "Impression:\n" if anchor.pin.section else "Findings:\n"
    return plain.text.replace(head, f"{head}{anchor.sentence} ", 1)


def test_the_anchor_alone_stands_in_the_segments() -> None:
    for anchor in anchors(Change.SIDE):
        texts = [s.text for s in anchor.segments if isinstance(s, Fixed)]
        assert [text.strip() for text in texts if text.strip() == anchor.sentence]
        assert sum(isinstance(s, Gap) for s in anchor.segments) >= 1
        said = "".join(s.text if isinstance(s, Fixed) else "" for s in anchor.segments)
        assert "Findings:\n" in said
        assert "\n\nImpression:\n" in said


def test_each_mode_of_a_checkpoint_is_measured() -> None:
    class Obedient(Knowing):
        adapters = ("reader",)

        def around(
            self, prompt: Prompt, segments: tuple[Segment, ...], adapter: str | None, reserve: int
        ) -> Said:
            anchor = next(s.text.strip() for s in segments if s.id == "anchor")
            found = next(a for a in known if a.sentence == anchor and a.subject.prompt == prompt)
            return Said(found.report.text if adapter else _planted(found), 5, 0.1)

        def halfway(
            self,
            prompt: Prompt,
            segments: tuple[Segment, ...],
            then: tuple[Segment, ...],
            adapter: str | None,
            reserve: int,
        ) -> Said:
            assert [s.id for s in segments] == [s.id for s in then]
            return self.around(prompt, then, adapter, reserve)

        def tokens(self, text: str) -> int:
            return len(text.split())

    asked = subjects(30, seed=8, plain=True)
    known = [anchor for change in Change for anchor in draw_anchors(asked, change)]
    table = anchors_table(Obedient(asked), asked, silent)  # type: ignore[arg-type]
    assert table.mean("reader: all", "both follow") == 1.0
    assert table.mean("reader: all, locked halfway", "both follow") == 1.0
    assert table.mean("plain: all", "both follow") == 0.0


def test_a_card_of_both_models_holds_every_table(tiny: Loaded, tmp_path: Path) -> None:
    run = SiblingRun(tmp_path / "run", SiblingRecipe(shape=TINY), Progress())
    export_sibling(run, tmp_path / "sibling")
    told: list[str] = []
    plan = Plan(drafts=2, infills=2, questions=1, steps=1, lengths=1, anchors=1, plants=2)
    card = evaluate(tiny, plan, tmp_path / "sibling", lambda what, *_: told.append(what))
    again = json.loads(card.json())
    assert again["tables"]["Drafts"]["label accuracy"]["diffusion"]["n"] == 2
    assert again["tables"]["Drafts"]["label accuracy"]["sibling"]["n"] == 2
    assert set(again["tables"]["Steps"]) == {f"{n} steps" for n in (4, 8, 16, 32, 48)}
    assert "both sides, 6 tokens too short" in again["tables"]["Infill"]
    assert "right only" in again["tables"]["Infill, unseen houses"]
    assert again["tables"]["Planted errors"]["all"]["AUC"]["n"] > 2
    assert "token-F1, interaction" in again["tables"]["Right side"]
    assert any(what.startswith("questions, sibling") for what in told)


def test_the_model_card_says_how_it_was_made(tiny: Loaded, tmp_path: Path) -> None:
    made = {"minutes": 101.0, "vision_minutes": 16.0, "seed": 0, "pictures": 32000}
    made |= {"grey_share": 0.4, "planted_share": 0.16, "parameters": 3_200_000}
    made |= {
        f"{phase}_{unit}": 60 for phase in ("vision", "language") for unit in ("seconds", "steps")
    }
    made |= {"reader_seconds": 600, "reader_steps": 900}
    (tmp_path / "lacuna.json").write_text(json.dumps({"training": made}), encoding="utf-8")
    plan = Plan(drafts=2, infills=2, questions=0, steps=0, lengths=0, anchors=0, plants=0)
    words = model_card(tmp_path, evaluate(tiny, plan), plan, "one core of a machine")
    assert "not for patients" in words
    assert "phantom follow --run RUN --minutes 10" in words
    assert "--drafts 2 --infills 2" in words
    assert "| both sides |" in words
    assert "### Questions" not in words
