"""The memory plan in sentences, for people. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

from lacuna_models.memory.plan import CUDA_OVERHEAD, GB, Plan, Precision, choose


def advice(known: Sequence[Plan], free: int, *, cuda: bool) -> str:
    """Say which precision fits into ``free`` bytes, and what to do if the folder is at another."""
    room = free - CUDA_OVERHEAD if cuda else free
    best = choose(_worth(known, cuda=cuda), room)
    if best is None:
        least = min(plan.total for plan in known) + (CUDA_OVERHEAD if cuda else 0)
        return f"does not fit: {least / GB:.1f} GB are needed, {free / GB:.1f} GB are free"
    told = f"fits at {best.precision.value}: {best.total / GB:.1f} of {free / GB:.1f} GB"
    if best.needs_packing:
        told += f"; pack it first with lacuna-models quantize --bits {best.precision.value}"
    return told


def table(known: Sequence[Plan]) -> str:
    """Return the plans as a table in Markdown, in GB."""
    head = "| precision | weights | vision | contexts | a step | all, GB |"
    lines = [head, "|---|---|---|---|---|---|"]
    for plan in known:
        parts = (plan.weights, plan.vision, plan.contexts, plan.step, plan.total)
        cells = " | ".join(f"{part / GB:.2f}" for part in parts)
        lines.append(f"| {plan.precision.value} | {cells} |")
    return "\n".join(lines)


def _worth(known: Sequence[Plan], *, cuda: bool) -> list[Plan]:
    """Leave out what a device would not be loaded at: a CPU computes in float32 unless packed."""
    away = Precision.FLOAT32 if cuda else Precision.BFLOAT16
    left = [plan for plan in known if plan.precision is not away]
    return left or list(known)
