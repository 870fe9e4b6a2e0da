"""What is written on an image: where it is in the study, its window, its sides.

On black in every theme, with a dark outline of one pixel: a shadow fails on bone.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from lacuna.study.measure import scale_of
from lacuna.study.model import Window
from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.entries import view_of
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.viewer_state import ViewState, edge_letters
from lacuna_resources.themes import ThemeName, load

_INSET = 16.0
_ON_BLACK = load(ThemeName.DARK)
_RIM = 3.0  # pixels around a text that its outline may take
_TEXTS_KEPT = 256
_LINE = 20.0  # pixels from one line of corner text to the next
_CLOSE = 10.0  # where several viewports share the room
_GAP = "   "


class Marked(Protocol):
    """What the corners say beside the picture's own facts."""

    @property
    def alone(self) -> bool:
        """Whether there is no other viewport."""

    @property
    def texts(self) -> bool:
        """Whether the corners are written at all."""

    @property
    def linked(self) -> bool:
        """Whether the viewport scrolls with others."""

    @property
    def kept(self) -> bool:
        """Whether the frame goes to the model."""


@dataclass(frozen=True, slots=True)
class Corners:
    """The four corner texts."""

    top_left: str
    top_right: str
    bottom_left: str
    bottom_right: str


AT_DETECTOR = "at the detector"


def corner_texts(picture: Picture, state: ViewState, rate: float = 0.0) -> Corners:
    """Word the corners for a picture and the way it is looked at. No identifiers here.

    ``rate`` is cine's, in frames a second; 0 while it stands still.
    """
    series, image = picture.series, picture.image
    name = picture.name or view_of(image, series) or series.description or series.modality
    name = f"Prior   {name}" if picture.prior else name
    place = f"{picture.index + 1}/{picture.count}"
    if not picture.name:  # a cut has no image of the series' own numbers
        place = f"se {series.number}  im {place}"
    cine = f"{rate:.0f} a second" if rate else ""
    lossy = "lossy" if image.lossy else "lossless"
    window = f"{window_text(state.window)}{_GAP}{lossy}" if picture.grey else lossy
    if image.burned_in:
        window = f"{window}{_GAP}text in the image"
    return Corners(
        _GAP.join(part for part in (name, place, cine) if part),
        picture.date.split(",")[0],
        window,
        _GAP.join(part for part in (zoom_text(state), spacing_text(picture)) if part),
    )


def window_text(window: Window) -> str:
    """Return width and level as read aloud."""
    digits = 0 if window.width >= 10 else 2
    return f"W {window.width:.{digits}f}  L {window.center:.{digits}f}"


def zoom_text(state: ViewState) -> str:
    """Return ``Fit``, or how far the view is from it."""
    return "Fit" if abs(state.zoom - 1) < 0.005 else f"{state.zoom:.0%}".replace("%", " %")


def spacing_text(picture: Picture) -> str:
    """Return the size of a pixel in the file; nothing where the file does not say."""
    image = picture.image
    where = f" {AT_DETECTOR}" if image.at_detector else ""
    scale = scale_of(image, picture.frame)
    return f"{scale.column:.2f} mm/px{where}" if scale.unit == "mm" else ""


def paint_annotations(
    painter: QPainter,
    look: Look,
    box: QRectF,
    picture: Picture,
    state: ViewState,
    rate: float = 0.0,
    extras: Marked | None = None,
) -> None:
    """Paint the corner texts and the letters of the sides within ``box``.

    Letters stay when the texts are put away: a side must never be in doubt. A view too narrow for
    two texts beside each other keeps the left one.
    """
    inset = _INSET if extras is None or extras.alone else _CLOSE
    inner = box.adjusted(inset, inset, -inset, -inset)
    if extras is None or extras.texts:
        _write_corners(painter, look, inner, corner_texts(picture, state, rate), extras)
    align = Qt.AlignmentFlag
    strong = look.font(Role.TITLE)
    letters = _side_letters(picture, state)
    sides = (
        align.AlignLeft | align.AlignVCenter,
        align.AlignHCenter | align.AlignTop,
    )
    for letter, where in zip(letters, sides, strict=True):
        # Where viewports share the room the corners reach the middle: the upper letter gives way.
        lower = 0.0 if inset == _INSET or where & align.AlignVCenter else _LINE
        _write(painter, strong, inner.adjusted(0.0, lower, 0.0, 0.0), where, letter)


def _write_corners(
    painter: QPainter, look: Look, inner: QRectF, texts: Corners, extras: Marked | None
) -> None:
    font, align = look.font(Role.LABEL), Qt.AlignmentFlag
    metrics = QFontMetricsF(font)
    told = ["to the model"] if extras is not None and extras.kept else []
    told += ["synced"] if extras is not None and extras.linked else []
    said = _GAP.join(told)
    last = _GAP.join([*told, texts.bottom_right] if texts.bottom_right else told)
    # That sizes are not the patient's own goes last of all.
    detector = AT_DETECTOR if texts.bottom_right.endswith(AT_DETECTOR) else ""
    short = _GAP.join(part for part in (said, detector) if part)
    rows = (
        (texts.top_left, (texts.top_right,), align.AlignTop),
        (texts.bottom_left, (last, short, detector, said), align.AlignBottom),
    )
    for left, choices, edge in rows:
        _write(painter, font, inner, align.AlignLeft | edge, left)
        room = inner.width() - metrics.horizontalAdvance(left) - _INSET
        fitting = (words for words in choices if metrics.horizontalAdvance(words) <= room)
        _write(painter, font, inner, align.AlignRight | edge, next(fitting, ""))


def _side_letters(picture: Picture, state: ViewState) -> tuple[str, ...]:
    """Return what is written at left and top: nothing says more than the usual, head up."""
    left, top, _, _ = edge_letters(picture.image.sides, state.turns, state.flipped)
    return left, "" if top == "H" else top


def write_centred(painter: QPainter, look: Look, box: QRectF, text: str) -> None:
    """Write a sentence in the middle of an empty view."""
    _write(painter, look.font(Role.UI), box, Qt.AlignmentFlag.AlignCenter, text)


def _write(painter: QPainter, font: QFont, box: QRectF, where: Qt.AlignmentFlag, text: str) -> None:
    if not text:
        return
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text), metrics.height()
    x, y = box.left(), box.top()
    if where & Qt.AlignmentFlag.AlignRight:
        x = box.right() - width
    elif where & Qt.AlignmentFlag.AlignHCenter:
        x = box.center().x() - width / 2
    if where & Qt.AlignmentFlag.AlignBottom:
        y = box.bottom() - height
    elif where & Qt.AlignmentFlag.AlignVCenter:
        y = box.center().y() - height / 2
    write_outlined(painter, font, QPointF(x, y + metrics.ascent()), text)


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
    painter.fillPath(path, QColor(_ON_BLACK.text.normal))
    painter.end()
    return image


_TEXTS = _Texts()
