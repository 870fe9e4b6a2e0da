"""LoRA adapters: loaded unmerged, told apart by hash and context, refused when they do not fit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from lacuna_models import context
from lacuna_models.adapter_files import TARGETS
from lacuna_models.api import EngineError, FillRequest, Fixed, Gap, Prompt, SamplerSettings
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.loading import Loaded, load
from tests.helpers import tiny

# Upstream's own: PEFT asks a model for what transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

REQUEST = FillRequest(
    "r", Prompt(), (Fixed("a", "The heart "), Gap("g", 12)), settings=SamplerSettings(steps=4)
)


def write_adapter(base: Path, folder: Path, *, seed: int = 5) -> Path:
    """Train nothing: a LoRA of random weights, strong enough to be noticed, saved by PEFT."""
    from peft import LoraConfig, get_peft_model
    from transformers import DiffusionGemmaForBlockDiffusion

    model = DiffusionGemmaForBlockDiffusion.from_pretrained(str(base))
    config = LoraConfig(r=4, lora_alpha=8, target_modules=TARGETS.pattern, task_type=None)
    wrapped = get_peft_model(model, config)
    torch.manual_seed(seed)
    for name, parameter in wrapped.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    wrapped.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def adapter(tiny_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_adapter(tiny_path, tmp_path_factory.mktemp("adapters") / "house-style")


@pytest.fixture(scope="session")
def adapted(tiny_path: Path, adapter: Path) -> Loaded:
    return load(tiny_path, device="cpu", adapter=adapter)


def reference(base: Path, adapter: Path) -> Any:
    from peft import PeftModel
    from transformers import DiffusionGemmaForBlockDiffusion

    model = DiffusionGemmaForBlockDiffusion.from_pretrained(str(base))
    return PeftModel.from_pretrained(model, str(adapter)).get_base_model().eval()


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    canvas = torch.arange(20, 20 + tiny.CANVAS)[None]
    with torch.inference_mode():
        answer: torch.Tensor = model(input_ids=ids, decoder_input_ids=canvas).logits
    return answer


def test_equals_pefts_own_loading_and_differs_from_the_base(
    tiny_path: Path, adapter: Path, adapted: Loaded, loaded: Loaded
) -> None:
    ids = context.prompt_ids(loaded, Prompt(), ())
    ours = logits(adapted.model, ids)
    torch.testing.assert_close(ours, logits(reference(tiny_path, adapter), ids))
    assert not torch.allclose(ours, logits(loaded.model, ids), atol=0.1)


def test_encoder_and_decoder_keep_adapters_of_their_own_and_one_base(adapted: Loaded) -> None:
    model = adapted.model.model
    encoder = model.encoder.language_model.layers[0].self_attn.q_proj
    decoder = model.decoder.layers[0].self_attn.q_proj
    assert encoder.base_layer.weight.data_ptr() == decoder.base_layer.weight.data_ptr()
    (key,) = encoder.lora_B
    assert not torch.equal(encoder.lora_B[key].weight, decoder.lora_B[key].weight)
    assert not encoder.merged


def test_the_adapter_is_named_and_hashed(adapted: Loaded, loaded: Loaded) -> None:
    assert adapted.info.adapter == "house-style"
    assert adapted.info.hash != loaded.info.hash
    assert context.Contexts(adapted).key(Prompt()) != context.Contexts(loaded).key(Prompt())


def test_it_changes_what_is_written(adapted: Loaded, loaded: Loaded) -> None:
    with_it, without = (
        collect(DiffusionEngine(one).fill(REQUEST))[0].fills[0].text for one in (adapted, loaded)
    )
    assert with_it != without


@pytest.fixture
def copy(adapter: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (folder / name).write_bytes((adapter / name).read_bytes())
    return folder


def refused(tiny_path: Path, folder: Path, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        load(tiny_path, device="cpu", adapter=folder)


def test_an_unknown_adapter_is_refused(tiny_path: Path, tmp_path: Path) -> None:
    refused(tiny_path, tmp_path / "nowhere", "There is no adapter in nowhere")


def test_another_kind_is_refused(tiny_path: Path, copy: Path) -> None:
    (copy / "adapter_config.json").write_text(json.dumps({"peft_type": "IA3"}))
    refused(tiny_path, copy, r"another kind \(IA3\)")


def test_pickled_weights_are_refused(tiny_path: Path, copy: Path) -> None:
    (copy / "adapter_model.safetensors").rename(copy / "adapter_model.bin")
    refused(tiny_path, copy, "lacks adapter_model.safetensors")


def test_truncated_weights_are_refused(tiny_path: Path, copy: Path) -> None:
    file = copy / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    refused(tiny_path, copy, "damaged or incomplete")


@pytest.mark.parametrize("fault", ["another size", "another layer", "half of it", "vision"])
def test_an_adapter_for_another_model_is_refused(tiny_path: Path, copy: Path, fault: str) -> None:
    file = copy / "adapter_model.safetensors"
    state = load_file(file)
    name = next(key for key in state if "lora_A" in key)
    if fault == "another size":
        state[name] = torch.zeros(4, 7)
    elif fault == "another layer":
        state[name.replace("layers.0", "layers.9")] = state.pop(name)
    elif fault == "half of it":
        del state[name]
    else:
        state["base_model.model.model.encoder.vision_tower.q_proj.lora_A.weight"] = state.pop(name)
    save_file(state, file)
    refused(tiny_path, copy, "made for another model")


def test_an_adapter_that_replaces_layers_is_refused(tiny_path: Path, copy: Path) -> None:
    file = copy / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"modules_to_save": ["lm_head"]}))
    refused(tiny_path, copy, "replaces whole layers")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"use_dora": True}, r"no plain LoRA adapter \(use_dora\)"),
        ({"init_lora_weights": "pissa"}, r"no plain LoRA adapter \(init_lora_weights\)"),
        ({"r": "many"}, "made for another model"),
        ({"r": 0}, "made for another model"),
        ({"r": 10**9}, "made for another model"),
        ({"r": None}, "made for another model"),
        ({"rank_pattern": {"q_proj": 10**9}}, "made for another model"),
        ({"rank_pattern": [1]}, "made for another model"),
        ({"alpha_pattern": "x"}, "made for another model"),
        ({"lora_alpha": "x"}, "made for another model"),
    ],
)
def test_a_nonsense_configuration_is_refused(
    tiny_path: Path, copy: Path, said: dict[str, object], words: str
) -> None:
    file = copy / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | said))
    refused(tiny_path, copy, words)


def test_no_module_that_an_adapter_names_is_imported(
    tiny_path: Path, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_core.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    file = copy / "adapter_config.json"
    told = {"megatron_config": {"x": 1}, "megatron_core": "evil_core"}
    file.write_text(json.dumps(json.loads(file.read_text()) | told))
    refused(tiny_path, copy, "no plain LoRA adapter")
    assert "evil_core" not in sys.modules
