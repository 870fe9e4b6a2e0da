"""The bench measures what it says: the same infill, the same anchors, the same number of passes."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from lacuna_models.bench.peers import run_transformers
from lacuna_models.bench.step import Passes, bench_step
from lacuna_models.bench.tasks import TASKS, fitting, infill
from lacuna_models.canvas import Rule, lay_out
from lacuna_models.cli import main
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.loading import Loaded, load
from lacuna_phantom import checkpoint_path


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(checkpoint_path(), device="cpu")


def test_the_peer_keeps_the_anchors_and_takes_the_same_steps(loaded: Loaded) -> None:
    steps = 3
    settings = dataclasses.replace(loaded.info.settings, steps=steps, stability=steps + 1)
    pair = infill(loaded, fitting(loaded, 7, 1, settings)[0], settings)
    passes = Passes(loaded.model)
    try:
        canvas = run_transformers(loaded.model, pair.task, 1, None)
        theirs = passes.take()
        stock = dataclasses.replace(loaded, lean=None)
        done = collect(DiffusionEngine(stock).fill(pair.request))
        ours = passes.take()
    finally:
        passes.close()
    assert theirs == ours == done[0].steps == steps
    # generate pads everything behind an end mark, upstream's way: compare before it.
    ends = torch.isin(canvas[0], torch.tensor(loaded.model.generation_config.eos_token_id))
    before_end = ends.cumsum(0) == 0
    held = pair.task.fixed_mask[0] & before_end
    assert torch.equal(canvas[0][held], pair.task.fixed_ids[0][held])


def test_the_clamp_is_taken_off_again(loaded: Loaded) -> None:
    settings = dataclasses.replace(loaded.info.settings, steps=1)
    pair = infill(loaded, fitting(loaded, 8, 1, settings)[0], settings)
    run_transformers(loaded.model, pair.task, 1, None)
    assert "_denoising_step" not in vars(loaded.model)


def test_the_table_names_every_contender() -> None:
    tasks = ("one-sentence infill", "redraft after a struck anchor")
    table = bench_step(checkpoint_path(), cases=1, repeats=1, steps=1, peers=False, tasks=tasks)
    assert table.count("Lacuna, warm context") == 4
    assert table.count("Lacuna, stock forward") == 4
    assert table.count("static cache | ") == 4
    assert "the paper's clamp | " in table


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_is_the_same_for_us_and_the_peers(loaded: Loaded, name: str) -> None:
    settings = dataclasses.replace(loaded.info.settings, steps=1)
    pair = TASKS[name](loaded, fitting(loaded, 9, 1, settings)[0], settings)
    layout = lay_out(pair.request.segments, loaded.vocabulary, loaded.canvas)
    held = [p for p, rule in enumerate(layout.rules) if rule is Rule.HELD and layout.ids[p] > 0]
    fixed = pair.task.fixed_ids[0]
    if name != "redraft after a struck anchor":  # soft words hold their edge's whitespace
        assert all(bool(pair.task.fixed_mask[0, p]) for p in held)
    assert [layout.ids[p] for p in held] == [int(fixed[p]) for p in held]
    assert len(pair.request.seeds) == (5 if name.startswith("five") else 1)


@pytest.mark.parametrize("option", ["--cases", "--repeats", "--steps"])
@pytest.mark.parametrize("word", ["0", "-1", "many"])
def test_a_count_of_nothing_is_refused(
    option: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "step", f"{option}={word}"])
    assert ended.value.code == 2
    assert "not a whole number above 0" in capsys.readouterr().err


def test_only_a_missing_diffusers_is_called_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("diffusers", "something_else"):

        def fail(*_: object, name: str = name, **__: object) -> str:
            raise ImportError("not here", name=name)

        monkeypatch.setattr("lacuna_models.bench.step.bench_step", fail)
        if name == "diffusers":
            assert main(["bench", "step"]) == 2
            assert "diffusers library is not installed" in capsys.readouterr().err
        else:
            with pytest.raises(ImportError):
                main(["bench", "step"])
