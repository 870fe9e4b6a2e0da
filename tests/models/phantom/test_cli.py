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
        (["train", "--out", "x", "--minutes", "nan"], "Training needs some minutes"),
        (["train", "--out", "x", "--minutes", "inf"], "Training needs some minutes"),
        (["train", "--out", "x", "--vision-minutes", "90"], "Vision needs some of the minutes"),
        (["train", "--out", "x", "--seed", "-1"], "The seed of a run is one of 0 to 898"),
        (["train", "--out", "x", "--batch", "0"], "A step takes 1 to 1024 pictures"),
        (["train", "--out", "x", "--threads", "0"], "Training needs a thread"),
        (["train", "--out", "x", "--resume"], "holds no training run"),
        (["train", "--sibling", "--tower", "y", "--resume", "--out", "x"], "Leave out --tower"),
        (["train", "--sibling", "--tower", "y", "--out", "x"], "y holds no training run"),
        (["follow", "--run", "x", "--minutes", "0"], "An adapter needs some minutes"),
        (["follow", "--run", "x"], "holds no training run"),
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


def test_a_device_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main(["phantom", "train", "--out", str(tmp_path / "x"), "--device", "cuda"]) == 2
    said = capsys.readouterr().err
    assert said == "This computer has no device cuda. Choose auto or cpu.\n"
    assert not (tmp_path / "x").exists()
