from __future__ import annotations

import json
from pathlib import Path

import pytest

from lacuna import cli, doctor
from lacuna.doctor import Health, examine, healthy
from lacuna.paths import locate

Captured = pytest.CaptureFixture[bytes]


def test_everything_that_is_needed_is_looked_at(data_dir: Path) -> None:
    findings = {finding.name: finding for finding in examine(locate())}
    needed = {"torch", "device", "memory", "keyring", "qt", "data folder", "bundled model"}
    assert needed <= set(findings)
    assert findings["decode JPEG2000"].health is Health.GOOD
    assert findings["decode JPEGExtended12Bit"].health is Health.NOTE
    assert findings["sample study"].value.startswith("1024 x 1024")
    assert "not yet made" in findings["data folder"].value
    assert not data_dir.exists()
    assert healthy(list(findings.values()))


def test_a_healthy_computer_exits_with_0(
    capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["doctor", "--json"]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert found["healthy"] is True
    assert {"name", "health", "value"} == set(found["findings"][0])


def test_what_is_missing_is_named_and_exits_with_2(
    tmp_path: Path, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise ImportError("no such library")

    monkeypatch.setattr(doctor, "_torch", gone)
    (tmp_path / "file").write_text("")
    assert cli.main(["doctor", "--data-dir", str(tmp_path / "file")]) == 2
    lines = capsysbinary.readouterr().out.decode().splitlines()
    bad = [line.split()[1] for line in lines if line.startswith("bad")]
    assert bad == ["torch", "data", "log"]
