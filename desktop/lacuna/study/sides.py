"""Which side of the patient a picture's edges show."""

from __future__ import annotations

from typing import Any

_OBLIQUE = 0.1  # a direction cosine below this is no letter: some six degrees
_AXES = (("L", "R"), ("P", "A"), ("H", "F"))  # of the patient, positive then negative


def sides(dataset: Any, cosines: tuple[float, ...]) -> tuple[str, str] | None:
    """Return where rows and columns run to, as letters; None where the file does not say.

    Patient Orientation (0020,0020), PS3.3 C.7.6.1.1.1, else ``cosines``: the six of Image
    Orientation (Patient), C.7.6.2.1.1, or none.
    """
    value = dataset.get("PatientOrientation")
    named = () if value is None or isinstance(value, str) else tuple(str(part) for part in value)
    if len(named) == 2 and all(_is_direction(part) for part in named):
        return named[0], named[1]
    if len(cosines) != 6:
        return None
    return letters(cosines[:3]), letters(cosines[3:])


def _is_direction(letters: str) -> bool:
    return bool(letters) and set(letters) <= set("LRPAHF")


def letters(direction: tuple[float, ...]) -> str:
    """Return the direction's letters, the one it runs along most first."""
    order = sorted(range(3), key=lambda axis: -abs(direction[axis]))
    return "".join(
        _AXES[axis][direction[axis] < 0] for axis in order if abs(direction[axis]) >= _OBLIQUE
    )
