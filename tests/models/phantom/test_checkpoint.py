"""The bundled checkpoint: third-party code loads it, and training saw what inference sees."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoTokenizer,
    DiffusionGemmaForBlockDiffusion,
    DynamicCache,
    Gemma4ImageProcessorPil,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling

from lacuna_models.api import Prompt
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.faster import hasten
from lacuna_models.phantom.language import encode_prompts
from lacuna_models.phantom.picture import render
from lacuna_models.phantom.pictures import patch_positions, patches
from lacuna_models.phantom.prompts import prompt_ids
from lacuna_models.phantom.tasks import Task
from lacuna_models.phantom.vision import soft_tokens
from lacuna_phantom import checkpoint_path


@pytest.fixture(scope="module")
def model() -> DiffusionGemmaForBlockDiffusion:
    return DiffusionGemmaForBlockDiffusion.from_pretrained(checkpoint_path(), dtype=torch.float32)


def test_the_folder_is_small_and_complete() -> None:
    folder = checkpoint_path()
    assert (folder / "model.safetensors").stat().st_size < 14 * 2**20
    settings = json.loads((folder / "generation_config.json").read_text("utf-8"))
    wanted = ("max_denoising_steps", "t_min", "t_max", "stability_threshold", "eos_token_id")
    assert all(settings[name] is not None for name in (*wanted, "pad_token_id", "sampler_config"))
    said = json.loads((folder / "lacuna.json").read_text("utf-8"))
    assert said["kind"] == "demonstrator"
    assert said["elastic_gaps"] is True
    card = (folder / "README.md").read_text("utf-8")
    assert "not for patients" in card.lower()


def test_plain_transformers_drafts_with_it(model: DiffusionGemmaForBlockDiffusion) -> None:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint_path())
    processor = Gemma4ImageProcessorPil.from_pretrained(checkpoint_path())
    seen = processor(images=[Image.fromarray(render(draw_case(1)))], return_tensors="pt")
    ids = torch.tensor([prompt_ids(tokenizer, Prompt(), picture=True)])
    torch.manual_seed(0)
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == model.config.image_token_id).long(),
            pixel_values=seen["pixel_values"],
            image_position_ids=seen["image_position_ids"],
            max_denoising_steps=6,
        )
    assert out.sequences.shape[1] > ids.shape[1]


def test_patches_equal_the_processors() -> None:
    processor = Gemma4ImageProcessorPil.from_pretrained(checkpoint_path())
    picture = render(draw_case(2))
    seen = processor(images=[Image.fromarray(picture)], return_tensors="pt")
    assert torch.allclose(seen["pixel_values"][0, :256], patches(picture[None])[0], atol=1e-6)
    assert torch.equal(seen["image_position_ids"][0, :256], patch_positions(1)[0])
    assert (seen["image_position_ids"][0, 256:] == -1).all()


def test_the_training_prefill_equals_generates(model: DiffusionGemmaForBlockDiffusion) -> None:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint_path())
    ids = torch.tensor([prompt_ids(tokenizer, Prompt(), picture=True)])
    text, encoder = model.config.get_text_config(), model.model.encoder
    with torch.inference_mode():
        seen = soft_tokens(model, patches(render(draw_case(2))[None]))
        masks = encoder.create_masks_for_generate(
            config=text,
            inputs_embeds=encoder.get_input_embeddings()(ids),
            attention_mask=torch.ones_like(ids),
            past_key_values=DynamicCache(config=text),
            position_ids=torch.arange(ids.shape[1])[None],
            mm_token_type_ids=(ids == model.config.image_token_id).long(),
        )
        pooled = {"image": BaseModelOutputWithPooling(pooler_output=seen[0])}
        theirs = encoder(input_ids=ids, attention_mask=masks, mm_encoder_outputs=pooled)
        ours = encode_prompts(model, Task(ids, seen, None, 1))  # type: ignore[arg-type]
    for a, b in zip(ours.layers, theirs.past_key_values.layers, strict=True):
        assert torch.allclose(a.keys, b.keys, atol=1e-5)


def test_training_stand_ins_give_the_same_numbers(model: DiffusionGemmaForBlockDiffusion) -> None:
    quick = DiffusionGemmaForBlockDiffusion.from_pretrained(checkpoint_path(), dtype=torch.float32)
    hasten(quick)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint_path())
    ids = torch.tensor([prompt_ids(tokenizer, Prompt(), picture=False)])
    canvas = torch.from_numpy(np.random.default_rng(0).integers(0, len(tokenizer), (1, 64)))
    with torch.inference_mode():
        outs = [
            m(
                decoder_input_ids=canvas,
                past_key_values=encode_prompts(m, Task(ids, None, None, 1)),  # type: ignore[arg-type]
            ).logits
            for m in (model, quick)
        ]
    assert torch.allclose(*outs, atol=1e-3)
