"""A report's segments as one text: its sentences, and whose text each stretch is. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from lacuna_models.api import Gap, Place, Segment

GAP = "\ufffc"  # stands for a gap in the joined text: one character, as in the report's own places

# Words up to a full stop before white space, or up to a line's end. "1.2 cm" does not end there.
_SENTENCE = re.compile(rf"[^\s{GAP}.,;:!?)](?:[^\n{GAP}]*?[.!?](?=\s|{GAP}|\Z)|[^\n{GAP}]*)")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A half-open range of code points of a joined text."""

    start: int
    stop: int


@dataclass(frozen=True)
class Joined:
    """Segments, joined; a gap is one ``GAP`` character."""

    segments: tuple[Segment, ...]

    @cached_property
    def text(self) -> str:
        """All of it."""
        return "".join(_shown(segment) for segment in self.segments)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(accumulate((len(_shown(s)) for s in self.segments), initial=0))

    def said(self, stretch: Stretch) -> str:
        """Return a stretch's text."""
        return self.text[stretch.start : stretch.stop]

    def places(self, stretch: Stretch) -> tuple[Place, ...]:
        """Return a stretch as parts of the segments that it runs over."""
        found = []
        for segment, start in zip(self.segments, self._starts, strict=False):
            low = max(stretch.start - start, 0)
            high = min(stretch.stop - start, len(_shown(segment)))
            if low < high and not isinstance(segment, Gap):
                found.append(Place(segment.id, low, high))
        return tuple(found)

    def sentences(self) -> tuple[Stretch, ...]:
        """Return the sentences, and what stands of those that a gap cuts; headings are none."""
        return tuple(_sentences(self.text))

    def whole_sentences(self) -> tuple[Stretch, ...]:
        """Return the sentences that no gap cuts."""
        return tuple(s for s in self.sentences() if not self._cut(s))

    def _cut(self, sentence: Stretch) -> bool:
        """Whether a gap stands on the sentence's own line, without an end mark between."""
        before = self.text[: sentence.start].rstrip(" ")
        after = self.text[sentence.stop :].lstrip(" ")
        if not self.said(sentence).endswith((".", "!", "?")) and after.startswith(GAP):
            return True
        return before.endswith(GAP) and self.said(sentence)[:1].islower()


def _shown(segment: Segment) -> str:
    return GAP if isinstance(segment, Gap) else segment.text


def _sentences(text: str) -> Iterator[Stretch]:
    for match in _SENTENCE.finditer(text):
        said = match.group().rstrip()
        if _LETTER.search(said) and not said.endswith(":"):
            yield Stretch(match.start(), match.start() + len(said))


def joined(segments: Sequence[Segment]) -> Joined:
    """Join segments."""
    return Joined(tuple(segments))
