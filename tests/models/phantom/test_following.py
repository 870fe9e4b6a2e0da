"""The reader's adapter: trained beside a frozen model, taken up again, and loaded by the engine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lacuna_models.api import EngineError
from lacuna_models.loading import load
from lacuna_models.phantom.canvases import damage, stack
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.counterfactual import every
from lacuna_models.phantom.export import export
from lacuna_models.phantom.following import export_adapter, follow
from lacuna_models.phantom.grammar import write
from lacuna_models.phantom.prompts import vocabulary
from lacuna_models.phantom.runs import Progress, Run
from lacuna_models.phantom.train import train
from tests.models.phantom.test_train import RECIPE, TINY, ticking


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    trained = train(tmp_path_factory.mktemp("run"), RECIPE, machine=ticking())
    before = {name: weight.clone() for name, weight in trained.model.named_parameters()}
    followed = follow(trained.folder, 0.04, ticking())
    for name, weight in followed.model.named_parameters():
        if "lora_" not in name:
            assert torch.equal(weight, before[name.replace(".base_layer", "")]), name
    return followed


def test_only_the_adapter_learns(run: Run) -> None:
    learnt = {n: w for n, w in run.model.named_parameters() if "lora_B" in n}
    assert learnt
    assert all(name.startswith("model.decoder.layers.") for name in learnt)
    assert any(weight.abs().max() > 0 for weight in learnt.values())


def test_it_goes_on_where_it_was_left(run: Run) -> None:
    longer = follow(run.folder, run.progress.reader_seconds / 60 + 0.01, ticking())
    assert longer.progress.reader_steps > run.progress.reader_steps
    assert longer.progress.language_steps == run.progress.language_steps


def test_the_engine_finds_and_loads_it(run: Run, tmp_path: Path) -> None:
    opened = Run.open(run.folder)
    export(opened.model, opened.tokenizer, TINY, tmp_path)
    assert export_adapter(opened, tmp_path) == tmp_path / "reader"
    assert json.loads((tmp_path / "lacuna.json").read_text("utf-8"))["adapters"] == ["reader"]
    loaded = load(tmp_path, device="cpu")
    assert loaded.info.adapters == ("reader",)
    loaded.adapters.add(loaded.shipped["reader"], "reader")
    loaded.adapters.activate("reader")
    assert loaded.adapters.active == "reader"


def test_a_run_without_words_has_nothing_to_follow(run: Run, tmp_path: Path) -> None:
    Run(tmp_path, RECIPE, Progress(vision_steps=1)).write_progress()
    (tmp_path / "state-vision.safetensors").write_bytes(
        (run.folder / "state-vision.safetensors").read_bytes()
    )
    with pytest.raises(EngineError, match="has not learnt words"):
        follow(tmp_path, 0.01)


def test_pinned_sentences_stand_and_slips_spare_them(run: Run) -> None:
    words = vocabulary(run.tokenizer)
    rng = np.random.default_rng(0)
    for seed in range(60):
        report = write(draw_case(seed).findings, "full", np.random.default_rng(seed))
        pins = every(report)
        pin = pins[int(rng.integers(len(pins)))]
        canvas = damage(report, words, rng, 200, pins=frozenset({pin}))
        batch = stack([canvas], words, rng, 220, slips=1.0)
        sentence = (report.body, report.impression)[pin.section][pin.at]
        clean = [int(t) for t, hit in zip(batch.target[0], batch.hit[0], strict=True) if not hit]
        assert sentence in run.tokenizer.decode(clean)
        assert not (batch.kept & batch.hit).any()
        assert (batch.noisy == batch.target)[batch.kept].all()
