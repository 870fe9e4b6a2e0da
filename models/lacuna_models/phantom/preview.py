"""A sheet of phantoms, to be looked at before any training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.grammar import Style, write
from lacuna_models.phantom.picture import render

_COLUMNS = 4


def preview(out: Path, count: int, size: int, seed: int) -> Iterator[str]:
    """Write a PNG of ``count`` phantoms, then yield their reports, left to right."""
    cases = [draw_case(seed + index) for index in range(count)]
    tiles = [render(case, size) for case in cases]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[at : at + _COLUMNS]) for at in range(0, len(tiles), _COLUMNS)]
    Image.fromarray(np.vstack(rows)).save(out)
    for index, case in enumerate(cases):
        style: Style = "terse" if index % 2 else "full"
        yield write(case.findings, style, np.random.default_rng([case.seed, 5])).text
