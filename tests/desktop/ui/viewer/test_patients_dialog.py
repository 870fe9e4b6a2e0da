"""The list of patients: who each of them is."""

from __future__ import annotations

from lacuna.study.model import Patient
from lacuna.ui.viewer.patients_dialog import heading


def test_a_patient_is_named_with_sex_age_and_birth_date() -> None:
    patient = Patient("DOE, Jane", "0042317", "F", "11 Apr 1962", "64 y")
    assert heading(patient) == "DOE, Jane   F, 64 y   11 Apr 1962   ID 0042317"
    assert heading(Patient(sex="O")) == "No name   sex: other"
    assert heading(Patient()) == "No name"
