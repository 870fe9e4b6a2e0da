"""The plan says before loading what a run then holds, and which precision fits a card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lacuna_models import context
from lacuna_models.api import FillRequest, Fixed, Gap, Prompt, SamplerSettings
from lacuna_models.bench.shapes import real_config
from lacuna_models.canvas import lay_out
from lacuna_models.cli import main
from lacuna_models.engine import DiffusionEngine
from lacuna_models.loading import Loaded, load
from lacuna_models.memory.measure import peak_of
from lacuna_models.memory.plan import (
    GB,
    REAL,
    REAL_TENSORS,
    Precision,
    Work,
    choose,
    plans,
    real_plans,
    shape_of,
)
from lacuna_models.memory.words import advice
from lacuna_models.quantise.convert import quantise
from lacuna_models.quantise.scheme import Scheme
from lacuna_phantom import checkpoint_path
from tests.helpers import gemma

PROMPT = Prompt(indication="cough")


def weights_of(model: nn.Module) -> int:
    """Return the bytes of a model's tensors, each counted once."""
    tensors = {t.data_ptr(): t.nbytes for t in model.state_dict().values()}
    return sum(tensors.values())


def near(found: int, planned: int) -> bool:
    return abs(found - planned) <= 0.05 * found


@pytest.mark.parametrize("precision", [*Precision])
def test_weights_are_known_to_a_part_in_a_thousand_before_loading(
    precision: Precision, tmp_path: Path
) -> None:
    before = {plan.precision: plan for plan in plans(checkpoint_path())}[precision]
    folder, dtype = checkpoint_path(), precision.value
    if precision.scheme is not None:
        folder, dtype = tmp_path / "packed", "bfloat16"
        quantise(checkpoint_path(), folder, precision.scheme)
        (after,) = plans(folder)
        assert (after.weights, after.vision) == (before.weights, before.vision)
        assert before.needs_packing
        assert not after.needs_packing
        files = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        assert abs(files - before.weights - before.vision) <= 0.03 * files
    found = weights_of(load(folder, device="cpu", dtype=dtype).model)
    assert abs(found - before.weights - before.vision) <= 0.001 * found


def measured(loaded: Loaded, gap: int, rows: int) -> tuple[int, Work]:
    """Return what loading and a run held at the highest point, and that run as work."""
    segments = (Fixed("a", "The heart is normal."), Gap("g", gap), Fixed("z", " END"))
    layout = lay_out(segments, loaded.vocabulary, loaded.canvas)
    settings = SamplerSettings(steps=2, confidence=0.0, stability=9)
    request = FillRequest("r", PROMPT, segments, tuple(range(rows)), settings)
    engine = DiffusionEngine(loaded)
    peak = peak_of(lambda: [None for _ in engine.fill(request)], torch.device("cpu"))
    tokens = context.prompt_ids(loaded, PROMPT, ()).shape[1]
    work = Work(tokens, contexts=1, rows=rows, free=len(layout.free), whole_layers=False)
    return weights_of(loaded.model) + peak, work


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gemma.build(
        tmp_path_factory.mktemp("plan") / "vendor", num_experts=8, moe_intermediate_size=32
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "gap", "rows"),
    [
        (Precision.BFLOAT16, 24, 1),
        (Precision.BFLOAT16, 200, 1),
        (Precision.BFLOAT16, 24, 3),
        (Precision.EIGHT, 40, 1),
        (Precision.FOUR, 40, 2),
    ],
)
def test_a_run_holds_what_was_planned(
    folder: Path, tmp_path: Path, precision: Precision, gap: int, rows: int
) -> None:
    dtype = "bfloat16" if precision.scheme else precision.value
    if precision.scheme is not None:
        quantise(folder, tmp_path / "packed", precision.scheme)
        folder = tmp_path / "packed"
    loaded = load(folder, device="cpu", dtype=dtype)
    assert loaded.lean is None
    found, work = measured(loaded, gap, rows)
    planned = {plan.precision: plan for plan in plans(folder, work)}[precision]
    assert near(found, planned.total), (found, planned)


def test_the_real_checkpoint_is_known_without_its_folder() -> None:
    from transformers import DiffusionGemmaForBlockDiffusion

    config = real_config()
    assert shape_of(config.to_dict(), "real") == REAL
    with torch.device("meta"):
        model = DiffusionGemmaForBlockDiffusion(config)
    count = sum(p.numel() for p in model.parameters())
    told = sum(torch.Size(entry.shape).numel() for entry in REAL_TENSORS)
    assert abs(told - count) < 1000
    sizes = {plan.precision: plan.total / GB for plan in real_plans()}
    assert 53 < sizes[Precision.BFLOAT16] < 56
    assert 29 < sizes[Precision.EIGHT] < 31
    assert 18 < sizes[Precision.FOUR] < 21


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (80, "fits at bfloat16"),
        (48, "fits at 8bit: 30.3 of 48.0 GB; pack it first with lacuna-models quantize --bits"),
        (25.4, "fits at 4bit"),  # a card of 24 GiB
        (16, "does not fit: 21.7 GB are needed, 16.0 GB are free"),
    ],
)
def test_the_most_exact_that_fits_a_card_is_chosen(card: float, words: str) -> None:
    assert words in advice(real_plans(), round(card * GB), cuda=True)


def test_more_rows_and_longer_prompts_need_more() -> None:
    def totals(work: Work) -> Iterator[int]:
        return (plan.total for plan in real_plans(work))

    for less, more in zip(totals(Work()), totals(Work(rows=5)), strict=True):
        assert less < more
    for less, more in zip(totals(Work()), totals(Work(tokens=4000)), strict=True):
        assert less < more
    assert choose(real_plans(), 0) is None


def test_it_is_told_on_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["memory", "--card", "24"]) == 0
    assert "On a card with 24 GB free it fits at 4bit" in capsys.readouterr().out
    assert main(["memory", str(checkpoint_path())]) == 0
    assert "| float32 | 0.01 |" in capsys.readouterr().out
    (tmp_path / "config.json").write_text('{"text_config": {}}')
    assert main(["memory", str(tmp_path)]) == 2
    assert "does not say how large the model is" in capsys.readouterr().err


def test_a_scheme_of_eight_bits_packs_experts_too() -> None:
    scheme: Any = Precision.EIGHT.scheme
    assert scheme is Scheme.EIGHT
    assert scheme.bits("model.decoder.layers.3.experts.down_proj") == 8
