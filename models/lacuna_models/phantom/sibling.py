"""The bundled model's autoregressive sibling: the same size, `Gemma4ForConditionalGeneration`.

It has the same tokenizer, image processor, vision tower and text layers, and no self-conditioning.
Its replies are written from left to right, each token seeing the prompt and what stands before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import (
    DynamicCache,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
    PreTrainedTokenizerFast,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling

from lacuna_models.phantom.model import Shape, start_weights, text_config, vision_config
from lacuna_models.phantom.tokenizer import BOI, END_TURN, EOI, IMAGE, MASK

Masks = dict[str, Tensor]


def sibling_config(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> Gemma4Config:
    """Return the configuration of a shape, with the tokenizer's ids."""
    ids = tokenizer.convert_tokens_to_ids
    # As DiffusionGemma always is: experts, no per-layer embeddings, values that are the keys.
    text = {
        "enable_moe_block": True,
        "hidden_size_per_layer_input": 0,
        "attention_k_eq_v": True,
    }
    return Gemma4Config(
        text_config=text_config(shape, tokenizer) | text,
        vision_config=vision_config(shape),
        boi_token_id=ids(BOI),
        eoi_token_id=ids(EOI),
        image_token_id=ids(IMAGE),
        video_token_id=ids("<|video|>"),
        boa_token_id=ids("<|audio>"),
        audio_token_id=ids("<|audio|>"),
        eoa_token_index=ids("<audio|>"),
        eos_token_id=[tokenizer.eos_token_id, ids(END_TURN)],
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


def make_sibling(config: Gemma4Config, seed: int) -> Gemma4ForConditionalGeneration:
    """Return untrained weights, drawn as the bundled model's are."""
    torch.manual_seed(seed)
    model = Gemma4ForConditionalGeneration(config)
    start_weights(model)
    return model.eval()


@torch.no_grad()
def take_tower(model: Gemma4ForConditionalGeneration, state: dict[str, Tensor]) -> int:
    """Copy the vision tower and projection of a diffusion run's state; return how many tensors.

    Raises:
        ValueError: the state holds none of them in this shape.
    """
    taken = 0
    for name, weight in model.named_parameters():
        if "vision" not in name:
            continue
        found = state.get(f"w.{name.replace('model.', 'model.encoder.', 1)}")
        if found is None or found.shape != weight.shape:
            raise ValueError(f"{name} is not there, or of another shape")
        weight.copy_(found)
        taken += 1
    return taken


@dataclass(frozen=True, slots=True)
class Told:
    """A reply up to a place in it, and what follows there, which an arm of infill tells first."""

    before: str
    after: str

    def ids(self, tokenizer: PreTrainedTokenizerFast) -> list[int]:
        """Return the tokens that the reply begins with; what follows stands between two marks."""
        encode = tokenizer.backend_tokenizer.encode
        start = list(encode(self.before, add_special_tokens=False).ids)
        if not self.after:
            return start
        mark = int(tokenizer.convert_tokens_to_ids(MASK))
        return [mark, *encode(self.after, add_special_tokens=False).ids, mark, *start]


def prompt_masks(prompts: Tensor, image: int) -> Masks:
    """Return the masks of prompts (rows, P) whose pictures stand at the same places.

    As upstream's: causal in full attention; in sliding attention a picture's tokens see each
    other too. Both are (1, 1, P, P), 0 where seen, else very negative.
    """
    seen = prompts[0] == image
    causal = torch.ones_like(seen).expand(len(seen), -1).tril()
    return {
        "full_attention": _additive(causal),
        "sliding_attention": _additive(causal | (seen[:, None] & seen[None, :])),
    }


def reply_masks(count: int, behind: int, device: torch.device) -> Masks:
    """Return the masks of ``count`` reply tokens behind as many cached ones, (1, 1, C, B + C)."""
    causal = torch.ones(count, behind + count, dtype=torch.bool, device=device)
    mask = _additive(causal.tril(diagonal=behind))
    return {"full_attention": mask, "sliding_attention": mask}


def _additive(seen: Tensor) -> Tensor:
    mask = torch.zeros(seen.shape, device=seen.device)
    return mask.masked_fill(~seen, torch.finfo(torch.float32).min)[None, None]


def encode_prompt(
    model: Gemma4ForConditionalGeneration, prompts: Tensor, features: Tensor | None
) -> DynamicCache:
    """Return the cache of all of prompts (rows, P) but their last token.

    ``features`` are the pictures' soft tokens, (rows, 64, hidden), None without pictures.
    """
    seen = None
    if features is not None:
        seen = {"image": BaseModelOutputWithPooling(pooler_output=tuple(features))}
    known = prompts[:, :-1]
    cache = DynamicCache(config=model.config.get_text_config())
    model.model(
        input_ids=known,
        attention_mask=prompt_masks(known, model.config.image_token_id),
        mm_encoder_outputs=seen,
        past_key_values=cache,
        use_cache=True,
    )
    return cache


def reply_logits(
    model: Gemma4ForConditionalGeneration, cache: DynamicCache, tokens: Tensor
) -> Tensor:
    """Return the logits behind each of the tokens, (rows, T, V); the cache grows by them."""
    masks = reply_masks(tokens.shape[1], cache.get_seq_length(), tokens.device)
    logits: Tensor = model(
        input_ids=tokens, attention_mask=masks, past_key_values=cache, use_cache=True
    ).logits
    return logits
