"""A whole draft's second stage: doubled sentences go, and the impression is written anew.

A first draft writes body and impression at once, so that each half guesses at the other. With the
body held and the end free, the impression follows from what the body says. Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lacuna_models.vocabulary import Vocabulary

_IMPRESSION = re.compile(r"(?im)^[ \t]*(?:impression|conclusion|opinion|summary)[ \t]*:[ \t]*\n?")
_END = re.compile(r"[.!?][\s]*$")


def body_of(ids: Sequence[int], words: Vocabulary) -> list[int] | None:
    """Return a draft's tokens up to where its impression's words begin, no sentence doubled.

    None where the draft has no impression, or nothing before it.
    """
    texts = words.texts(ids, "ignore")
    heading = _IMPRESSION.search("".join(texts))
    if heading is None or not "".join(texts)[: heading.start()].strip():
        return None
    count, at = 0, 0
    while count < len(texts) and at < heading.end():
        at += len(texts[count])
        count += 1
    kept = set(once(ids[:count], words))
    return [ids[i] for i in range(count) if i in kept]


def once(ids: Sequence[int], words: Vocabulary) -> list[int]:
    """Return the indices of the tokens of all sentences that their section has not said before."""
    texts = words.texts(ids, "ignore")
    said: set[str] = set()
    kept: list[int] = []
    sentence: list[int] = []
    for i, text in enumerate(texts):
        sentence.append(i)
        if _END.search(text) or "\n" in text or i + 1 == len(texts):
            spoken = " ".join("".join(texts[j] for j in sentence).casefold().split())
            if not (spoken in said and _END.search(spoken)):
                kept += sentence
            if spoken.endswith(":"):  # a heading: what follows may repeat what stood above
                said.clear()
            said.add(spoken)
            sentence = []
    return kept
