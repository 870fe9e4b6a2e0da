"""Weights poured into the model: the same model as upstream loads, and nothing of it left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DiffusionGemmaConfig, DiffusionGemmaForBlockDiffusion

from lacuna_models.loading import load
from lacuna_models.streaming import UnfitError, pour, skeleton


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_it_is_the_model_that_upstream_loads(tiny_path: Path, dtype: str) -> None:
    theirs = DiffusionGemmaForBlockDiffusion.from_pretrained(
        str(tiny_path), dtype=getattr(torch, dtype)
    )
    ours = load(tiny_path, device="cpu", dtype=dtype).model
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], tensor), name
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    for (name, one), (_, other) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        assert torch.allclose(one.float(), other.float(), rtol=4e-3), name
    assert ours.generation_config.to_dict() == theirs.generation_config.to_dict()
    for setting in ("_attn_implementation", "_experts_implementation"):
        assert getattr(ours.config.text_config, setting, 0) == getattr(
            theirs.config.text_config, setting, 0
        )


def test_progress_rises_with_what_was_read(tiny_path: Path) -> None:
    told: list[tuple[str, float]] = []
    load(tiny_path, device="cpu", progress=lambda stage, share: told.append((stage, share)))
    shares = [share for stage, share in told if stage == "Loading the model"]
    assert len(set(shares)) > 20
    assert shares == sorted(shares)
    assert 0.5 <= shares[0] < 0.85 < shares[-1] <= 0.9


@pytest.fixture
def poured(tiny_path: Path, tmp_path: Path) -> tuple[object, Path]:
    config = DiffusionGemmaConfig.from_pretrained(str(tiny_path))
    file = tmp_path / "model.safetensors"
    save_file(load_file(tiny_path / "model.safetensors"), file)
    return skeleton(config, torch.float32, None), file


@pytest.mark.parametrize("fault", ["missing", "missing buffer", "unknown", "another shape"])
def test_what_does_not_fit_is_refused(poured: tuple[object, Path], fault: str) -> None:
    model, file = poured
    held = load_file(file)
    if fault == "missing":
        del held["model.decoder.norm.weight"]
    elif fault == "missing buffer":
        del held["model.encoder.language_model.layers.0.layer_scalar"]
    elif fault == "unknown":
        held["model.decoder.layers.7.norm.weight"] = torch.zeros(3)
    else:
        held["model.decoder.norm.weight"] = torch.zeros(3)
    save_file(held, file)
    with pytest.raises(UnfitError):
        pour(model, [file], torch.device("cpu"), torch.float32, lambda share: None)


def test_the_encoders_names_serve_as_well_and_the_decoders_win(
    poured: tuple[object, Path], tiny_path: Path
) -> None:
    model, file = poured
    held = load_file(file)
    norm = "model.decoder.layers.0.input_layernorm.weight"
    only = "model.decoder.layers.1.input_layernorm.weight"
    alias = norm.replace("model.decoder", "model.encoder.language_model")
    held[alias] = torch.zeros_like(held[norm])
    held[only.replace("model.decoder", "model.encoder.language_model")] = held.pop(only) + 1
    save_file(held, file)
    pour(model, [file], torch.device("cpu"), torch.float32, lambda share: None)
    assert torch.equal(model.get_parameter(alias), held[norm])  # type: ignore[attr-defined]
    assert float(model.get_parameter(only).mean()) == 2.0  # type: ignore[attr-defined]


def test_nothing_of_the_file_is_kept(poured: tuple[object, Path]) -> None:
    """The folder may go or change while the model is at work."""
    model, file = poured
    pour(model, [file], torch.device("cpu"), torch.float32, lambda share: None)
    before = model.lm_head.weight.clone()  # type: ignore[attr-defined]
    file.write_bytes(b"\0" * file.stat().st_size)
    assert torch.equal(model.lm_head.weight, before)  # type: ignore[attr-defined]
