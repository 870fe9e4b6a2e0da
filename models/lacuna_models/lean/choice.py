"""Which checkpoints the lean step serves: those for which it has been shown to equal upstream's."""

from __future__ import annotations

from typing import Any

import torch

LARGEST = 100_000_000  # parameters; the folded weights stand beside the model's own
MOST_EXPERTS = 2  # for each that a token goes through: all are computed, the others for nothing

# Adapters, quantised layers and the like come from other modules than these.
_KNOWN = (
    "torch.nn.modules.",
    "transformers.activations",
    "transformers.models.diffusion_gemma.modeling_diffusion_gemma",
)


def suits(model: Any) -> bool:
    """Return whether the lean step computes what this model's decoder and head compute.

    It must be small, on a CPU, in float32, without an adapter, of upstream's classes as they are.
    """
    return bool(
        type(model).__name__ == "DiffusionGemmaForBlockDiffusion"
        and _plain(model)
        and _small(model)
        and _known_settings(model.config.text_config)
    )


def _plain(model: Any) -> bool:
    parts = [model.lm_head, *model.model.decoder.modules()]
    tensors = [*model.lm_head.parameters(), *model.model.decoder.parameters()]
    return all(type(part).__module__.startswith(_KNOWN) for part in parts) and all(
        t.device.type == "cpu" and t.dtype == torch.float32 for t in tensors
    )


def _small(model: Any) -> bool:
    return int(sum(tensor.numel() for tensor in model.parameters())) < LARGEST


def _known_settings(text: Any) -> bool:
    return bool(
        text.hidden_activation == "gelu_pytorch_tanh"
        and not text.attention_bias
        and text.num_hidden_layers > 1
        and text.num_experts <= MOST_EXPERTS * text.top_k_experts
        and text.final_logit_softcapping is not None
    )
