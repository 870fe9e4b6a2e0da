"""Each thing that can be wrong with a checkpoint gets one clear sentence; nothing foreign runs."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lacuna_models.api import EngineError, SamplerSettings
from lacuna_models.engine import DiffusionEngine
from lacuna_models.loading import Loaded, load, pick_device
from tests.helpers import tiny

Spoil = Callable[[Path], object]


@pytest.fixture
def copy(tiny_path: Path, tmp_path: Path) -> Path:
    """A checkpoint that may be spoiled."""
    return Path(shutil.copytree(tiny_path, tmp_path / "copy"))


def edit(file_name: str, **values: object) -> Spoil:
    def spoil(folder: Path) -> None:
        file = folder / file_name
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(known | values))

    return spoil


def remove(name: str) -> Spoil:
    return lambda folder: (folder / name).unlink()


def write(name: str, data: bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(data)


def truncate(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def sharded(folder: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def climbing(folder: Path) -> None:
    index = {"weight_map": {"a": "../model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def twice(folder: Path) -> None:
    """A shard beside a whole file, which upstream would take without a look at the index."""
    shutil.copy(folder / "model.safetensors", folder / "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def renamed(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "weights.safetensors")


def other_size(folder: Path) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    config["text_config"]["hidden_size"] = 48
    file.write_text(json.dumps(config))


def more_layers(folder: Path) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    config["text_config"]["num_hidden_layers"] = 3
    config["text_config"]["layer_types"].insert(0, "sliding_attention")
    file.write_text(json.dumps(config))


def as_a_folder(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return spoil


def header(text: bytes) -> Spoil:
    """A weight file whose header is this."""
    return write("model.safetensors", struct.pack("<Q", len(text)) + text)


FAULTS: dict[str, tuple[Spoil, str]] = {
    "no folder": (shutil.rmtree, "There is no checkpoint folder"),
    "no config": (remove("config.json"), "has no config.json"),
    "config no JSON": (write("config.json", b"{"), "config.json in copy is damaged"),
    "config no object": (write("config.json", b"[]"), "config.json in copy is damaged"),
    "config no text": (write("config.json", b"\xff\xfe\x00"), "config.json in copy is damaged"),
    "another model": (edit("config.json", model_type="llama"), r"of another kind \(llama\)"),
    "own code": (edit("config.json", auto_map={"x": "y"}), "run code of its own"),
    "own code 2": (edit("tokenizer_config.json", auto_map={"x": "y"}), "run code of its own"),
    "own code 3": (edit("preprocessor_config.json", auto_map={"x": "y"}), "run code of its own"),
    "no weights": (remove("model.safetensors"), "holds no weights"),
    "pickled weights": (pickled, "can run code"),
    "truncated": (truncate, "model.safetensors is damaged or incomplete"),
    "empty": (write("model.safetensors", b""), "damaged or incomplete"),
    "noise": (write("model.safetensors", b"\xff" * 4096), "damaged or incomplete"),
    "missing shard": (sharded, "lacks its weight file model-2.safetensors"),
    "shard elsewhere": (climbing, "lacks its weight file"),
    "weights twice": (twice, "holds its weights twice"),
    "weights of another name": (renamed, "holds no weights"),
    "adapter within": (write("adapter_config.json", b"{}"), "an adapter within the checkpoint"),
    "other weights": (
        edit("config.json", transformers_weights="adapter_model.bin"),
        "asks for weights other than its own",
    ),
    "index damaged": (
        write("model.safetensors.index.json", b"{}"),
        "index.json in copy is damaged",
    ),
    "no tokenizer": (remove("tokenizer.json"), "has no tokenizer"),
    "tokenizer damaged": (write("tokenizer.json", b'{"version": "1.0"}'), "tokenizer of copy"),
    "no template": (remove("chat_template.jinja"), "has no chat template"),
    "no processor": (remove("preprocessor_config.json"), "no usable image processor"),
    "other shapes": (other_size, "do not fit its config.json"),
    "missing tensors": (more_layers, "do not fit its config.json"),
    "config nonsense": (
        edit("config.json", canvas_length="many"),
        "config.json in copy is damaged",
    ),
    "ends nonsense": (edit("generation_config.json", eos_token_id=[1, 9999]), "does not have"),
    "weights a folder": (as_a_folder("model.safetensors"), "damaged or incomplete"),
    "header without end": (header(b"[" * 100_000), "damaged or incomplete"),
    "header of words": (header(b'{"a": {"data_offsets": [0, "x"]}}'), "damaged or incomplete"),
    "header without places": (header(b'{"a": {"data_offsets": []}}'), "damaged or incomplete"),
    "config without end": (write("config.json", b"[" * 100_000), "config.json in copy is damaged"),
    "no canvas": (edit("config.json", canvas_length=0), "config.json in copy is damaged"),
    "canvas of none": (edit("config.json", canvas_length=None), "config.json in copy is damaged"),
    "endless canvas": (edit("config.json", canvas_length=10**9), "config.json in copy is damaged"),
    "no picture mark": (edit("config.json", boi_token_id=None), "config.json in copy is damaged"),
    "mark out of reach": (
        edit("config.json", image_token_id=10**8),
        "config.json in copy is damaged",
    ),
    "template broken": (write("chat_template.jinja", b"{{ x"), "chat template of copy is damaged"),
    "template objects": (
        write("chat_template.jinja", b"{{ raise_exception('no') }}"),
        "chat template of copy is damaged",
    ),
    "template fails": (write("chat_template.jinja", b"{{ 1 / 0 }}"), "chat template of copy"),
    "template pries": (
        write("chat_template.jinja", b"{{ ''.__class__.__mro__[1].__subclasses__() }}"),
        "chat template of copy",
    ),
    "ends of words": (edit("generation_config.json", eos_token_id="x"), "does not have"),
    "half a step": (edit("generation_config.json", max_denoising_steps=2.5), "do not fit"),
    "stability of words": (edit("generation_config.json", stability_threshold="x"), "do not fit"),
    "patches of words": (edit("preprocessor_config.json", patch_size="x"), "no usable image"),
    "patches of nothing": (edit("preprocessor_config.json", patch_size=0), "no usable image"),
    "gap of truth": (edit("lacuna.json", default_gap_tokens=True), "lacuna.json in copy"),
    "a redraft by a stranger": (edit("lacuna.json", redraft_adapter="who"), "does not bring"),
    "traits nonsense": (edit("lacuna.json", default_gap_tokens="x"), "lacuna.json in copy"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_folder_gets_one_sentence(copy: Path, fault: str) -> None:
    spoil, words = FAULTS[fault]
    spoil(copy)
    with pytest.raises(EngineError, match=words) as caught:
        load(copy, device="cpu")
    message = caught.value.message
    assert message[-1] in ".!;" or message.endswith(str(copy) + ".")
    assert "\n" not in message


def test_a_name_that_no_system_would_look_up_is_no_folder(tiny_path: Path) -> None:
    with pytest.raises(EngineError, match="There is no checkpoint folder"):
        load(Path("a" * 5000), device="cpu")
    with pytest.raises(EngineError, match="There is no adapter"):
        load(tiny_path, device="cpu", adapter=Path("a" * 5000))


def test_settings_come_from_the_checkpoint(loaded: Loaded) -> None:
    assert loaded.info.settings == SamplerSettings(
        steps=8, t_max=0.8, t_min=0.4, entropy_bound=0.1, stability=1, confidence=0.005
    )
    assert loaded.canvas.default_gap == 8
    assert loaded.canvas.elastic


def test_ends_come_from_generation_config_not_from_config(copy: Path) -> None:
    edit("generation_config.json", eos_token_id=[1, 5, 9])(copy)
    marks = load(copy, device="cpu").vocabulary.marks
    assert marks.ends == {1, 5, 9}
    assert marks.turn == 5
    assert marks.pad == 0


def test_a_checkpoint_without_traits_is_no_demonstrator(copy: Path) -> None:
    (copy / "lacuna.json").unlink()
    plain = load(copy, device="cpu")
    assert not plain.info.demonstrator
    assert not plain.canvas.elastic
    assert plain.info.name == "copy"


def test_the_hash_is_that_of_the_weights(copy: Path, loaded: Loaded) -> None:
    edit("lacuna.json", name="Renamed")(copy)
    assert load(copy, device="cpu").info.hash == loaded.info.hash
    file = copy / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    assert load(copy, device="cpu").info.hash != loaded.info.hash


def test_a_cpu_computes_in_float32_unless_asked(tiny_path: Path, loaded: Loaded) -> None:
    assert loaded.info.dtype == "float32"
    half = load(tiny_path, device="cpu", dtype="bfloat16")
    assert half.info.dtype == "bfloat16"
    assert half.model.lm_head.weight.dtype is torch.bfloat16
    with pytest.raises(EngineError, match="no precision int3"):
        load(tiny_path, device="cpu", dtype="int3")


def test_half_precision_fills(tiny_path: Path) -> None:
    from lacuna_models.api import FillRequest, Gap, Prompt
    from lacuna_models.engine import collect

    engine = DiffusionEngine(load(tiny_path, device="cpu", dtype="bfloat16"))
    (done,) = collect(engine.fill(FillRequest("r", Prompt(), (Gap("g", 6),))))
    assert done.fills[0].complete


@pytest.mark.parametrize(
    "name",
    ["tpu", "cuda:99", "cuda:x", "cuda:", "cpu:7", "mps:x", "", "cpu:\u00b2", "cpu:" + "9" * 5000],
)
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(EngineError, match="no device"):
        pick_device(name)


def test_auto_finds_a_device() -> None:
    assert pick_device("auto").type in ("cpu", "cuda", "mps")


def test_loading_sets_the_offline_switches_before_the_hub_is_imported(tiny_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "import lacuna_models.loading as loading\n"
        "assert 'huggingface_hub' not in sys.modules\n"
        "loading.load(pathlib.Path(sys.argv[1]), device='cpu')\n"
        "import huggingface_hub.constants as hub\n"
        "assert hub.HF_HUB_OFFLINE and hub.HF_HUB_DISABLE_TELEMETRY\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tiny_path)],
        check=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("HF_")},
        timeout=600,
    )


THINKING = tiny.TEMPLATE + (
    "{# the reply's own channel is left to the model: {{ content.split('<|channel>')[0] }} #}"
)
THOUGHT_IN_PROMPT = tiny.TEMPLATE.replace(
    "<|turn>model\n", "<|turn>model\n<|channel>thought\n<channel|>"
)


def test_a_template_that_leaves_the_channel_to_the_model_gets_it_held(tmp_path: Path) -> None:
    from lacuna_models.api import FillRequest, Gap, Prompt, StepEvent

    loaded = load(tiny.build(tmp_path / "thinking", template=THINKING), device="cpu")
    names = loaded.tokenizer.convert_ids_to_tokens(list(loaded.canvas.preamble))
    assert names[0] == "<|channel>"
    assert names[-1] == "<channel|>"
    engine = DiffusionEngine(loaded)
    *events, done = engine.fill(FillRequest("r", Prompt(), (Gap("g"),)))
    for event in events:
        assert isinstance(event, StepEvent)
        assert event.canvas[: len(names)] == loaded.canvas.preamble
    assert "thought" not in done.fills[0].text.split("\n")[0][:8]  # type: ignore[union-attr]


@pytest.mark.parametrize("template", [tiny.TEMPLATE, THOUGHT_IN_PROMPT])
def test_other_templates_need_no_channel_on_the_canvas(tmp_path: Path, template: str) -> None:
    loaded = load(tiny.build(tmp_path / "plain", template=template), device="cpu")
    assert loaded.canvas.preamble == ()


NESTED = {
    "processor_class": "Gemma4Processor",
    "image_seq_length": 70,
    "image_processor": {
        "image_processor_type": "Gemma4ImageProcessor",
        "max_soft_tokens": 70,
        "patch_size": 8,
        "pooling_kernel_size": 2,
    },
    "video_processor": {"video_processor_type": "Gemma4VideoProcessor"},
}


def test_the_real_checkpoints_nested_processor_settings_are_read(copy: Path) -> None:
    (copy / "preprocessor_config.json").unlink()
    (copy / "processor_config.json").write_text(json.dumps(NESTED))
    assert load(copy, device="cpu").info.tokens_per_image == tiny.SOFT_TOKENS
    assert "torchvision" not in sys.modules


def test_a_checkpoint_says_by_itself_when_it_is_sure(tmp_path: Path, tiny_path: Path) -> None:
    folder = tmp_path / "sure"
    shutil.copytree(tiny_path, folder)
    assert load(folder, device="cpu").info.certainty is None
    traits = json.loads((folder / "lacuna.json").read_text())
    (folder / "lacuna.json").write_text(json.dumps(traits | {"certainty_nats": [0.1, 0.5]}))
    assert load(folder, device="cpu").info.certainty == (0.1, 0.5)


@pytest.mark.parametrize("nonsense", [[0.5, 0.1], [0.1], "x", [0.1, True], [0.1, float("nan")]])
def test_nonsense_bounds_of_certainty_are_refused(
    nonsense: object, tmp_path: Path, tiny_path: Path
) -> None:
    folder = tmp_path / "odd"
    shutil.copytree(tiny_path, folder)
    traits = json.loads((folder / "lacuna.json").read_text())
    (folder / "lacuna.json").write_text(json.dumps(traits | {"certainty_nats": nonsense}))
    with pytest.raises(EngineError, match=r"lacuna\.json in odd is damaged"):
        load(folder, device="cpu")
