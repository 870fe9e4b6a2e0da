"""Several adapters beside one model: swapped, removed, merged; in upstream's and the lean step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lacuna_models import context
from lacuna_models.adapters import Adapters, part_towers
from lacuna_models.api import EngineError, FillRequest, Fixed, Gap, Prompt, SamplerSettings
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.forwards import forward_of
from lacuna_models.loading import Loaded, load
from tests.helpers import tiny
from tests.models.test_adapters import write_adapter

# Upstream's own: PEFT asks a model for what transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

CLOSE = 1e-3  # of logits up to 30; strong random adapters magnify a last digit
PROMPT = Prompt(indication="cough")
REQUEST = FillRequest(
    "r", PROMPT, (Fixed("a", "The heart "), Gap("g", 12)), settings=SamplerSettings(steps=4)
)
FREE = torch.arange(4, 20)


@pytest.fixture(scope="module")
def folders(tiny_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("readers")
    names = {"plain": 5, "dr. brief": 6}
    return {name: write_adapter(tiny_path, root / name, seed=n) for name, n in names.items()}


@pytest.fixture
def swapped(tiny_path: Path, folders: dict[str, Path]) -> Loaded:
    loaded = load(tiny_path, device="cpu")
    for folder in folders.values():
        loaded.adapters.add(folder)
    return loaded


def seen_logits(loaded: Loaded) -> Tensor:
    """Return two passes' logits with what is at work, encoder included."""
    with torch.inference_mode():
        forward = forward_of(loaded, context.encode(loaded, PROMPT), 1, FREE)
        canvas = torch.arange(20, 20 + tiny.CANVAS)[None]
        first = forward(canvas, None)
        return torch.cat([first, forward(canvas, first)])


def text(loaded: Loaded, adapter: str | None = None) -> str:
    request = replace(REQUEST, adapter=adapter)
    return collect(DiffusionEngine(loaded).fill(request))[0].fills[0].text


def test_each_is_what_loading_it_alone_makes(
    tiny_path: Path, folders: dict[str, Path], swapped: Loaded
) -> None:
    assert swapped.adapters.names == ("plain", "dr. brief")
    assert swapped.adapters.active is None, "adding puts nothing to work"
    for name in ("plain", "dr. brief", "plain"):
        swapped.adapters.activate(name)
        alone = load(tiny_path, device="cpu", adapter=folders[name])
        torch.testing.assert_close(seen_logits(swapped), seen_logits(alone))
        assert text(swapped, name) == text(alone)
        swapped.adapters.activate(name)
        assert swapped.adapters.hash == swapped.adapters.hash_of(name) == alone.adapters.hash


def test_the_base_comes_back_to_the_last_bit(loaded: Loaded, swapped: Loaded) -> None:
    swapped.adapters.activate("plain")
    assert not torch.allclose(seen_logits(swapped), seen_logits(loaded), atol=0.1)
    swapped.adapters.activate(None)
    stock = [replace(one, lean=None) for one in (swapped, loaded)]
    assert torch.equal(seen_logits(swapped), seen_logits(loaded))
    assert torch.equal(seen_logits(stock[0]), seen_logits(stock[1]))


@pytest.mark.parametrize("name", ["plain", "dr. brief"])
def test_the_lean_step_equals_upstreams_with_an_adapter_at_work(swapped: Loaded, name: str) -> None:
    swapped.adapters.activate(name)
    assert swapped.adapters.lean is not None
    lean, stock = seen_logits(swapped), seen_logits(replace(swapped, lean=None))
    torch.testing.assert_close(lean, stock, atol=CLOSE, rtol=0)


def test_the_lean_weights_share_what_no_adapter_touches(swapped: Loaded) -> None:
    swapped.adapters.activate("plain")
    base, own = swapped.lean, swapped.adapters.lean
    assert base is not None
    assert own is not None
    assert own.layers[0].feed.experts_out is base.layers[0].feed.experts_out
    assert own.head is base.head


def test_a_run_keeps_the_adapter_that_it_began_with(swapped: Loaded) -> None:
    request = replace(REQUEST, adapter="plain")
    for one in (swapped, replace(swapped, lean=None)):
        alone = list(DiffusionEngine(one).fill(request))[-1]
        events = DiffusionEngine(one).fill(request)
        next(events)
        one.adapters.activate("dr. brief")
        assert list(events)[-1].fills == alone.fills  # type: ignore[union-attr]


