from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lacuna.report import edit, markup
from lacuna.report.model import Author, Fill, FillState, Fixed, Gap, Report, Soft
from tests.desktop.report.builders import REPORTS, anchors, fill, fixed, gap, one, soft


def length(report: Report, section: int) -> int:
    return len(edit.body(report.sections[section].spans))


def is_subsequence(part: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(item in rest for item in part)


@given(REPORTS, st.data())
def test_no_edit_but_unlocking_changes_an_anchor(report: Report, data: st.DataObject) -> None:
    for _ in range(4):
        before = report
        section = data.draw(st.integers(0, len(report.sections) - 1))
        places = st.integers(0, length(report, section))
        start, end = sorted((data.draw(places), data.draw(places)))
        ids = [span.id for span in report.spans()] or ["none"]
        act = data.draw(st.sampled_from(["lock", "gap", "accept", "reject", "all", "none"]))
        if act == "lock":
            report = edit.lock(report, section, start, end)
        elif act == "gap":
            report = edit.insert_gap(report, section, start)
        elif act == "accept":
            report = edit.accept(report, data.draw(st.sampled_from(ids)))
        elif act == "reject":
            report = edit.reject(report, data.draw(st.sampled_from(ids)))
        elif act == "all":
            report = edit.accept_all(report)
        else:
            report = edit.reject_all(report)
        assert is_subsequence(anchors(before), anchors(report))
        found = [span.id for span in report.spans()]
        assert len(set(found)) == len(found)


@given(REPORTS, st.data())
def test_locking_and_unlocking_keep_every_character(report: Report, data: st.DataObject) -> None:
    section = data.draw(st.integers(0, len(report.sections) - 1))
    places = st.integers(0, length(report, section))
    start, end = sorted((data.draw(places), data.draw(places)))
    locked = edit.lock(report, section, start, end)
    freed = edit.unlock(locked, section, start, end)
    assert markup.render(report) == markup.render(locked) == markup.render(freed)
    text = edit.body(locked.sections[section].spans)[start:end]
    at, held = 0, ""
    for span in locked.sections[section].spans:
        size = len(edit.shown(span))
        low, high = max(start - at, 0), min(end - at, size)
        if isinstance(span, Fixed) and low < high:
            held += span.text[low:high]
        at += size
    assert held == text.replace(edit.GAP_CHARACTER, "")


def test_a_selection_becomes_an_anchor_and_the_rest_stays() -> None:
    report = edit.lock(one(soft("Heart mildly enlarged today", Author.TEMPLATE)), 0, 6, 21)
    assert [(type(s), s.text) for s in report.spans() if not isinstance(s, Gap)] == [
        (Soft, "Heart "),
        (Fixed, "mildly enlarged"),
        (Soft, " today"),
    ]
    assert all(isinstance(s, Fixed | Soft) and s.author is Author.TEMPLATE for s in report.spans())


def test_locked_model_text_keeps_its_origin_and_does_not_ask_for_review_again() -> None:
    locked = edit.lock(one(fill("no effusion")), 0, 0, 11)
    (anchor,) = locked.spans()
    assert isinstance(anchor, Fixed)
    assert anchor.author is Author.MODEL
    assert anchor.origin is not None
    (freed,) = edit.unlock(locked, 0, 0, 11).spans()
    assert isinstance(freed, Fill)
    assert freed.state is FillState.ACCEPTED


def test_accepting_and_rejecting() -> None:
    first, second = fill("one"), fill("two")
    report = one(first, soft(" and "), second)
    accepted = edit.accept(report, first.id)
    assert [s.id for s in edit.proposals(accepted)] == [second.id]
    assert not list(edit.proposals(edit.accept_all(report)))
    assert list(edit.reject(report, second.id).spans())[2] == second.replaced
    assert len(list(edit.gaps(edit.reject_all(report)))) == 2


def test_gaps_that_meet_after_a_rejection_become_one() -> None:
    proposal = Fill("f", "words", gap(3), fill("x").origin)
    (left,) = edit.reject(one(gap(2), proposal, gap(4)), "f").spans()
    assert isinstance(left, Gap)
    assert left.length == 9
    (left,) = edit.reject(one(gap(), proposal), "f").spans()
    assert isinstance(left, Gap)
    assert left.length is None


def test_a_gap_opens_between_characters_but_never_inside_an_anchor() -> None:
    report = edit.insert_gap(one(soft("Heart.")), 0, 5, 7)
    assert markup.render(report) == "Heart[... 7]."
    held = one(fixed("Heart"))
    assert edit.insert_gap(held, 0, 2) == held
    assert markup.render(edit.insert_gap(held, 0, 5)) == "Heart[...]"
    assert markup.render(edit.insert_gap(held, 0, 0)) == "[...]Heart"


@given(REPORTS, st.data())
def test_a_part_is_set_apart_without_touching_text_or_anchors(
    report: Report, data: st.DataObject
) -> None:
    section = data.draw(st.integers(0, len(report.sections) - 1))
    places = st.integers(0, length(report, section))
    start, end = sorted((data.draw(places), data.draw(places)))
    after = edit.isolate(report, section, start, end)
    assert markup.render(after) == markup.render(report)
    assert anchors(after) == anchors(report)
    assert edit.isolate(after, section, start, end) == after


def test_a_selected_phrase_becomes_a_span_of_its_own() -> None:
    report = edit.isolate(one(soft("Heart mildly enlarged.")), 0, 6, 21)
    assert [edit.shown(s) for s in report.spans()] == ["Heart ", "mildly enlarged", "."]
