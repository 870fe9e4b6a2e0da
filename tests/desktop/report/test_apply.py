from __future__ import annotations

from dataclasses import replace

from lacuna.report import edit, markup
from lacuna.report.apply import apply_done
from lacuna.report.draft_mark import is_empty
from lacuna.report.model import Author, Fill, FillState, Gap, Soft, Span
from lacuna_models import api
from tests.desktop.report.builders import INFO, done, fill, fixed, gap, kept, one, soft


def test_a_settled_run_turns_each_gap_into_a_proposal_with_its_origin() -> None:
    hole = gap(4)
    report = one(fixed("Heart: "), hole, fixed("."))
    after = apply_done(report, done(api.Fill(hole.id, (kept("normal in size", 0.3),), 0.3)), INFO)
    proposal = list(after.spans())[1]
    assert isinstance(proposal, Fill)
    assert (proposal.text, proposal.state) == ("normal in size", FillState.PROPOSED)
    assert proposal.replaced == hole
    assert round(proposal.mean_entropy, 6) == 0.3
    assert (proposal.origin.model_hash, proposal.origin.seed, proposal.origin.step) == ("abc", 7, 5)
    assert not proposal.origin.demonstrator_on_patient
    assert markup.render(after) == "Heart: normal in size."
    assert edit.reject(after, proposal.id) == report


def test_a_stopped_run_keeps_what_settled_and_leaves_gaps_of_the_open_length() -> None:
    hole = gap(9)
    pieces = (kept("a b"), api.Open(5), kept("c"))
    after = apply_done(one(hole), done(api.Fill(hole.id, pieces, 0.3)), INFO)
    first, between, last = after.spans()
    assert isinstance(first, Fill)
    assert isinstance(between, Gap)
    assert isinstance(last, Fill)
    assert (first.text, between.length, last.text) == ("a b", 5, "c")
    back = edit.reject(edit.reject(after, first.id), last.id)
    (whole,) = back.spans()
    assert isinstance(whole, Gap)
    assert whole.length == 2 + 5 + 1


def test_a_long_proposal_is_judged_sentence_by_sentence() -> None:
    hole = gap()
    words = (
        "Findings", ":", "\n", "1.", " No", " effusion", ".", " Nodule", " of", " 1.2", " cm.",
        "\n2.", " Heart", " normal",
    )  # fmt: skip
    tokens = tuple(
        api.TokenDraft(word, api.TokenState.SETTLED, number / 10)
        for number, word in enumerate(words)
    )
    after = apply_done(one(hole), done(api.Fill(hole.id, (api.Kept(tokens),), 0.5)), INFO)
    found = list(edit.proposals(after))
    assert [proposal.text for proposal in found] == [
        "Findings:",
        "\n1. No effusion.",
        " Nodule of 1.2 cm.",
        "\n2. Heart normal",
    ]
    assert [proposal.tokens for proposal in found] == [2, 5, 4, 3]
    assert found[0].mean_entropy < found[1].mean_entropy < found[2].mean_entropy
    assert edit.reject_all(after) == one(hole)
    rest = edit.reject(after, found[2].id)
    assert [gap.length for gap in edit.gaps(rest)] == [4]
    for proposal in (found[0], found[1], found[3]):
        rest = edit.reject(rest, proposal.id)
    (last,) = rest.spans()
    assert isinstance(last, Gap)
    assert last.length == 14


def test_an_accepted_sentence_survives_the_rejection_of_the_others() -> None:
    hole = gap()
    answer = done(api.Fill(hole.id, (kept("One lung. Two lungs. Three lungs."),), 0.1))
    after = apply_done(one(hole), answer, INFO)
    taken = edit.accept(after, list(edit.proposals(after))[1].id)
    assert markup.render(edit.reject_all(taken)) == "[... 2] Two lungs.[... 2]"


def test_nothing_settled_changes_nothing() -> None:
    hole, text = gap(9), soft("the reader's own words")
    empty = done(api.Fill(hole.id, (api.Open(9),), 2.0), api.Fill(text.id, (api.Open(6),), 2.0))
    assert apply_done(one(hole, text), empty, INFO) == one(hole, text)


def test_spans_that_have_gone_and_anchors_are_left_alone() -> None:
    anchor, gone = fixed("kept"), gap()
    answer = done(api.Fill(anchor.id, (kept("x"),), 0), api.Fill(gone.id, (kept("y"),), 0))
    assert apply_done(one(anchor), answer, INFO) == one(anchor)


def test_rewritten_text_comes_back_whole_when_any_piece_is_rejected() -> None:
    text = soft("old words stand here")
    pieces = (kept("new"), api.Open(2), kept("here"))
    after = apply_done(one(text), done(api.Fill(text.id, pieces, 0.3)), INFO)
    last = list(after.spans())[-1]
    assert edit.reject(after, last.id) == one(text)


def test_a_rewritten_acceptance_is_not_lost() -> None:
    taken = fill("taken", FillState.ACCEPTED)
    after = apply_done(one(taken), done(api.Fill(taken.id, (kept("other"),), 0.3)), INFO)
    (proposal,) = after.spans()
    (back,) = edit.reject(after, proposal.id).spans()
    assert isinstance(back, Soft)
    assert (back.text, back.author) == ("taken", Author.MODEL)


def test_the_demonstrator_s_words_about_a_patient_are_marked() -> None:
    hole = gap()
    answer = done(api.Fill(hole.id, (kept("words"),), 0.1))
    (proposal,) = apply_done(one(hole), answer, INFO, demonstrator_on_patient=True).spans()
    assert isinstance(proposal, Fill)
    assert proposal.origin.demonstrator_on_patient


def test_control_characters_of_a_model_do_not_enter_the_report() -> None:
    hole = gap()
    answer = done(api.Fill(hole.id, (kept("a\r\nb\u2029c\ufffc"),), 0.1))
    assert markup.render(apply_done(one(hole), answer, INFO)) == "a\nb\nc"


def test_an_answer_s_first_word_stands_apart_from_what_has_ended_before_it() -> None:
    def answered(*before: Span, words: str = "Clear lungs.") -> str:
        hole = gap()
        answer = done(api.Fill(hole.id, (kept(words),), 0.1))
        return markup.render(apply_done(one(*before, hole), answer, INFO))

    assert answered(gap()) == "[...] Clear lungs."
    assert answered(fixed("Enlarged heart.")) == "Enlarged heart. Clear lungs."
    assert answered(fixed("Heart: ")) == "Heart: Clear lungs."
    assert answered(fixed("cardio"), words="megaly") == "cardiomegaly"
    assert answered(fixed("1."), words="5 cm") == "1.5 cm"
    assert answered(words="Clear") == "Clear"


def test_rejecting_the_rewriting_of_empty_words_brings_them_back_as_such() -> None:
    taken = fill("taken", FillState.ACCEPTED)
    taken = replace(taken, origin=replace(taken.origin, demonstrator_on_patient=True))
    answer = done(api.Fill(taken.id, (kept("other"),), 0.3))
    (back,) = edit.reject_all(apply_done(one(taken), answer, INFO)).spans()
    assert is_empty(back)
    (locked,) = edit.lock(one(back), 0, 0, 5).spans()
    assert is_empty(locked)
