"""What the model would have written in a phrase's place."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lacuna_models.api import Expected
from lacuna_models.vocabulary import Vocabulary

_MOST = 3
_LOOKED_AT = 12  # tokens a place
_LEAST = 0.02  # below, it is no expectation


def alternatives(
    vocabulary: Vocabulary, standing: Sequence[int], probabilities: Tensor
) -> tuple[Expected, ...]:
    """Return up to three other wordings of (n,) ``standing`` ids, most probable first.

    ``probabilities`` is (n, V). One is the likeliest token at each place; the others change the
    place that is most in doubt alone.
    """
    allowed = probabilities.clone()
    allowed[:, sorted(vocabulary.unwritable)] = 0.0
    stands = torch.tensor(standing, device=allowed.device)
    own = allowed.gather(-1, stands[:, None])[:, 0]
    doubtful = int(own.argmin())
    likeliest = [
        _fitting(vocabulary, row, token) for row, token in zip(allowed, standing, strict=True)
    ]
    rivals = [[tokens[0] for tokens in likeliest]]
    for token in likeliest[doubtful]:
        rivals.append([*standing[:doubtful], token, *standing[doubtful + 1 :]])
    found: dict[str, float] = {}
    said = _text(vocabulary, standing)
    for ids in rivals:
        text = _text(vocabulary, ids)
        if text and text.casefold() != said.casefold():
            at = torch.tensor(ids, device=allowed.device)
            found.setdefault(text, float(allowed.gather(-1, at[:, None]).prod()))
    best = sorted(found.items(), key=lambda pair: -pair[1])[:_MOST]
    return tuple(Expected(text, chance) for text, chance in best if chance >= _LEAST)


def _fitting(vocabulary: Vocabulary, row: Tensor, standing: int) -> list[int]:
    """Return the likeliest tokens that begin a word where the standing one does, it among them."""
    spaced = _text_of(vocabulary, standing).startswith(" ")
    looked_at = row.topk(min(_LOOKED_AT, len(row))).indices.tolist()
    fitting = [t for t in looked_at if _text_of(vocabulary, t).startswith(" ") is spaced]
    return fitting or [standing]


def _text_of(vocabulary: Vocabulary, token: int) -> str:
    return vocabulary.texts([token], "ignore")[0]


def _text(vocabulary: Vocabulary, ids: Sequence[int]) -> str:
    return "".join(vocabulary.texts(ids, "ignore")).strip()
