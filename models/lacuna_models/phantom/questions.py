"""Short questions about a phantom, with their answers: closed (yes or no) and open. Torch-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lacuna_models.phantom.cases import Amount, Findings, Heart, Rng, Side


class Kind(StrEnum):
    """What is asked for."""

    PRESENCE = "presence"
    SIDE = "side"
    SIZE = "size"
    PLACE = "place"
    COUNT = "count"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Question:
    """One question in one wording.

    ``answer`` returns what is true of a phantom, or an empty string where the question supposes
    a finding that is not there: such pictures are not asked.
    """

    kind: Kind
    text: str
    answer: Callable[[Findings], str]


def _devices(findings: Findings) -> list[str]:
    present = {
        "endotracheal tube": findings.tube,
        "central venous line": findings.line is not None,
        "pacemaker": findings.pacemaker,
    }
    return [name for name, seen in present.items() if seen]


_COUNTS = ("None.", "One.", "Two.", "Three.")


def _count(findings: Findings) -> str:
    return _COUNTS[len(_devices(findings))]


def _which(findings: Findings) -> str:
    names = _devices(findings)
    if not names:
        return "None."
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return listed.capitalize() + "."


def _wet(findings: Findings) -> list[Side]:
    return [side for side in Side if findings.effusion(side) is not Amount.NONE]


def _fluid_side(findings: Findings) -> str:
    wet = _wet(findings)
    return ("", f"{wet[0].capitalize()}." if wet else "", "Both.")[len(wet)]


def _fluid_size(side: Side) -> Callable[[Findings], str]:
    def answer(findings: Findings) -> str:
        amount = findings.effusion(side)
        return "" if amount is Amount.NONE else f"{amount.capitalize()}."

    return answer


_PRESENT: dict[str, Callable[[Findings], bool]] = {
    "an enlarged heart": lambda f: f.heart is not Heart.NORMAL,
    "a pleural effusion": lambda f: bool(_wet(f)),
    "a pneumothorax": lambda f: f.pneumothorax is not None,
    "a consolidation": lambda f: f.consolidation is not None,
    "a nodule": lambda f: f.nodule is not None,
    "a calcified granuloma": lambda f: f.granuloma is not None,
    "atelectasis": lambda f: f.atelectasis is not None,
    "interstitial oedema": lambda f: f.oedema,
    "a hiatus hernia": lambda f: f.hernia,
    "a clavicle fracture": lambda f: f.fracture is not None,
    "an endotracheal tube": lambda f: f.tube,
    "a central venous line": lambda f: f.line is not None,
    "a pacemaker": lambda f: f.pacemaker,
}

_SIDED: dict[str, Callable[[Findings], str]] = {
    "pleural effusion": _fluid_side,
    "pneumothorax": lambda f: _capital(f.pneumothorax),
    "consolidation": lambda f: _capital(f.consolidation.side if f.consolidation else None),
    "nodule": lambda f: _capital(f.nodule.side if f.nodule else None),
    "granuloma": lambda f: _capital(f.granuloma),
    "atelectasis": lambda f: _capital(f.atelectasis),
    "clavicle fracture": lambda f: _capital(f.fracture),
}

_PLACED: dict[str, Callable[[Findings], str]] = {
    "the consolidation": lambda f: _capital(f.consolidation),
    "the nodule": lambda f: _capital(f.nodule),
    "the tip of the central line": lambda f: _capital(f.line),
}

_MEASURED: dict[str, Callable[[Findings], str]] = {
    "the nodule": lambda f: f"{f.nodule_size} mm." if f.nodule else "",
    "the right effusion": _fluid_size(Side.RIGHT),
    "the left effusion": _fluid_size(Side.LEFT),
}


def _capital(value: object) -> str:
    return f"{str(value).capitalize()}." if value is not None else ""


def _yes(present: Callable[[Findings], bool]) -> Callable[[Findings], str]:
    return lambda findings: "Yes." if present(findings) else "No."


def _worded(
    kind: Kind, patterns: tuple[str, ...], answers: dict[str, Callable[[Findings], str]]
) -> list[Question]:
    return [
        Question(kind, pattern.format(name), answer)
        for name, answer in answers.items()
        for pattern in patterns
    ]


QUESTIONS: tuple[Question, ...] = (
    *_worded(
        Kind.PRESENCE,
        ("Is there {}?", "Does the picture show {}?", "Do you see {}?"),
        {name: _yes(present) for name, present in _PRESENT.items()},
    ),
    *_worded(Kind.SIDE, ("On which side is the {}?", "Which side has the {}?"), _SIDED),
    *_worded(Kind.PLACE, ("Where is {}?", "In which place is {}?"), _PLACED),
    *_worded(Kind.SIZE, ("How large is {}?", "What is the size of {}?"), _MEASURED),
    *_worded(
        Kind.SIZE,
        ("How large is {}?", "What is the size of {}?"),
        {"the heart": lambda f: f"{f.heart.capitalize()}."},
    ),
    *_worded(
        Kind.COUNT,
        ("How many {} are there?", "What is the number of {}?"),
        {
            "devices": _count,
            "pleural effusions": lambda f: _COUNTS[len(_wet(f))],
        },
    ),
    *_worded(Kind.DEVICE, ("Which {} are seen?", "What {} are there?"), {"devices": _which}),
)


def draw_question(rng: Rng) -> Question:
    """Draw a kind of question evenly, then one of that kind."""
    kinds = tuple(Kind)
    kind = kinds[int(rng.choice(len(kinds), p=(0.4, 0.2, 0.12, 0.12, 0.08, 0.08)))]
    asked = [question for question in QUESTIONS if question.kind is kind]
    return asked[int(rng.integers(len(asked)))]
