"""The report as plain text: `[...]` is a gap, `[... 12]` a gap of twelve tokens.

Other lengths: `[... 3-8]` tokens, `[... 10 words]`, `[... sentence]`.

There is exactly one way to write each gap, so what is parsed is rendered back byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lacuna.errors import UserFacingError
from lacuna.report.model import Author, Fixed, Gap, Length, Report, Section, Soft, Span, new_id
from lacuna_models.api import Range, Sentence, Words

_OPENING = "[..."
_NUMBER = "[1-9][0-9]{0,4}"
_GAP = re.compile(rf"\[\.\.\.(?: (?:({_NUMBER})(?:-({_NUMBER})| (words))?|(sentence)))?\]")
_TRAILING_GAP = re.compile(_GAP.pattern + r"\Z")


def parse(text: str, author: Author = Author.TYPED, *, lock: bool = True) -> Report:
    """Read marked-up text into one untitled section.

    What stands is Fixed, or Soft where ``lock`` is False; the markers become gaps.

    Raises:
        UserFacingError: for something that begins like a gap and is none, such as `[... 0]`.
    """
    spans = tuple(_spans(text, author, lock=lock))
    return Report((Section(None, spans),))


def render(report: Report) -> str:
    """Write the report as marked-up text; the inverse of ``parse`` for an untitled report."""
    return "\n\n".join(_section(section) for section in report.sections)


def marker(length: Length) -> str:
    """Return the text that stands for a gap."""
    return "[...]" if length is None else f"[... {spelled(length)}]"


def spelled(length: int | Range | Words | Sentence) -> str:
    """Return how a length is written within a marker."""
    if isinstance(length, Range):
        return f"{length.low}-{length.high}"
    if isinstance(length, Words):
        return f"{length.words} words"
    return "sentence" if isinstance(length, Sentence) else str(length)


def trailing_gap(text: str) -> tuple[int, Length] | None:
    """Return (start, length) of the gap marker that the text ends with, None if there is none."""
    found = _TRAILING_GAP.search(text)
    return (found.start(), _length(found)) if found and _is_gap(found) else None


def pieces(text: str) -> Iterator[str | Gap]:
    """Yield text and gaps in order, a malformed marker as the text that it is. For pasted text."""
    at = 0
    for found in _GAP.finditer(text):
        if not _is_gap(found):
            continue
        if found.start() > at:
            yield text[at : found.start()]
        yield Gap(new_id(), _length(found))
        at = found.end()
    if at < len(text):
        yield text[at:]


def _spans(text: str, author: Author, *, lock: bool) -> Iterator[Span]:
    standing = Fixed if lock else Soft
    for piece in pieces(text):
        if isinstance(piece, Gap):
            yield piece
            continue
        _refuse_malformed(piece)
        yield standing(new_id(), piece, author)


def _refuse_malformed(text: str) -> None:
    at = text.find(_OPENING)
    if at < 0:
        return
    line = text[at:].split("\n", 1)[0]
    shown = line[: line.find("]") + 1] or line
    raise UserFacingError(
        f"“{shown[:24]}” is not a gap.", "Write [...], or [... 12] for a gap of 12 tokens."
    )


def _section(section: Section) -> str:
    body = "".join(
        marker(span.length) if isinstance(span, Gap) else span.text for span in section.spans
    )
    return body if section.title is None else f"{section.title}:\n{body}"


def _is_gap(found: re.Match[str]) -> bool:
    """Whether a marker that is written like a gap is one: a range runs upwards."""
    return not found[2] or int(found[1]) <= int(found[2])


def _length(found: re.Match[str]) -> Length:
    if found[4]:
        return Sentence()
    if not found[1]:
        return None
    number = int(found[1])
    if found[2]:
        return Range(number, int(found[2]))
    return Words(number) if found[3] else number
