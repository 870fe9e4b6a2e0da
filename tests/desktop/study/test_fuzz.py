"""Mutated files: none crashes, hangs, eats memory or is told of unclearly. See ``helpers.fuzz``."""

from __future__ import annotations

import random
import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest

from tests.helpers import fuzz, synthetic

pytest.importorskip("resource", reason="memory is bounded by the system: not on Windows")


def test_a_few_hundred_mutants() -> None:
    findings, tally = fuzz.hunt(seed=1, count=300)
    assert findings == []
    assert sum(tally.values()) == 300
    assert min(tally.values()) > 50  # some open, some do not: the mutations bite, and not too hard


@pytest.mark.slow
def test_ten_thousand_mutants() -> None:
    findings, tally = fuzz.hunt(seed=20261121, count=10_000)
    assert findings == []
    assert sum(tally.values()) == 10_000


def test_the_hunt_sees_what_it_should(tmp_path: Path) -> None:
    for sentence in (
        "one\nand two.",
        f"{tmp_path}/a.dcm is bad.",
        "ValueError.",
        "no end",
        "a\x00.",
    ):
        assert fuzz.unclear(sentence, tmp_path), sentence
    assert not fuzz.unclear("a.dcm is damaged, or not DICOM. Copy it again.", tmp_path)


def test_a_mutant_can_be_made_again() -> None:
    assert fuzz.mutant(1, 7) == fuzz.mutant(1, 7) != fuzz.mutant(2, 7)


def test_damaged_archives_and_indexes(tmp_path: Path) -> None:
    disc = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    shutil.copytree(disc / "77654033", tmp_path / "disc" / "77654033")
    members = [synthetic.write(name, tmp_path) for name in ("hounsfield", "frames-rle", "pdf")]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / f"{method}.zip", "w", method) as packed:
            for member in members:
                packed.write(member, member.name)
    whole = [(tmp_path / "0.zip"), (tmp_path / "8.zip"), disc / "DICOMDIR"]
    contents = [path.read_bytes() for path in whole]
    for number in range(60):
        chance = random.Random(number)
        damaged = bytearray(contents[number % 3])
        for _ in range(chance.choice((1, 2, 4))):
            damaged = chance.choice(fuzz.MUTATIONS)(damaged, chance)
        path = tmp_path / ("m.zip" if number % 3 < 2 else "disc/DICOMDIR")
        path.write_bytes(damaged)
        fuzz.look(path)  # whatever is wrong with it, and unclear about it, is raised
