from __future__ import annotations

from dataclasses import replace

from lacuna.report import alternatives, edit
from lacuna.report.apply import apply_done
from lacuna.report.model import Author, Fill, Fixed, Report
from lacuna_models import api
from lacuna_models.scripted import INFO
from tests.desktop.report.builders import anchors, done, fixed, gap, kept, one, soft

FIRST, SECOND = "Small effusion. No nodule.", "Trace of fluid."


def answered() -> tuple[Report, Report, str, api.Done]:
    """Return a report before and after its gap got two proposals, the gap's id, and the run."""
    empty = gap()
    before = one(fixed("Left:"), soft(" "), empty, soft(" End"))
    other = api.Alternative(kept(SECOND).tokens, -1.0, 0.2)
    answer = api.Fill(empty.id, (kept(FIRST),), 0.1, -0.5, (other,))
    run = done(answer)
    return before, apply_done(before, run, INFO), empty.id, run


def words(report: Report) -> str:
    return edit.body(report.sections[0].spans)


def test_another_proposal_takes_the_place_of_all_sentences() -> None:
    _, after, source, run = answered()
    (found,) = alternatives.choices(run, INFO, nothing=False).values()
    assert [choice.text for choice in found] == [FIRST, SECOND]
    assert alternatives.shown(after, source) == FIRST
    other = alternatives.choose(after, source, found[1])
    assert words(other) == f"Left: {SECOND} End"
    assert alternatives.shown(other, source) == SECOND
    assert words(alternatives.choose(other, source, found[0])) == words(after)
    assert anchors(other) == ["Left:"]


def test_rejecting_an_alternative_brings_the_gap_back() -> None:
    before, after, source, run = answered()
    choice = alternatives.choices(run, INFO, nothing=False)[source][1]
    assert edit.reject_all(alternatives.choose(after, source, choice)) == before


def test_what_was_accepted_is_not_exchanged() -> None:
    _, after, source, run = answered()
    first = next(span for span in after.spans() if isinstance(span, Fill))
    accepted = edit.accept(after, first.id)
    choice = alternatives.choices(run, INFO, nothing=False)[source][1]
    assert alternatives.shown(accepted, source) is None
    assert alternatives.choose(accepted, source, choice) == accepted


def test_words_locked_during_a_run_are_anchors_afterwards() -> None:
    empty = gap()
    tokens = kept("a left effusion here.").tokens
    locked = tuple(
        replace(t, state=api.TokenState.LOCKED) if t.text in (" left", " effusion") else t
        for t in tokens
    )
    run = done(api.Fill(empty.id, (api.Kept(locked),), 0.1))
    after = apply_done(one(empty), run, INFO)
    (anchor,) = [span for span in after.spans() if isinstance(span, Fixed)]
    assert (anchor.text, anchor.author) == ("left effusion", Author.MODEL)
    assert anchor.origin is not None
    assert words(after) == "a left effusion here."
