"""The table of what packing costs: a row for each packing, its plan kept to 3 %."""

from __future__ import annotations

import re

from lacuna_models.bench.quantised import bench_quantised
from lacuna_phantom import checkpoint_path


def test_the_table_names_each_packing_and_what_it_costs() -> None:
    table = bench_quantised(checkpoint_path(), cases=4)
    rows = re.findall(r"^\| (\dbit) \| ([\d.]+) \| ([+-][\d.]+)% \| ([\d.]+) \|", table, re.M)
    assert [row[0] for row in rows] == ["8bit", "4bit"]
    eight, four = ([float(value) for value in row[1:]] for row in rows)
    assert four[0] < eight[0] < 6.4, "MB"
    assert abs(eight[1]) < 3
    assert abs(four[1]) < 3
    assert eight[2] < four[2] < 0.5, "logits"
