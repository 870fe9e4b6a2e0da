"""The headless question: a study and a question -> what the model answers.

Its twin in the window is the panel beside the report. Torch is imported when a model is loaded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lacuna.draft import ctrl_c, first_picture, load_for, mean_nothing, saw_one, to_its_end
from lacuna.draft_output import RESEARCH_USE, alternatives, model
from lacuna.report.draft_mark import DRAFT_MARK, MEANINGLESS
from lacuna.study.load import load_study
from lacuna_models.api import AskRequest, Done, Engine, Fill, ImageInput, ModelInfo, Prompt, Reason


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of what, by which model."""

    study: tuple[Path, ...]
    words: str
    seed: int = 0
    alternatives: int = 1
    model: Path | None = None
    adapter: Path | None = None
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    question: Question
    done: Done
    info: ModelInfo
    picture: ImageInput
    images: int  # of the study; the model saw the first

    @property
    def fill(self) -> Fill:
        """The answer's words, and the other answers."""
        return self.done.fills[0]

    @property
    def words_mean_nothing(self) -> bool:
        """Whether a demonstrator speaks about a picture that it was not drawn for."""
        return mean_nothing(self.info, self.picture)

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before it had settled."""
        return self.done.reason is Reason.CANCELLED


def ask(question: Question) -> Answer:
    """Ask. Ctrl+C stops between steps and keeps what had settled.

    Raises:
        UserFacingError, EngineError: the study, the question, the model or the adapter is refused.
    """
    # Refuses an empty question before anything is loaded.
    AskRequest("ask", Prompt(), question.words)
    study = load_study(question.study)
    picture = first_picture(study)
    images = sum(image.frames for series in study.series for image in series.images)
    engine = _engine(question)
    request = AskRequest(
        "ask",
        Prompt(images=(picture,)),
        question.words,
        seeds=(question.seed,),
        alternatives=question.alternatives,
    )
    try:
        with ctrl_c() as cancel:
            done = to_its_end(engine.ask(request, cancel), None)
        return Answer(question, done, engine.info, picture, images)
    finally:
        engine.close()


def plain(answer: Answer) -> str:
    """Return the answer and the other answers, one a line; marked where they mean nothing."""
    texts = [answer.fill.text, *(other.text for other in answer.fill.alternatives)]
    said = "\n".join(" ".join(text.split()) for text in texts)
    return f"[{MEANINGLESS}]\n{said}" if answer.words_mean_nothing else said


def remarks(answer: Answer) -> list[str]:
    """Return the lines that go beside the answer."""
    warning = [MEANINGLESS] if answer.words_mean_nothing else []
    unseen = [saw_one(answer.images)] if answer.images > 1 else []
    return [DRAFT_MARK, *warning, *unseen, *answer.done.notes]


def as_json(answer: Answer) -> str:
    """Return one JSON document."""
    document = {
        "draft": True,
        "research_use": RESEARCH_USE,
        "warning": MEANINGLESS if answer.words_mean_nothing else None,
        "question": answer.question.words,
        **alternatives(answer.fill),
        "model": model(answer.info),
        "image": {"sha256": answer.picture.digest(), "origin": str(answer.picture.origin)},
        "seed": answer.done.seed,
        "steps": answer.done.steps,
        "reason": str(answer.done.reason),
        "elapsed_seconds": round(answer.done.elapsed, 3),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _engine(question: Question) -> Engine:
    return load_for(question.model, question.device, question.adapter)
