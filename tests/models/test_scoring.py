"""Scores: where they lie, that noise hides what it should, and what bounds make of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from lacuna_models.api import (
    CancelToken,
    Commands,
    Done,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Measure,
    Origin,
    Prompt,
    RewriteRequest,
    ScoreBounds,
    ScoreRequest,
    Segment,
    Soft,
    Source,
    SpanScore,
    StepEvent,
)
from lacuna_models.context import Contexts
from lacuna_models.engine import DiffusionEngine
from lacuna_models.loading import Loaded
from lacuna_models.phantom.cases import draw_case
from lacuna_models.phantom.evaluation.subjects import picture
from lacuna_models.scoring.desk import Desk
from lacuna_models.scoring.facts import same_claims
from lacuna_models.scoring.fitting import Fitting
from lacuna_models.scoring.noise import read
from lacuna_models.scoring.placing import sheets
from lacuna_models.scoring.restyle import Around, rewrites
from lacuna_models.scoring.text import Stretch, joined
from lacuna_models.scripted import ScriptedEngine

REPORT = "Findings:\nThe heart is normal in size. Small left pleural effusion.\n"
GREY = ImageInput(np.full((128, 128), 128, np.uint8), Origin.PHANTOM)
PROMPT = Prompt(images=(GREY,))
LOW = ScoreBounds(clean=-1.0, critical=-1.0, habit=-99.0, picture=-98.0, dependence=-99.0)


def request(*segments: Segment, measure: Measure = Measure.CRITICAL, **more: Any) -> ScoreRequest:
    return replace(ScoreRequest("score", PROMPT, segments, measure), **more)


def texts(spans: tuple[SpanScore, ...]) -> list[str]:
    return [span.text for span in spans]


def test_tokens_spell_the_text_at_their_places(loaded: Loaded) -> None:
    segments = (Fixed("a", "The heart is "), Gap("g", 4), Fixed("b", ", clear lungs é."))
    (sheet,) = sheets(segments, loaded.vocabulary, loaded.canvas)
    text = joined(segments).text
    for token in sheet.tokens:
        spelled = loaded.vocabulary.texts([sheet.ids[token.position]], "ignore")[0].strip()
        assert text[token.start : token.stop].startswith(spelled)
    assert len(sheet.gaps) == 4
    assert not set(sheet.gaps) & {token.position for token in sheet.tokens}
    heart = text.index("heart")
    assert sheet.positions(Stretch(heart, heart + 5))


def test_a_long_report_is_laid_on_several_sheets(loaded: Loaded) -> None:
    text = "The heart is normal in size. " * 20
    laid = sheets((Fixed("a", text),), loaded.vocabulary, loaded.canvas)
    assert len(laid) > 1
    starts = [token.start for sheet in laid for token in sheet.tokens]
    assert starts == sorted(starts)
    assert max(token.stop for token in laid[-1].tokens) <= len(text)


def test_what_stood_under_the_noise_is_not_seen(loaded: Loaded) -> None:
    seen = Contexts(loaded).get(PROMPT)
    (sheet,) = sheets((Fixed("a", REPORT),), loaded.vocabulary, loaded.canvas)
    hidden = [token.position for token in sheet.tokens][3:6]
    other = list(sheet.ids)
    other[hidden[0]] = (other[hidden[0]] + 1) % 100 + 20
    one = read(loaded, seen, sheet.ids, [hidden] * 2, hidden, 5)
    two = read(loaded, seen, other, [hidden] * 2, hidden, 5)
    assert one.expected.allclose(two.expected, atol=1e-6)
    assert one.likelihoods.shape == (2, 3)


def test_rows_share_no_draws_with_the_rows_beside_them(loaded: Loaded) -> None:
    seen = Contexts(loaded).get(PROMPT)
    (sheet,) = sheets((Fixed("a", REPORT),), loaded.vocabulary, loaded.canvas)
    places = [token.position for token in sheet.tokens][:4]
    few = read(loaded, seen, sheet.ids, [places] * 2, places, 5).likelihoods
    many = read(loaded, seen, sheet.ids, [places] * 4, places, 5).likelihoods
    assert few.allclose(many[:2], atol=1e-4)


def test_phrases_and_sentences_come_in_reading_order(tiny_engine: DiffusionEngine) -> None:
    for measure in (Measure.CLEAN, Measure.CRITICAL):
        scores = tiny_engine.score(request(Fixed("a", REPORT), measure=measure))
        assert texts(scores.spans) == ["normal", "Small left", "effusion"]
        assert all(span.log_likelihood <= 0 for span in scores.spans)
    scores = tiny_engine.score(request(Fixed("a", REPORT), measure=Measure.EVIDENCE))
    assert texts(scores.spans) == ["The heart is normal in size.", "Small left pleural effusion."]
    assert scores.spans[0].drop == pytest.approx(0.0, abs=1e-4)  # grey is what grey is compared to


def test_the_same_request_gives_the_same_scores(tiny_engine: DiffusionEngine) -> None:
    one, two = (tiny_engine.score(request(Fixed("a", REPORT), seed=3)) for _ in range(2))
    assert one.spans == two.spans


def test_only_what_was_asked_for_comes_back(tiny_engine: DiffusionEngine) -> None:
    segments = (Fixed("a", "The heart is normal in size. "), Soft("b", "Small left effusion."))
    scores = tiny_engine.score(request(*segments, only=frozenset({"b"})))
    assert texts(scores.spans) == ["Small left effusion"]
    assert scores.spans[0].places[0].segment_id == "b"


def test_without_bounds_nothing_is_flagged_and_with_them_it_is(loaded: Loaded) -> None:
    for bounds, flags in ((None, False), (LOW, True)):
        engine = DiffusionEngine(replace(loaded, info=replace(loaded.info, bounds=bounds)))
        scores = engine.score(request(Fixed("a", REPORT)))
        assert bool(scores.flagged) is flags
        assert all(span.reason for span in scores.flagged)
        sources = engine.score(request(Fixed("a", REPORT), measure=Measure.EVIDENCE)).spans
        assert {span.source for span in sources} == ({Source.PICTURE} if flags else {None})


def test_dependence_leaves_out_what_the_edit_changed(tiny_engine: DiffusionEngine) -> None:
    before = "The heart is normal in size. Small left effusion."
    after = "The heart is normal in size. Small right effusion."
    scores = tiny_engine.score(
        request(Fixed("a", after), measure=Measure.DEPENDENCE, before=(Fixed("a", before),))
    )
    assert texts(scores.spans) == ["The heart is normal in size."]
    assert scores.spans[0].compared is not None


@pytest.mark.parametrize("measure", list(Measure))
def test_an_empty_report_and_open_gaps_are_no_trouble(
    tiny_engine: DiffusionEngine, measure: Measure
) -> None:
    assert tiny_engine.score(request(measure=measure)).spans == ()
    assert tiny_engine.score(request(Gap("g"), measure=measure)).spans == ()
    scores = tiny_engine.score(request(Fixed("a", "No "), Gap("g"), measure=measure))
    assert texts(scores.spans) == (["No"] if measure in (Measure.CLEAN, Measure.CRITICAL) else [])


def test_cancelled_scores_say_that_they_are_not_complete(tiny_engine: DiffusionEngine) -> None:
    stop = threading.Event()
    stop.set()
    scores = tiny_engine.score(request(Fixed("a", REPORT * 20)), stop)
    assert not scores.complete
    assert len(scores.spans) < 60


def test_an_adapter_that_is_not_there_is_refused(tiny_engine: DiffusionEngine) -> None:
    with pytest.raises(EngineError, match="has no adapter nobody"):
        tiny_engine.score(request(Fixed("a", REPORT), adapter="nobody"))


def test_rewriting_keeps_what_it_may_not_change(tiny_engine: DiffusionEngine) -> None:
    soft = Soft("s", "Small left effusion, 12 mm.")
    order = RewriteRequest("style", PROMPT, (Fixed("a", "Findings:\n"), soft))
    (answer,) = tiny_engine.rewrite(order)
    assert answer.before == soft.text
    assert same_claims(answer.text, soft.text)  # whatever words random weights put between
    assert answer.text == soft.text or not answer.refusals


def test_a_wording_that_changes_a_fact_is_refused_with_the_reason() -> None:
    engine = ScriptedEngine({"wording": "Large right effusion."}, default="effusion")
    segments = (Fixed("a", "Findings:\n"), Soft("s", "Small left effusion. No air."))
    (answer,) = rewrites(engine, RewriteRequest("style", PROMPT, segments))
    assert answer.text == "Small left effusion. No air."
    assert [refusal.text for refusal in answer.refusals] == ["Small left effusion.", "No air."]
    assert "small left" in answer.refusals[0].reason
    assert "large right" in answer.refusals[0].reason


def test_a_wording_that_keeps_the_facts_is_taken() -> None:
    engine = ScriptedEngine({"wording": "Effusion on the left, small."})
    segments = (Soft("s", "Small left pleural effusion. "), Fixed("a", "Clear lungs."))
    (answer,) = rewrites(engine, RewriteRequest("style", PROMPT, segments))
    assert answer.text == "Effusion on the left, small. "
    assert not answer.refusals


def _offering(*wordings: str) -> ScriptedEngine:
    """Return an engine that words a sentence in another way in each of its rows."""

    class Varied(ScriptedEngine):
        def fill(
            self,
            request: FillRequest,
            cancel: CancelToken | None = None,
            commands: Commands | None = None,
        ) -> Iterator[StepEvent | Done]:
            for seed, wording in zip(request.seeds, cycle(wordings), strict=False):
                row = ScriptedEngine({"wording": wording})
                yield from row.fill(replace(request, seeds=(seed,)), cancel, commands)

    return Varied()


def test_of_several_wordings_the_one_is_taken_that_fits_best() -> None:
    engine = _offering("Effusion on the left, small.", "A small left effusion is seen.")
    request = RewriteRequest("style", PROMPT, (Soft("s", "Small left pleural effusion."),))
    asked: list[str] = []

    def longest(_: RewriteRequest, __: Around, texts: Sequence[str]) -> list[float]:
        asked.extend(texts)
        return [float(len(text)) for text in texts]

    (answer,) = rewrites(engine, request, fit=longest)
    assert answer.text == "A small left effusion is seen."
    assert asked == ["Effusion on the left, small.", "A small left effusion is seen."]


def test_a_wording_that_stutters_or_goes_on_is_never_taken() -> None:
    engine = _offering(
        "A small left left effusion.", "Small left effusion. Small", "Left effusion, small."
    )
    request = RewriteRequest("style", PROMPT, (Soft("s", "Small left pleural effusion."),))
    (answer,) = rewrites(engine, request)
    assert answer.text == "Left effusion, small."


def test_what_breaks_off_fits_worse_than_a_whole_sentence(shipped: Loaded) -> None:
    fit = Fitting(Desk(shipped, Contexts(shipped)))
    request = RewriteRequest("style", Prompt((picture(draw_case(4)),)), ())
    around = Around("Findings:\nThe heart is normal in size. ", " The bones are normal.")
    whole, broken = fit(request, around, ["There is no pleural effusion.", "There is no pleural."])
    assert whole > broken
