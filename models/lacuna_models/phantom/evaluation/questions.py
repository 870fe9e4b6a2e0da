"""Questions about a picture: how often the answer is right, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lacuna_models.api import Prompt
from lacuna_models.phantom.cases import Case, draw_case
from lacuna_models.phantom.evaluation.authors import Author
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.evaluation.subjects import blanked, picture
from lacuna_models.phantom.evaluation.tables import Cell, Progress, Table
from lacuna_models.phantom.pictures import held_out_seeds
from lacuna_models.phantom.questions import Kind, Question, draw_question


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a held-out phantom, with the true answer."""

    case: Case
    question: Question
    answer: str

    @property
    def closed(self) -> bool:
        """Whether it is answered by yes or no."""
        return self.question.kind is Kind.PRESENCE

    @property
    def prompt(self) -> Prompt:
        """The picture."""
        return Prompt(images=(picture(self.case),))


def draw_asked(count: int, seed: int) -> list[Asked]:
    """Draw questions; the answers of each are about as frequent, so that none can be guessed."""
    rng = np.random.default_rng([seed, 21])
    shown = [draw_case(number) for number in held_out_seeds(max(100, count), seed)]
    drawn: list[Asked] = []
    while len(drawn) < count:
        drawn += _draw(shown, rng)
    return drawn


def _draw(shown: Sequence[Case], rng: np.random.Generator) -> list[Asked]:
    """Draw a question and a picture of a drawn answer; none where no picture fits the question."""
    question = draw_question(rng)
    answers: dict[str, Case] = {}
    for index in rng.permutation(len(shown)):
        answers.setdefault(question.answer(shown[index].findings), shown[index])
    answers.pop("", None)
    if not answers:
        return []
    answer = sorted(answers)[int(rng.integers(len(answers)))]
    return [Asked(answers[answer], question, answer)]


def right(said: str, answer: str) -> bool:
    """Return whether an answer is the true one; case, spaces and a full stop count nothing."""
    return _plain(said) == _plain(answer)


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".")


def questions_table(authors: Sequence[Author], asked: Sequence[Asked], say: Progress) -> Table:
    """Ask every author, and the first one beside a grey picture too."""
    marks = {author.name: _marks(author, asked, say) for author in authors}
    marks["no picture"] = _marks(authors[0], asked, say, blank=True)
    rows = {
        name: tuple(figure(values[chosen]) for values in marks.values())
        for name, chosen in _kinds(asked).items()
    }
    rows_of_cells: dict[str, tuple[Cell, ...]] = dict(rows)
    note = (
        f"{len(asked)} questions; each one's answers are drawn evenly. Right: the same words. "
        f"Without the picture {authors[0].name} guesses."
    )
    return Table("Questions", "right answers", tuple(marks), rows_of_cells, note)


def _marks(
    author: Author, asked: Sequence[Asked], say: Progress, *, blank: bool = False
) -> np.ndarray:
    marks = []
    for index, one in enumerate(asked):
        prompt = blanked(one.prompt) if blank else one.prompt
        marks.append(right(author.answer(prompt, one.question.text).text, one.answer))
        say(f"questions, {author.name}", index + 1, len(asked))
    return np.array(marks, dtype=np.float64)


def _kinds(asked: Sequence[Asked]) -> dict[str, np.ndarray]:
    closed = np.array([one.closed for one in asked])
    by_kind = {str(k): np.array([one.question.kind is k for one in asked]) for k in Kind}
    return {"all": np.ones(len(asked), bool), "closed": closed, "open": ~closed} | by_kind
