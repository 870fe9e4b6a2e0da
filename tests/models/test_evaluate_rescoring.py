"""The evaluation of re-scoring: plants are false, bounds come from elsewhere, figures add up."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from lacuna_models.api import EngineError, ScoreBounds, Source
from lacuna_models.cli import main
from lacuna_models.evaluate import dependence, evidence, radar, restyle
from lacuna_models.evaluate.bounds import keep
from lacuna_models.evaluate.figures import bound_for, halves
from lacuna_models.loading import load
from lacuna_models.phantom.cases import HELD_OUT
from lacuna_models.phantom.evaluation.held import agrees, finds, held_out
from lacuna_models.phantom.evaluation.plants import Lie, drawn
from lacuna_models.phantom.evaluation.statistics import area
from lacuna_models.scripted import ScriptedEngine
from lacuna_models.scripted_scores import Opinions

BOUNDS = ScoreBounds(clean=0.5, critical=2.0, habit=0.1, picture=0.4, dependence=1.0)


def test_held_out_reports_are_true_and_their_plants_are_false() -> None:
    lies = set()
    for held in held_out(8, 1):
        assert held.case.seed >= HELD_OUT
        assert all(agrees(s, held.case.findings) for s in held.report.body)
        for plant in drawn(held, 1):
            lies.add(plant.lie)
            assert plant.sentence in plant.report.text
            assert plant.sentence not in held.report.text
            assert not agrees(plant.sentence, held.case.findings)
            if plant.lie in (Lie.PRESENCE, Lie.ABSENCE):
                assert finds(plant.sentence) is (plant.lie is Lie.PRESENCE)
    assert lies == set(Lie)


def test_the_same_seed_plants_the_same() -> None:
    one, two = ([p.sentence for h in held_out(3, 4) for p in drawn(h, 2)] for _ in range(2))
    assert one == two


def test_an_area_is_one_for_parted_and_half_for_equal_values() -> None:
    assert area([3.0, 4.0], [1.0, 2.0]).mean == 1.0
    assert area([1.0, 2.0], [1.0, 2.0]).mean == pytest.approx(0.5)
    assert math.isnan(area([], [1.0]).mean)


def test_a_bound_lets_few_marks_pass() -> None:
    marks = [[float(i), 0.0] for i in range(20)]
    bound = bound_for(marks, 0.1)
    assert sum(mark > bound for item in marks for mark in item) == 2
    one, other = halves(5)
    assert sorted([*one, *other]) == list(range(5))


def test_three_levels_of_evidence() -> None:
    levels = [evidence.source(gain, (0.1, 0.4)) for gain in (0.0, 0.2, 0.5)]
    assert levels == [Source.HABIT, Source.NEITHER, Source.PICTURE]


def test_every_act_gives_its_figures_on_a_scripted_engine() -> None:
    engine = ScriptedEngine(opinions=Opinions(doubts={"right": "left"}))
    for act in (radar, evidence, dependence, restyle):
        lines = act.lines(engine, 3, 1)
        assert len({line.name for line in lines if line.act == lines[0].act}) > 1
        assert all(line.row().count("|") == 6 for line in lines)


def test_bounds_are_kept_beside_what_a_checkpoint_says_already(
    tiny_path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for file in tiny_path.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    keep(folder, BOUNDS, (0.01, 0.05))
    assert load(folder, device="cpu").info.bounds == BOUNDS
    assert json.loads((folder / "lacuna.json").read_text())["kind"] == "demonstrator"
    assert not list(folder.glob("*.partial"))


@pytest.mark.parametrize("nonsense", [{}, [1.0], {"clean": 1.0}, "0.1"])
def test_nonsense_bounds_of_scores_are_refused(
    tiny_path: Path, tmp_path: Path, nonsense: object
) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for file in tiny_path.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    known = json.loads((folder / "lacuna.json").read_text())
    (folder / "lacuna.json").write_text(json.dumps(known | {"score_bounds": nonsense}))
    with pytest.raises(EngineError, match="is damaged"):
        load(folder, device="cpu")


def test_an_unknown_act_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "steering", "--only", "juggling"]) == 2
    assert "There is no act juggling." in capsys.readouterr().err
