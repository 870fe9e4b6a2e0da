"""UTF-16 code units, in which Qt counts, to and from code points, in which Python counts."""

from __future__ import annotations


def units(text: str) -> int:
    """Return how many UTF-16 units the text takes in a document."""
    return len(text) + sum(character > "\uffff" for character in text)


def to_units(text: str, index: int) -> int:
    """Return the offset in units of the code point at ``index``."""
    return units(text[:index])


def to_index(text: str, offset: int) -> int:
    """Return the code point at ``offset`` units; inside a surrogate pair, the pair's own."""
    at = 0
    for index, character in enumerate(text):
        at += 2 if character > "\uffff" else 1
        if at > offset:
            return index
    return len(text)
