"""The benchmark at the real size, scaled down as far as a CPU can."""

from __future__ import annotations

import pytest
import torch

from lacuna_models.bench.real import Ask, bench_real, noise_model, step_bytes, weight_bytes
from lacuna_models.bench.shapes import real_config
from lacuna_models.cli import main
from lacuna_models.quantise.scheme import Scheme

CPU = torch.device("cpu")
NARROW = {
    "vocab_size": 4096,
    "hidden_size": 64,
    "intermediate_size": 64,
    "moe_intermediate_size": 32,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_global_key_value_heads": 1,
    "head_dim": 16,
    "global_head_dim": 32,
}


def small() -> object:
    config = real_config(layers=2, experts=8, vision_layers=1, **NARROW)
    config.boi_token_id, config.image_token_id, config.eoi_token_id = 4001, 4002, 4003
    return config


@pytest.mark.parametrize("scheme", [None, *Scheme])
def test_all_contenders_stand_in_one_table_beside_the_floor(scheme: Scheme | None) -> None:
    table = bench_real(Ask(scheme, tokens=24, free=12, steps=3, repeats=1), CPU, small())
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        "Lacuna",
        "Lacuna, upstream's forward",
        "transformers generate + the paper's clamp",
        "the same, static cache",
    ]
    for row in rows:
        step, over, first, redraft, peak = (float(n) for n in row.strip("| ").split(" | ")[1:])
        assert 0 < step <= redraft
        assert over > 0
        assert 0 < first <= redraft
        assert peak >= 0
    assert "Floor: a step reads" in table
    assert "not captured here" in table


def test_the_floor_counts_the_decoder_once_and_the_head() -> None:
    model = noise_model(small(), None, CPU)
    vision = sum(t.nbytes for t in model.model.encoder.vision_tower.state_dict().values())
    assert step_bytes(model) < weight_bytes(model) - vision + 2 * model.lm_head.weight.nbytes
    shared = model.model.encoder.language_model.layers[0].mlp.up_proj.weight
    assert shared.data_ptr() == model.model.decoder.layers[0].mlp.up_proj.weight.data_ptr()


def test_a_shape_without_weights_is_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--shape", "real"]) != 0
    assert "nothing to measure" in capsys.readouterr().err
