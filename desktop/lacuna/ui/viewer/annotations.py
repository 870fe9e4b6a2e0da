"""What is written on an image: where it is in the study, its window, its sides.

On black in every theme, with a dark outline of one pixel: a shadow fails on bone.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from lacuna.study.measure import Probe
from lacuna.study.model import Window
from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.board import scale_on
from lacuna.ui.viewer.entries import view_of
from lacuna.ui.viewer.picture import Picture, places
from lacuna.ui.viewer.viewer_state import ViewState
from lacuna_resources.themes import ThemeName, load

_ON_BLACK = load(ThemeName.DARK)
_RIM = 3.0  # pixels around a text that its outline may take
_TEXTS_KEPT = 256
GAP = "   "


@dataclass(frozen=True, slots=True)
class Corners:
    """The four corner texts; that on the upper left is a ``name`` and the ``place`` in it.

    ``dated``: the upper right begins with a day that must be told, as a prior's. ``briefer``:
    shorter names for less room, the longest first. ``spacing``: the end of the lower right, which
    stands whole or not at all: that a size is not the patient's own means nothing without it.
    """

    name: str
    place: str
    top_right: str
    bottom_left: str
    bottom_right: str
    dated: bool = False
    briefer: tuple[str, ...] = ()
    spacing: str = ""

    @property
    def top_left(self) -> str:
        """Name and place."""
        return GAP.join(part for part in (self.name, self.place) if part)


AT_DETECTOR = "at the detector"
MIRRORED = "mirrored"
_PLANES = {"Axial": "Ax", "Coronal": "Cor", "Sagittal": "Sag"}


def corner_texts(picture: Picture, state: ViewState, rate: float = 0.0) -> Corners:
    """Word the corners for a picture and the way it is looked at. No identifiers here.

    ``rate`` is cine's, in frames a second; 0 while it stands still.
    """
    series, image = picture.series, picture.image
    name = picture.name or view_of(image, series) or series.description or series.modality
    prior = f"Prior{GAP}" if picture.prior else ""
    spacing = spacing_text(picture)
    cine = f"{rate:.0f} a second" if rate else ""
    return Corners(
        prior + name,
        GAP.join(part for part in (_place_text(picture), cine) if part),
        _top_right(picture),
        _bottom_left(picture, state),
        GAP.join(part for part in (zoom_text(state), spacing) if part),
        dated=picture.prior and bool(picture.date),
        briefer=tuple(prior + brief for brief in _briefer(picture)),
        spacing=spacing,
    )


def _briefer(picture: Picture) -> tuple[str, ...]:
    """Return shorter names of a cut: how thick it is goes whole, before how it was made."""
    plane, _, made = picture.name.partition(GAP)
    if not made:
        return ()
    short = _PLANES.get(plane, plane)
    return f"{short}{GAP}{made}", f"{short}{GAP}{made.split()[0]}", short


def _bottom_left(picture: Picture, state: ViewState) -> str:
    """Return how it is looked at, and what its pixels are.

    That right and left have changed sides is said, too: not every file knows its sides, and a
    mirrored picture without letters looks like any other.
    """
    image = picture.image
    parts = (
        window_text(state.window) if picture.grey else "",
        MIRRORED if state.flipped else "",
        "lossy" if image.lossy else "lossless",
        "text in the image" if image.burned_in else "",
    )
    return GAP.join(part for part in parts if part)


def _place_text(picture: Picture) -> str:
    """Return where a picture is: ``se 3  im 45/120``, ``se 1  frame 12/24``."""
    if picture.name:  # a cut has no image of the series' own numbers
        return f"{picture.index + 1}/{picture.count}"
    series = picture.series
    parts = (f"{word} {number}/{count}" for word, number, count in places(series, picture.index))
    return "  ".join((f"se {series.number}", *parts))


def _top_right(picture: Picture) -> str:
    """Return the slice's thickness and the day; what matters more comes first."""
    thick = picture.plane.thickness if picture.plane is not None else None
    # How thick a cut is stands with how it was made.
    words = f"slice {thick:.3g} mm" if thick and not picture.name else ""
    day = picture.date.split(",")[0]
    return GAP.join(part for part in ((day, words) if picture.prior else (words, day)) if part)


def window_text(window: Window) -> str:
    """Return width and level as read aloud."""
    digits = 0 if window.width >= 10 else 2
    return f"W {window.width:.{digits}f}  L {window.center:.{digits}f}"


def zoom_text(state: ViewState) -> str:
    """Return ``Fit``, or how far the view is from it."""
    return "Fit" if abs(state.zoom - 1) < 0.005 else f"{state.zoom:.0%}".replace("%", " %")


def spacing_text(picture: Picture) -> str:
    """Return the size of a pixel in the picture's middle; nothing where the file does not say."""
    rows, columns = picture.values.shape[:2]
    scale = scale_on(picture.image, Probe((columns / 2, rows / 2)), picture.frame)
    where = f" {AT_DETECTOR}" if scale.at_detector else ""
    return f"{scale.column:.2f} mm/px{where}" if scale.unit == "mm" else ""


def write_centred(painter: QPainter, look: Look, box: QRectF, text: str) -> None:
    """Write a sentence in the middle of an empty view."""
    font = look.font(Role.UI)
    metrics = QFontMetricsF(font)
    x = box.center().x() - metrics.horizontalAdvance(text) / 2
    y = box.center().y() - metrics.height() / 2 + metrics.ascent()
    write_outlined(painter, font, QPointF(x, y), text)


def write_outlined(painter: QPainter, font: QFont, place: QPointF, text: str) -> None:
    """Write text whose base line begins at ``place``, with an outline that is seen on bone.

    Drawn once and kept: outlining four corners anew takes as long as painting the image.
    """
    ratio = painter.device().devicePixelRatioF()
    ascent = QFontMetricsF(font).ascent()
    image = _TEXTS.image(text, font, ratio)
    painter.drawImage(place - QPointF(_RIM, ascent + _RIM), image)


class _Texts:
    """Outlined texts, the last ones used. GUI thread only."""

    def __init__(self) -> None:
        self._images: OrderedDict[tuple[str, str, float], QImage] = OrderedDict()

    def image(self, text: str, font: QFont, ratio: float) -> QImage:
        """Return a text as a picture, drawn anew only where it is not at hand."""
        key = (text, font.key(), ratio)
        image = self._images.get(key)
        if image is None:
            image = self._images[key] = _outlined(text, font, ratio)
        self._images.move_to_end(key)
        if len(self._images) > _TEXTS_KEPT:
            self._images.popitem(last=False)
        return image


def _outlined(text: str, font: QFont, ratio: float) -> QImage:
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 2 * _RIM, metrics.height() + 2 * _RIM
    size = QSize(math.ceil(width * ratio), math.ceil(height * ratio))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    path.addText(QPointF(_RIM, metrics.ascent() + _RIM), font, text)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(path, QPen(QColor("#000000"), 2.0, j=Qt.PenJoinStyle.RoundJoin))
    painter.fillPath(path, QColor(_ON_BLACK.text.strong))
    painter.end()
    return image


_TEXTS = _Texts()
