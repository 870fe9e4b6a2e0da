"""Questions have one true answer each, or are not asked."""

from __future__ import annotations

import numpy as np

from lacuna_models.phantom.cases import Amount, Findings, Level, Side, Tip, Zone, draw_case
from lacuna_models.phantom.questions import QUESTIONS, Kind, draw_question

ILL = Findings(
    effusion_left=Amount.LARGE,
    nodule=Zone(Side.RIGHT, Level.MID),
    nodule_size=30,
    tube=True,
    line=Tip.ATRIUM,
)


def answers(findings: Findings) -> dict[str, str]:
    return {question.text: question.answer(findings) for question in QUESTIONS}


def test_answers_are_true() -> None:
    told = answers(ILL)
    assert told["Is there a pleural effusion?"] == "Yes."
    assert told["Is there a pneumothorax?"] == "No."
    assert told["On which side is the pleural effusion?"] == "Left."
    assert told["Where is the nodule?"] == "Right mid zone."
    assert told["How large is the nodule?"] == "30 mm."
    assert told["How large is the left effusion?"] == "Large."
    assert told["How many devices are there?"] == "Two."
    assert told["Which devices are seen?"] == "Endotracheal tube and central venous line."
    assert told["Where is the tip of the central line?"] == "Right atrium."
    both = answers(ILL.having(effusion_right=Amount.SMALL))
    assert both["On which side is the pleural effusion?"] == "Both."
    assert both["How many pleural effusions are there?"] == "Two."


def test_what_is_not_there_is_not_asked_for() -> None:
    told = answers(Findings())
    assert told["On which side is the nodule?"] == ""
    assert told["How large is the right effusion?"] == ""
    assert told["How many devices are there?"] == "None."
    assert told["How large is the heart?"] == "Normal."


def test_texts_differ_and_every_kind_is_drawn() -> None:
    assert len({question.text for question in QUESTIONS}) == len(QUESTIONS)
    rng = np.random.default_rng(0)
    assert {draw_question(rng).kind for _ in range(300)} == set(Kind)


def test_every_question_has_pictures_that_answer_it() -> None:
    shown = [draw_case(seed).findings for seed in range(400)]
    for question in QUESTIONS:
        assert len({question.answer(findings) for findings in shown} - {""}) > 1, question.text
