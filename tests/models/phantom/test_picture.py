"""Pictures: the same every time, the same at every size, and they show what the case says."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from lacuna_models.phantom.cases import (
    ANSWERS,
    GROUPS,
    SIZES,
    ZONES,
    Amount,
    Case,
    Findings,
    Heart,
    Level,
    Side,
    Tip,
    Zone,
    classes,
    draw_case,
    draw_findings,
    plausible,
)
from lacuna_models.phantom.picture import draw, render

NORMAL = Findings()


def change(**findings: object) -> np.ndarray:
    """Return how much brighter a finding makes each pixel of one and the same chest."""
    shown = replace(NORMAL, **findings)  # type: ignore[arg-type]
    total = np.zeros((128, 128))
    for seed in range(6):
        total += render(Case(shown, seed)).astype(float) - render(Case(NORMAL, seed)).astype(float)
    return total / 6


def test_a_case_is_drawn_the_same_every_time() -> None:
    case = draw_case(17)
    assert draw_case(17) == case
    assert np.array_equal(render(case), render(case))
    assert not np.array_equal(render(case), render(draw_case(18)))


def test_large_pictures_show_the_same_geometry() -> None:
    case = draw_case(3)
    large = Image.fromarray(render(case, 512)).resize((128, 128), Image.Resampling.BICUBIC)
    difference = np.abs(np.asarray(large, float) - render(case, 128).astype(float))
    assert difference.mean() < 8


@pytest.mark.parametrize(("bits", "kind"), [(8, np.uint8), (12, np.uint16)])
def test_bits_decide_type_and_range(bits: int, kind: type) -> None:
    picture = render(draw_case(1), 128, bits)
    assert picture.dtype == kind
    assert picture.shape == (128, 128)
    assert 0.6 * 2**bits < picture.max() < 2**bits


def test_white_is_dense() -> None:
    picture = render(Case(NORMAL, 5)).astype(float)
    spine, lung = picture[60:100, 60:68].mean(), picture[50:70, 25:40].mean()
    assert spine > lung + 60


@pytest.mark.parametrize("amount", [Amount.SMALL, Amount.MODERATE, Amount.LARGE])
def test_fluid_is_white_on_its_own_side(amount: Amount) -> None:
    right = change(effusion_right=amount)
    left = change(effusion_left=amount)
    assert right[70:110, :50].mean() > 5 > abs(right[70:110, 80:].mean())
    assert left[70:110, 80:].mean() > 5 > abs(left[70:110, :50].mean())


def test_more_fluid_is_whiter() -> None:
    means = [change(effusion_left=amount).mean() for amount in Amount]
    assert means == sorted(means)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("finding", ["consolidation", "nodule"])
def test_an_opacity_lies_in_its_zone(zone: Zone, finding: str) -> None:
    lighter = np.clip(change(**{finding: zone}) - 3, 0, None)
    rows, columns = np.indices(lighter.shape)
    x = (lighter * columns).sum() / lighter.sum()
    y = (lighter * rows).sum() / lighter.sum()
    assert bool(x < 64) is (zone.side is Side.RIGHT)
    band = {Level.UPPER: (15, 50), Level.MID: (45, 75), Level.LOWER: (68, 105)}[zone.level]
    assert band[0] < y < band[1]


def test_a_pneumothorax_is_black_on_its_side() -> None:
    darker = change(pneumothorax=Side.LEFT)
    assert darker[20:60, 80:].min() < -8
    assert np.abs(darker[:, :50]).max() < 1


def test_an_enlarged_heart_covers_lung() -> None:
    mild, large = change(heart=Heart.MILD).mean(), change(heart=Heart.LARGE).mean()
    assert 0 < mild < large


def test_devices_are_metal() -> None:
    assert change(pacemaker=True)[20:50, 85:110].max() > 60  # the left chest wall
    assert change(tube=True)[0:30, 58:70].max() > 30


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_sizes_of_nodules_never_overlap(zone: Zone) -> None:
    areas = {size: [_area(zone, size, seed) for seed in range(12)] for size in SIZES}
    for small, large in pairwise(SIZES):
        assert 1.5 * max(areas[small]) < min(areas[large])


def _area(zone: Zone, size: int, seed: int) -> float:
    """Return a nodule's area, in square mm at 370 mm a side."""
    shown = replace(NORMAL, nodule=zone, nodule_size=size)
    lighter = draw(Case(shown, seed)) - draw(Case(NORMAL, seed))
    return float((lighter / lighter.max()).sum()) * (370 / 128) ** 2


