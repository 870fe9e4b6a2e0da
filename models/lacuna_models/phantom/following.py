"""Teach an adapter that the reader is right: what stands is followed, whatever the picture shows.

A LoRA adapter on the decoder's attention and dense MLP, trained on top of a finished run. The base
model keeps its own opinion; the engine switches the adapter on for requests that ask for it. The
encoder is left alone, so that both read pictures and prompts alike.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import DiffusionGemmaForBlockDiffusion

from lacuna_models.adapter_files import TARGETS
from lacuna_models.api import EngineError
from lacuna_models.phantom.export import describe
from lacuna_models.phantom.language import Balance, language_loss
from lacuna_models.phantom.optimise import Optimiser, schedule
from lacuna_models.phantom.pictures import load_pictures
from lacuna_models.phantom.train import Clock, Recent, Run, make_tasks, open_run

log = logging.getLogger(__name__)

NAME = "reader"
RANK = 16
_RATE = 3e-3


def follow(folder: Path, minutes: float) -> Run:
    """Train the adapter of a finished run, or go on with it; blocks until the minutes are used.

    Raises:
        EngineError: if the folder holds no run that has learnt words.
    """
    torch.set_num_threads(1)
    run = open_run(folder)
    if not run.progress.language_steps:
        raise EngineError(f"The run in {folder} has not learnt words yet.", "Train it first.")
    weights = inject(run.model)
    optimiser = Optimiser(weights.items(), plain=("lora",))
    if run.progress.reader_steps:
        optimiser.load(_load(folder, weights))
    tasks = make_tasks(run, load_pictures(folder, run.seeds), follow=True)
    clock = Clock(run, "reader", minutes * 60)
    balance, recent = Balance(run.model), Recent()
    while (share := clock.share) < 1:
        rng = np.random.default_rng([run.recipe.seed, 5, run.progress.reader_steps])
        torch.manual_seed(int(rng.integers(2**31)))
        for task in tasks.round(rng):
            with torch.autocast("cpu", torch.bfloat16):
                loss, right = language_loss(run.model, task, balance, rng)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step(schedule(share, _RATE))
            recent.add(loss, right)
            run.progress.reader_steps += 1
        if run.progress.reader_steps % 60 == 0:
            log.info("reader %s", recent.line(run.progress.reader_steps, share))
        if clock.due():
            _save(run, weights, optimiser)
    _save(run, weights, optimiser)
    return run


def inject(model: DiffusionGemmaForBlockDiffusion) -> dict[str, nn.Parameter]:
    """Put an untrained adapter into a model and freeze all else; return the adapter's weights."""
    model.requires_grad_(requires_grad=False)
    inject_adapter_in_model(_config(model), model, adapter_name=NAME)
    return {name: weight for name, weight in model.named_parameters() if "lora_" in name}


def _config(model: nn.Module) -> LoraConfig:
    paths = [path for path, _ in model.named_modules()]
    targets = [p for p in paths if TARGETS.fullmatch(p) and p.startswith("model.decoder.")]
    return LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=targets)


def _save(run: Run, weights: dict[str, nn.Parameter], optimiser: Optimiser) -> None:
    """Write the adapter and its momenta, then the progress that vouches for them."""
    state = {f"w.{name}": weight.detach() for name, weight in weights.items()}
    state |= {f"o.{name}": value for name, value in optimiser.state().items()}
    partial = run.folder / "state-reader.partial"
    save_file({name: value.contiguous() for name, value in state.items()}, partial)
    partial.replace(_state_file(run.folder))
    run.write_progress()


def _state_file(folder: Path) -> Path:
    return folder / "state-reader.safetensors"


def _load(folder: Path, weights: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    """Take up the adapter's weights; return its momenta."""
    state = load_file(_state_file(folder))
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(state[f"w.{name}"])
    return {n.removeprefix("o."): value for n, value in state.items() if n.startswith("o.")}


def export_adapter(run: Run, folder: Path) -> Path | None:
    """Write a run's adapter beside an exported checkpoint, in PEFT's layout; None: it has none.

    The run's model holds the adapter afterwards.
    """
    if not run.progress.reader_steps:
        return None
    weights = inject(run.model)
    _load(run.folder, weights)
    target = folder / NAME
    target.mkdir(parents=True, exist_ok=True)
    state: dict[str, Tensor] = get_peft_model_state_dict(run.model, adapter_name=NAME)
    file = target / "adapter_model.safetensors"
    save_file({f"base_model.model.{n}": w.bfloat16().contiguous() for n, w in state.items()}, file)
    file.chmod(0o644)  # safetensors leaves it to its owner alone
    (target / "adapter_config.json").write_text(_described(run.model) + "\n", encoding="utf-8")
    describe(folder, adapters=[NAME])
    return target


def _described(model: nn.Module) -> str:
    config = _config_of(model)
    said: dict[str, Any] = {
        "peft_type": "LORA",
        "r": config.r,
        "lora_alpha": config.lora_alpha,
        "bias": "none",
        "target_modules": sorted(config.target_modules or ()),
        "base_model_name_or_path": "lacuna_phantom",
        "inference_mode": True,
    }
    return json.dumps(said, indent=2)


def _config_of(model: nn.Module) -> LoraConfig:
    config: LoraConfig = model.peft_config[NAME]  # type: ignore[index]
    return config
