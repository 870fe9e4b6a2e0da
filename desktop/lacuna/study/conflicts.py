"""Patients who are much alike -> why they are two all the same, in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lacuna.study.model import Patient, PatientRecord

NO_BIRTH = "Has another patient's ID and name, and no birth date that would tell whose it is."
OTHER_BIRTH = "Has another patient's ID and name, but another birth date."
OTHER_NAME = "Has another patient's ID, but another name."
OTHER_ID = "Has another patient's name and birth date, but another ID."


def tell_apart(records: Sequence[PatientRecord]) -> tuple[PatientRecord, ...]:
    """Give each record the reason why it is kept apart from one that is much like it."""
    return tuple(
        replace(record, apart=next(filter(None, _reasons(record, records)), ""))
        for record in records
    )


def _reasons(record: PatientRecord, records: Sequence[PatientRecord]) -> list[str]:
    return [reason_apart(record.patient, other.patient) for other in records if other is not record]


def reason_apart(one: Patient, other: Patient) -> str:
    """Return why two patients who share identifiers are two; empty where they share too little."""
    same_id = bool(one.id) and one.id == other.id
    same_name = bool(one.name) and one.name == other.name
    same_birth = bool(one.birth_date) and one.birth_date == other.birth_date
    if one.id == other.id and one.name == other.name and (same_id or same_name):
        return OTHER_BIRTH if one.birth_date else NO_BIRTH
    if same_id:
        return OTHER_NAME
    return OTHER_ID if same_name and same_birth and one.id and other.id else ""
