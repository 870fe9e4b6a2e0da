"""The acts upon a report with their keys: one list for shortcuts and menu. Free of widgets.

An act is asked for by its id; what it does is decided at the desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What a reader may ask for beside typing."""

    FILL = "fill"
    NORMALS = "normals"
    IMPRESSION = "impression"
    FINDINGS = "findings"
    INSTRUCT = "instruct"
    LENGTH = "length"
    NEXT = "next-alternative"
    PREVIOUS = "previous-alternative"
    LOCK = "lock"
    STRIKE = "strike"
    WORD_ON = "word-on"
    WORD_BACK = "word-back"
    PAUSE = "pause"
    STEP_ON = "step-on"
    STEP_BACK = "step-back"
    CHECK = "check"
    REFILL = "refill"
    STYLE = "style"
    SPAN = "span"
    ACCEPT = "accept"
    REJECT = "reject"
    ASK = "ask"
    FOLLOW = "follow"


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in the menu: its words and its key, as Qt spells keys."""

    act: Act
    words: str
    key: str


GROUPS: tuple[tuple[Entry, ...], ...] = (
    (
        Entry(Act.FILL, "Fill the gaps, or rewrite the selection", "Ctrl+G"),
        Entry(Act.NORMALS, "Normals around what is stated", "Ctrl+Shift+N"),
        Entry(Act.IMPRESSION, "Impression from the findings", "Ctrl+Shift+I"),
        Entry(Act.FINDINGS, "Findings from the impression", "Ctrl+Shift+F"),
        Entry(Act.STYLE, "Reword in house style", "Ctrl+Shift+H"),
        Entry(Act.INSTRUCT, "Tell the model for this report", "Ctrl+Shift+T"),
        Entry(Act.ASK, "Ask about the image", "Ctrl+Shift+A"),
        Entry(Act.FOLLOW, "Follow my words, or the image", "Ctrl+Shift+W"),
    ),
    (
        Entry(Act.LENGTH, "Length of this gap", "Ctrl+Shift+G"),
        Entry(Act.NEXT, "Next alternative", "Alt+Down"),
        Entry(Act.PREVIOUS, "Previous alternative", "Alt+Up"),
        Entry(Act.ACCEPT, "Accept", "Ctrl+Enter"),
        Entry(Act.REJECT, "Reject", "Ctrl+Backspace"),
        Entry(Act.SPAN, "Who wrote this", "Ctrl+I"),
    ),
    (
        Entry(Act.LOCK, "Lock or unlock", "Ctrl+L"),
        Entry(Act.STRIKE, "Strike out, while it runs", "Ctrl+Shift+X"),
        Entry(Act.WORD_ON, "Next word of the run", "Alt+Right"),
        Entry(Act.WORD_BACK, "Previous word of the run", "Alt+Left"),
        Entry(Act.PAUSE, "Pause, or go on", "Ctrl+P"),
        Entry(Act.STEP_BACK, "Step back", "Ctrl+,"),
        Entry(Act.STEP_ON, "Step on", "Ctrl+."),
    ),
    (
        Entry(Act.CHECK, "Check the report", "F7"),
        Entry(Act.REFILL, "Refill what no longer fits", "Ctrl+Shift+R"),
    ),
)
ENTRIES = tuple(entry for group in GROUPS for entry in group)
# Keys that the report column has had before there was a menu: not bound twice.
BOUND = frozenset((Act.FILL, Act.LOCK, Act.ACCEPT, Act.REJECT, Act.STEP_ON, Act.STEP_BACK))


def key_of(act: Act) -> str:
    """Return the key of an act, as it is written on key caps."""
    return next(entry.key for entry in ENTRIES if entry.act is act)
