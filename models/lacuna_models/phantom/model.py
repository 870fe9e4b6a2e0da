"""The bundled checkpoint's shape and first weights, on transformers' own classes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    Gemma4ImageProcessorPil,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.models.diffusion_gemma.generation_diffusion_gemma import (
    DiffusionGemmaGenerationConfig,
    EntropyBoundSamplerConfig,
)

from lacuna_models.phantom.tokenizer import BOI, END_TURN, EOI, IMAGE

SOFT_TOKENS = 64  # of the 70 that the processor allows: a square picture's share


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network. ``canvas`` is in tokens; the picture is 128 by 128."""

    hidden: int = 160
    layers: int = 4
    heads: int = 4
    mlp: int = 320
    experts: int = 4
    top_k: int = 2
    expert_width: int = 160
    vision_hidden: int = 128
    vision_layers: int = 3
    vision_mlp: int = 320
    canvas: int = 144

    @property
    def head(self) -> int:
        """Width of an attention head."""
        return self.hidden // self.heads


def make_config(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> DiffusionGemmaConfig:
    """Return the configuration of a shape, with the tokenizer's ids."""
    ids = tokenizer.convert_tokens_to_ids
    return DiffusionGemmaConfig(
        text_config=text_config(shape, tokenizer),
        vision_config=vision_config(shape),
        boi_token_id=ids(BOI),
        eoi_token_id=ids(EOI),
        image_token_id=ids(IMAGE),
        canvas_length=shape.canvas,
        eos_token_id=[tokenizer.eos_token_id, ids(END_TURN)],
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


def text_config(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> dict[str, object]:
    """Return the words' half of the configuration."""
    rope = {"rope_type": "default", "rope_theta": 10_000.0}
    far = {"rope_type": "proportional", "partial_rotary_factor": 0.5, "rope_theta": 100_000.0}
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": shape.hidden,
        "intermediate_size": shape.mlp,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "num_global_key_value_heads": shape.heads,
        "head_dim": shape.head,
        "global_head_dim": shape.head,
        "layer_types": ["sliding_attention"] * (shape.layers - 1) + ["full_attention"],
        "rope_parameters": {"sliding_attention": rope, "full_attention": far},
        "sliding_window": 1024,
        "max_position_embeddings": 8192,
        "use_bidirectional_attention": "vision",
        "num_experts": shape.experts,
        "top_k_experts": shape.top_k,
        "moe_intermediate_size": shape.expert_width,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
    }


def vision_config(shape: Shape) -> dict[str, object]:
    """Return the pictures' half of the configuration."""
    return {
        "model_type": "gemma4_vision",
        "hidden_size": shape.vision_hidden,
        "intermediate_size": shape.vision_mlp,
        "num_hidden_layers": shape.vision_layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "head_dim": shape.vision_hidden // 4,
        "patch_size": 8,
        "pooling_kernel_size": 2,  # 1 is broken upstream: its mask is inverted
        "position_embedding_size": 128,  # the default of 10240 would dominate the file
    }


def make_generation_config(
    shape: Shape, tokenizer: PreTrainedTokenizerFast
) -> DiffusionGemmaGenerationConfig:
    """Return complete sampling defaults: half of upstream's budget, and more steps for it."""
    return DiffusionGemmaGenerationConfig(
        max_new_tokens=shape.canvas,
        max_denoising_steps=64,
        sampler_config=EntropyBoundSamplerConfig(entropy_bound=0.05),
        t_max=0.6,
        t_min=0.3,
        stability_threshold=1,
        confidence_threshold=0.005,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=[tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(END_TURN)],
    )


def make_image_processor() -> Gemma4ImageProcessorPil:
    """Return the processor that turns a square picture into 256 patches of 8 by 8 pixels."""
    return Gemma4ImageProcessorPil(patch_size=8, pooling_kernel_size=2, max_soft_tokens=70)


def make_model(config: DiffusionGemmaConfig, seed: int) -> DiffusionGemmaForBlockDiffusion:
    """Return untrained weights that learn.

    Upstream's initialisation leaves attention at a scaling of 1 and positions all alike. Here query
    and key norms start at d^-1/4, the norms behind a sublayer at (2 L)^-1/2, positions at random,
    soft tokens at unit size, and the router decided enough to tell tokens apart.
    """
    torch.manual_seed(seed)
    model = DiffusionGemmaForBlockDiffusion(config)
    start_weights(model)
    return model.eval()


@torch.no_grad()
def start_weights(model: PreTrainedModel) -> None:
    """Draw a model's first weights; see ``make_model``."""
    config = model.config
    depth = {"vision_tower": config.vision_config.num_hidden_layers}
    layers = config.text_config.num_hidden_layers
    for name, weight in model.named_parameters():
        _start(name, weight, depth["vision_tower"] if "vision_tower" in name else layers)


def _start(name: str, weight: nn.Parameter, layers: int) -> None:
    if name.endswith(("q_norm.weight", "k_norm.weight")):
        weight.fill_(weight.shape[0] ** -0.25)
    elif "layernorm" in name and "post_" in name and not name.endswith(("_1.weight", "_2.weight")):
        weight.fill_((2 * layers) ** -0.5)
    elif name.endswith("position_embedding_table"):
        weight.normal_(0, 0.3)
    elif name.endswith("embedding_projection.weight"):
        weight.normal_(0, weight.shape[1] ** -0.5)
    elif name.endswith("router.proj.weight"):
        weight.normal_(0, 0.5)
    elif name.endswith("embed_tokens.weight"):
        weight.normal_(0, weight.shape[1] ** -0.5)
    elif weight.ndim >= 2:
        weight.normal_(0, math.sqrt(1.0 / weight.shape[-1]))
