"""What a vLLM server is asked, and what of its answers is believed. Torch-free.

The form is that of vLLM's structured reads on DiffusionGemma (vLLM pull request 57250, and the
README of its examples/features/structured_diffusion): `/v1/chat/completions` with these fields of
`vllm_xargs`, `diffusion_seed_canvas` (one id a position), `diffusion_pinned` (positions held at
their seed on every step), `diffusion_max_steps`, and `diffusion_read_only` (the most likely canvas
comes back whole, with log-probabilities at temperature 1, and the request ends there). A vLLM that
does not know them ignores them; so an answer is believed only if it holds what was pinned.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from lacuna_models.api import EngineError, ImageInput

LIKELIEST = 20  # log-probabilities a position: vLLM's usual most
_TOKEN = "token_id:"  # noqa: S105  how vLLM writes a token where ids were asked for
_LACKS = (
    "Its vLLM must know diffusion_seed_canvas, diffusion_pinned and diffusion_read_only: ask who "
    "runs it."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A canvas as it came back, one entry a position.

    Attributes:
        ids: tokens; pinned positions hold what was pinned.
        entropy: nats at temperature 1, of the likeliest tokens, all others counted as one: it is
            never more than the true entropy.
        likelihood: log-probability of the token, nats.
    """

    ids: tuple[int, ...]
    entropy: tuple[float, ...]
    likelihood: tuple[float, ...]


def content(words: str, pictures: Sequence[ImageInput]) -> list[dict[str, Any]]:
    """Return a user's turn: pictures as PNG in data addresses, then the words."""
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": _png(picture)}} for picture in pictures
    ]
    return [*parts, {"type": "text", "text": words}]


def canvas_request(
    model: str,
    turn: list[dict[str, Any]],
    canvas: Sequence[int],
    pinned: Collection[int],
    *,
    steps: int,
    seed: int,
) -> dict[str, Any]:
    """Return the body of a request that denoises one canvas."""
    return {
        "model": model,
        "messages": [{"role": "user", "content": turn}],
        "max_tokens": len(canvas),
        "seed": seed,
        "logprobs": True,
        "top_logprobs": LIKELIEST,
        "return_tokens_as_token_ids": True,
        "chat_template_kwargs": {"enable_thinking": False},
        "vllm_xargs": {
            "diffusion_seed_canvas": list(canvas),
            "diffusion_pinned": sorted(pinned),
            "diffusion_max_steps": steps,
            "diffusion_read_only": True,
        },
    }


def read_canvas(
    body: Any, canvas: Sequence[int], pinned: Collection[int], vocabulary: int
) -> Reply:
    """Read an answer to ``canvas_request``.

    Raises:
        EngineError: it is no canvas of that length, or a pinned position holds something else.
    """
    try:
        rows = body["choices"][0]["logprobs"]["content"]
        read = [_row(row, vocabulary) for row in rows]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _no_canvas() from error
    if len(read) != len(canvas):
        raise _no_canvas()
    if any(read[p][0] != canvas[p] for p in pinned):
        raise EngineError(
            "The department server changed words that you fixed: nothing of its answer was taken.",
            _LACKS,
        )
    ids, entropy, likelihood = zip(*read, strict=True)
    return Reply(ids, entropy, likelihood)


def read_models(body: Any) -> str:
    """Return the name of the model that a server has, from `/v1/models`.

    Raises:
        EngineError: it has none, or several.
    """
    try:
        names = [entry["id"] for entry in body["data"]]
        name = names[0] if len(names) == 1 else None
    except (KeyError, TypeError) as error:
        raise EngineError("The department server does not say which model it has.") from error
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= 200:
        raise EngineError(
            "The department server does not have one model.", "It must serve just one."
        )
    return name


def read_tokens(body: Any) -> list[int]:
    """Return the ids from `/tokenize`; [] from an answer that is none."""
    tokens = body.get("tokens") if isinstance(body, dict) else None
    return tokens if isinstance(tokens, list) else []


def _row(row: Any, vocabulary: int) -> tuple[int, float, float]:
    """Return a position's token, entropy and log-probability."""
    token = _id(row["token"], vocabulary)
    known = [_nats(each["logprob"]) for each in row["top_logprobs"]]
    shares = [math.exp(value) for value in known]
    rest = max(0.0, 1.0 - sum(shares))
    told = -sum(p * value for p, value in zip(shares, known, strict=True) if p)
    return token, told - (rest * math.log(rest) if rest else 0.0), _nats(row["logprob"])


def _id(word: str, vocabulary: int) -> int:
    number = word.removeprefix(_TOKEN)
    if number == word or not (number.isascii() and number.isdecimal() and len(number) < 8):
        raise ValueError(word)
    if not int(number) < vocabulary:
        raise ValueError(word)
    return int(number)


def _nats(value: Any) -> float:
    """Return a log-probability: a number not above 0, but for rounding."""
    if type(value) not in (int, float) or not value <= 1e-3:
        raise ValueError(value)
    return max(-1e4, min(0.0, float(value)))


def _png(picture: ImageInput) -> str:
    stream = io.BytesIO()
    Image.fromarray(picture.pixels).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _no_canvas() -> EngineError:
    return EngineError(
        "The department server did not denoise the canvas that it was given.", _LACKS
    )
