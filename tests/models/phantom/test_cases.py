"""What is drawn: plausible findings, and combinations that no training run sees."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.cases import (
    ANSWERS,
    GROUPS,
    HELD_OUT,
    Amount,
    Findings,
    Level,
    Side,
    Zone,
    abnormal,
    classes,
    draw_case,
    draw_findings,
    granuloma_levels,
    held_out,
    plausible,
)


def test_every_answer_is_drawn() -> None:
    rng = np.random.default_rng(0)
    seen = np.array([classes(draw_findings(rng)) for _ in range(4000)])
    for column, group in enumerate(GROUPS):
        assert set(seen[:, column]) == set(range(len(ANSWERS[group]))), group


def test_a_size_comes_with_a_nodule_and_only_then() -> None:
    drawn = [draw_case(seed).findings for seed in range(800)]
    assert all((f.nodule is None) == (f.nodule_size == 0) for f in drawn)


def test_held_out_combinations_are_drawn_from_their_seeds_on_and_only_there() -> None:
    trained = [draw_case(seed).findings for seed in range(1500)]
    kept = [draw_case(HELD_OUT + seed).findings for seed in range(400)]
    assert not any(held_out(findings) for findings in trained)
    many = [findings for findings in kept if len(abnormal(findings)) > 1]
    assert len(many) > 300
    assert all(held_out(findings) for findings in many)
    assert not {abnormal(f) for f in many} & {abnormal(f) for f in trained}


def test_a_seed_gives_one_case() -> None:
    assert draw_case(HELD_OUT + 3) == draw_case(HELD_OUT + 3)


def test_what_hides_another_is_not_plausible() -> None:
    fluid = Findings(effusion_right=Amount.LARGE)
    assert plausible(fluid)
    assert not plausible(fluid.having(atelectasis=Side.RIGHT))
    assert not plausible(fluid.having(pneumothorax=Side.RIGHT))
    assert not plausible(fluid.having(nodule=Zone(Side.RIGHT, Level.MID), nodule_size=10))
    assert plausible(fluid.having(nodule=Zone(Side.LEFT, Level.MID), nodule_size=10))
    assert not plausible(Findings(oedema=True, pneumothorax=Side.LEFT))


def test_a_granuloma_stands_clear_of_the_rest() -> None:
    findings = Findings(effusion_left=Amount.LARGE, consolidation=Zone(Side.LEFT, Level.UPPER))
    assert granuloma_levels(findings, Side.LEFT) == ()
    assert not plausible(findings.having(granuloma=Side.LEFT))
    assert granuloma_levels(findings, Side.RIGHT) == (Level.UPPER, Level.MID)
