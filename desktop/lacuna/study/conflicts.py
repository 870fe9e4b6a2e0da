"""Patients who are much alike -> why they are two all the same, in a sentence. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lacuna.study.model import Patient, PatientRecord

NO_BIRTH = "Has another patient's ID and name, and no birth date that would tell whose it is."
OTHER_BIRTH = "Has another patient's ID and name, but another birth date."
OTHER_NAME = "Has another patient's ID, but another name."
OTHER_ID = "Has another patient's name and birth date, but another ID."

_Shared = tuple[str, ...]


def tell_apart(records: Sequence[PatientRecord]) -> tuple[PatientRecord, ...]:
    """Give each record the reason why it is kept apart from the first one that is much like it."""
    alike: defaultdict[_Shared, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        for shared in _shareable(record.patient):
            alike[shared].append(number)
    return tuple(
        replace(record, apart=_reason(number, records, alike))
        for number, record in enumerate(records)
    )


def _reason(
    number: int, records: Sequence[PatientRecord], alike: Mapping[_Shared, Sequence[int]]
) -> str:
    patient = records[number].patient
    # Of those that share something the first two will do: one of them is another than this.
    others = (one for shared in _shareable(patient) for one in alike[shared][:2] if one != number)
    first = min(others, default=None)
    return "" if first is None else reason_apart(patient, records[first].patient)


def _shareable(patient: Patient) -> Iterator[_Shared]:
    """Yield what no two patients should share: who does has a reason to be kept apart."""
    if patient.id:
        yield (patient.id,)
    elif patient.name:
        yield "", patient.name
    if patient.id and patient.name and patient.birth_date:
        yield "", patient.name, patient.birth_date


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
