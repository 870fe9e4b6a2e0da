"""Teach an adapter that the reader is right: what stands is followed, whatever the picture shows.

A LoRA adapter on the decoder's attention and dense MLP, trained on top of a finished run. The base
model keeps its own opinion; the engine switches the adapter on for requests that ask for it. The
encoder is left alone, so that both read pictures and prompts alike.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import DiffusionGemmaForBlockDiffusion

from lacuna_models.adapter_files import TARGETS
from lacuna_models.api import EngineError
from lacuna_models.phantom.cases import Rng
from lacuna_models.phantom.export import describe
from lacuna_models.phantom.language import Balance, language_loss
from lacuna_models.phantom.loop import Phase, learn
from lacuna_models.phantom.machine import Machine
from lacuna_models.phantom.optimise import Optimiser
from lacuna_models.phantom.phases import draw, make_tasks
from lacuna_models.phantom.runs import Run
from lacuna_models.phantom.tasks import Task, Tasks

NAME = "reader"
PHASE = "reader"
RANK = 16


def follow(folder: Path, minutes: float, machine: Machine | None = None) -> Run:
    """Train the adapter of a finished run, or go on with it; blocks until the minutes are used.

    Raises:
        EngineError: if the folder holds no run that has learnt words; the disk is full.
        KeyboardInterrupt: Ctrl+C; what was learnt is saved.
    """
    run = Run.open(folder, machine)
    run.machine.start()
    if not run.progress.language_steps:
        raise EngineError(f"The run in {folder} has not learnt words yet.", "Train it first.")
    if run.progress.reader_seconds < minutes * 60:
        _learn(run, minutes)
    return run


def _learn(run: Run, minutes: float) -> None:
    weights = inject(run.model)
    tasks = make_tasks(run, draw(run), Tasks, follow=True)
    balance = Balance(run.model)

    def loss(task: Task, rng: Rng) -> tuple[Tensor, Tensor]:
        return language_loss(run.model, task, balance, rng)

    optimiser = Optimiser(weights.items(), plain=("lora",))
    named = _named(weights)
    learn(run, Phase(PHASE, PHASE, 5, minutes, tasks.round, loss, optimiser, weights=named))


def _named(weights: dict[str, nn.Parameter]) -> dict[str, nn.Parameter]:
    return {f"w.{name}": weight for name, weight in weights.items()}


def inject(model: DiffusionGemmaForBlockDiffusion) -> dict[str, nn.Parameter]:
    """Put an untrained adapter into a model and freeze all else; return the adapter's weights."""
    model.requires_grad_(requires_grad=False)
    inject_adapter_in_model(_config(model), model, adapter_name=NAME)
    return {name: weight for name, weight in model.named_parameters() if "lora_" in name}


def _config(model: nn.Module) -> LoraConfig:
    paths = [path for path, _ in model.named_modules()]
    targets = [p for p in paths if TARGETS.fullmatch(p) and p.startswith("model.decoder.")]
    return LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=targets)


def export_adapter(run: Run, folder: Path) -> Path | None:
    """Write a run's adapter beside an exported checkpoint, in PEFT's layout; None: it has none.

    The run's model holds the adapter afterwards.
    """
    if not run.progress.reader_steps:
        return None
    run.load(PHASE, _named(inject(run.model)))
    target = folder / NAME
    target.mkdir(parents=True, exist_ok=True)
    state: dict[str, Tensor] = get_peft_model_state_dict(run.model, adapter_name=NAME)
    file = target / "adapter_model.safetensors"
    save_file({f"base_model.model.{n}": w.bfloat16().contiguous() for n, w in state.items()}, file)
    file.chmod(0o644)  # safetensors leaves it to its owner alone
    (target / "adapter_config.json").write_text(_described(run.model) + "\n", encoding="utf-8")
    describe(folder, adapters=[NAME], redraft_adapter=NAME)
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
