"""Asked length against what comes: by style, and by a number of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lacuna_models.phantom.evaluation.authors import Author
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.evaluation.subjects import Subject
from lacuna_models.phantom.evaluation.tables import Cell, Progress, Table
from lacuna_models.phantom.grammar import STYLES, Style

NEAR = 10  # words, by which a length may miss what was asked
_COLUMNS = ("true reports", "words got", "off by", f"within {NEAR} words")


def lengths_table(author: Author, asked: Sequence[Subject], say: Progress) -> Table:
    """Ask every subject's report in each style, and with a true report's number of words."""
    rows = {f"style {style}": _styled(author, asked, style, say) for style in STYLES}
    return Table("Length", "asked", _COLUMNS, rows | _counted(author, asked, say), _NOTE)


_NOTE = (
    "In words, headings counted. A number of words is asked as in training: that of a true report "
    "of the picture, rounded to tens. A style's length is that of a true report in that style."
)


def _styled(
    author: Author, asked: Sequence[Subject], style: Style, say: Progress
) -> tuple[Cell, ...]:
    pairs = []
    for index, subject in enumerate(asked):
        wanted = replace(subject, style=style)
        got = _words(author.draft(wanted.prompt).text)
        pairs.append((_words(wanted.report.text), got))
        say(f"length, {style}", index + 1, len(asked))
    return _row(pairs)


def _counted(
    author: Author, asked: Sequence[Subject], say: Progress
) -> dict[str, tuple[Cell, ...]]:
    by_words: dict[int, list[tuple[int, int]]] = {}
    for index, subject in enumerate(asked):
        true = _words(subject.report.text)
        words = min(max(round(true, -1), 10), 90)
        got = _words(author.draft(replace(subject.prompt, words=words)).text)
        by_words.setdefault(words, []).append((words, got))
        say("length, words", index + 1, len(asked))
    return {f"{words} words": _row(pairs) for words, pairs in sorted(by_words.items())}


def _row(pairs: list[tuple[int, int]]) -> tuple[Cell, ...]:
    wanted, got = np.array(pairs, dtype=np.float64).T
    off = np.abs(wanted - got)
    return float(wanted.mean()), figure(got), float(off.mean()), figure(off <= NEAR)


def _words(text: str) -> int:
    return len(text.split())
