"""Standardised uptake: what turns a PET image's activity into SUV by body weight, where it may.

After the vendor-neutral part of the QIBA profile for FDG-PET: nothing is guessed, and no private
element is read. Where one of the tags is missing, there is no factor.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from lacuna.study.physical import is_scaled
from lacuna.study.values import items, number, text
from lacuna.study.wording import parse_date

GRAMS_A_KILOGRAM = 1000.0
LONGEST_WAIT = timedelta(days=1)  # between injection and scan, for one that spans midnight


def suv_factor(ds: Any) -> float | None:
    """Return the factor from a PET image's values to SUVbw in g/ml; None if the tags forbid it."""
    if text(ds, "Modality") != "PT" or not is_scaled(ds):
        return None
    if text(ds, "Units") == "GML":
        return 1.0 if text(ds, "SUVType") in ("", "BW") else None
    corrected = ds.get("CorrectedImage")
    done = {corrected} if isinstance(corrected, str) else set(corrected or ())
    if text(ds, "Units") != "BQML" or not {"ATTN", "DECY"} <= done:
        return None
    weight, dose = number(ds, "PatientWeight"), _dose_at_scan(ds)
    if weight is None or dose is None or weight <= 0 or dose <= 0:
        return None
    return weight * GRAMS_A_KILOGRAM / dose


def _dose_at_scan(ds: Any) -> float | None:
    """Return the injected activity, Bq, decayed to the time to which the image was corrected."""
    drugs = items(ds, "RadiopharmaceuticalInformationSequence")
    if len(drugs) != 1:
        return None
    dose, half_life = (
        number(drugs[0], "RadionuclideTotalDose"),
        number(drugs[0], "RadionuclideHalfLife"),
    )
    if dose is None or half_life is None or half_life <= 0:
        return None
    if text(ds, "DecayCorrection") == "ADMIN":
        return dose
    if text(ds, "DecayCorrection") != "START":
        return None
    waited = _waited(ds, drugs[0])
    return None if waited is None else float(dose * 2 ** (-waited.total_seconds() / half_life))


def _waited(ds: Any, drug: Any) -> timedelta | None:
    scan = _moment(text(ds, "SeriesDate"), text(ds, "SeriesTime"))
    taken = _moment(text(ds, "AcquisitionDate"), text(ds, "AcquisitionTime"))
    if scan is None or taken is None or scan > taken:
        return None  # a derived series: its time says nothing of the scan
    stated = text(drug, "RadiopharmaceuticalStartDateTime")
    given = _moment(stated[:8], stated[8:].split("+")[0].split("-")[0])
    if given is None:
        given = _moment(text(ds, "SeriesDate"), text(drug, "RadiopharmaceuticalStartTime"))
        if given is not None and given > scan:
            given -= timedelta(days=1)
    if given is None or not timedelta(0) <= scan - given <= LONGEST_WAIT:
        return None
    return scan - given


def _moment(day: str, time: str) -> datetime | None:
    date, (whole, _, part) = parse_date(day), time.strip().partition(".")
    if date is None or len(whole) < 4 or not whole.isdecimal():
        return None
    hours, minutes, seconds = int(whole[:2]), int(whole[2:4]), int(whole[4:6] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    micro = int((part + "000000")[:6]) if part.isdecimal() else 0
    return datetime(date.year, date.month, date.day, hours, minutes, seconds, micro)
