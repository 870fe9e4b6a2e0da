"""Training-time stand-ins for upstream's slow paths; the numbers are the same.

Upstream sends each expert its own tokens, so matrix shapes change every step, and on a CPU each new
bf16 shape costs a compilation. With four experts it is cheaper to run all on every token. Attention
by plain products is quicker in bf16 than the fused kernel's backward pass.
"""

from __future__ import annotations

import types
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import DiffusionGemmaForBlockDiffusion


def hasten(model: DiffusionGemmaForBlockDiffusion) -> None:
    """Put the stand-ins into a model that is to be trained."""
    model.set_attn_implementation({"text_config": "eager", "vision_config": "sdpa"})
    for name, module in model.named_modules():
        if name.endswith(".experts"):
            module.forward = types.MethodType(dense_experts, module)


def dense_experts(
    experts: Any, hidden: Tensor, top_k_index: Tensor, top_k_weights: Tensor
) -> Tensor:
    """Run every expert on every token, (tokens, hidden), and weigh: others count nothing."""
    count, width = hidden.shape[0], experts.intermediate_dim
    share = torch.zeros(count, experts.num_experts, device=hidden.device)
    share = share.scatter(1, top_k_index, top_k_weights.float())
    gate = functional.linear(hidden, experts.gate_up_proj[:, :width].flatten(0, 1))
    up = functional.linear(hidden, experts.gate_up_proj[:, width:].flatten(0, 1))
    inner = (experts.act_fn(gate) * up).view(count, -1, width)
    inner = (inner * share.to(inner.dtype)[..., None]).flatten(1)
    down = experts.down_proj.transpose(1, 2).flatten(0, 1)
    out: Tensor = (inner @ down).to(hidden.dtype)
    return out
