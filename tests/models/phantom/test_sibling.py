"""The autoregressive sibling: it learns, is taken up again, and writes as transformers does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, Gemma4ForConditionalGeneration, Gemma4ImageProcessorPil

from lacuna_models.api import EngineError, ImageInput, Prompt
from lacuna_models.cli import main
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.display import Lines
from lacuna_models.phantom.machine import Machine
from lacuna_models.phantom.phases import draw, make_tasks
from lacuna_models.phantom.picture import render
from lacuna_models.phantom.prompts import prompt_ids, vocabulary
from lacuna_models.phantom.runs import Progress, Recipe, Run
from lacuna_models.phantom.sibling import Told, make_sibling, sibling_config
from lacuna_models.phantom.sibling_tasks import part
from lacuna_models.phantom.sibling_train import (
    SiblingRecipe,
    SiblingRun,
    export_sibling,
    train_sibling,
)
from lacuna_models.phantom.sibling_writer import SiblingWriter
from lacuna_models.phantom.tasks import Tasks
from lacuna_models.phantom.tokenizer import MASK
from tests.models.phantom.test_train import TINY, Ticks, ticking

RECIPE = SiblingRecipe(
    minutes=0.15,
    vision_minutes=0.02,
    pictures=40,
    held_out=8,
    shape=TINY,
    batch_pictures=2,
    vision_batch=4,
    save_every=0.5,
    told=0.5,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SiblingRun:
    return train_sibling(tmp_path_factory.mktemp("sibling"), RECIPE, machine=ticking())


@pytest.fixture(scope="module")
def folder(run: SiblingRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export_sibling(run, folder)
    return folder


def test_it_is_as_large_as_its_sister(run: SiblingRun) -> None:
    sister = Run(run.folder, Recipe(shape=TINY), Progress()).model
    sizes = [sum(w.numel() for w in model.parameters()) for model in (run.model, sister)]
    extra = sum(w.numel() for n, w in sister.named_parameters() if "self_conditioning" in n)
    assert sizes[0] == sizes[1] - extra


def test_a_run_is_taken_up_where_it_was_left(run: SiblingRun) -> None:
    before = run.progress.language_steps
    assert before > 0
    weights = {name: w.clone() for name, w in run.model.named_parameters()}
    for name, weight in SiblingRun.open(run.folder).model.named_parameters():
        assert torch.equal(weight, weights[name]), name
    used = RECIPE.vision_minutes + run.progress.language_seconds / 60
    recipe = replace(RECIPE, minutes=used + 0.01)
    longer = train_sibling(run.folder, recipe, resume=True, machine=ticking())
    assert longer.progress.language_steps > before
    with pytest.raises(EngineError, match="holds a training run already"):
        train_sibling(run.folder, RECIPE)


def test_it_learns_what_it_is_told(run: SiblingRun) -> None:
    """A few steps on one batch bring its loss down; nothing that is given is learnt."""
    from lacuna_models.phantom.faster import hasten
    from lacuna_models.phantom.language import Balance
    from lacuna_models.phantom.optimise import Optimiser
    from lacuna_models.phantom.sibling_tasks import SiblingTasks, sibling_loss

    model = make_sibling(sibling_config(TINY, run.tokenizer), seed=1)
    hasten(model)
    findings = [draw_case(seed).findings for seed in range(20)]
    features = torch.zeros(20, 64, TINY.hidden)
    tasks = SiblingTasks(run.tokenizer, findings, features, features[0], TINY.canvas, 2, told=1.0)
    mark, rng = run.tokenizer.convert_tokens_to_ids(MASK), np.random.default_rng(2)
    drawn = (task for _ in range(20) for task in tasks.round(rng, steps=1))
    task = next(task for task in drawn if mark in task.canvases.target)  # no question
    canvas = task.canvases
    assert (canvas.weight[~canvas.hit] == 0).all()
    assert set((canvas.target == mark).sum(axis=1)) <= {0, 2}  # 0: nothing follows
    optimiser, balance = Optimiser(model.named_parameters()), Balance(model)
    losses = []
    for _ in range(12):
        loss, _ = sibling_loss(model, task, balance)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step(0.01)
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


def test_vision_may_come_from_the_bundled_models_run(run: SiblingRun, tmp_path: Path) -> None:
    from lacuna_models.phantom.optimise import Optimiser

    sister = Run(tmp_path / "sister", Recipe(shape=TINY, pictures=8), Progress(vision_steps=7))
    sister.folder.mkdir()
    sister.save("vision", Optimiser([]))
    recipe = replace(RECIPE, minutes=0.021, pictures=8)
    taken = train_sibling(tmp_path / "taken", recipe, tower=sister.folder, machine=ticking())
    assert taken.recipe.tower
    assert taken.progress.vision_steps == 7
    own = dict(taken.model.named_parameters())
    for name, weight in sister.model.named_parameters():
        if "vision" in name:
            assert torch.equal(own[name.replace("encoder.", "", 1)], weight), name
    other = replace(recipe, shape=replace(TINY, vision_mlp=48))
    with pytest.raises(EngineError, match="does not fit"):
        train_sibling(tmp_path / "other", other, tower=sister.folder)


def test_pictures_of_a_finished_tower_are_shared_and_found_again(tmp_path: Path) -> None:
    from lacuna_models.phantom.optimise import Optimiser

    said: list[str] = []

    class Listener(Lines):
        def say(self, text: str) -> None:
            said.append(text)

    progress = Progress(vision_steps=7, language_steps=3)
    sister = Run(tmp_path / "sister", Recipe(shape=TINY, pictures=8), progress)
    sister.folder.mkdir()
    make_tasks(sister, draw(sister), Tasks)
    sister.save("language", Optimiser([]))
    recipe = replace(RECIPE, minutes=0.021, pictures=8)
    for _ in range(2):  # the second time as after a stop before the first checkpoint
        machine = Machine(display=Listener(), clock=Ticks())
        taken = train_sibling(tmp_path / "taken", recipe, tower=sister.folder, machine=machine)
        for name in ("pictures-1000000-8.npy", "soft-tokens-7.safetensors"):
            assert (taken.folder / name).samefile(sister.folder / name)
        (taken.folder / "run.json").unlink()
    assert said == ["took 16 tensors of vision from sister"] * 2  # and nothing of files


def test_it_writes_what_plain_transformers_generates(folder: Path) -> None:
    prompt = Prompt(images=(ImageInput(render(draw_case(1)).astype(np.uint8)),))
    written = SiblingWriter(folder).reply(prompt)
    model = Gemma4ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    seen = Gemma4ImageProcessorPil.from_pretrained(folder)(
        images=[Image.fromarray(prompt.images[0].pixels)], return_tensors="pt"
    )
    ids = torch.tensor([prompt_ids(tokenizer, prompt, picture=True)])
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == model.config.image_token_id).long(),
            pixel_values=seen["pixel_values"],
            image_position_ids=seen["image_position_ids"],
            max_new_tokens=24,
        )
    theirs = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
    assert written.text.startswith(theirs.strip())
    assert written.tokens > 0


def test_a_sentence_ends_at_its_full_stop(folder: Path) -> None:
    writer = SiblingWriter(folder)
    prompt = Prompt(images=(ImageInput(render(draw_case(2)).astype(np.uint8)),))
    for told in (Told("Findings:\n", ""), Told("Findings:\n", " Normal heart size.")):
        text = writer.sentence(prompt, told).text
        assert "." not in text[:-1]


def test_a_text_is_parted_where_a_gap_would_be(run: SiblingRun) -> None:
    words = vocabulary(run.tokenizer)
    text = "Findings:\nClear lungs. Normal heart size.\n\nImpression:\nNormal study."
    before, sentence, after = part(text, "Normal heart size.")
    assert (before, sentence) == ("Findings:\nClear lungs.", " Normal heart size.")
    assert before + sentence + after == text
    joined = words.encode(before) + words.encode(sentence) + words.encode(after)
    assert joined == words.encode(text)
    assert part(text, "Clear lungs.")[0] == "Findings:\n"


def test_a_run_of_the_one_is_not_taken_for_the_other(
    run: SiblingRun, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phantom", "export", "--run", str(run.folder), "--out", str(tmp_path / "x")]) == 0
    assert "sibling" in capsys.readouterr().out
    with pytest.raises(EngineError, match="holds no sibling"):
        SiblingWriter(run.folder)
    with pytest.raises(EngineError, match="a sibling's run"):
        Run.open(run.folder)
