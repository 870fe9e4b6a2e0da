"""A header -> its overlay planes and its shutter, described; their bits are ``overlays``' task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lacuna.study.softcopy import Overlay, Shutter
from lacuna.study.values import integer, number, numbers, value_of

OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
ROWS, COLUMNS, FRAMES, TYPE, ORIGIN, FIRST_FRAME = 0x10, 0x11, 0x15, 0x40, 0x50, 0x51
BITS, POSITION, LABEL, DATA = 0x100, 0x102, 0x1500, 0x3000
DESCRIBING = (ROWS, COLUMNS, FRAMES, TYPE, ORIGIN, FIRST_FRAME, BITS, POSITION, LABEL)
OVERLAY_TAGS = [group << 16 | element for group in OVERLAY_GROUPS for element in DESCRIBING]
OVERLAY_DATA_TAGS = [group << 16 | DATA for group in OVERLAY_GROUPS]
WHITEST = 65535.0  # of Shutter Presentation Value, PS3.3 C.7.6.11


def overlays(ds: Any) -> tuple[Overlay, ...]:
    """Return the overlay planes that a header describes sensibly."""
    return tuple(_overlays(ds))


def _overlays(ds: Any) -> Iterator[Overlay]:
    tags = ds.keys()  # to iterate over the dataset itself would read every element
    for group in sorted({tag >> 16 for tag in tags if tag >> 16 in OVERLAY_GROUPS}):
        rows, columns = (_whole(ds, group, element) for element in (ROWS, COLUMNS))
        if rows is None or columns is None or rows < 1 or columns < 1:
            continue
        origin = _value(ds, group, ORIGIN)
        at = [int(part) for part in origin] if origin is not None and len(origin) == 2 else [1, 1]
        yield Overlay(
            group=group,
            rows=rows,
            columns=columns,
            row=at[0],
            column=at[1],
            kind=str(_value(ds, group, TYPE) or "G"),
            label=str(_value(ds, group, LABEL) or ""),
            frames=max(_whole(ds, group, FRAMES) or 1, 1),
            first_frame=max((_whole(ds, group, FIRST_FRAME) or 1) - 1, 0),
            embedded=(_whole(ds, group, BITS) or 1) > 1,
        )


def _value(ds: Any, group: int, element: int) -> Any:
    found = ds.get((group, element))
    return None if found is None else found.value


def _whole(ds: Any, group: int, element: int) -> int | None:
    value = _value(ds, group, element)
    return int(value) if isinstance(value, int | str) and str(value).strip() else None


def bit_position(ds: Any, group: int) -> int:
    """Return in which bit of a pixel an embedded overlay lies."""
    return _whole(ds, group, POSITION) or 0


def shutter(ds: Any) -> Shutter | None:
    """Return the display shutter of an image or a presentation state; None where there is none."""
    value = value_of(ds, "ShutterShape")
    if value is None:
        return None
    shapes = {value} if isinstance(value, str) else set(value or ())
    rectangle = _wholes(ds, *(f"Shutter{side}Edge" for side in _EDGES))
    circle = (*_wholes(ds, "CenterOfCircularShutter"), *_wholes(ds, "RadiusOfCircularShutter"))
    corners = _wholes(ds, "VerticesOfThePolygonalShutter")
    group = integer(ds, "ShutterOverlayGroup")
    found = Shutter(
        rectangle=_four(rectangle) if "RECTANGULAR" in shapes else None,
        circle=_three(circle) if "CIRCULAR" in shapes else None,
        polygon=_pairs(corners) if "POLYGONAL" in shapes and len(corners) >= 6 else (),
        bitmap=group if "BITMAP" in shapes and group in OVERLAY_GROUPS else None,
        grey=min((number(ds, "ShutterPresentationValue") or 0.0) / WHITEST, 1.0),
    )
    shaped = found.rectangle or found.circle or found.polygon or found.bitmap is not None
    return found if shaped else None


_EDGES = ("LeftVertical", "UpperHorizontal", "RightVertical", "LowerHorizontal")


def _wholes(ds: Any, *keywords: str) -> tuple[int, ...]:
    return tuple(int(value) for keyword in keywords for value in numbers(ds, keyword))


def _four(found: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    return (found[0], found[1], found[2], found[3]) if len(found) == 4 else None


def _three(found: tuple[int, ...]) -> tuple[int, int, int] | None:
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def _pairs(found: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(found[::2], found[1::2], strict=False))
