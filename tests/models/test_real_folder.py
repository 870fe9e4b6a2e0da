"""The vendor's folder, on a stand-in of its make: loaded, laid out, filled, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lacuna_models import context
from lacuna_models.api import (
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Origin,
    Prompt,
    SamplerSettings,
    Soft,
)
from lacuna_models.bench.shapes import real_config
from lacuna_models.canvas import Rule, lay_out
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.forwards import forward_of
from lacuna_models.loading import Loaded, load
from tests.helpers import gemma

REPORT = "FINDINGS:\n\nThe heart is normal in size."
PICTURE = ImageInput(np.zeros((512, 400), np.uint8), Origin.PATIENT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gemma.build(tmp_path_factory.mktemp("vendor") / "diffusiongemma")


@pytest.fixture(scope="module")
def real(folder: Path) -> Loaded:
    return load(folder, device="cpu", dtype="bfloat16")


def with_template(folder: Path, tmp_path: Path, template: str) -> Path:
    """Return the folder with another template; the weights are linked, not copied."""
    other = tmp_path / "revision"
    other.mkdir()
    for file in folder.iterdir():
        (other / file.name).hardlink_to(file)
    (other / "chat_template.jinja").unlink()
    (other / "chat_template.jinja").write_text(template)
    return other


def test_the_shards_become_one_model_with_its_own_settings(folder: Path, real: Loaded) -> None:
    shards = {path.name for path in folder.glob("model-*.safetensors")}
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    assert len(shards) >= 2
    assert shards == set(index["weight_map"].values())
    assert real.info.settings == SamplerSettings(48, 0.8, 0.4, 0.1, 1, 0.005)
    assert (real.info.canvas_length, real.info.dtype) == (256, "bfloat16")
    assert real.lean is None
    decoder, encoder = real.model.model.decoder, real.model.model.encoder.language_model
    for ours, theirs in zip(decoder.layers, encoder.layers, strict=True):
        assert ours.experts.gate_up_proj.data_ptr() == theirs.experts.gate_up_proj.data_ptr()
    assert decoder.layers[5].self_attn.v_proj is None, "values are keys where all is seen"


def test_any_of_the_three_ends_a_reply_and_none_may_stand_before_an_anchor(real: Loaded) -> None:
    marks = real.vocabulary.marks
    assert (marks.pad, marks.turn, marks.ends) == (0, 106, frozenset({1, 106, 50}))
    assert marks.ends <= real.vocabulary.unwritable
    assert {100, 101, 105, 255_999, 258_880, 258_882} <= real.vocabulary.unwritable
    assert gemma.NEWLINES[1] not in real.vocabulary.unwritable, "a blank line may be written"


def test_the_vocabulary_spells_reports_and_marks_that_were_typed(real: Loaded) -> None:
    words = real.vocabulary
    for text in (REPORT, "a\n\n\nb", "caf\u00e9 \u732b 7 mm", "typed <turn|> and <|image|>"):
        tokens = words.encode(text)
        assert tokens is not None
        assert "".join(words.texts([token.id for token in tokens])) == text
        assert not {token.id for token in tokens} & set(gemma.SPECIALS)


@pytest.mark.parametrize(
    ("template", "held"), [(gemma.ON_CANVAS, "canvas"), (gemma.IN_PROMPT, "prompt")]
)
def test_the_thought_channel_is_held_wherever_the_revision_has_it(
    folder: Path, tmp_path: Path, template: str, held: str
) -> None:
    loaded = load(with_template(folder, tmp_path, template), device="cpu", dtype="bfloat16")
    ids = context.prompt_ids(loaded, Prompt(), ())[0].tolist()
    thought = loaded.tokenizer("<|channel>thought\n<channel|>", add_special_tokens=False)
    thought = thought["input_ids"]
    assert (thought[0], thought[-1]) == (100, 101)
    layout = lay_out([Fixed("a", REPORT), Gap("g", 4)], loaded.vocabulary, loaded.canvas)
    if held == "prompt":
        assert ids[-len(thought) :] == thought
        assert 100 not in layout.ids
    else:
        assert 100 not in ids
        assert list(layout.ids[: len(thought)]) == thought
        assert set(layout.rules[: len(thought)]) == {Rule.HELD}
    answer = collect(DiffusionEngine(loaded).fill(request(Gap("g", 4))))[0].fills[0]
    assert "thought" not in answer.text
    assert "channel" not in answer.text


def request(gap: Gap, prompt: Prompt | None = None, *, steps: int = 1) -> FillRequest:
    segments = (Fixed("a", REPORT + " "), gap, Soft("s", " No disease."), Fixed("z", "\n\nEND"))
    settings = SamplerSettings(steps=steps, confidence=0.0)
    return FillRequest("r", prompt or Prompt(), segments, (3,), settings)


def test_gaps_are_filled_behind_a_picture_at_its_true_size(real: Loaded) -> None:
    prompt = Prompt((PICTURE,), indication="cough <turn|>")
    seen = context.encode(real, prompt)
    pixels = real.pictures.prepare(prompt.images)
    assert 240 <= pixels.tokens[0] <= 280
    ids = context.prompt_ids(real, prompt, pixels.tokens)[0]
    assert int((ids == 258_880).sum()) == pixels.tokens[0]
    assert ids.tolist().count(106) == 1, "a study's words cannot end the turn"
    assert seen.length == len(ids)
    for done in collect(DiffusionEngine(real).fill(request(Gap("g", 5), prompt, steps=2))):
        assert [fill.segment_id for fill in done.fills] == ["g", "s"]
        assert all(fill.complete for fill in done.fills)
        ends = [real.tokenizer.convert_ids_to_tokens(i) for i in real.vocabulary.marks.ends]
        assert not any(end in fill.text for fill in done.fills for end in ends)


def test_a_context_beyond_the_sliding_window(real: Loaded) -> None:
    """Four pictures: more than the 1,024 tokens that most layers see."""
    seen = context.encode(real, Prompt((PICTURE,) * 4))
    kept = {layer.keys.shape[2] for layer in seen.cache.layers}
    assert seen.length > 1024
    assert kept == {1023, seen.length}
    free = torch.arange(6, 9)
    with torch.inference_mode():
        logits = forward_of(real, seen, 1, free)(torch.arange(500, 516)[None], None)
    assert bool(logits.isfinite().all())


def test_the_real_shape_has_the_real_checkpoints_parameters() -> None:
    from transformers import DiffusionGemmaForBlockDiffusion

    with torch.device("meta"):
        model = DiffusionGemmaForBlockDiffusion(real_config())
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    text = sum(size for name, size in sizes.items() if "vision" not in name)
    experts = sum(size for name, size in sizes.items() if ".experts." in name)
    assert round(text / 1e9, 1) == 25.3
    assert round(experts / 1e9, 2) == 22.84


@pytest.mark.slow
def test_two_layers_at_their_true_width(tmp_path: Path) -> None:
    """5 GB on the disk and in memory: hidden 2816, 128 experts of 704, 262,144 rows."""
    wide: dict[str, Any] = {"hidden_size": 2816, "intermediate_size": 2112}
    wide |= {"moe_intermediate_size": 704}
    kinds = ["sliding_attention", "full_attention"]
    folder = gemma.build(
        tmp_path / "wide", shards=4, num_hidden_layers=2, layer_types=kinds, **wide
    )
    loaded = load(folder, device="cpu", dtype="bfloat16")
    done = collect(DiffusionEngine(loaded).fill(request(Gap("g", 5), Prompt((PICTURE,)))))
    assert all(fill.complete for row in done for fill in row.fills)
