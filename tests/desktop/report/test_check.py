"""What the rules mark, and what they leave alone."""

from __future__ import annotations

from datetime import date

import pytest

from lacuna.report import edit
from lacuna.report.check import Finding, Rule, Severity, Subject, check
from lacuna.report.model import Fixed, Gap, Report, Section, Soft


def report(findings: str, impression: str = "") -> Report:
    sections = [Section("Findings", (Soft("f", findings),))]
    if impression:
        sections.append(Section("Impression", (Fixed("i", impression),)))
    return Report(tuple(sections))


def found(rule: Rule, findings: str, impression: str = "", who: Subject | None = None) -> list[str]:
    """Return the marked texts of one rule."""
    checked = report(findings, impression)
    return [words(checked, one) for one in check(checked, who) if one.rule is rule]


def words(checked: Report, one: Finding) -> str:
    body = edit.body(checked.sections[one.place.section].spans)
    return body[one.place.start : one.place.end]


def test_a_sound_report_is_left_alone() -> None:
    sound = report(
        "There is a small right pleural effusion, 12 mm deep. The heart is normal in size. "
        "No pneumothorax on the left. Both lungs are clear. Compared with 3 March 2024.",
        "Small right effusion. No pneumothorax.",
    )
    who = Subject("F", date(1960, 1, 1), date(2024, 5, 1))
    assert check(sound, who) == ()


def test_the_other_side_in_the_impression_is_an_error_at_both_places() -> None:
    checked = report("There is a right pleural effusion.", "Left pleural effusion.")
    (mark,) = check(checked)
    assert mark.rule is Rule.SIDE
    assert mark.severity is Severity.ERROR
    assert "left" in mark.reason
    assert "right" in mark.reason
    assert words(checked, mark).startswith("Left pleural effusion")
    assert mark.other is not None
    assert mark.other.section == 0


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("There is no pneumothorax.", "Left pneumothorax."),
        ("The lungs are clear.", "Nodule in the right upper zone."),
        ("The heart is normal in size. Mild cardiomegaly.", ""),
        ("No effusion. Small left effusion.", ""),
    ],
)
def test_what_is_found_and_denied_is_marked(findings: str, impression: str) -> None:
    assert found(Rule.NEGATION, findings, impression)


def test_denied_on_one_side_and_found_on_the_other_is_no_contradiction() -> None:
    assert not found(Rule.NEGATION, "Left pneumothorax. No right pneumothorax.")


def test_sizes_and_measurements_that_differ_are_marked() -> None:
    assert found(Rule.SIZE, "Small left effusion.", "Large left effusion.")
    assert found(Rule.MEASUREMENT, "A nodule of 12 mm in the right lung.", "Right nodule, 21 mm.")
    assert not found(Rule.MEASUREMENT, "A right nodule of 1.2 cm.", "Right nodule, 12 mm.")
    assert not found(Rule.SIZE, "Small left effusion. Large right effusion.")


def test_what_only_the_impression_knows_is_noted() -> None:
    assert found(Rule.UNSUPPORTED, "The lungs are clear.", "Left clavicle fracture.")
    assert not found(Rule.UNSUPPORTED, "Right opacity.", "Right opacity, likely pneumonia.")


@pytest.mark.parametrize(
    "text", ["A nodule of 12 x 8 in the left lung.", "A cyst of 3 m.", "A cyst of 120 cm."]
)
def test_sizes_without_or_with_impossible_units_are_marked(text: str) -> None:
    assert found(Rule.UNITS, text)


@pytest.mark.parametrize("text", ["12 x 8 mm.", "1.2 cm x 3 cm.", "T2 lesion, 5 mm.", "40/400 HU"])
def test_proper_units_are_left_alone(text: str) -> None:
    assert not found(Rule.UNITS, text)


@pytest.mark.parametrize(
    "text",
    ["Compared with 31 February 2024.", "2024-13-01", "Film of 30 Feb.", "since 12/31/2099"],
)
def test_dates_that_cannot_be_are_marked(text: str) -> None:
    assert found(Rule.DATE, text, who=Subject("", date(1960, 1, 1), date(2024, 5, 1)))


@pytest.mark.parametrize(
    "text", ["29 Feb", "03/04/2024", "12/31/2023", "May 1, 2024", "1 May 2024"]
)
def test_dates_that_may_be_are_left_alone(text: str) -> None:
    assert not found(Rule.DATE, text, who=Subject("", date(1960, 1, 1), date(2024, 5, 1)))


def test_a_date_before_birth_is_marked() -> None:
    assert found(Rule.DATE, "Compared with 1959-12-31.", who=Subject("", date(1960, 1, 1)))


def test_organs_of_the_other_sex_are_marked() -> None:
    assert found(Rule.SEX, "The prostate is enlarged.", who=Subject("F")) == ["prostate"]
    assert found(Rule.SEX, "The uterus is normal.", who=Subject("M")) == ["uterus"]
    assert not found(Rule.SEX, "The uterus is normal.", who=Subject("O"))
    assert not found(Rule.SEX, "There is a hernia.", who=Subject("M"))


def test_open_gaps_and_what_looks_like_them_are_marked_where_they_stand() -> None:
    spans = (Soft("a", "The heart is "), Gap("g"), Soft("b", ". ____ {size}"))
    checked = Report((Section("Findings", spans),))
    marks = [one for one in check(checked) if one.rule is Rule.GAP]
    assert [words(checked, one) for one in marks] == [edit.GAP_CHARACTER, "____", "{size}"]


def test_an_untitled_report_may_hold_its_headings() -> None:
    text = "Findings:\nRight pneumothorax.\n\nImpression:\nLeft pneumothorax."
    checked = Report((Section(None, (Soft("a", text),)),))
    assert [one.rule for one in check(checked)] == [Rule.SIDE]
