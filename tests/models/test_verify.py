"""`lacuna-models verify`: what differs from the list is named; a sound folder is said to be so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lacuna_models.cli import main
from lacuna_models.verify import LIST, read_list, verify


@pytest.fixture
def folder(tiny_path: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "real"
    shutil.copytree(tiny_path, copy)
    assert main(["verify", str(copy), "--pin", "the vendor, revision 7"]) == 0
    return copy


def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return main(["verify", str(folder)]), capsys.readouterr().out


def test_a_sound_folder_is_said_to_be_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, words = told(folder, capsys)
    assert code == 0
    assert "as listed, from the vendor, revision 7" in words


def test_every_fault_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = folder / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    (folder / "chat_template.jinja").unlink()
    (folder / "config.json").write_text("{}")
    (folder / "modeling.py").write_text("print('hello')")
    (folder / "weights.bin").write_bytes(b"")
    code, words = told(folder, capsys)
    assert code == 1
    assert "model.safetensors is not the file that was listed: its SHA-256 differs." in words
    assert "chat_template.jinja is missing." in words
    assert "config.json has 2 bytes instead of" in words
    assert "modeling.py is not on the list." in words
    assert "weights.bin is not on the list, and its format can run code." in words


def test_progress_runs_once_from_nothing_to_all(folder: Path) -> None:
    shares: list[float] = []
    assert not verify(folder, read_list(folder / LIST), lambda _, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"../x": {"size": 1, "sha256": "0" * 64}},
        {"x": {"size": "1", "sha256": "0" * 64}},
        {"x": {"size": 1, "sha256": "zz"}},
        {"x": 3},
        [],
    ],
)
def test_a_list_that_makes_no_sense_is_refused(
    folder: Path, files: object, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / LIST).write_text(json.dumps({"files": files}))
    assert main(["verify", str(folder)]) == 2
    assert "no list of a checkpoint's files" in capsys.readouterr().err


def test_no_folder_and_no_list_are_said(
    tmp_path: Path, tiny_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tiny_path)]) == 2
    assert "There is no list" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "no"), "--pin", "x"]) == 2
    assert "There is no checkpoint folder" in capsys.readouterr().err
