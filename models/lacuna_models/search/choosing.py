"""Several proposals for one gap -> the best, and the others that are worth showing. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lacuna_models.api import Alternative, Fill, Kept, Length, Sentence
from lacuna_models.scoring.facts import same_claims

_WORD = re.compile(r"\w+(?:[-'.]\w+)*")
_ENDS = re.compile(r"[.!?](?=\s|$)")
# Words twice in a row, two stops, a stop after a space: no one writes so.
_STUTTER = re.compile(r"(?i)\b(\w+(?: \w+){0,2}) \1\b|[.,;:]\s*[.,;:]|\s[.,;:]")
_OFF = 10.0  # nats a token that are lost where none of the asked words is there


@dataclass(frozen=True, slots=True)
class Proposal:
    """One row's fill of a gap, with its score: nats a token, higher is better.

    ``extra`` ones were made for variety, and are the best only where no other will do.
    """

    fill: Fill
    score: float
    extra: bool = False

    @property
    def text(self) -> str:
        """What it says, spaces evened out."""
        return " ".join(self.fill.text.split())


def word_count(text: str) -> int:
    """Return how many words a text has: runs of letters and digits."""
    return len(_WORD.findall(text))


def chosen(
    proposals: Sequence[Proposal], policy: Length, wanted: int, *, margin: float, words: int | None
) -> Fill:
    """Return the best proposal's fill, with up to ``wanted`` - 1 others as its alternatives.

    Those are not shown that repeat another's words, are built of another number of sentences, say
    something else, or score more than ``margin`` nats a token less than the best.
    """
    best, *others = _ranked(proposals, policy, words)
    kept: list[Proposal] = [best]
    for other in others:
        fits = other.score >= best.score - margin and alike(best.text, other.text)
        fits = fits and not stutters(other.text)
        if fits and other.text not in [known.text for known in kept]:
            kept.append(other)
    return replace(
        best.fill,
        score=best.score,
        alternatives=tuple(_alternative(each) for each in kept[1:wanted]),
    )


def _ranked(proposals: Sequence[Proposal], policy: Length, words: int | None) -> list[Proposal]:
    """Order proposals, best first: what was asked for, then the score."""

    def key(proposal: Proposal) -> tuple[bool, bool, float]:
        score, text = proposal.score, proposal.text
        if words:
            score -= _OFF * abs(word_count(text) - words) / words
        whole = len(_ENDS.findall(text)) == 1 and text.endswith((".", "!", "?"))
        broken = not text or (isinstance(policy, Sentence) and not whole)
        return (broken or stutters(text), proposal.extra, -score)

    return sorted(proposals, key=key)


def stutters(text: str) -> bool:
    """Return whether a text says words or stops twice in a row."""
    return _STUTTER.search(text) is not None


def alike(one: str, other: str) -> bool:
    """Whether two texts have the same build and say the same of every finding."""
    ends = [(len(_ENDS.findall(text)), text[-1:] in ".!?") for text in (one, other)]
    return bool(other) and ends[0] == ends[1] and same_claims(one, other)


def _alternative(proposal: Proposal) -> Alternative:
    pieces = [piece for piece in proposal.fill.pieces if isinstance(piece, Kept)]
    return Alternative(
        tuple(token for piece in pieces for token in piece.tokens),
        proposal.score,
        proposal.fill.mean_entropy,
        proposal.fill.provenance,
    )
