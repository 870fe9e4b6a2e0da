"""Report text -> findings, by rules that know words and not the grammar's patterns.

Used to judge drafts. What the body says of a group counts; the impression speaks for groups that
the body passes over; what nobody mentions is absent.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lacuna_models.phantom.cases import Amount, Findings, Heart, Level, Side, Tip, Zone
from lacuna_models.phantom.grammar import sections, sentences

_NO = re.compile(r"\b(no|not|without|nor)\b")
_CLEAR = re.compile(r"\b(clear|unremarkable|normal|intact)\b")
_ZONE = re.compile(r"\b(right|left) (upper|mid|lower) zone\b")
_SIDE = re.compile(r"\b(right|left)\b")
_SIZE = re.compile(r"\b(small|moderate|large)\b")
_MM = re.compile(r"\b(\d+) mm\b")
_BOTH = re.compile(r"\b(both|bilateral)\b")
_CONSOLIDATION = re.compile(r"\b(consolidation|opacity|pneumonia)\b")
_EFFUSION = re.compile(r"\b(effusions?|fluid)\b")
_AIR = re.compile(r"\b(pneumothorax|air)\b")
_HEART = re.compile(r"\b(heart|cardiac|cardiomegaly)\b")
_OEDEMA = re.compile(r"\b(oedema|interstitial)\b")
_BROKEN = re.compile(r"\b(fractured?|broken)\b")
_BEFORE = re.compile(r"\b(before|prior|new|unchanged|resolved)\b")

_CHANGES = (
    ("resolved", re.compile(r"\b(resolved|cleared|gone)\b")),
    ("new", re.compile(r"\b(new|not|come)\b")),
    ("larger", re.compile(r"\b(is larger|grown|was smaller|effusion larger)\b")),
    ("smaller", re.compile(r"\b(is smaller|shrunk|was larger|effusion smaller)\b")),
    ("unchanged", re.compile(r"\b(unchanged|as before|same)\b")),
)

# Findings that the impression passes over.
_QUIET = frozenset({"tube", "pacemaker", "granuloma", "atelectasis", "hernia"})

Said = dict[str, Any]


def label(text: str) -> Findings:
    """Return what a report says."""
    body, impression = (_section(section) for section in sections(text))
    return replace(Findings(), **{**impression, **body})


def spoken(sentence: str) -> dict[str, Any]:
    """Return the groups that one sentence speaks of, with what it says of each."""
    return _sentence(sentence)


def contradicts(text: str) -> bool:
    """Return whether body and impression say different things of one group.

    An impression that passes over a finding of the body contradicts it too, except where
    impressions are quiet: devices in good position and what is old or harmless.
    """
    body, impression = (_weighty(_section(section)) for section in sections(text))
    return body != impression


def _weighty(said: Said) -> Findings:
    kept = {group: value for group, value in said.items() if group not in _QUIET}
    if kept.get("line") is Tip.CAVA:
        kept["line"] = None
    return replace(Findings(), **kept)


def change(text: str) -> str:
    """Return what a report says has come of an effusion since the prior; empty: nothing."""
    for sentence in sentences(sections(text)[0]):
        low = sentence.lower()
        if _compares(low):
            return next((name for name, words in _CHANGES if words.search(low)), "")
    return ""


def _compares(low: str) -> bool:
    return "effusion" in low and _BEFORE.search(low) is not None


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
    if _compares(low):
        return {}
    denied = _NO.search(low) is not None
    return {
        **_lungs(low, denied),
        **_pleura(low, denied),
        **_heart(low, denied),
        **_devices(low, denied),
        **_sided(low, denied),
    }


def _lungs(low: str, denied: bool) -> Said:
    if "lung" in low and _CLEAR.search(low):
        return {"consolidation": None, "nodule": None, "nodule_size": 0}
    said: Said = {}
    zone, size = _zone(low), _MM.search(low)
    if _CONSOLIDATION.search(low) and (denied or zone is not None):
        said["consolidation"] = None if denied else zone
    if "nodule" in low and denied:
        said |= {"nodule": None, "nodule_size": 0}
    elif "nodule" in low and zone is not None:
        said |= {"nodule": zone, "nodule_size": int(size.group(1)) if size else 0}
    if _OEDEMA.search(low):
        said["oedema"] = not denied
    return said


def _sided(low: str, denied: bool) -> Said:
    """Read what has a side and nothing else."""
    said: Said = {}
    side = _side(low)
    if "granuloma" in low and side is not None:
        said["granuloma"] = side
    if "atelectasis" in low and (denied or side is not None):
        said["atelectasis"] = None if denied else side
    if _BROKEN.search(low) and "clavicle" in low and side is not None:
        said["fracture"] = side
    elif "bon" in low and (denied or _CLEAR.search(low)):
        said["fracture"] = None
    return said


def _pleura(low: str, denied: bool) -> Said:
    if "pleural spaces" in low and _CLEAR.search(low):
        return {
            "effusion_right": Amount.NONE,
            "effusion_left": Amount.NONE,
            "pneumothorax": None,
        }
    said: Said = {}
    if _EFFUSION.search(low) and "air fluid level" not in low and "overload" not in low:
        said.update(_effusion(low, denied))
    if _AIR.search(low) and "air fluid level" not in low and (denied or _SIDE.search(low)):
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
    said: Said = {"hernia": True} if "hernia" in low and not denied else {}
    if "hernia" in low or "lead" in low or not _HEART.search(low):
        return said
    if "mild" in low:
        said["heart"] = Heart.MILD
    elif "marked" in low:
        said["heart"] = Heart.LARGE
    elif denied or _CLEAR.search(low):
        said["heart"] = Heart.NORMAL
    return said


def _devices(low: str, denied: bool) -> Said:
    if denied:
        absent = "tubes" in low or "devices" in low
        return {"tube": False, "pacemaker": False, "line": None} if absent else {}
    said: Said = {}
    if "endotracheal tube" in low:
        said["tube"] = True
    if "pacemaker" in low:
        said["pacemaker"] = True
    tip = next((tip for tip in Tip if tip in low), None)
    if "line" in low and tip is not None:
        said["line"] = tip
    return said


def _zone(low: str) -> Zone | None:
    match = _ZONE.search(low)
    return Zone(Side(match.group(1)), Level(match.group(2))) if match else None


def _side(low: str) -> Side | None:
    match = _SIDE.search(low)
    return Side(match.group()) if match else None
