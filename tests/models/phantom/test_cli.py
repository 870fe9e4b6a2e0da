"""`lacuna-models phantom`: quick to ask, clear when it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lacuna_models.cli import main
from lacuna_models.phantom.grammar import sections


def test_help_imports_no_torch() -> None:
    code = (
        "import sys; from lacuna_models.cli import main\n"
        "try: main(['phantom', '--help'])\n"
        "except SystemExit: pass\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "evaluate" in done.stdout


def test_preview_draws_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.png"
    assert main(["phantom", "preview", "--out", str(sheet), "--count", "5", "--size", "64"]) == 0
    with Image.open(sheet) as picture:
        assert picture.size == (256, 128)
    reports = capsys.readouterr().out.split("--- ")[1:]
    assert len(reports) == 5
    assert all(all(sections(report)) for report in reports)


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        (["preview", "--out", "x.png", "--count", "0"], "A sheet needs at least one phantom"),
        (["export", "--run", "nowhere", "--out", "out"], "holds no training run"),
        (["train", "--out", "x", "--minutes", "0"], "Training needs some minutes"),
        (["evaluate", "--drafts", "1"], "Figures need at least two"),
        (["evaluate", "--anchors", "-1"], "There is nothing to measure"),
        (["evaluate", "--seed", "10"], "The seed of an evaluation is one of 0 to 9"),
        (["train", "--out", "x", "--tower", "y"], "Only a sibling takes its vision"),
        (["train", "--sibling", "--resume", "--out", "x"], "holds no training run of a sibling"),
    ],
)
def test_a_refusal_is_one_sentence(
    verb: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["phantom", *verb]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not said.out
