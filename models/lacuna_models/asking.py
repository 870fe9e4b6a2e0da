"""What a request asks for in words: a question, the length of a whole draft. Torch-free."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from lacuna_models.api import (
    ANSWER,
    AskRequest,
    Detail,
    FillRequest,
    Fixed,
    Gap,
    Prompt,
    Words,
)

_STYLES: dict[Detail, Literal["terse", "full", "detailed"]] = {
    Detail.TERSE: "terse",
    Detail.STANDARD: "full",
    Detail.DETAILED: "detailed",
}


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


def told(request: FillRequest) -> Prompt:
    """Return the prompt, with the length that a whole draft was asked to have.

    A draft is whole where one gap is to be filled and only blanks are fixed. A number of words
    outranks the style, which is also a length: "terse" and "about 60 words" speak against each
    other, and the model believes the first.
    """
    gaps = [segment for segment in request.segments if not isinstance(segment, Fixed)]
    fixed = [segment.text for segment in request.segments if isinstance(segment, Fixed)]
    if len(gaps) != 1 or not isinstance(gaps[0], Gap) or "".join(fixed).strip():
        return request.prompt
    policy = gaps[0].policy
    if isinstance(policy, Words):
        return replace(request.prompt, words=policy.words, style="full")
    if isinstance(policy, Detail):
        return replace(request.prompt, style=_STYLES[policy])
    return request.prompt
