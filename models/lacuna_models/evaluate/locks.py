"""Lock while it thinks: a false sentence is held mid-run, and the rest is to agree with it.

The reader's sentence goes against the picture: only so does it show whether the rest follows the
reader. Body sentences stand; the impression is written. Held from the start, it is a fixed segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lacuna_models.api import (
    CommandQueue,
    Done,
    Engine,
    FillRequest,
    Fixed,
    Gap,
    Lock,
    Seen,
    Segment,
    StepEvent,
)
from lacuna_models.engine import DiffusionEngine
from lacuna_models.evaluate.figures import Line
from lacuna_models.phantom.evaluation.held import held_out
from lacuna_models.phantom.evaluation.plants import Plant, drawn
from lacuna_models.phantom.evaluation.statistics import figure
from lacuna_models.phantom.labeller import contradicts

_ACT = "mid-run lock"
_HEAD, _IMPRESSION = "Findings:\n", "\n\nImpression:\n"


def lines(engine: Engine, count: int, seed: int) -> list[Line]:
    """Return how often the impression agrees, the lock from the start and at half the schedule."""
    if not isinstance(engine, DiffusionEngine):
        return []
    adapter = "reader" if "reader" in engine.info.adapters else None
    planted = [plant for held in held_out(count, seed) for plant in drawn(held, seed)]
    in_body = [plant for plant in planted if plant.sentence in plant.report.body][:count]
    truth = [plant for plant in in_body if not contradicts(plant.report.text)]
    start = [_agrees(engine, plant, adapter, late=False) for plant in in_body]
    late = [_agrees(engine, plant, adapter, late=True) for plant in in_body]
    with_ = f" ({adapter})" if adapter else ""
    return [
        Line(_ACT, f"rest agrees, held from the start{with_}", figure(start), ">= 0.9"),
        Line(_ACT, f"rest agrees, held at half the schedule{with_}", figure(late), ">= 0.8"),
        Line(_ACT, "planted reports that agree in themselves", figure([len(truth) / len(in_body)])),
    ]


def _agrees(engine: DiffusionEngine, plant: Plant, adapter: str | None, *, late: bool) -> bool:
    """Whether the report agrees with the plant; ``late`` holds it after half of a run's steps."""
    before, _, after = (_HEAD + " ".join(plant.report.body)).partition(plant.sentence)
    ids = engine.vocabulary.ids((" " if before.endswith(" ") else "") + plant.sentence)
    held: Segment = Gap("held", len(ids)) if late else Fixed("held", plant.sentence)
    segments = (Fixed("a", before), held, Fixed("b", after + _IMPRESSION), Gap("impression"))
    request = FillRequest("lock", plant.held.prompt, segments, adapter=adapter)
    middle = _end(engine.fill(request)).steps // 2 if late else 0
    queue = CommandQueue()
    impression = (
        _end(_locking(engine.fill(request, None, queue), queue, middle, ids)).fills[-1].text
    )
    return not contradicts(f"{before}{plant.sentence}{after}{_IMPRESSION}{impression}")


def _locking(
    events: Iterator[StepEvent | Done], queue: CommandQueue, step: int, ids: Sequence[int]
) -> Iterator[StepEvent | Done]:
    """Pass a run on, and hold ``ids`` at its first span's places after a step; at 0 nothing."""
    for event in events:
        if isinstance(event, StepEvent) and event.step == max(1, step) and step:
            first = event.spans[0].tokens[0].position
            places = tuple(range(first, first + len(ids)))
            queue.send(Lock(Seen(places, tuple(ids))))
        yield event


def _end(events: Iterator[StepEvent | Done]) -> Done:
    return next(event for event in events if isinstance(event, Done))