@pytest.mark.parametrize("side", Side)
def test_a_granuloma_is_a_small_very_dense_dot(side: Side) -> None:
    for seed in range(6):
        lighter = _lighter(seed, granuloma=side)
        rows, columns = np.nonzero(lighter > 40)
        assert np.ptp(rows) <= 3
        assert np.ptp(columns) <= 3
        assert bool(columns.mean() < 64) is (side is Side.RIGHT)
        assert lighter.max() > 1.6 * _lighter(seed, nodule=ZONES[0], nodule_size=10).max()


def _lighter(seed: int, **findings: object) -> np.ndarray:
    shown = replace(NORMAL, **findings)  # type: ignore[arg-type]
    bare = render(Case(NORMAL, seed)).astype(float)
    return np.asarray(render(Case(shown, seed)) - bare)


@pytest.mark.parametrize("side", Side)
def test_plate_atelectasis_is_long_flat_and_low(side: Side) -> None:
    for seed in range(6):
        rows, columns = np.nonzero(_lighter(seed, atelectasis=side) > 15)
        assert np.ptp(columns) > 17  # 50 mm
        assert np.ptp(rows) < np.ptp(columns)
        assert rows.min() > 64
        assert bool(columns.mean() < 64) is (side is Side.RIGHT)


def test_oedema_is_in_both_lungs_and_lines_their_lower_rim() -> None:
    lighter = change(oedema=True)
    assert lighter[45:70, 40:52].mean() > 8
    assert lighter[45:70, 76:88].mean() > 8
    assert lighter[70:95, :35].max() > 10
    assert lighter[70:95, 93:].max() > 10


def test_a_hernia_holds_air_over_fluid_behind_the_heart() -> None:
    for seed in range(6):
        changed = _lighter(seed, hernia=True)
        dark, light = np.nonzero(changed < -15), np.nonzero(changed > 15)
        assert dark[0].mean() < light[0].mean()
        assert 60 < dark[1].mean() < 80
        assert dark[0].min() > 60


@pytest.mark.parametrize("side", Side)
def test_a_fracture_lowers_the_outer_half_of_one_clavicle(side: Side) -> None:
    for seed in range(6):
        changed = _lighter(seed, fracture=side)
        own, other = (changed[:, :60], changed[:, 68:])[:: 1 if side is Side.RIGHT else -1]
        assert np.abs(other).max() == 0
        gone, new = np.nonzero(own < -10)[0], np.nonzero(own > 10)[0]
        assert 3 < new.mean() - gone.mean() < 7  # 12 to 16 mm are 4 to 6 pixels


def test_a_line_in_the_atrium_ends_deeper_than_one_in_the_cava() -> None:
    for seed in range(6):
        ends = [np.nonzero(_lighter(seed, line=tip) > 20)[0].max() for tip in Tip]
        assert ends[1] > ends[0] + 12
        columns = np.nonzero(_lighter(seed, line=Tip.CAVA) > 20)[1]
        assert 44 < columns.min() <= columns.max() < 62  # right of the midline


@pytest.mark.parametrize("tip", Tip)
def test_a_finding_changes_neither_another_finding_nor_the_grain(tip: Tip) -> None:
    lighter = _lighter(4, line=tip)
    assert np.abs(lighter[:, 70:]).max() == 0
    beside = Findings(nodule=ZONES[4], nodule_size=10, effusion_right=Amount.SMALL)
    more = replace(beside, line=tip, fracture=Side.RIGHT, granuloma=Side.RIGHT)
    here, there = draw(Case(beside, 4)), draw(Case(more, 4))
    assert np.array_equal(here[:, 70:], there[:, 70:])


def test_drawn_findings_can_be_seen_together() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_findings(rng) for _ in range(2000)]
    assert all(plausible(findings) for findings in drawn)
    table = np.array([classes(findings) for findings in drawn])
    assert table.shape == (2000, len(GROUPS))
    assert [int(n) for n in table.max(axis=0) + 1] == [len(ANSWERS[group]) for group in GROUPS]


def test_what_hides_another_finding_is_not_plausible() -> None:
    zone = Zone(Side.LEFT, Level.LOWER)
    assert not plausible(replace(NORMAL, consolidation=zone, nodule=zone))
    assert not plausible(replace(NORMAL, nodule=zone, effusion_left=Amount.SMALL))
    assert not plausible(replace(NORMAL, pneumothorax=Side.LEFT, effusion_left=Amount.SMALL))
    assert not plausible(replace(NORMAL, effusion_left=Amount.LARGE, heart=Heart.LARGE))
    assert plausible(replace(NORMAL, nodule=zone, effusion_right=Amount.LARGE))
