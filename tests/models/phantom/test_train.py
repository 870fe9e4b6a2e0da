"""A run of seconds: it learns, is taken up again, and exports what transformers loads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, DiffusionGemmaForBlockDiffusion

from lacuna_models.api import EngineError
from lacuna_models.phantom.cases import ANSWERS, GROUPS
from lacuna_models.phantom.export import export
from lacuna_models.phantom.machine import Machine
from lacuna_models.phantom.model import Shape
from lacuna_models.phantom.optimise import Optimiser, orthogonalise, schedule
from lacuna_models.phantom.pictures import held_out_seeds, load_pictures, training_seeds
from lacuna_models.phantom.runs import Recipe, Run
from lacuna_models.phantom.train import train
from lacuna_models.phantom.vision import targets

TINY = Shape(
    hidden=32, layers=2, heads=2, mlp=32, experts=2, expert_width=16, vision_hidden=64,
    vision_layers=1, vision_mlp=32,
)  # fmt: skip
RECIPE = Recipe(
    minutes=0.1,
    vision_minutes=0.03,
    pictures=40,
    held_out=8,
    shape=TINY,
    batch_pictures=2,
    vision_batch=4,
    save_every=0.5,
)


class Ticks:
    """A clock that is a second further at each look: a run of so many rounds on any machine."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> float:
        self._looks += 1
        return float(self._looks)


def ticking() -> Machine:
    """Return a machine whose seconds are rounds."""
    return Machine(clock=Ticks())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tmp_path_factory.mktemp("run"), RECIPE, machine=ticking())


def test_both_phases_take_steps(run: Run) -> None:
    assert run.progress.vision_steps > 0
    assert run.progress.language_steps > 0
    saved = json.loads((run.folder / "run.json").read_text("utf-8"))
    assert saved["progress"]["language_steps"] == run.progress.language_steps


def test_a_run_is_taken_up_where_it_was_left(run: Run) -> None:
    before = run.progress.language_steps
    weights = {name: w.clone() for name, w in run.model.named_parameters()}
    opened = Run.open(run.folder)
    for name, weight in opened.model.named_parameters():
        assert torch.equal(weight, weights[name]), name
    used = RECIPE.vision_minutes + run.progress.language_seconds / 60
    longer = train(run.folder, replace(RECIPE, minutes=used + 0.02), resume=True, machine=ticking())
    assert longer.progress.language_steps > before
    assert longer.progress.vision_steps == run.progress.vision_steps


def test_a_folder_with_a_run_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="holds a training run already"):
        train(run.folder, RECIPE)
    with pytest.raises(EngineError, match="holds no training run"):
        train(tmp_path, RECIPE, resume=True)


def test_an_export_loads_in_plain_transformers(run: Run, tmp_path: Path) -> None:
    export(run.model, run.tokenizer, TINY, tmp_path)
    loaded = DiffusionGemmaForBlockDiffusion.from_pretrained(tmp_path)
    assert loaded.dtype == torch.bfloat16
    assert loaded.generation_config.t_max == 0.6
    assert len(AutoTokenizer.from_pretrained(tmp_path)) == loaded.config.text_config.vocab_size
    assert run.model.dtype == torch.float32  # the run itself goes on in full precision


def test_pictures_are_drawn_once(run: Run) -> None:
    seeds = training_seeds(0, 40)
    first = load_pictures(run.folder, seeds)
    assert first.shape == (40, 128, 128)
    assert np.array_equal(first, load_pictures(run.folder, seeds))


def test_held_out_phantoms_are_never_trained_on() -> None:
    trained = [training_seeds(seed, 1_000_000) for seed in range(50)]
    assert all(seeds.stop <= held_out_seeds(1).start for seeds in trained)


def test_targets_name_every_group() -> None:
    answers = targets(range(50))
    assert answers.shape == (50, len(GROUPS))
    for column, group in enumerate(GROUPS):
        assert int(answers[:, column].max()) < len(ANSWERS[group])


def test_orthogonalised_matrices_are_nearly_orthogonal() -> None:
    torch.manual_seed(0)
    for shape in ((3, 16, 24), (3, 24, 16)):
        made = orthogonalise(torch.randn(shape))
        sizes = torch.linalg.svdvals(made)
        assert made.shape == shape
        assert 0.5 < float(sizes.min()) < float(sizes.max()) < 1.4


def test_the_rate_rises_rests_and_falls() -> None:
    rates = [schedule(share, 1.0) for share in (0.0, 0.2, 0.6, 0.9, 1.0)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[1] == 1.0
    assert rates[1] > rates[2] > rates[3] > rates[4] > 0


def test_the_optimiser_learns_and_remembers() -> None:
    torch.manual_seed(0)
    truth, inputs = torch.randn(16, 16), torch.randn(256, 16)
    layer = torch.nn.Linear(16, 16)
    optimiser = Optimiser(layer.named_parameters())
    losses = []
    for _ in range(150):
        loss = (layer(inputs) - inputs @ truth).square().mean()
        loss.backward()
        optimiser.step(0.03)
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]
    other = Optimiser(layer.named_parameters())
    other.load(optimiser.state())
    assert all(torch.equal(v, optimiser.state()[n]) for n, v in other.state().items())
