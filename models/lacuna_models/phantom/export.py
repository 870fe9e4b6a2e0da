"""Write a checkpoint folder that plain transformers loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import DiffusionGemmaForBlockDiffusion, PreTrainedTokenizerFast

from lacuna_models.phantom.model import Shape, make_generation_config, make_image_processor

DEFAULT_GAP_TOKENS = 24
SECTION_GAP_TOKENS = 64
SECOND_LOOK_NATS = 0.4  # a token; at 0.6 fewer bad sentences were found, at no better figure


def export(
    model: DiffusionGemmaForBlockDiffusion,
    tokenizer: PreTrainedTokenizerFast,
    shape: Shape,
    folder: Path,
    training: dict[str, Any] | None = None,
) -> None:
    """Write weights (bf16, one file), configuration, tokenizer and processor into a folder.

    ``training`` is what the model card tells of the run. The model itself is left as it is: a copy
    is converted. Other files of the folder stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy = DiffusionGemmaForBlockDiffusion(model.config)
    copy.load_state_dict(model.state_dict())
    copy.generation_config = make_generation_config(shape, tokenizer)
    copy.to(torch.bfloat16).save_pretrained(folder, max_shard_size="1GB")
    tokenizer.save_pretrained(folder)
    make_image_processor().save_pretrained(folder)
    weights = folder / "model.safetensors"
    weights.chmod(0o644)  # safetensors leaves it to its owner alone
    _write_json(
        folder / "lacuna.json", _description() | ({"training": training} if training else {})
    )


def describe(folder: Path, **said: Any) -> None:
    """Add to what a checkpoint folder tells Lacuna's engine."""
    path = folder / "lacuna.json"
    _write_json(path, json.loads(path.read_text(encoding="utf-8")) | said)


def _description() -> dict[str, Any]:
    """Return what Lacuna's engine wants to know and transformers' files do not say.

    From where on certainty and scores mean something is not known yet: ``lacuna-models evaluate
    bounds --write`` measures it.
    """
    return {
        "kind": "demonstrator",
        "name": "Lacuna phantom",
        "elastic_gaps": True,
        "default_gap_tokens": DEFAULT_GAP_TOKENS,
        "section_gap_tokens": SECTION_GAP_TOKENS,
        "two_stage_drafts": True,
        "second_look_nats": SECOND_LOOK_NATS,
        "images": "synthetic chest phantoms, 128x128",
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
