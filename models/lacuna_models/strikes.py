"""Words that a reader threw out of a span: where a draft says them again. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lacuna_models.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Struck:
    """A phrase that may not stand in a span, however spaced or capitalised."""

    segment_id: str
    phrase: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds it: whole words, where it begins and ends with letters."""
        words = r"\s+".join(re.escape(word) for word in self.phrase.split())
        before = r"(?<!\w)" if self.phrase[:1].isalnum() else ""
        after = r"(?!\w)" if self.phrase[-1:].isalnum() else ""
        return re.compile(before + words + after, re.IGNORECASE)


def spellings(phrase: str, vocabulary: Vocabulary) -> frozenset[int]:
    """Return the tokens each of which alone says the phrase."""
    forms = {phrase, phrase.lower(), phrase.capitalize(), phrase.upper()}
    encoded = [vocabulary.ids(lead + form) for form in forms for lead in ("", " ")]
    return frozenset(ids[0] for ids in encoded if len(ids) == 1)


def found(
    struck: Struck, positions: Sequence[int], ids: Sequence[int], vocabulary: Vocabulary
) -> list[int]:
    """Return the first position of each place where a span's tokens say a struck phrase.

    ``positions`` are the span's that hold text, ``ids`` what stands there.
    """
    texts = vocabulary.texts(ids, "ignore")
    starts: list[int] = []
    at = 0
    for text in texts:
        starts.append(at)
        at += len(text)
    places = []
    for match in struck.pattern.finditer("".join(texts)):
        first = max(i for i, start in enumerate(starts) if start <= match.start())
        while starts[first] + len(texts[first]) <= match.start():
            first += 1
        places.append(positions[first])
    return places
