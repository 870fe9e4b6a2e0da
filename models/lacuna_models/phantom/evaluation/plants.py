"""False sentences, planted into true reports: what a radar has to find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from lacuna_models.phantom.cases import ANSWERS, GROUPS, Findings, Rng
from lacuna_models.phantom.evaluation.held import Held, agrees, changed, finds, said
from lacuna_models.phantom.grammar import Report


class Lie(StrEnum):
    """What is false about a sentence."""

    SIDE = "side"
    SIZE = "size"
    LEVEL = "level"
    ABSENCE = "absence"  # what is there is denied
    PRESENCE = "presence"  # what is not there is found


_SWAPS: dict[Lie, dict[str, str]] = {
    Lie.SIDE: {"right": "left", "left": "right"},
    Lie.SIZE: {
        "small": "large",
        "moderate": "small",
        "large": "small",
        "mild": "marked",
        "mildly": "markedly",
        "marked": "mild",
        "markedly": "mildly",
        "10": "30",
        "20": "10",
        "30": "10",
    },
    Lie.LEVEL: {"upper": "lower", "mid": "upper", "lower": "mid"},
}


@dataclass(frozen=True, slots=True)
class Plant:
    """A report with one false sentence; ``true`` is the report as it was."""

    held: Held
    lie: Lie
    true: Report
    report: Report
    sentence: str


def plants(held: Held, rng: Rng) -> Iterator[Plant]:
    """Yield at most one plant of each kind."""
    for lie in Lie:
        found = list(_swapped(held, lie) if lie in _SWAPS else _turned(held, lie))
        if found:
            report, sentence = found[int(rng.integers(len(found)))]
            yield Plant(held, lie, held.report, report, sentence)


def _swapped(held: Held, lie: Lie) -> Iterator[tuple[Report, str]]:
    words = _SWAPS[lie]
    pattern = re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)
    for section in ("body", "impression"):
        sentences: tuple[str, ...] = getattr(held.report, section)
        for index, sentence in enumerate(sentences):
            for match in pattern.finditer(sentence):
                word = _like(words[match.group().lower()], match.group())
                false = sentence[: match.start()] + word + sentence[match.end() :]
                if said(false) and not agrees(false, held.case.findings):
                    put = (*sentences[:index], false, *sentences[index + 1 :])
                    yield _with(held.report, section, put), false


def _with(report: Report, section: str, sentences: tuple[str, ...]) -> Report:
    sections: dict[str, Any] = {section: sentences}
    return replace(report, **sections)


def _like(word: str, model: str) -> str:
    return word.capitalize() if model[0].isupper() else word


def _turned(held: Held, lie: Lie) -> Iterator[tuple[Report, str]]:
    """Yield reports in which the body denies a finding, or finds what is not there."""
    truth, normal = held.case.findings, Findings()
    full = replace(held, style="full")
    for group in GROUPS:
        if (getattr(truth, group) == getattr(normal, group)) is (lie is Lie.ABSENCE):
            continue
        for answer in ANSWERS[group]:
            if (answer == getattr(normal, group)) is (lie is Lie.PRESENCE):
                continue
            for false in full.reworded(changed(truth, {group: answer})).body:
                if _only_about(false, group, answer, truth) and finds(false) is (
                    lie is Lie.PRESENCE
                ):
                    yield from _put(held.report, group, false, insert=lie is Lie.PRESENCE)


def _only_about(sentence: str, group: str, answer: Any, truth: Findings) -> bool:
    """Whether the one thing in which a sentence is wrong is this answer of this group."""
    answers = dict(said(sentence))
    if group not in answers or answers.pop(group) != answer or answer == getattr(truth, group):
        return False
    return all(getattr(truth, other) == other_answer for other, other_answer in answers.items())


def _put(report: Report, group: str, false: str, *, insert: bool) -> Iterator[tuple[Report, str]]:
    body = report.body
    about = [i for i, sentence in enumerate(body) if group in dict(said(sentence))]
    if about:
        at = about[0]
        yield replace(report, body=(*body[:at], false, *body[at + 1 :])), false
    elif insert:
        yield replace(report, body=(*body, false)), false


def drawn(held: Held, seed: int) -> list[Plant]:
    """Return a case's plants; all follows from the seeds."""
    return list(plants(held, np.random.default_rng([held.case.seed, seed, 8])))
