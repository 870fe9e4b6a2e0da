"""``lacuna score``: what speaks against a report, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lacuna import score as scoring
from lacuna.cli import main
from lacuna_models.api import Source
from lacuna_models.scripted import ScriptedEngine
from lacuna_models.scripted_scores import Opinions

TEXT = (
    "Findings:\nThere is a right pleural effusion.\n\nImpression:\nLeft pleural effusion. [...]\n"
)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    opinions = Opinions(doubts={"right": "left"}, sources={"Left pleural effusion.": Source.HABIT})

    def engine(*_: Any) -> ScriptedEngine:
        return ScriptedEngine(opinions=opinions)

    monkeypatch.setattr(scoring, "load_for", engine)


def test_prints_marks_of_the_model_and_of_the_rules_by_line(
    report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", "--sample", "--report", str(report)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("2:12  critical  “right”")
    assert "“left”" in lines[0]
    assert any(line.startswith("5:1  rule side") for line in lines)
    assert any("rule gap  “[...]”" in line for line in lines)


def test_evidence_tells_of_every_sentence(report: Path, capfd: pytest.CaptureFixture[str]) -> None:
    main(["score", "--sample", "--report", str(report), "--measure", "evidence", "--json"])
    document = json.loads(capfd.readouterr().out)
    assert [span["source"] for span in document["spans"]] == ["picture", "habit"]
    assert {rule["rule"] for rule in document["rules"]} == {"side", "gap"}
    starts = [span["start"] for span in document["spans"]]
    assert starts == [TEXT.index("There"), TEXT.index("Left")]


def test_what_an_edit_left_behind_needs_the_report_before_it(
    report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["score", "--sample", "--report", str(report), "--measure", "edit"]
    assert main(words) == 2
    assert "--before" in capfd.readouterr().err
    assert main([*words, "--before", str(report)]) == 0
    assert "dependence" in capfd.readouterr().out


def test_a_model_without_measured_bounds_says_so(
    report: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    main(["score", "--sample", "--report", str(report)])
    assert "Nobody has measured" in capfd.readouterr().err
