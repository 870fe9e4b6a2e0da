"""Report text -> findings, by rules that know words and not the grammar's patterns.

Used to judge drafts. What the body says of a group counts; the impression speaks for groups that
the body passes over; what nobody mentions is absent.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lacuna_models.phantom.cases import Amount, Findings, Heart, Level, Side, Zone
from lacuna_models.phantom.grammar import sections, sentences

_NO = re.compile(r"\b(no|not|without|nor)\b")
_CLEAR = re.compile(r"\b(clear|unremarkable|normal|intact)\b")
_ZONE = re.compile(r"\b(right|left) (upper|mid|lower) zone\b")
_SIDE = re.compile(r"\b(right|left)\b")
_SIZE = re.compile(r"\b(small|moderate|large)\b")
_BOTH = re.compile(r"\b(both|bilateral)\b")
_CONSOLIDATION = re.compile(r"\b(consolidation|opacity|pneumonia)\b")
_EFFUSION = re.compile(r"\b(effusions?|fluid)\b")
_AIR = re.compile(r"\b(pneumothorax|air)\b")
_HEART = re.compile(r"\b(heart|cardiac|cardiomegaly)\b")

Said = dict[str, Any]


def label(text: str) -> Findings:
    """Return what a report says."""
    body, impression = (_section(section) for section in sections(text))
    return replace(Findings(), **{**impression, **body})


def contradicts(text: str) -> bool:
    """Return whether body and impression say different things of one group.

    An impression that passes over a finding of the body contradicts it too; devices excepted.
    """
    body, impression = (_section(section) for section in sections(text))
    quiet = {"tube", "pacemaker"}
    left = replace(Findings(), **{k: v for k, v in body.items() if k not in quiet})
    right = replace(Findings(), **{k: v for k, v in impression.items() if k not in quiet})
    return left != right


def doubled(text: str) -> bool:
    """Return whether a section says one sentence, or speaks of one presence, twice."""
    for section in sections(text):
        said = sentences(section)
        if len(set(said)) < len(said) or _spoken_twice(said):
            return True
    return False


def _spoken_twice(said: list[str]) -> bool:
    seen: set[str] = set()
    for sentence in said:
        groups = set(_sentence(sentence)) - {"effusion_right", "effusion_left"}
        if groups & seen:
            return True
        seen |= groups
    return False


def _section(text: str) -> Said:
    said: Said = {}
    for sentence in sentences(text):
        said.update(_sentence(sentence))
    return said


def _sentence(sentence: str) -> Said:
    low = sentence.lower()
    denied = _NO.search(low) is not None
    return {
        **_lungs(low, denied),
        **_pleura(low, denied),
        **_heart(low, denied),
        **_devices(low, denied),
    }


def _lungs(low: str, denied: bool) -> Said:
    if "lungs" in low and _CLEAR.search(low):
        return {"consolidation": None, "nodule": None}
    said: Said = {}
    zone = _zone(low)
    for group, found in (
        ("consolidation", _CONSOLIDATION.search(low)),
        ("nodule", "nodule" in low),
    ):
        if found and (denied or zone is not None):
            said[group] = None if denied else zone
    return said


def _pleura(low: str, denied: bool) -> Said:
    if "pleural spaces" in low and _CLEAR.search(low):
        return {
            "effusion_right": Amount.NONE,
            "effusion_left": Amount.NONE,
            "pneumothorax": None,
        }
    said: Said = {}
    if _EFFUSION.search(low):
        said.update(_effusion(low, denied))
    if _AIR.search(low) and (denied or _SIDE.search(low)):
        said["pneumothorax"] = None if denied else _side(low)
    return said


def _effusion(low: str, denied: bool) -> Said:
    size, side = _SIZE.search(low), _side(low)
    if denied:
        return {"effusion_right": Amount.NONE, "effusion_left": Amount.NONE}
    if size is None:
        return {}
    amount = Amount(size.group())
    if _BOTH.search(low):
        return {"effusion_right": amount, "effusion_left": amount}
    return {f"effusion_{side}": amount} if side is not None else {}


def _heart(low: str, denied: bool) -> Said:
    if not _HEART.search(low) or "pacemaker" in low:
        return {}
    if "mild" in low:
        return {"heart": Heart.MILD}
    if "marked" in low:
        return {"heart": Heart.LARGE}
    return {"heart": Heart.NORMAL} if denied or _CLEAR.search(low) or "normal" in low else {}


def _devices(low: str, denied: bool) -> Said:
    if denied:
        absent = "tubes" in low or "devices" in low
        return {"tube": False, "pacemaker": False} if absent else {}
    said: Said = {}
    if "endotracheal tube" in low:
        said["tube"] = True
    if "pacemaker" in low:
        said["pacemaker"] = True
    return said


def _zone(low: str) -> Zone | None:
    match = _ZONE.search(low)
    return Zone(Side(match.group(1)), Level(match.group(2))) if match else None


def _side(low: str) -> Side | None:
    match = _SIDE.search(low)
    return Side(match.group()) if match else None