def test_a_context_belongs_to_its_adapter(swapped: Loaded) -> None:
    contexts = context.Contexts(swapped)
    keys = set()
    for name in (None, "plain", "dr. brief"):
        swapped.adapters.activate(name)
        keys.add(contexts.key(PROMPT))
    assert len(keys) == 3


def test_removing_the_one_at_work_brings_the_base_back(loaded: Loaded, swapped: Loaded) -> None:
    swapped.adapters.activate("plain")
    swapped.adapters.remove("plain")
    assert (swapped.adapters.names, swapped.adapters.active) == (("dr. brief",), None)
    assert torch.equal(seen_logits(swapped), seen_logits(loaded))
    assert not any("lacuna1" in name for name, _ in swapped.model.named_parameters())


def test_names_are_refused_in_words(swapped: Loaded, folders: dict[str, Path]) -> None:
    swapped.adapters.activate("plain")
    with pytest.raises(EngineError, match="There is no adapter nobody"):
        swapped.adapters.activate("nobody")
    with pytest.raises(EngineError, match="There is an adapter plain already"):
        swapped.adapters.add(folders["plain"])
    assert swapped.adapters.active == "plain"
    assert swapped.adapters.add(folders["plain"], "again") == "again"


def test_a_refused_adapter_leaves_no_trace(
    loaded: Loaded, swapped: Loaded, folders: dict[str, Path], tmp_path: Path
) -> None:
    state = load_file(folders["plain"] / "adapter_model.safetensors")
    last = [name for name in state if "layers.1.mlp.up_proj.lora_B" in name][-1]
    state[last] = torch.zeros(3, 4)
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "adapter_config.json").write_bytes(
        (folders["plain"] / "adapter_config.json").read_bytes()
    )
    save_file(state, bad / "adapter_model.safetensors")
    before = {name for name, _ in swapped.model.named_parameters()}
    swapped.adapters.activate("dr. brief")
    with pytest.raises(EngineError, match="made for another model"):
        swapped.adapters.add(bad)
    assert {name for name, _ in swapped.model.named_parameters()} == before
    assert swapped.adapters.active == "dr. brief"
    swapped.adapters.activate(None)
    assert torch.equal(seen_logits(swapped), seen_logits(loaded))


def test_the_safe_merge_keeps_the_words_and_pefts_own_does_not(
    tiny_path: Path, folders: dict[str, Path], swapped: Loaded
) -> None:
    swapped.adapters.activate("plain")
    unmerged = seen_logits(replace(swapped, lean=None))
    swapped.adapters.merge("plain")
    assert swapped.adapters.names == ()
    assert not any("lora_" in name for name, _ in swapped.model.named_modules())
    merged = seen_logits(replace(swapped, lean=None))
    torch.testing.assert_close(merged, unmerged, atol=CLOSE, rtol=0)
    assert swapped.adapters.lean is not None
    torch.testing.assert_close(seen_logits(swapped), unmerged, atol=CLOSE, rtol=0)

    unsafe = load(tiny_path, device="cpu")
    unsafe = replace(unsafe, model=pefts_merge(tiny_path, folders["plain"]), lean=None)
    unsafe = replace(unsafe, adapters=Adapters(unsafe.model))
    assert (seen_logits(unsafe) - unmerged).abs().max() > 0.1


def pefts_merge(base: Path, adapter: Path) -> Any:
    from peft import PeftModel
    from transformers import DiffusionGemmaForBlockDiffusion

    model = DiffusionGemmaForBlockDiffusion.from_pretrained(str(base))
    return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload().eval()


def test_parting_the_towers_leaves_embeddings_and_experts_shared(tiny_path: Path) -> None:
    model = load(tiny_path, device="cpu").model
    part_towers(model)
    pairs = zip(model.model.encoder.language_model.layers, model.model.decoder.layers, strict=True)
    for ours, theirs in pairs:
        assert ours.mlp.up_proj.weight.data_ptr() != theirs.mlp.up_proj.weight.data_ptr()
        assert ours.experts.down_proj.data_ptr() == theirs.experts.down_proj.data_ptr()
