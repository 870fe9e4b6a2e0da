from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lacuna.errors import UserFacingError
from lacuna.report import edit, text
from lacuna.report.model import Author, FillState
from lacuna.report.provenance import Act, Ledger, shares
from tests.desktop.report.builders import ORIGIN, fill, fixed, gap, one, soft

NOW = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)


def test_the_ledger_follows_a_proposal_to_its_end() -> None:
    start = one(soft("Heart: "), gap())
    proposal = fill("normal")
    proposed = one(*list(start.spans())[:1], proposal)
    accepted = edit.accept_all(proposed)
    rejected = edit.reject(proposed, proposal.id)
    ledger = Ledger().observed(start, proposed, NOW)
    assert [(e.act, e.who, e.span_id) for e in ledger.events] == [
        (Act.PROPOSED, Author.MODEL, proposal.id)
    ]
    assert ledger.events[0].origin == ORIGIN
    taken = ledger.observed(proposed, accepted, NOW)
    assert taken.events[:1] == ledger.events
    assert [e.act for e in taken.events[1:]] == [Act.ACCEPTED]
    thrown = ledger.observed(proposed, rejected, NOW)
    assert Act.REJECTED in [e.act for e in thrown.events]


def test_the_ledger_holds_no_words() -> None:
    event = Ledger().observed(one(), one(soft("Jane Doe")), NOW).events[0]
    assert event.act is Act.WROTE
    assert "Jane" not in repr(event)


def test_locking_a_proposal_does_not_count_as_throwing_it_out() -> None:
    report = one(fill("no effusion seen"))
    events = Ledger().observed(report, edit.lock(report, 0, 3, 11), NOW).events
    assert Act.LOCKED in [e.act for e in events]
    assert Act.REJECTED not in [e.act for e in events]


def test_shares_are_of_characters_and_gaps_are_counted() -> None:
    report = one(
        soft("typed"), soft("templ", Author.TEMPLATE), fixed("fixed"), fill("model"), gap(),
        fill("mine!", FillState.EDITED), gap(3),
    )  # fmt: skip
    found = shares(report)
    assert found.by_author == {Author.TYPED: 0.6, Author.TEMPLATE: 0.2, Author.MODEL: 0.2}
    assert (found.open_gaps, found.fills, found.to_review) == (2, 2, 1)
    assert shares(one()).by_author == {}


def test_text_that_an_editor_cannot_keep_is_named() -> None:
    with pytest.raises(UserFacingError, match=r"U\+000D"):
        text.check("a\r\nb")
    text.check("a\nb\t👩🏽\u2028\u00a0")


def test_a_proposal_that_is_filled_anew_has_been_thrown_out() -> None:
    old = fill("normal in size")
    new = replace(fill("enlarged"), replaced=old.replaced, origin=replace(ORIGIN, seed=8))
    events = Ledger().observed(one(old), one(new), NOW).events
    assert [(e.act, e.span_id) for e in events] == [(Act.PROPOSED, new.id), (Act.REJECTED, old.id)]


def test_a_proposal_that_is_rewritten_by_hand_has_not() -> None:
    report = one(fill("normal"))
    (old,) = edit.proposals(report)
    events = Ledger().observed(report, one(edit.edited(old, "abnormal")), NOW).events
    assert [e.act for e in events] == [Act.EDITED]
