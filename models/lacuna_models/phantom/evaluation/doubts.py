"""What a model holds against true sentences, and against false ones planted beside them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lacuna_models.api import Engine, Fixed, Measure, ScoreRequest, Scores
from lacuna_models.phantom.evaluation.held import Held, held_out
from lacuna_models.phantom.evaluation.plants import Lie, drawn
from lacuna_models.phantom.evaluation.statistics import area
from lacuna_models.phantom.evaluation.tables import Cell, Progress, Table

DENIED = (Lie.ABSENCE, Lie.PRESENCE)


@dataclass(frozen=True, slots=True)
class Doubted:
    """A case's doubts in nats, by sentence: of the true report, and of each plant.

    ``elapsed`` are the seconds that scoring the true report took with a warm context, by the wall
    and by the processor: they part where others use the machine.
    """

    true: tuple[float, ...]
    plants: tuple[tuple[Lie, float], ...]
    elapsed: tuple[float, float]


def doubted(
    engine: Engine, count: int, seed: int, kind: Measure, say: Progress = lambda *_: None
) -> list[Doubted]:
    """Score true and planted reports of held-out phantoms."""
    cases = []
    for index, held in enumerate(held_out(count, seed)):
        cases.append(_doubted(engine, held, seed, kind))
        say("planted errors", index + 1, count)
    return cases


def _doubted(engine: Engine, held: Held, seed: int, kind: Measure) -> Doubted:
    _scores(engine, held, held.report.text, Measure.CLEAN)  # encodes the picture
    began = time.thread_time()
    true = _scores(engine, held, held.report.text, kind)
    elapsed = (true.elapsed, time.thread_time() - began)
    plants = []
    for plant in drawn(held, seed):
        scores = _scores(engine, held, plant.report.text, kind)
        plants.append((plant.lie, _by_sentence(scores, plant.report.text).get(plant.sentence, 0.0)))
    return Doubted(tuple(_by_sentence(true, held.report.text).values()), tuple(plants), elapsed)


def _scores(engine: Engine, held: Held, text: str, kind: Measure) -> Scores:
    return engine.score(ScoreRequest("radar", held.prompt, (Fixed("report", text),), kind))


def _by_sentence(scores: Scores, text: str) -> dict[str, float]:
    """Return the highest doubt of each sentence's phrases."""
    doubts: dict[str, float] = {}
    for span in scores.spans:
        sentence = _around(text, span.places[0].start)
        doubts[sentence] = max(doubts.get(sentence, 0.0), span.doubt)
    return doubts


def _around(text: str, at: int) -> str:
    """Return the phantom sentence at a place: full stops end them."""
    start = max(text.rfind(". ", 0, at) + 2, text.rfind("\n", 0, at) + 1)
    stop = text.find(".", at)
    return text[start : stop + 1]


def doubts_table(cases: list[Doubted]) -> Table:
    """Return how far planted errors stand out from true sentences, by kind."""
    true = [doubt for case in cases for doubt in case.true]
    planted = [plant for case in cases for plant in case.plants]
    rows: dict[str, tuple[Cell, ...]] = {"all": (area([d for _, d in planted], true),)}
    for lie in Lie:
        rows[str(lie)] = (area([d for kind, d in planted if kind is lie], true),)
    rows["negation"] = (area([d for kind, d in planted if kind in DENIED], true),)
    return Table("Planted errors", "what is false", ("AUC",), rows, _NOTE)


_NOTE = (
    "One sentence of a true report is made false; its doubt by re-scoring (the radar's) against "
    "that of all true sentences: the area under the curve. Absence: what is there is denied. "
    "Presence: what is not there is found. Negation: both."
)
