"""How long a gap is to be, in the reader's words."""

from __future__ import annotations

from lacuna.report.model import Length
from lacuna_models.api import Range, Sentence, Words


def gap_words(length: Length) -> str:
    """Return what a tip says of a gap."""
    if length is None:
        return "A gap. The model finds the length."
    return f"A gap of {length_words(length)}"


def length_words(length: Length) -> str:
    """Return a length in words; of None, that the model finds it."""
    if length is None:
        return "any length"
    if isinstance(length, Sentence):
        return "a sentence"
    if isinstance(length, Range):
        return f"{length.low} to {length.high} tokens"
    if isinstance(length, Words):
        return f"about {length.words} word" + ("" if length.words == 1 else "s")
    return f"{length} token" + ("" if length == 1 else "s")


def short_length(length: Length) -> str:
    """Return a length in the fewest letters, as it stands in the gap's box."""
    if length is None:
        return "..."
    if isinstance(length, Sentence):
        return "sentence"
    if isinstance(length, Range):
        return f"{length.low}-{length.high}"
    if isinstance(length, Words):
        return f"{length.words} words"
    return str(length)
