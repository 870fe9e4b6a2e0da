"""A question -> the fill that answers it. Torch-free."""

from __future__ import annotations

from dataclasses import replace

from lacuna_models.api import ANSWER, AskRequest, FillRequest, Gap


def as_fill(request: AskRequest) -> FillRequest:
    """Return a request whose one gap, open to the canvas's end, is the reply to the question."""
    return FillRequest(
        request.id,
        replace(request.prompt, question=request.question),
        (Gap(ANSWER),),
        request.seeds,
        request.settings,
        request.alternatives,
        request.adapter,
    )
