"""`lacuna-models quantize`: the packed folder verifies, loads, answers nearly the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from lacuna_models import context
from lacuna_models.api import EngineError, Prompt
from lacuna_models.cli import main
from lacuna_models.forwards import forward_of
from lacuna_models.loading import Loaded, load
from lacuna_models.quantise.convert import quantise
from lacuna_models.quantise.modules import PackedExperts, PackedLinear
from lacuna_models.quantise.scheme import FILE, Scheme, scheme_of
from lacuna_models.verify import LIST, read_list, verify
from lacuna_phantom import checkpoint_path
from tests.helpers import gemma
from tests.models.test_adapters import write_adapter

FREE = torch.arange(4, 24)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Scheme], Path]:
    root = tmp_path_factory.mktemp("packed")
    for scheme in Scheme:
        quantise(checkpoint_path(), root / scheme.value, scheme)
    return lambda scheme: root / scheme.value


def logits(loaded: Loaded) -> Tensor:
    """Return two passes' logits on noise behind a prompt."""
    dice = torch.Generator().manual_seed(3)
    canvas = torch.randint(20, loaded.vocabulary.size, (1, 64), generator=dice)
    with torch.inference_mode():
        forward = forward_of(loaded, context.encode(loaded, Prompt(indication="cough")), 1, FREE)
        first = forward(canvas, None)
        return torch.cat([first, forward(canvas, first)])


@pytest.mark.parametrize(
    ("scheme", "off", "same"), [(Scheme.EIGHT, 0.15, 0.97), (Scheme.FOUR, 1.2, 0.8)]
)
def test_the_packed_model_answers_nearly_the_same(
    shipped: Loaded, packed: Callable[[Scheme], Path], scheme: Scheme, off: float, same: float
) -> None:
    loaded = load(packed(scheme), device="cpu")
    assert loaded.lean is None
    assert scheme_of(packed(scheme)) is scheme
    ours, theirs = logits(loaded), logits(shipped)
    assert float((ours - theirs).abs().mean()) < off
    assert float((ours.argmax(-1) == theirs.argmax(-1)).float().mean()) >= same


@pytest.mark.parametrize("scheme", Scheme)
def test_it_verifies_and_says_what_it_was_made_of(
    shipped: Loaded, packed: Callable[[Scheme], Path], scheme: Scheme
) -> None:
    folder = packed(scheme)
    pinned = read_list(folder / LIST)
    assert verify(folder, pinned) == []
    assert {"model.safetensors", "config.json", "tokenizer.json", FILE} <= set(pinned.files)
    assert shipped.info.hash in pinned.source
    assert json.loads((folder / FILE).read_text())["source_sha256"] == shipped.info.hash


def test_experts_take_five_bits_a_weight_with_their_scales(
    packed: Callable[[Scheme], Path],
) -> None:
    model = load(packed(Scheme.FOUR), device="cpu").model
    experts = model.model.decoder.layers[0].experts
    size = sum(p.nbytes for p in experts.parameters())
    assert isinstance(experts, PackedExperts)
    assert size == 4 * (320 * 160 + 160 * 160) * (4 + 16 / 32) / 8


def test_both_towers_share_the_packed_tensors(packed: Callable[[Scheme], Path]) -> None:
    model = load(packed(Scheme.FOUR), device="cpu").model.model
    ours, theirs = model.decoder.layers[1], model.encoder.language_model.layers[1]
    assert isinstance(ours.self_attn.q_proj, PackedLinear)
    assert ours.self_attn.q_proj is not theirs.self_attn.q_proj
    for name in ("self_attn.q_proj.weight", "self_attn.q_proj.scales", "experts.down_proj_scales"):
        assert ours.get_parameter(name) is theirs.get_parameter(name)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_grouped_path_equals_the_plain_one(
    packed: Callable[[Scheme], Path], scheme: Scheme, dtype: torch.dtype
) -> None:
    experts = load(packed(scheme), device="cpu").model.model.decoder.layers[2].experts
    dice = torch.Generator().manual_seed(2)
    hidden = torch.randn(50, 160, generator=dice).to(dtype)
    chosen = torch.rand(50, 4, generator=dice).topk(2).indices
    chosen[:, 1] = torch.where(chosen[:, 1] == 3, chosen[:, 0], chosen[:, 1])  # the last is idle
    shares = torch.rand(50, 2, generator=dice).to(dtype)
    with torch.inference_mode():
        ours, plain = (f(hidden, chosen, shares) for f in (experts.grouped, experts.one_by_one))
    close = 1e-5 if dtype is torch.float32 else 0.05
    torch.testing.assert_close(ours, plain, atol=close, rtol=close)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_an_adapter_lies_beside_packed_weights_and_is_not_folded_in(
    packed: Callable[[Scheme], Path], tmp_path: Path
) -> None:
    adapter = write_adapter(checkpoint_path(), tmp_path / "house-style")
    with_it = load(packed(Scheme.EIGHT), device="cpu", adapter=adapter)
    plain = load(checkpoint_path(), device="cpu", adapter=adapter)
    assert float((logits(with_it) - logits(plain)).abs().mean()) < 0.5
    with pytest.raises(EngineError, match="cannot be folded into a quantised model"):
        with_it.adapters.merge("house-style")
    with_it.adapters.activate(None)
    assert torch.equal(logits(with_it), logits(load(packed(Scheme.EIGHT), device="cpu")))


def test_shards_stay_shards(tmp_path: Path) -> None:
    source = gemma.build(tmp_path / "vendor", num_experts=16, moe_intermediate_size=32)
    assert main(["quantize", str(source), str(tmp_path / "small")]) == 0
    shards = sorted(path.name for path in (tmp_path / "small").glob("model-*.safetensors"))
    assert shards == sorted(path.name for path in source.glob("model-*.safetensors"))
    layer = load(tmp_path / "small", device="cpu", dtype="bfloat16").model.model.decoder.layers[5]
    router = "model.decoder.layers.5.router.proj.weight"
    known = [load_file(source / shard).get(router) for shard in shards]
    (only,) = (tensor for tensor in known if tensor is not None)
    assert torch.equal(only, layer.router.proj.weight)
    assert layer.experts.num_experts == 16


@pytest.mark.parametrize(
    ("words", "spoil"),
    [
        ("There is no checkpoint folder", lambda a, b: (a / "nowhere", b)),
        ("There is something at", lambda a, b: (a, a)),
        ("holds no weights", lambda a, b: (a.parent, b)),
    ],
)
def test_what_cannot_be_packed_is_said(
    tmp_path: Path, words: str, spoil: Callable[[Path, Path], tuple[Path, Path]]
) -> None:
    (tmp_path / "config.json").write_text("{}")
    source = tmp_path / "source"
    source.mkdir()
    (source / "config.json").write_text("{}")
    with pytest.raises(EngineError, match=words):
        quantise(*spoil(source, tmp_path / "target"), Scheme.FOUR)


def test_a_packed_folder_is_not_packed_again(
    packed: Callable[[Scheme], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["quantize", str(packed(Scheme.FOUR)), str(tmp_path / "again")]) == 2
    assert "packed already" in capsys.readouterr().err


def test_a_width_that_does_not_fit_leaves_nothing_behind(tiny_path: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="width 16 cannot be packed at 4 bits"):
        quantise(tiny_path, tmp_path / "target", Scheme.FOUR)
    assert list(tmp_path.iterdir()) == []


def test_another_packing_is_refused(packed: Callable[[Scheme], Path], tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"format": 2, "scheme": "2bit"}))
    with pytest.raises(EngineError, match="packed in a way that this version does not know"):
        scheme_of(tmp_path)
