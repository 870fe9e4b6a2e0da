"""Which words of a report carry its findings, and the phrases that they make. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lacuna_models.scoring.lexicon import FORMS, NUMBER, Kind
from lacuna_models.scoring.text import Stretch

# Anatomy and certainty follow from the wording; what is there, where and how much does not.
_TOLD = (
    Kind.SIDE,
    Kind.LEVEL,
    Kind.SIZE,
    Kind.NEGATION,
    Kind.NORMALITY,
    Kind.CHANGE,
    Kind.FINDING,
)


_NOUNS = (Kind.FINDING, Kind.ANATOMY)


def _pattern(kinds: Sequence[Kind], *more: str) -> re.Pattern[str]:
    forms = [form for kind in kinds for same in FORMS[kind].values() for form in same]
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join([*longest_first, *more])})\b", re.IGNORECASE)


_CRITICAL = _pattern(_TOLD, NUMBER)
_NOUN = _pattern(_NOUNS)


def critical_words(text: str) -> tuple[Stretch, ...]:
    """Return the critical words of a text, in reading order."""
    return tuple(Stretch(m.start(), m.end()) for m in _CRITICAL.finditer(text))


def nouns(text: str) -> tuple[Stretch, ...]:
    """Return the words that say what a text is about: findings and organs."""
    return tuple(Stretch(m.start(), m.end()) for m in _NOUN.finditer(text))


def phrases(text: str, words: Sequence[Stretch]) -> tuple[tuple[Stretch, ...], ...]:
    """Group words that only spaces or hyphens part: one phrase is one mark for the reader."""
    grouped: list[list[Stretch]] = []
    for word in words:
        if grouped and text[grouped[-1][-1].stop : word.start].strip(" -") == "":
            grouped[-1].append(word)
        else:
            grouped.append([word])
    return tuple(tuple(group) for group in grouped)
