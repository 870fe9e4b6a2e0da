"""Windows by digit, for the modality and the picture. Free of Qt.

0 is automatic, 1 the file's own. What the others mean is the modality's: Hounsfield units on CT,
SUV on PET where the tags allow it, the whole and the narrow range on MR, the file's further
windows elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from lacuna.study.model import Window
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.viewer_state import CT_PRESETS

_SUV = {2: 5.0, 3: 10.0, 4: 20.0}  # upper ends, g/ml; the lower end is 0


def presets(picture: Picture) -> dict[int, Window]:
    """Return the windows that mean something on a picture; none for colour."""
    if not picture.grey:
        return {}
    found = {0: picture.auto, 1: picture.window}
    modality, image = picture.series.modality, picture.image
    if modality == "CT":
        return found | CT_PRESETS
    if modality == "PT" and image.suv_factor:
        return found | {digit: _suv(top, image.suv_factor) for digit, top in _SUV.items()}
    further = list(image.windows[1:6])
    if modality == "MR" and not further:
        further = _ranges(picture)
    return found | dict(enumerate(further, start=2))


def preset_name(window: Window, digit: int) -> str:
    """Return what a preset is called in the menu."""
    if digit == 0:
        return "Automatic window"
    if digit == 1:
        return "Window of the file"
    size = f"{window.width:.0f}/{window.center:.0f}"
    return f"{window.name.capitalize() or 'Window'} {size}"


def _suv(top: float, factor: float) -> Window:
    """Return a window from 0 to ``top`` g/ml, in the picture's own values."""
    width = top / factor
    return Window(width / 2, width, "LINEAR_EXACT", f"SUV 0 to {top:.0f}")


def _ranges(picture: Picture) -> list[Window]:
    auto = picture.auto
    whole = Window(picture.low + picture.span / 2, max(picture.span, 1.0), "LINEAR", "whole range")
    return [whole, replace(auto, width=max(auto.width / 2, 1.0), name="narrow")]
