"""A run's folder: what is saved stays whole, and what is no run's is refused in one sentence."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from lacuna_models.api import EngineError
from lacuna_models.cli import main
from lacuna_models.phantom import loop, pictures
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.optimise import Optimiser
from lacuna_models.phantom.pictures import load_pictures
from lacuna_models.phantom.runs import Progress, Run, saved_run
from lacuna_models.phantom.train import train
from tests.models.phantom.test_train import RECIPE, ticking


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("trained"), RECIPE, machine=ticking()).folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


@contextmanager
def _files_up_to(size: int) -> Iterator[None]:
    """Let writing fail behind so many bytes, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_a_full_disk_loses_nothing_that_was_saved(folder: Path) -> None:
    run, names = Run.open(folder), _names(folder)
    before = {name: weight.clone() for name, weight in run.weights().items()}
    with torch.no_grad():
        run.reader.queries.add_(1)
    run.progress.language_steps += 1
    with _files_up_to(50_000), pytest.raises(EngineError, match="could not be written"):
        run.save("language", Optimiser([]))
    assert _names(folder) == names
    again = Run.open(folder)
    assert again.progress.language_steps == run.progress.language_steps - 1
    assert all(torch.equal(weight, before[name]) for name, weight in again.weights().items())


def test_half_drawn_pictures_are_removed_and_drawn_anew(tmp_path: Path) -> None:
    with _files_up_to(50_000), pytest.raises(EngineError, match="could not be written"):
        load_pictures(tmp_path, range(80))
    assert not _names(tmp_path)
    heard: list[tuple[int, int]] = []
    drawn = load_pictures(tmp_path, range(80), lambda done, count: heard.append((done, count)))
    assert drawn.shape == (80, 128, 128)
    assert heard == [(64, 80), (80, 80)]
    assert np.array_equal(drawn[70], pictures.draw_pictures([draw_case(70)])[0])


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"name": "other"}', '{"recipe": {"minutes": 3}}', '{"recipe": 3}']
)
def test_a_foreign_run_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(EngineError, match=r"is no training run's\. Name another folder"):
        saved_run(tmp_path)


def test_a_run_of_another_version_is_refused(folder: Path) -> None:
    saved = json.loads((folder / "run.json").read_text("utf-8"))
    saved["progress"]["hearing_steps"] = 3
    (folder / "run.json").write_text(json.dumps(saved), encoding="utf-8")
    with pytest.raises(EngineError, match="is no training run's"):
        Run.open(folder)


def test_missing_damaged_and_other_weights_are_refused(folder: Path) -> None:
    state = folder / "state-language.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(EngineError, match="cannot be read"):
        Run.open(folder)
    state.unlink()
    with pytest.raises(EngineError, match="cannot be read"):
        Run.open(folder)
    Run(folder, RECIPE, Progress()).save("language", Optimiser([]), {"w.other": torch.zeros(2)})
    saved = json.loads((folder / "run.json").read_text("utf-8"))
    saved["progress"]["language_steps"] = 3
    (folder / "run.json").write_text(json.dumps(saved), encoding="utf-8")
    with pytest.raises(EngineError, match="does not fit its run"):
        Run.open(folder)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(EngineError, match=r"holds other files, such as thesis\.tex"):
        train(tmp_path, RECIPE)
    assert _names(tmp_path) == {"thesis.tex"}
    with pytest.raises(EngineError, match="cannot be made"):
        train(tmp_path / "thesis.tex", RECIPE)


def test_it_goes_on_as_it_was_begun(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verb = ["phantom", "train", "--resume", "--out", str(folder)]
    assert main(verb) == 0  # its own minutes, which are used
    steps = Run.open(folder).progress.language_steps
    assert f"{steps} of language" in capsys.readouterr().out
    assert main([*verb, "--seed", "0"]) == 0
    for flag, value in (("--seed", "3"), ("--batch", "5"), ("--vision-minutes", "0.02")):
        assert main([*verb, flag, value]) == 2
        said = capsys.readouterr().err
        assert f"was begun with {flag}" in said
        assert said.count("\n") == 1


def test_ctrl_c_saves_and_tells_how_to_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add = loop.Recent.add

    def pressed(recent: loop.Recent, loss: torch.Tensor, right: torch.Tensor) -> None:
        add(recent, loss, right)
        signal.raise_signal(signal.SIGINT)

    def pressed_once(recent: loop.Recent, loss: torch.Tensor, right: torch.Tensor) -> None:
        monkeypatch.setattr(loop.Recent, "add", add)
        pressed(recent, loss, right)

    verb = ["phantom", "follow", "--run", str(folder), "--minutes", "5", "--device", "cpu"]
    monkeypatch.setattr(loop.Recent, "add", pressed_once)
    assert main(verb) == 130
    said = capsys.readouterr().err
    assert f"Stopped. Go on with: lacuna-models phantom follow --run {folder} --minutes 5" in said
    assert Run.open(folder).progress.reader_steps == 3  # the round was finished
    monkeypatch.setattr(loop.Recent, "add", pressed)
    assert main(verb) == 130  # pressed again and again: at once, and the checkpoint stands
    assert Run.open(folder).progress.reader_steps == 3
    assert not list(folder.glob("*.partial"))


def test_ctrl_c_while_drawing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "draw_pictures", lambda cases: signal.raise_signal(signal.SIGINT))
    assert main(["phantom", "train", "--out", str(tmp_path / "new"), "--device", "cpu"]) == 130
    assert "Stopped. Nothing was learnt yet." in capsys.readouterr().err
    assert not _names(tmp_path / "new")
