"""The shape of the real checkpoint, `google/diffusiongemma-26B-A4B-it`, without its weights.

Its public config.json, in figures. The defaults of upstream's classes are another size.
"""

from __future__ import annotations

from typing import Any

LAYERS = 30
_FULL_EVERY = 6  # layers 5, 11, 17, 23 and 29 attend to everything, the others within a window


def real_config(
    *, layers: int = LAYERS, experts: int = 128, vision_layers: int = 27, **text: Any
) -> Any:
    """Return the real checkpoint's configuration, or one with fewer layers or experts.

    A shape with fewer layers than six ends in a full-attention layer all the same. ``text`` are
    text settings that are to differ.
    """
    from transformers import DiffusionGemmaConfig

    kinds = [_kind(number, layers) for number in range(layers)]
    return DiffusionGemmaConfig(
        text_config={
            "vocab_size": 262144,
            "hidden_size": 2816,
            "intermediate_size": 2112,
            "num_hidden_layers": layers,
            "layer_types": kinds,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "num_global_key_value_heads": 2,
            "head_dim": 256,
            "global_head_dim": 512,
            "sliding_window": 1024,
            "num_experts": experts,
            "top_k_experts": min(8, experts),
            "moe_intermediate_size": 704,
            "max_position_embeddings": 262144,
            "final_logit_softcapping": 30.0,
            "use_bidirectional_attention": "vision",
            "pad_token_id": 0,
            "eos_token_id": 1,
            "bos_token_id": 2,
            **text,
        },
        vision_config={
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": vision_layers,
            "num_attention_heads": 16,
            "num_key_value_heads": 16,
            "head_dim": 72,
            "global_head_dim": 72,
            "patch_size": 16,
            "pooling_kernel_size": 3,
            "default_output_length": 280,
        },
        boi_token_id=255999,
        image_token_id=258880,
        eoi_token_id=258882,
        eos_token_id=[1, 106, 50],
        pad_token_id=0,
        canvas_length=256,
        dtype="bfloat16",
    )


def _kind(number: int, layers: int) -> str:
    full = number % _FULL_EVERY == _FULL_EVERY - 1 or number == layers - 1
    return "full_attention" if full else "sliding_attention"
