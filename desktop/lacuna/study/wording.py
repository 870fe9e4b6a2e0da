"""DICOM's names, dates and ages -> the words that the window shows. Pure, no pydicom.

Everything here is tolerant: a value that cannot be understood is shown as it stands, or left out.
"""

from __future__ import annotations

from datetime import date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONGEST = 200  # characters; longer values are somebody's essay, not a label
LONGEST_TEXT = 100_000  # characters of one item of a report
AGE_UNITS = {"D": "d", "W": "w", "M": "mo", "Y": "y"}
SEXES = {"O": "sex: other"}  # a lone O reads as a stray letter; F and M are what all write


def clean(text: str) -> str:
    """Return ``text`` on one line without control or direction characters, at most LONGEST."""
    plain = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    spaced = " ".join(plain.split())
    return spaced if len(spaced) <= LONGEST else spaced[: LONGEST - 1] + "…"


def sex_and_age(sex: str, age: str) -> str:
    """Word a patient's sex (0010,0040) and age, as far as they are known: ``F, 64 y``."""
    return ", ".join(part for part in (SEXES.get(sex, sex), age) if part)


def person_name(value: str) -> str:
    """Word a PN value (PS3.5 6.2.1.2): ``DOE^Jane`` -> ``DOE, Jane``.

    The alphabetic group comes first; an ideographic group follows in parentheses.
    """
    groups = [_name_group(group) for group in value.split("=")[:2]]
    named = [group for group in groups if group]
    if len(named) == 2:
        return f"{named[0]} ({named[1]})"
    return named[0] if named else ""


def _name_group(group: str) -> str:
    family, _, rest = group.partition("^")
    given = clean(" ".join(rest.split("^")[:2]))
    return ", ".join(part for part in (clean(family), given) if part)


def parse_date(value: str) -> date | None:
    """Read a DA value, also in its retired form with points; None if it is no date."""
    digits = value.strip().replace(".", "")
    if len(digits) != 8 or not digits.isdecimal():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def show_date(value: str) -> str:
    """Word a DA value: ``19620411`` -> ``11 Apr 1962``."""
    day = parse_date(value)
    return clean(value) if day is None else f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def show_date_time(day: str, time: str) -> str:
    """Word a date and a time: ``20 Nov 2026, 09:14``; the time only where there is one."""
    digits = time.strip().replace(":", "")[:4]
    shown = show_date(day)
    if shown and len(digits) == 4 and digits.isdecimal():
        return f"{shown}, {digits[:2]}:{digits[2:]}"
    return shown


def sortable(day: str, time: str) -> str:
    """Return a DA and a TM value as YYYYMMDDHHMMSS, so that text sorts as time; "" without a day.

    Midnight stands for a time that is missing or cannot be read.
    """
    date = parse_date(day)
    if date is None:
        return ""
    digits = time.strip().replace(":", "").partition(".")[0]
    clock = digits.ljust(6, "0") if digits.isdecimal() and len(digits) <= 6 else "000000"
    return f"{date:%Y%m%d}{clock}"


def paragraphs(text: str) -> str:
    """Return ``text`` with its line ends, without other control or direction characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ["".join(c if c.isprintable() else " " for c in line).rstrip() for line in lines]
    whole = "\n".join(kept).strip()
    return whole if len(whole) <= LONGEST_TEXT else whole[: LONGEST_TEXT - 1] + "…"


def show_age(age: str, birth: str, study: str) -> str:
    """Word an AS value (``064Y`` -> ``64 y``), or else count from the dates of birth and study."""
    value = age.strip().upper()
    if len(value) == 4 and value[:3].isdecimal() and value[3] in AGE_UNITS:
        return f"{int(value[:3])} {AGE_UNITS[value[3]]}"
    born, seen = parse_date(birth), parse_date(study)
    if born is None or seen is None or seen < born:
        return ""
    return f"{seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))} y"
