"""Dates of a report that cannot be: not in the calendar, before birth, after the examination. Pure.

Day and month are told apart only where the form leaves no doubt; a date that is possible in one
reading is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_FIGURES = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b")
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+{_NAMES}(?:,?\s+(\d{{4}}))?", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"\b{_NAMES}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE
)
_LEAP = 2000  # a year in which a 29 February without a year is possible

_Reading = tuple[int, int, int]  # year, month, day


def impossible(
    text: str, born: date | None = None, examined: date | None = None
) -> Iterator[tuple[re.Match[str], str]]:
    """Yield dates that cannot be, with the reason."""
    for match, readings, has_year in _written(text):
        days = [day for day in map(_day, readings) if day is not None]
        if not days:
            yield match, f"There is no {match.group()}."
        elif has_year and born is not None and all(day < born for day in days):
            yield match, f"{match.group()} lies before the patient's birth."
        elif has_year and examined is not None and all(day > examined for day in days):
            yield match, f"{match.group()} lies after the examination."


def _day(reading: _Reading) -> date | None:
    try:
        return date(*reading)
    except ValueError:
        return None


def _written(text: str) -> Iterator[tuple[re.Match[str], tuple[_Reading, ...], bool]]:
    """Yield dates with every way to read them, and whether they have a year."""
    for match in _ISO.finditer(text):
        yield match, ((int(match[1]), int(match[2]), int(match[3])),), True
    for match in _FIGURES.finditer(text):
        one, other, year = int(match[1]), int(match[2]), int(match[3])
        yield match, ((year, other, one), (year, one, other)), True
    for match in _DAY_FIRST.finditer(text):
        year = int(match[3]) if match[3] else _LEAP
        yield match, ((year, _month(match[2]), int(match[1])),), match[3] is not None
    for match in _MONTH_FIRST.finditer(text):
        yield match, ((int(match[3]), _month(match[1]), int(match[2])),), True


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()[:3]) + 1
