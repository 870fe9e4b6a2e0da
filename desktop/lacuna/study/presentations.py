"""Grayscale and colour softcopy presentation states -> frozen (PS3.3 A.33, C.10, C.11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lacuna.study.laid_over import shutter
from lacuna.study.model import Window
from lacuna.study.references import of_images, of_series
from lacuna.study.softcopy import (
    Caption,
    DisplayedArea,
    Graphic,
    GraphicKind,
    Layer,
    Points,
    PresentationState,
    SoftcopyWindow,
    Table,
)
from lacuna.study.tables import table
from lacuna.study.values import integer, items, number, numbers, text
from lacuna.study.wording import paragraphs, person_name, show_date_time

GRAYSCALE, COLOUR = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"
WHITEST = 65535.0
KINDS = {kind.value: kind for kind in GraphicKind}


def is_presentation(sop_class: str) -> bool:
    """Return whether a SOP class is a presentation state that is applied here."""
    return sop_class in (GRAYSCALE, COLOUR)


def describe_presentation(ds: Any) -> PresentationState:
    """Return a presentation state from a whole dataset. Call inside ``part10.understood``."""
    slope, intercept = number(ds, "RescaleSlope"), number(ds, "RescaleIntercept")
    tables = items(ds, "ModalityLUTSequence")
    shape = text(ds, "PresentationLUTShape")
    return PresentationState(
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        label=text(ds, "ContentLabel"),
        description=text(ds, "ContentDescription"),
        creator=person_name(str(ds.get("ContentCreatorName") or "")),
        date=show_date_time(
            text(ds, "PresentationCreationDate"), text(ds, "PresentationCreationTime")
        ),
        images=tuple(of_series(ds)),
        windows=tuple(_windows(ds)),
        rescale=(slope, intercept) if slope and intercept is not None else None,
        modality_table=table(tables[0]) if tables else None,
        inverse={"INVERSE": True, "IDENTITY": False}.get(shape),
        shutter=shutter(ds),
        rotation=integer(ds, "ImageRotation") % 360 // 90 * 90,
        flip=text(ds, "ImageHorizontalFlip") == "Y",
        areas=tuple(_areas(ds)),
        layers=tuple(_layers(ds)),
    )


def _windows(ds: Any) -> Iterator[SoftcopyWindow]:
    for item in items(ds, "SoftcopyVOILUTSequence"):
        found = _window(item)
        if found is not None:
            yield SoftcopyWindow(of_images(item), found)


def _window(item: Any) -> Window | Table | None:
    tables = items(item, "VOILUTSequence")
    if tables:
        return table(tables[0])
    center, width = number(item, "WindowCenter"), number(item, "WindowWidth")
    if center is None or width is None or width <= 0:
        return None
    function = text(item, "VOILUTFunction") or "LINEAR"
    if function == "LINEAR" and width < 1:
        return None
    return Window(center, width, function, text(item, "WindowCenterWidthExplanation"))


def _areas(ds: Any) -> Iterator[DisplayedArea]:
    for item in items(ds, "DisplayedAreaSelectionSequence"):
        first = numbers(item, "DisplayedAreaTopLeftHandCorner")
        last = numbers(item, "DisplayedAreaBottomRightHandCorner")
        if len(first) != 2 or len(last) != 2:
            continue
        spacing = _positive_pair(item, "PresentationPixelSpacing")
        aspect = spacing or _positive_pair(item, "PresentationPixelAspectRatio") or (1.0, 1.0)
        yield DisplayedArea(
            images=of_images(item),
            top_left=(int(first[0]), int(first[1])),
            bottom_right=(int(last[0]), int(last[1])),
            mode=text(item, "PresentationSizeMode") or "SCALE TO FIT",
            magnification=number(item, "PresentationPixelMagnificationRatio"),
            spacing=spacing,
            aspect=aspect[0] / aspect[1],
        )


def _positive_pair(item: Any, keyword: str) -> tuple[float, float] | None:
    found = numbers(item, keyword)
    return (found[0], found[1]) if len(found) == 2 and min(found) > 0 else None


def _layers(ds: Any) -> Iterator[Layer]:
    known = {text(item, "GraphicLayer"): item for item in items(ds, "GraphicLayerSequence")}
    for item in items(ds, "GraphicAnnotationSequence"):
        name = text(item, "GraphicLayer")
        layer = known.get(name)
        grey = None
        if layer is not None:
            grey = number(layer, "GraphicLayerRecommendedDisplayGrayscaleValue")
        yield Layer(
            name=name,
            order=0 if layer is None else integer(layer, "GraphicLayerOrder"),
            images=of_images(item),
            graphics=tuple(_graphics(item)),
            captions=tuple(_captions(item)),
            grey=None if grey is None else min(max(grey / WHITEST, 0.0), 1.0),
        )


def _graphics(holder: Any) -> Iterator[Graphic]:
    for item in items(holder, "GraphicObjectSequence"):
        kind, points = KINDS.get(text(item, "GraphicType")), _points(item, "GraphicData")
        if kind is not None and len(points) >= _NEEDED[kind]:
            relative = text(item, "GraphicAnnotationUnits") == "DISPLAY"
            yield Graphic(kind, points, text(item, "GraphicFilled") == "Y", relative)


_NEEDED = {
    GraphicKind.POINT: 1,
    GraphicKind.POLYLINE: 2,
    GraphicKind.INTERPOLATED: 2,
    GraphicKind.CIRCLE: 2,
    GraphicKind.ELLIPSE: 4,
}


def _captions(holder: Any) -> Iterator[Caption]:
    for item in items(holder, "TextObjectSequence"):
        corners = (
            *_points(item, "BoundingBoxTopLeftHandCorner"),
            *_points(item, "BoundingBoxBottomRightHandCorner"),
        )
        anchors = _points(item, "AnchorPoint")
        words = paragraphs(str(item.get("UnformattedTextValue") or ""))
        if words and (len(corners) == 2 or anchors):
            yield Caption(
                text=words,
                box=corners if len(corners) == 2 else (),
                anchor=anchors[0] if anchors else None,
                anchored=text(item, "AnchorPointVisibility") == "Y",
                box_relative=text(item, "BoundingBoxAnnotationUnits") == "DISPLAY",
                anchor_relative=text(item, "AnchorPointAnnotationUnits") == "DISPLAY",
            )


def _points(item: Any, keyword: str) -> Points:
    found = numbers(item, keyword)
    return tuple(zip(found[::2], found[1::2], strict=False))
