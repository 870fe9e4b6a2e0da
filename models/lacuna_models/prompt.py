"""Study context -> the words that the model is told. Shared by inference and training."""

from __future__ import annotations

from typing import Any

from lacuna_models.api import Prompt


def instruction(prompt: Prompt) -> str:
    """Word the instruction. The bundled checkpoint is trained on exactly these words."""
    if prompt.question:
        return f"Question about this {prompt.examination}: {prompt.question}"
    words = f"Write the report of this {prompt.examination}. Style: {prompt.style}."
    if prompt.impression_first:
        words += " Impression first."
    if prompt.words:
        words += f" About {round(prompt.words, -1)} words."
    if prompt.indication:
        words += f" Indication: {prompt.indication}"
    if prompt.prior:
        words += f" Prior report: {prompt.prior}"
    if prompt.instruction:
        words += f" {prompt.instruction}"
    return words


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the chat in the form that chat templates take: images first, then the words."""
    content: list[dict[str, Any]] = [{"type": "image"} for _ in prompt.images]
    content.append({"type": "text", "text": instruction(prompt)})
    return [{"role": "user", "content": content}]
