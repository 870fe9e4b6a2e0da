"""The report as plain text: `[...]` is a gap, `[... 12]` a gap of twelve tokens.

There is exactly one way to write each gap, so what is parsed is rendered back byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lacuna.errors import UserFacingError
from lacuna.report.model import Author, Fixed, Gap, Report, Section, Soft, Span, new_id

_OPENING = "[..."
_GAP = re.compile(r"\[\.\.\.(?: ([1-9][0-9]{0,4}))?\]")
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


def marker(length: int | None) -> str:
    """Return the text that stands for a gap."""
    return "[...]" if length is None else f"[... {length}]"


def trailing_gap(text: str) -> tuple[int, int | None] | None:
    """Return (start, length) of the gap marker that the text ends with, None if there is none."""
    found = _TRAILING_GAP.search(text)
    return (found.start(), _length(found)) if found else None


def pieces(text: str) -> Iterator[str | Gap]:
    """Yield text and gaps in order, a malformed marker as the text that it is. For pasted text."""
    at = 0
    for found in _GAP.finditer(text):
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


def _length(found: re.Match[str]) -> int | None:
    return int(found[1]) if found[1] else None
