"""The open case: reports come back with their study, stale answers are known as such."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lacuna.report.edit import lock
from lacuna.report.markup import parse, render
from lacuna.report.provenance import Act
from lacuna.session import Change, Session
from lacuna.study.model import Patient, Study
from lacuna_models.api import FillRequest, Gap, ModelInfo, Prompt, SamplerSettings

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def study(uid: str, name: str = "PHANTOM", birth: str = "") -> Study:
    return Study(uid, Patient(name=name, birth_date=birth), "Chest", "20 Nov 2026", "", ())


def session() -> Session:
    return Session(clock=lambda: NOON)


def test_a_report_comes_back_with_its_study() -> None:
    desk = session()
    desk.open(study("1.2"))
    desk.write(parse("Mine. [...]", lock=False))
    desk.open(study("1.3"))
    assert desk.case is not None
    assert "Mine" not in render(desk.case.report)
    desk.open(study("1.2"))
    assert render(desk.case.report) == "Mine. [...]"
    assert len(desk.cases) == 2


def test_two_patients_under_one_uid_never_share_a_report() -> None:
    desk = session()
    desk.open(study("1.2", "ONE"))
    desk.write(parse("About one.", lock=False))
    desk.open(study("1.2", "TWO"))
    assert desk.case is not None
    assert "About one" not in render(desk.case.report)


def test_a_birth_date_that_comes_late_brings_back_what_was_written() -> None:
    desk = session()
    seen: list[Change] = []
    desk.open(study("1.2", birth="3 Feb 1901"))
    desk.write(parse("Mine.", lock=False))
    desk.open(study("1.2"))
    assert desk.case is not None
    assert "Mine" not in render(desk.case.report)  # nobody knows yet whose it is
    desk.observe(seen.append)
    desk.grow(study("1.2", birth="3 Feb 1901"))
    assert render(desk.case.report) == "Mine."
    assert len(desk.cases) == 1
    assert seen == [Change.GREW, Change.STUDY]


@pytest.mark.parametrize("before", ["Mine.", ""])
def test_no_words_are_lost_to_a_birth_date_that_comes_late(before: str) -> None:
    desk = session()
    desk.open(study("1.2", birth="3 Feb 1901"))
    if before:
        desk.write(parse(before, lock=False))
    desk.open(study("1.2"))
    desk.write(parse("Typed meanwhile.", lock=False))
    desk.grow(study("1.2", birth="3 Feb 1901"))
    assert desk.case is not None
    assert render(desk.case.report) == "Typed meanwhile."
    assert (before in [render(case.report) for case in desk.cases]) == bool(before)


def test_words_of_an_older_case_outlast_a_younger_one_without_any() -> None:
    desk = session()
    desk.open(study("1.2"))
    desk.write(parse("Mine.", lock=False))
    desk.open(study("1.2", birth="3 Feb 1901"))
    desk.open(study("1.2"))
    desk.grow(study("1.2", birth="3 Feb 1901"))
    assert desk.case is not None
    assert [render(case.report) for case in desk.cases] == ["Mine."]
    assert desk.case.study.patient.birth_date == "3 Feb 1901"


def test_every_change_is_announced_once_and_an_unchanged_report_is_none() -> None:
    desk = session()
    seen: list[Change] = []
    desk.observe(seen.append)
    desk.open(study("1.2"))
    report = parse("Heart normal.", lock=False)
    desk.write(report)
    desk.write(report)
    assert seen == [Change.STUDY, Change.REPORT]


def test_the_ledger_knows_who_locked_what_and_when() -> None:
    desk = session()
    desk.open(study("1.2"))
    typed = parse("Heart normal.", lock=False)
    desk.write(typed)
    desk.write(lock(typed, 0, 0, 5))
    assert desk.case is not None
    acts = [event.act for event in desk.case.ledger.events]
    assert Act.LOCKED in acts
    assert all(event.at == NOON for event in desk.case.ledger.events)


def test_only_the_run_under_way_is_current() -> None:
    desk = session()
    desk.begin_run(FillRequest("a", Prompt(), (Gap("g"),)))
    desk.begin_run(FillRequest("b", Prompt(), (Gap("g"),)))
    assert not desk.is_current("a")
    assert desk.is_current("b")
    desk.end_run()
    assert not desk.is_current("b")
    assert not desk.is_current(None)


def test_a_demonstrator_means_nothing_about_a_patient() -> None:
    desk = session()
    info = ModelInfo("demo", "0" * 64, "cpu", "float32", 128, True, SamplerSettings())
    desk.use_model(info)
    assert not desk.words_mean_nothing
    desk.open(study("1.2"))
    assert desk.words_mean_nothing
