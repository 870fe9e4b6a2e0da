"""The four measures, by name: what an engine's ``score`` runs."""

from __future__ import annotations

import time
from collections.abc import Callable

from lacuna_models.api import CancelToken, Measure, ScoreRequest, Scores, SpanScore
from lacuna_models.scoring import radar, sentences
from lacuna_models.scoring.desk import Desk, Found
from lacuna_models.scoring.text import Joined, joined

_LOST = "Some of the text could not be scored: this checkpoint's tokenizer respells it."


def score(desk: Desk, request: ScoreRequest, cancel: CancelToken | None = None) -> Scores:
    """Score a report. ``cancel`` is polled between passes.

    Raises:
        EngineError: the request cannot be laid out.
    """
    began = time.perf_counter()
    text = joined(request.segments)
    found: list[SpanScore] = []
    lost, complete = False, True
    for page, spans in _MEASURES[request.measure](desk, request, text):
        found += (span for span in spans if _asked(span, request.only))
        lost = lost or page.sheet.lost
        if cancel is not None and cancel.is_set():
            complete = False
            break
    return Scores(
        request.id,
        request.measure,
        tuple(found),
        time.perf_counter() - began,
        complete,
        (_LOST,) if lost else (),
    )


def _asked(span: SpanScore, only: frozenset[str] | None) -> bool:
    return only is None or any(place.segment_id in only for place in span.places)


_MEASURES: dict[Measure, Callable[[Desk, ScoreRequest, Joined], Found]] = {
    Measure.CLEAN: radar.clean,
    Measure.CRITICAL: radar.critical,
    Measure.EVIDENCE: sentences.evidence,
    Measure.DEPENDENCE: sentences.dependence,
}
