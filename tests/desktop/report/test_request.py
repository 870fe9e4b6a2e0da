from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given

from lacuna.errors import UserFacingError
from lacuna.report import markup, template
from lacuna.report.model import Report
from lacuna.report.request import READER, build_request, voice
from lacuna_models import api
from lacuna_models.scripted import ScriptedEngine
from tests.desktop.report.builders import REPORTS, fill, fixed, gap, one, soft

PROMPT = api.Prompt()


def text_of(request: api.FillRequest) -> str:
    return "".join(
        markup.marker(segment.length) if isinstance(segment, api.Gap) else segment.text
        for segment in request.segments
    )


@given(REPORTS)
def test_the_segments_joined_are_the_report(report: Report) -> None:
    try:
        request = build_request(report, PROMPT, seeds=(1,))
    except UserFacingError:
        return
    assert text_of(request) == markup.render(report)
    ids = [segment.id for segment in request.segments]
    assert len(set(ids)) == len(ids)


def test_only_gaps_are_free_unless_the_reader_selects_more() -> None:
    typed, proposed, anchor = soft("typed "), fill("proposed "), fixed("anchor ")
    report = one(typed, proposed, anchor, gap(4))
    kinds = [type(s) for s in build_request(report, PROMPT, seeds=(1,)).segments]
    assert kinds == [api.Fixed, api.Fixed, api.Fixed, api.Gap]
    scope = frozenset({typed.id, proposed.id, anchor.id})
    kinds = [type(s) for s in build_request(report, PROMPT, seeds=(1,), scope=scope).segments]
    assert kinds == [api.Soft, api.Soft, api.Fixed]


def test_a_selection_leaves_the_gaps_outside_it_alone() -> None:
    first, second = gap(4), gap(5)
    report = one(soft("Heart "), first, soft(". Lungs "), second)
    request = build_request(report, PROMPT, seeds=(1,), scope=frozenset({second.id}))
    free = [segment.id for segment in request.segments if isinstance(segment, api.Gap)]
    assert free == [second.id]


def test_a_report_without_a_gap_is_refused() -> None:
    with pytest.raises(UserFacingError, match="No gap to fill") as refused:
        build_request(one(soft("Heart normal.")), PROMPT, seeds=(1,))
    assert "[...]" in refused.value.remedy


def test_a_selection_may_be_rewritten_where_there_is_no_gap() -> None:
    span = soft("Heart normal.")
    request = build_request(one(span), PROMPT, seeds=(1, 2), scope=frozenset({span.id}))
    assert request.segments == (api.Soft(span.id, span.text),)
    assert request.seeds == (1, 2)


def test_the_chest_template_has_the_layout_that_the_model_knows() -> None:
    request = build_request(template.chest(), PROMPT, seeds=(1,), request_id="mine")
    assert text_of(request) == "Findings:\n[...]\n\nImpression:\n[...]"
    assert request.id == "mine"
    assert text_of(build_request(template.whole_draft(), PROMPT, seeds=(1,))) == "[...]"


def test_words_that_stand_are_followed_where_the_checkpoint_can() -> None:
    model = ScriptedEngine().info
    able = dataclasses.replace(model, adapters=(READER,))
    written, bare = one(soft("Heart normal. "), gap()), one(gap())
    assert voice(written, able) == READER
    assert voice(bare, able) is None
    assert voice(one(fixed(" "), gap()), able) is None
    assert voice(written, able, follow=False) is None
    assert voice(written, model) is None
    assert voice(written, dataclasses.replace(able, adapter="mine")) is None
