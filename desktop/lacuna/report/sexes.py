"""Words of a report that do not go with the patient's sex. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

# DICOM's Patient's Sex (0010,0040) -> words of the other sex; O and nothing go with all words.
_FEMALE = r"uterus|uterine|ovar(?:y|ies|ian)|cervix uteri|vagina(?:l)?|endometri(?:um|al)|she|her"
_MALE = r"prostat(?:e|ic)|seminal vesicles?|test(?:is|es|icular)|scrot(?:um|al)|penis|penile|he|his"
_OTHER = {"M": ("male", _FEMALE), "F": ("female", _MALE)}


def misfits(text: str, sex: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield words that the patient's sex speaks against, with the reason."""
    if sex not in _OTHER:
        return
    name, words = _OTHER[sex]
    for match in re.finditer(rf"\b(?:{words})\b", text, re.IGNORECASE):
        yield match, f"“{match.group()}”, but the patient is recorded as {name}."
